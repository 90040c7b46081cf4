//! Credential plugins: found where the handed PATH leads, given their whole environment, started only where that is
//! allowed (R47), by our own runner: one limit, and no process of theirs outlives it. Must not know which server they are
//! for.

use super::kubeconfig::{refuse, words};
use super::{ConnectArguments, credentials};
use crate::model::argument::Arguments;
use crate::world::guard::Start;
use crate::world::local;
use crate::world::local::answering::{self, Question};
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::waiting::Waiting;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kube::config::{AuthProviderConfig, Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The `exec` block of a provider as a kubeconfig writes it.
///
/// # Errors
/// Where it names no command.
pub(super) fn exec_block(exec: &Json) -> Result<Json, Why> {
    let command = Arguments(exec).text("command").known();
    let command = command
        .map_err(|unusable| refuse(format!("exec: {unusable}")))?
        .ok_or_else(|| refuse("exec has no command"))?;
    let environment: Vec<Json> = exec
        .get("env")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    Ok(json!({
        "apiVersion": exec.get("api_version").and_then(Json::as_str).unwrap_or("client.authentication.k8s.io/v1"),
        "command": command,
        "args": exec.get("args").filter(|arguments| arguments.is_array()).cloned().unwrap_or_else(|| json!([])),
        "env": environment,
        "interactiveMode": "Never",
    }))
}

/// A credential plugin that may be started; no `Debug`, since its environment may hold secrets.
pub(super) struct Plugin {
    question: Question,
    api_version: String,
    waiting: Waiting,
}

/// What a plugin gave: a token, or a certificate with its key, or both.
pub(super) struct Credential {
    /// Members of a kubeconfig's user.
    pub(super) user: Map<String, Json>,
    /// When it is none any more.
    pub(super) expires: Option<Timestamp>,
}

impl Plugin {
    /// Finds it and hands it the operator's environment.
    ///
    /// # Errors
    /// Where it is not there, needs a terminal, or may not be started.
    pub(super) fn find(
        arguments: &ConnectArguments,
        exec: &ExecConfig,
        cluster: &Cluster,
    ) -> Result<Self, Why> {
        let command = exec.command.clone().unwrap_or_default();
        if command.trim().is_empty() {
            return Err(refuse("the credential plugin has no command"));
        }
        if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
            return Err(refuse(format!(
                "credential plugin {command} wants a terminal (interactiveMode: Always), which it does not get here: log in \
                 beforehand, and let it run without one"
            )));
        }
        let found = local::find_program(&command, &arguments.environment, &arguments.directory);
        let Some(file) = found else {
            let hint = exec
                .install_hint
                .as_deref()
                .map(|hint| format!("\n{}", hint.trim()))
                .unwrap_or_default();
            return Err(refuse(format!(
                "credential plugin {command} is not there: no such program on PATH{hint}"
            )));
        };
        let words: Vec<String> = [command]
            .into_iter()
            .chain(exec.args.iter().flatten().cloned())
            .collect();
        let set: BTreeMap<String, String> = exec
            .env
            .iter()
            .flatten()
            .filter_map(|one| Some((one.get("name")?.clone(), one.get("value")?.clone())))
            .collect();
        let names: Vec<String> = set.keys().cloned().collect();
        let start = Start {
            words: &words,
            file: &file,
            environment: &names,
        };
        arguments.guard.start(start).map_err(refuse)?;
        let api_version = exec.api_version.clone().unwrap_or_default();
        let mut environment = local::handed_on(&arguments.environment);
        environment.extend(set);
        let about = about(exec, &api_version, cluster)?;
        environment.insert("KUBERNETES_EXEC_INFO".to_owned(), about.to_string());
        Ok(Self {
            question: Question {
                file,
                words,
                environment,
                directory: arguments.directory.clone(),
                title: "the credential plugin".to_owned(),
            },
            api_version,
            waiting: arguments.waiting.clone(),
        })
    }

    /// Runs it once.
    ///
    /// # Errors
    /// Where it gives no credential, in words that hold none.
    pub(super) async fn run(&self, redactor: &Redactor) -> Result<Credential, Why> {
        let name = self.question.words.first().map_or("", String::as_str);
        match answering::ask(&self.question, &self.waiting).await {
            Ok(printed) => self
                .credential(&printed.answer)
                .map_err(|what| failed(format!("the credential plugin {name} {what}"))),
            Err(told) => {
                let known = Redactor::new(&credentials::of_output(&told.printed.answer));
                let title = format!("the credential plugin {name}");
                Err(self::failed(told.told(&title, &redactor.and(&known))))
            }
        }
    }

    /// Without it requests would go out as nobody's: a plugin that gives nothing has failed.
    fn credential(&self, printed: &[u8]) -> Result<Credential, String> {
        let nothing = || "printed no ExecCredential".to_owned();
        // Not every plugin prints JSON, and kubectl reads YAML too.
        let read: Json = serde_json::from_slice(printed)
            .or_else(|_| serde_yaml_ng::from_slice(printed))
            .map_err(|_| nothing())?;
        let said = read.get("apiVersion").and_then(Json::as_str);
        if said.is_some_and(|said| said != self.api_version) {
            return Err(format!(
                "printed another apiVersion than {}, which the kubeconfig names",
                self.api_version
            ));
        }
        let status = read.get("status").ok_or_else(nothing)?;
        let given = Arguments(status);
        let mut user = Map::new();
        for (printed, member) in [
            ("token", "token"),
            ("clientCertificateData", "client-certificate-data"),
            ("clientKeyData", "client-key-data"),
        ] {
            let text = given.text(printed).known();
            let text = text.map_err(|unusable| format!("printed a credential whose {unusable}"))?;
            // A kubeconfig has PEM in base64, a plugin prints it as it is.
            let value = text.map(|text| match printed {
                "token" => text.to_owned(),
                _ => STANDARD.encode(text),
            });
            user.extend(value.map(|value| (member.to_owned(), value.into())));
        }
        let has_half = |one: &str, other: &str| user.contains_key(one) && !user.contains_key(other);
        if has_half("client-certificate-data", "client-key-data")
            || has_half("client-key-data", "client-certificate-data")
            || user.is_empty()
        {
            return Err("printed neither a token nor a certificate with its key".to_owned());
        }
        let expires = given.text("expirationTimestamp").known();
        let expires =
            expires.map_err(|unusable| format!("printed a credential whose {unusable}"))?;
        let expires = expires.map(str::parse).transpose();
        let expires = expires.map_err(|_| {
            "printed a credential whose expirationTimestamp is no RFC 3339 timestamp".to_owned()
        })?;
        Ok(Credential { user, expires })
    }
}

