//! Which API the arguments name: arguments, then KUBE_* variables, then KUBECONFIG, the service account of a pod,
//! `~/.kube/config`; reduced to a kubeconfig with one context. Reads files; must not connect.

use super::{ConnectArguments, credentials, plugins};
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use base64::Engine;
use kube::config::{
    AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError, NamedAuthInfo, NamedCluster,
    NamedContext,
};
use serde_json::Value as Json;
use std::path::PathBuf;

const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A kubeconfig with one context, and its name for people.
pub(super) struct Resolved {
    pub(super) kubeconfig: Kubeconfig,
    pub(super) title: String,
    /// Strikes its credentials out of what servers and plugins say.
    pub(super) redactor: Redactor,
}

/// Context, cluster and user before arguments override them.
struct Chosen {
    context: Option<String>,
    cluster: Cluster,
    user: AuthInfo,
}

/// Where a kubeconfig is looked for.
enum Place {
    Files(Vec<PathBuf>),
    Host,
    Pod,
}

/// # Errors
/// Where the arguments and everything after them name no API, or files cannot be read.
pub(super) fn resolve(arguments: &ConnectArguments) -> Result<Resolved, Why> {
    let settings = Settings(arguments);
    let place = settings.place()?;
    let is_ours = settings.is_ours(&place)?;
    let mut chosen = match place {
        Place::Files(files) => from_files(&settings, &files)?,
        Place::Host => Chosen {
            context: None,
            cluster: Cluster::default(),
            user: AuthInfo::default(),
        },
        Place::Pod => from_pod(arguments),
    };
    override_cluster(&settings, &mut chosen.cluster)?;
    override_user(&settings, &mut chosen.user)?;
    if chosen
        .cluster
        .proxy_url
        .as_ref()
        .is_some_and(|proxy| !proxy.is_empty())
    {
        return Err(refuse(
            "proxy_url is not supported in this version: reach the API without a proxy",
        ));
    }
    let server = chosen
        .cluster
        .server
        .as_deref()
        .map(credentials::without)
        .unwrap_or_default();
    if !is_ours {
        arguments.guard.ask(&server).map_err(refuse)?;
    }
    if let Some(old) = &chosen.user.auth_provider {
        plugins::auth_provider(arguments, &old.config)?;
    }
    let redactor = Redactor::new(&credentials::of_user(&chosen.user));
    if let Some(exec) = &mut chosen.user.exec {
        plugins::find_plugin(arguments, exec)?;
    }
    let title = match &chosen.context {
        Some(context) => format!("context {context} ({server})"),
        None => format!("server {server}"),
    };
    Ok(Resolved {
        kubeconfig: one_context(chosen),
        title,
        redactor,
    })
}

/// Words for an error of kube's reader. Its YAML errors quote the text around them, and that may be a key.
pub(super) fn words(error: &KubeconfigError) -> String {
    if let KubeconfigError::Parse(error) = error {
        match error.location() {
            Some(location) => format!(
                "not a kubeconfig: line {}, column {}",
                location.line(),
                location.column()
            ),
            None => "not a kubeconfig".to_owned(),
        }
    } else if let KubeconfigError::ReadConfig(error, _) = error {
        error.to_string()
    } else {
        super::chain(error)
    }
}

struct Settings<'a>(&'a ConnectArguments);

