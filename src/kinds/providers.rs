//! Arguments of providers. Names as in the Terraform provider of that name. Must not know how a connection is made.

use crate::diag::Diagnostic;
use crate::model::argument::{Argument, Arguments, Unusable};
use crate::model::identity::ProviderRef;
use crate::model::resource::Provider;
use crate::model::schema::{Field, Presence, Shape, Values};
use serde_json::{Value as Json, json};

/// Arguments of a provider type; `None`: there is no such provider.
pub fn arguments(provider: &str) -> Option<&'static [Field]> {
    match provider {
        "kubernetes" => Some(KUBERNETES),
        _ => None,
    }
}

/// Provider types, sorted.
pub const PROVIDERS: &[&str] = &["kubernetes"];

const fn text(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Text, doc).values(Values::SecretAllowed)
}

/// It stands in the first lines of a plan and in errors, so no secret may stand in it.
const fn shown(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Text, doc)
}

/// What can be told of a provider block without a network: arguments that are set and cannot be used. A secret is looked
/// at when it is read.
pub fn validate(reference: &ProviderRef, provider: &Provider, diagnostics: &mut Vec<Diagnostic>) {
    let fields = arguments(&reference.provider).unwrap_or_default();
    let said = |name: &str| provider.arguments.member(name);
    let unusable = fields.iter().filter_map(|field| {
        let value = said(field.name)?.into_known()?;
        unusable(field, &value)
    });
    let both = said("config_path").is_some() && said("config_paths").is_some();
    let exclusive = both.then(|| Unusable {
        name: "config_paths".to_owned(),
        why: "and config_path exclude each other".to_owned(),
    });
    for found in unusable.chain(exclusive) {
        let span = provider.spans.get(&found.name).copied();
        let mut diagnostic =
            Diagnostic::error("unusable-argument", "Unusable argument", found.to_string())
                .at(span.unwrap_or(provider.span))
                .within(provider.span);
        diagnostic.address = Some(format!("provider.{reference}"));
        diagnostics.push(diagnostic);
    }
}

/// Read as the connection will read it.
fn unusable(field: &Field, value: &Json) -> Option<Unusable> {
    let whole = json!({ field.name: value });
    let given = Arguments(&whole);
    match (field.name, &field.shape) {
        ("host", _) => given.server(field.name).known().err(),
        ("client_certificate" | "client_key" | "cluster_ca_certificate", _) => {
            given.pem(field.name).known().err()
        }
        (_, Shape::Text) => given.text(field.name).known().err(),
        (_, Shape::TextList) => given.texts(field.name).known().err(),
        (_, Shape::Block(inner)) => unusable_inside(field, inner, value),
        (
            _,
            Shape::Choice(_)
            | Shape::Duration
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::TextMap
            | Shape::Any
            | Shape::Blocks(_),
        ) => None,
    }
}

/// Of a block only the texts that must be there: a list of arguments may be empty, and each of them too.
fn unusable_inside(block: &Field, inner: &[Field], value: &Json) -> Option<Unusable> {
    let body = value.get(0)?;
    let needed = inner
        .iter()
        .filter(|field| matches!(field.presence, Presence::Required));
    needed
        .filter_map(|field| match Arguments(body).text(field.name) {
            Argument::Unusable(found) => Some(Unusable {
                name: format!("{}.{}", block.name, found.name),
                why: found.why,
            }),
            Argument::Unset | Argument::Usable(_) => None,
        })
        .next()
}

static KUBERNETES: &[Field] = &[
    text(
        "identity",
        "UID of the cluster's namespace kube-system. Where another cluster answers, nothing runs.",
    )
    .values(Values::Static),
    text(
        "config_path",
        "Path of a kubeconfig, else `KUBE_CONFIG_PATH`. Not together with `config_paths`.",
    ),
    Field::new(
        "config_paths",
        Shape::TextList,
        "Paths of kubeconfigs that are merged, else `KUBE_CONFIG_PATHS`.",
    )
    .values(Values::SecretAllowed),
    shown(
        "config_context",
        "Context of the kubeconfig, else `KUBE_CTX`, else the current one.",
    ),
    shown(
        "config_context_auth_info",
        "User of the kubeconfig instead of the context's, else `KUBE_CTX_AUTH_INFO`.",
    ),
    shown(
        "config_context_cluster",
        "Cluster of the kubeconfig instead of the context's, else `KUBE_CTX_CLUSTER`.",
    ),
    shown("host", "Address of the API server, else `KUBE_HOST`."),
    text("token", "Bearer token, else `KUBE_TOKEN`."),
    text("username", "User name, else `KUBE_USER`."),
    text("password", "Password, else `KUBE_PASSWORD`."),
    text(
        "client_certificate",
        "Client certificate, PEM text, else `KUBE_CLIENT_CERT_DATA`.",
    ),
    text(
        "client_key",
        "Key of the client certificate, PEM text, else `KUBE_CLIENT_KEY_DATA`.",
    ),
    text(
        "cluster_ca_certificate",
        "CA certificate of the API server, PEM text, else `KUBE_CLUSTER_CA_CERT_DATA`.",
    ),
    // No default: `false` said here would win over `KUBE_INSECURE`.
    Field::new(
        "insecure",
        Shape::Bool,
        "Whether the server's certificate is not checked, else `KUBE_INSECURE`.",
    ),
    shown(
        "tls_server_name",
        "Name that the server's certificate is checked against, else `KUBE_TLS_SERVER_NAME`.",
    ),
    text("proxy_url", "Not in this version.")
        .rejected("there is no proxy support in this version: reach the API without one"),
    Field::new(
        "exec",
        Shape::Block(EXEC),
        "Program that prints credentials. Not together with a token or certificate.",
    ),
];

const EXEC: &[Field] = &[
    text("api_version", "`client.authentication.k8s.io/v1`.").required(),
    // No secrets in these two: everybody on the machine can read the arguments of a process (R32).
    Field::new("command", Shape::Text, "The program.").required(),
    Field::new("args", Shape::TextList, "Its arguments."),
    Field::new("env", Shape::TextMap, "Variables added to its environment.")
        .values(Values::SecretAllowed),
];