/// What the plugin did not give may be there once somebody has logged in again.
fn failed(message: String) -> Why {
    Why {
        class: FailureClass::Program,
        message,
    }
}

/// What a plugin is told of who asks.
fn about(exec: &ExecConfig, api_version: &str, cluster: &Cluster) -> Result<Json, Why> {
    let mut spec = json!({ "interactive": false });
    if exec.provide_cluster_info {
        let told = ExecAuthCluster::try_from(cluster);
        let told = told.map_err(|error| refuse(words(&error)))?;
        spec["cluster"] = serde_json::to_value(told).unwrap_or_default();
    }
    Ok(json!({ "apiVersion": api_version, "kind": "ExecCredential", "spec": spec }))
}

/// The older kind of plugin. kubectl 1.26 dropped those that start programs; the token of `oidc` is one like any other.
///
/// # Errors
/// For every other one.
pub(super) fn old_token(old: &AuthProviderConfig) -> Result<Map<String, Json>, Why> {
    match (old.name.as_str(), old.config.get("id-token")) {
        ("oidc", Some(token)) if !token.trim().is_empty() => {
            Ok(Map::from_iter([("token".to_owned(), token.clone().into())]))
        }
        ("oidc", _) => Err(refuse(
            "auth-provider oidc has no id-token: log in beforehand",
        )),
        (name, _) => Err(refuse(format!(
            "auth-provider {name} is not supported, as it is not by kubectl since 1.26: let its user name a credential plugin \
             (exec), such as gke-gcloud-auth-plugin or kubelogin"
        ))),
    }
}
