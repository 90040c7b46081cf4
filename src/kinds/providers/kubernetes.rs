//! Arguments of provider `kubernetes`. Must not know how a connection is made.

use super::{ProviderType, shown, text};
use crate::model::schema::{Field, Shape, Values};

/// A cluster.
pub(super) static PROVIDER: ProviderType = ProviderType {
    name: "kubernetes",
    sources: "What is not said here is read from the environment variables named, then from `KUBECONFIG`, the cluster the program runs in, and `~/.kube/config`.",
    arguments: KUBERNETES,
};

const KUBERNETES: &[Field] = &[
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