impl Settings<'_> {
    fn argument(&self, name: &str) -> Option<&Json> {
        self.0
            .arguments
            .get(name)
            .filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.0
            .environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn argument_text(&self, name: &str) -> Result<Option<String>, Why> {
        match self.argument(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(refuse(format!("provider argument {name} is no text"))),
        }
    }

    /// The argument, else the variable.
    fn text(&self, name: &str, variable: &str) -> Result<Option<String>, Why> {
        Ok(self
            .argument_text(name)?
            .or_else(|| self.variable(variable).map(str::to_owned)))
    }

    fn flag(&self, name: &str, variable: &str) -> Option<bool> {
        let is_true = |text: &str| text == "true" || text == "1";
        match self.argument(name) {
            Some(Json::Bool(flag)) => Some(*flag),
            Some(Json::String(text)) => Some(is_true(text)),
            Some(Json::Null | Json::Number(_) | Json::Array(_) | Json::Object(_)) | None => {
                self.variable(variable).map(is_true)
            }
        }
    }

    /// An argument that names a place silences every variable that names another.
    fn place(&self) -> Result<Place, Why> {
        let path = self.argument_text("config_path")?;
        let paths = self.argument("config_paths").and_then(Json::as_array);
        match (path, paths) {
            (Some(_), Some(_)) => {
                return Err(refuse("config_path and config_paths exclude each other"));
            }
            (Some(path), None) => return Ok(Place::Files(vec![self.path(&path)?])),
            (None, Some(paths)) => {
                let paths = paths
                    .iter()
                    .filter_map(Json::as_str)
                    .map(|path| self.path(path));
                return Ok(Place::Files(paths.collect::<Result<_, _>>()?));
            }
            (None, None) => {}
        }
        if self.argument("host").is_some() {
            return Ok(Place::Host);
        }
        if let Some(path) = self.variable("KUBE_CONFIG_PATH") {
            return Ok(Place::Files(vec![self.path(path)?]));
        }
        if let Some(paths) = self.variable("KUBE_CONFIG_PATHS") {
            return Ok(Place::Files(self.split(paths)?));
        }
        if self.variable("KUBE_HOST").is_some() {
            return Ok(Place::Host);
        }
        self.default_place()
    }

    /// Whether the server is the operator's own choice: no argument names it, nor a file that the configuration may have
    /// brought along.
    fn is_ours(&self, place: &Place) -> Result<bool, Why> {
        let named = self.argument_text("host")?.is_some();
        Ok(!named
            && match place {
                Place::Files(files) => files.iter().all(|file| self.0.guard.is_outside(file)),
                Place::Host | Place::Pod => true,
            })
    }

    fn default_place(&self) -> Result<Place, Why> {
        if let Some(paths) = self.variable("KUBECONFIG") {
            // kubectl passes over members of the list that are not there.
            let files: Vec<PathBuf> = self
                .split(paths)?
                .into_iter()
                .filter(|path| path.exists())
                .collect();
            if files.is_empty() {
                return Err(refuse(format!(
                    "KUBECONFIG names no file that exists: {paths}"
                )));
            }
            return Ok(Place::Files(files));
        }
        let token = PathBuf::from(SERVICE_ACCOUNT).join("token");
        if self.variable("KUBERNETES_SERVICE_HOST").is_some() && token.exists() {
            return Ok(Place::Pod);
        }
        match self
            .variable("HOME")
            .map(|home| PathBuf::from(home).join(".kube/config"))
        {
            Some(file) if file.exists() => Ok(Place::Files(vec![file])),
            Some(_) | None => Err(refuse(
                "nothing names a Kubernetes API: no config_path or host in the provider block, no KUBE_CONFIG_PATH, \
                 KUBE_HOST or KUBECONFIG, no service account, no ~/.kube/config",
            )),
        }
    }

    fn split(&self, paths: &str) -> Result<Vec<PathBuf>, Why> {
        paths
            .split(':')
            .filter(|path| !path.is_empty())
            .map(|path| self.path(path))
            .collect()
    }

    fn path(&self, path: &str) -> Result<PathBuf, Why> {
        let Some(rest) = path
            .strip_prefix('~')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            return Ok(self.0.directory.join(path));
        };
        let home = self
            .variable("HOME")
            .ok_or_else(|| refuse(format!("{path} needs HOME, which is not set")))?;
        Ok(PathBuf::from(home).join(rest.trim_start_matches('/')))
    }
}

fn from_files(settings: &Settings, files: &[PathBuf]) -> Result<Chosen, Why> {
    let mut merged = Kubeconfig::default();
    for file in files {
        let name = file.display();
        let one = Kubeconfig::read_from(file);
        let one = one.map_err(|error| refuse(format!("kubeconfig {name}: {}", words(&error))))?;
        merged = merged
            .merge(one)
            .map_err(|error| refuse(format!("kubeconfig {name}: {}", words(&error))))?;
    }
    let names = files
        .iter()
        .map(|file| file.display().to_string())
        .collect::<Vec<_>>()
        .join(", ");
    choose(settings, merged).map_err(|message| refuse(format!("kubeconfig {names}: {message}")))
}

