//! Arguments of provider `s3`. Must not know how a connection is made.

use super::{ProviderType, shown, text};
use crate::model::argument::Unusable;
use crate::model::expression::Expr;
use crate::model::schema::{Field, Shape};
use serde_json::Value as Json;

/// A store that speaks S3.
pub(super) static PROVIDER: ProviderType = ProviderType {
    name: "s3",
    sources: "A store that speaks S3: AWS, Hetzner, Ceph, MinIO and others. What is not said here is read from the environment variables named, and from nowhere else: no profile, no metadata of a machine. Credentials are taken from this block or from the environment, never half from either.",
    arguments: ARGUMENTS,
};

const ARGUMENTS: &[Field] = &[
    shown(
        "endpoint",
        "Address of the store, `https` where it says no scheme, else `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`. Without any it is AWS.",
    ),
    shown(
        "region",
        "Region, else `AWS_REGION`. AWS needs one; a store with an endpoint of its own is told `us-east-1` where none is said.",
    ),
    text(
        "access_key",
        "Access key, else `AWS_ACCESS_KEY_ID`. Together with `secret_key`.",
    ),
    text("secret_key", "Secret key, else `AWS_SECRET_ACCESS_KEY`."),
    text(
        "session_token",
        "Session token of temporary credentials, else `AWS_SESSION_TOKEN`.",
    ),
    // No default: it depends on the endpoint.
    Field::new(
        "use_path_style",
        Shape::Bool,
        "Whether the bucket stands in the path (`https://HOST/BUCKET`), not in front of the host. Without it: yes where the store has an endpoint of its own, no at AWS.",
    ),
    text(
        "ca_cert",
        "Authority that signs the store's certificate, PEM text or path of a file. No other authority is trusted then.",
    ),
    Field::new(
        "request_timeout",
        Shape::Duration,
        "One try of a request takes no longer, all tries of it together twice that. 30 seconds where none is said.",
    ),
];

/// Half a pair of credentials, where the block alone shows it.
pub(super) fn half_a_pair(said: impl Fn(&str) -> Option<Expr>) -> Option<Unusable> {
    let is_set = |name: &str| said(name).is_some_and(|value| value != Expr::Value(Json::Null));
    let missing = match (
        is_set("access_key"),
        is_set("secret_key"),
        is_set("session_token"),
    ) {
        (true, true, _) | (false, false, false) => return None,
        (true, false, _) => "secret_key",
        (false, _, _) => "access_key",
    };
    let beside = match missing {
        "secret_key" => "access_key",
        _ if is_set("secret_key") => "secret_key",
        _ => "session_token",
    };
    Some(Unusable {
        name: beside.to_owned(),
        why: format!(
            "is set and {missing} is not: credentials are taken from this block or from the environment, whole"
        ),
    })
}
