//! Credentials that arguments and KUBE_* variables give: they take the place of the kubeconfig's user, whole. Must not know
//! which server they are for.

use super::kubeconfig::{Settings, refuse};
use super::plugins;
use crate::world::query::Why;
use kube::config::AuthInfo;
use serde_json::{Map, Value as Json};

/// One argument with its variable, and the member of a user that it becomes.
struct Part {
    argument: &'static str,
    variable: &'static str,
    member: &'static str,
    form: Form,
}

enum Form {
    Text,
    Pem,
}

const fn part(
    argument: &'static str,
    variable: &'static str,
    member: &'static str,
    form: Form,
) -> Part {
    Part {
        argument,
        variable,
        member,
        form,
    }
}

/// What is only whole together.
const KINDS: &[&[Part]] = &[
    &[part("token", "KUBE_TOKEN", "token", Form::Text)],
    &[
        part("username", "KUBE_USER", "username", Form::Text),
        part("password", "KUBE_PASSWORD", "password", Form::Text),
    ],
    &[
        part(
            "client_certificate",
            "KUBE_CLIENT_CERT_DATA",
            "client-certificate-data",
            Form::Pem,
        ),
        part(
            "client_key",
            "KUBE_CLIENT_KEY_DATA",
            "client-key-data",
            Form::Pem,
        ),
    ],
];

/// A credential given by argument takes the place of every other one of the user, a variable's too: a KUBE_USER that was
/// meant for another cluster would win over a declared token.
///
/// # Errors
/// Where one is set and unusable, is half of a pair, or stands beside one that excludes it.
pub(super) fn override_user(settings: &Settings, user: &mut AuthInfo) -> Result<(), Why> {
    let exec = exec(settings)?;
    let is_declared = |kind: &&[Part]| {
        let mut parts = kind.iter();
        parts.any(|part| declares(settings, part.argument))
    };
    let by_argument = exec.is_some() || KINDS.iter().any(is_declared);
    let mut given = Map::new();
    for kind in KINDS
        .iter()
        .filter(|kind| !by_argument || is_declared(kind))
    {
        given.extend(read(settings, kind)?);
    }
    if let Some(exec) = exec {
        given.insert("exec".to_owned(), exec);
    }
    exclusive(&given)?;
    if !given.is_empty() {
        *user = of_members(given)?;
    }
    Ok(())
}

/// A user of a kubeconfig from its members; serde's words would quote a value.
///
/// # Errors
/// Where they are none.
pub(super) fn of_members(members: Map<String, Json>) -> Result<AuthInfo, Why> {
    serde_json::from_value(Json::Object(members))
        .map_err(|_| refuse("the credentials are malformed"))
}

fn declares(settings: &Settings, name: &str) -> bool {
    let given = settings.arguments().0.get(name);
    given.is_some_and(|value| !value.is_null())
}

/// All of a kind, or nothing of it.
fn read(settings: &Settings, kind: &[Part]) -> Result<Map<String, Json>, Why> {
    let mut found = Map::new();
    let mut missing = None;
    for part in kind {
        let value = match part.form {
            Form::Text => settings
                .text(part.argument, part.variable)?
                .map(str::to_owned),
            Form::Pem => settings.pem(part.argument, part.variable)?,
        };
        match value {
            Some(value) => drop(found.insert(part.member.to_owned(), value.into())),
            None => missing = Some(part),
        }
    }
    match missing {
        Some(part) if !found.is_empty() => Err(refuse(format!(
            "{} is missing: what is given beside it is no credential without it",
            part.argument
        ))),
        Some(_) | None => Ok(found),
    }
}

/// Each of these says who asks, and a request says it once.
fn exclusive(given: &Map<String, Json>) -> Result<(), Why> {
    let mut told = ["token", "username", "exec"]
        .into_iter()
        .filter(|name| given.contains_key(*name));
    match (told.next(), told.next()) {
        (Some(one), Some(other)) => Err(refuse(format!(
            "{one} and {other} exclude each other: a request carries one of them"
        ))),
        (_, _) => Ok(()),
    }
}

fn exec(settings: &Settings) -> Result<Option<Json>, Why> {
    let exec = settings.arguments().0.get("exec");
    exec.and_then(|exec| exec.get(0).or(exec.as_object().map(|_| exec)))
        .map(plugins::exec_block)
        .transpose()
}