fn choose(settings: &Settings, merged: Kubeconfig) -> Result<Chosen, String> {
    let words = |why: Why| why.message;
    let wanted = settings
        .text("config_context", "KUBE_CTX")
        .map_err(words)?
        .or(merged.current_context);
    let known = || {
        merged
            .contexts
            .iter()
            .map(|context| context.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let name = wanted.filter(|name| !name.is_empty()).ok_or_else(|| {
        format!(
            "there is no current context; name one by config_context (there are: {})",
            known()
        )
    })?;
    let context = merged
        .contexts
        .iter()
        .find(|context| context.name == name)
        .and_then(|context| context.context.clone())
        .ok_or_else(|| format!("there is no context {name} (there are: {})", known()))?;
    let cluster_name = settings
        .text("config_context_cluster", "KUBE_CTX_CLUSTER")
        .map_err(words)?
        .unwrap_or(context.cluster);
    let cluster = merged
        .clusters
        .into_iter()
        .find(|cluster| cluster.name == cluster_name)
        .and_then(|cluster| cluster.cluster)
        .ok_or_else(|| format!("there is no cluster {cluster_name}, which context {name} names"))?;
    let user_name = settings
        .text("config_context_auth_info", "KUBE_CTX_AUTH_INFO")
        .map_err(words)?
        .or(context.user);
    // As with kubectl, a context may go without a user, or name one that is not there.
    let user = merged
        .auth_infos
        .into_iter()
        .find(|user| Some(&user.name) == user_name.as_ref());
    Ok(Chosen {
        context: Some(name),
        cluster,
        user: user.and_then(|user| user.auth_info).unwrap_or_default(),
    })
}

fn from_pod(arguments: &ConnectArguments) -> Chosen {
    let member = |name: &str| arguments.environment.get(name).cloned().unwrap_or_default();
    let host = member("KUBERNETES_SERVICE_HOST");
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    let port = arguments
        .environment
        .get("KUBERNETES_SERVICE_PORT")
        .map_or("443", String::as_str);
    Chosen {
        context: None,
        cluster: Cluster {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: Some(format!("{SERVICE_ACCOUNT}/ca.crt")),
            ..Cluster::default()
        },
        user: AuthInfo {
            token_file: Some(format!("{SERVICE_ACCOUNT}/token")),
            ..AuthInfo::default()
        },
    }
}

fn override_cluster(settings: &Settings, cluster: &mut Cluster) -> Result<(), Why> {
    // KUBE_HOST counts only where it was the place: beside a declared kubeconfig it would lead to another cluster.
    let host = match settings.argument_text("host")? {
        Some(host) => Some(host),
        None if cluster.server.is_none() => settings.variable("KUBE_HOST").map(str::to_owned),
        None => None,
    };
    if let Some(host) = host {
        cluster.server = Some(if host.contains("://") {
            host
        } else {
            format!("https://{host}")
        });
    }
    if let Some(pem) = settings.text("cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA")? {
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = Some(pem_data("cluster_ca_certificate", &pem)?);
    }
    if let Some(insecure) = settings.flag("insecure", "KUBE_INSECURE") {
        cluster.insecure_skip_tls_verify = Some(insecure);
    }
    if let Some(name) = settings.text("tls_server_name", "KUBE_TLS_SERVER_NAME")? {
        cluster.tls_server_name = Some(name);
    }
    if let Some(proxy) = settings.text("proxy_url", "KUBE_PROXY_URL")? {
        cluster.proxy_url = Some(proxy);
    }
    Ok(())
}

/// A credential given by argument takes the place of every other one of the user.
fn override_user(settings: &Settings, user: &mut AuthInfo) -> Result<(), Why> {
    let mut given = serde_json::Map::new();
    if let Some(token) = settings.text("token", "KUBE_TOKEN")? {
        given.insert("token".to_owned(), token.into());
    }
    for (name, variable) in [("username", "KUBE_USER"), ("password", "KUBE_PASSWORD")] {
        if let Some(text) = settings.text(name, variable)? {
            given.insert(name.to_owned(), text.into());
        }
    }
    for (name, variable, member) in [
        (
            "client_certificate",
            "KUBE_CLIENT_CERT_DATA",
            "client-certificate-data",
        ),
        ("client_key", "KUBE_CLIENT_KEY_DATA", "client-key-data"),
    ] {
        if let Some(pem) = settings.text(name, variable)? {
            given.insert(member.to_owned(), pem_data(name, &pem)?.into());
        }
    }
    if let Some(exec) = settings
        .argument("exec")
        .and_then(|exec| exec.get(0).or(exec.as_object().map(|_| exec)))
    {
        given.insert("exec".to_owned(), plugins::exec_block(exec)?);
    }
    if !given.is_empty() {
        // serde's words would quote the value.
        *user = serde_json::from_value(Json::Object(given))
            .map_err(|_| refuse("the credentials are malformed"))?;
    }
    Ok(())
}

fn pem_data(name: &str, pem: &str) -> Result<String, Why> {
    if !pem.contains("-----BEGIN ") {
        return Err(refuse(format!(
            "{name} must be PEM text, neither a path nor base64: use file(...) or base64decode(...)"
        )));
    }
    Ok(base64::engine::general_purpose::STANDARD.encode(pem))
}

fn one_context(chosen: Chosen) -> Kubeconfig {
    let name = chosen.context.unwrap_or_else(|| "sk-dr".to_owned());
    Kubeconfig {
        clusters: vec![NamedCluster {
            name: name.clone(),
            cluster: Some(chosen.cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: name.clone(),
            auth_info: Some(chosen.user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name.clone(),
            context: Some(Context {
                cluster: name.clone(),
                user: Some(name.clone()),
                ..Context::default()
            }),
            ..NamedContext::default()
        }],
        current_context: Some(name),
        ..Kubeconfig::default()
    }
}

pub(super) fn refuse(message: impl Into<String>) -> Why {
    Why {
        class: FailureClass::Unauthenticated,
        message: message.into(),
    }
}
