//! What a provider block `s3` and the environment say of a store: which server, with whose credentials, and how it proves
//! who it is. Each argument first; variables only where none is set; no profile, no metadata of a machine. Reads one file
//! (`ca_cert`); must not connect.

use super::Trust;
use crate::model::argument::{self, Arguments, Unusable};
use crate::model::server_address::ServerAddress;
use crate::world::connecting::ConnectArguments;
use crate::world::guard::Proof;
use crate::world::local::{self, files};
use crate::world::query::{FailureClass, Why};
use std::time::Duration;
use zeroize::Zeroizing;

/// One try of a request takes no longer where nobody says.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);
/// What a store with an address of its own is told where nobody names a region: most look at none.
pub(super) const ANY_REGION: &str = "us-east-1";

/// A store and how it is asked.
pub(super) struct Settings {
    pub(super) endpoint: ServerAddress,
    pub(super) region: String,
    pub(super) credentials: Credentials,
    /// `https://HOST/BUCKET/KEY`, not `https://BUCKET.HOST/KEY`.
    pub(super) is_path_style: bool,
    pub(super) trust: Trust,
    pub(super) request_limit: Duration,
}

/// Whose requests they are.
pub(super) struct Credentials {
    pub(super) access_key: String,
    pub(super) secret_key: Zeroizing<String>,
    pub(super) session_token: Option<Zeroizing<String>>,
}

/// An address and whether it is AWS's own.
struct Endpoint {
    address: ServerAddress,
    is_aws: bool,
}

/// # Errors
/// Where an argument cannot be used, credentials are missing or half, or `-safe` does not allow the store.
pub(super) fn read(arguments: &ConnectArguments) -> Result<Settings, Why> {
    let given = Arguments(&arguments.arguments);
    let region = region(arguments)?;
    let endpoint = endpoint(arguments, region.as_deref())?;
    let path_style = given.flag("use_path_style").known().map_err(unusable)?;
    let limit = given.duration("request_timeout").known();
    Ok(Settings {
        trust: trust(arguments, &endpoint.address)?,
        credentials: credentials(arguments)?,
        is_path_style: path_style.unwrap_or(!endpoint.is_aws),
        request_limit: limit.map_err(unusable)?.unwrap_or(REQUEST_LIMIT),
        region: region.unwrap_or_else(|| ANY_REGION.to_owned()),
        endpoint: endpoint.address,
    })
}

fn region(arguments: &ConnectArguments) -> Result<Option<String>, Why> {
    let declared = Arguments(&arguments.arguments).region("region").known();
    if let Some(region) = declared.map_err(unusable)? {
        return Ok(Some(region.to_owned()));
    }
    let region = arguments.variable("AWS_REGION").map(argument::region);
    let region = region.transpose().map_err(|why| of("AWS_REGION", &why))?;
    Ok(region.map(str::to_owned))
}

/// The argument, else the variables, else AWS in its region. What the configuration chose, `-safe` looks at.
fn endpoint(arguments: &ConnectArguments, region: Option<&str>) -> Result<Endpoint, Why> {
    let declared = Arguments(&arguments.arguments).server("endpoint").known();
    if let Some(address) = declared.map_err(unusable)? {
        arguments.guard.ask(&address).map_err(refuse)?;
        return Ok(Endpoint {
            address,
            is_aws: false,
        });
    }
    for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
        if let Some(text) = arguments.variable(name) {
            let address = argument::server(text).map_err(|why| of(name, &why))?;
            return Ok(Endpoint {
                address,
                is_aws: false,
            });
        }
    }
    let region = region.ok_or_else(|| {
        refuse(
            "no store is named: set `endpoint`, or `region` for AWS (AWS_ENDPOINT_URL_S3 and AWS_REGION say the same)",
        )
    })?;
    let domain = match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    };
    let address = argument::server(&format!("https://s3.{region}.{domain}"));
    let address = address.map_err(|why| of("region", &why))?;
    let is_declared = arguments
        .arguments
        .get("region")
        .is_some_and(|region| !region.is_null());
    if is_declared {
        arguments.guard.ask(&address).map_err(refuse)?;
    }
    Ok(Endpoint {
        address,
        is_aws: true,
    })
}

/// Arguments and variables are never mixed: half a pair of one with half a pair of the other would be nobody's.
fn credentials(arguments: &ConnectArguments) -> Result<Credentials, Why> {
    let given = Arguments(&arguments.arguments);
    let declared = |name: &str| given.text(name).known().map_err(unusable);
    let of_block = [
        ("access_key", declared("access_key")?),
        ("secret_key", declared("secret_key")?),
        ("session_token", declared("session_token")?),
    ];
    if of_block.iter().any(|(_, value)| value.is_some()) {
        return pair(of_block);
    }
    let of_environment = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ]
    .map(|name| (name, arguments.variable(name)));
    if of_environment.iter().any(|(_, value)| value.is_some()) {
        return pair(of_environment);
    }
    Err(refuse(
        "there are no credentials: set `access_key` and `secret_key`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ))
}

/// # Errors
/// Where one of the first two is missing, or one is no header's text.
fn pair(values: [(&str, Option<&str>); 3]) -> Result<Credentials, Why> {
    let of_a_key = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    for (name, value) in values {
        if value.is_some_and(|value| !of_a_key(value)) {
            return Err(of(
                name,
                "holds characters that no key has: a space, a line break",
            ));
        }
    }
    let [(access, access_key), (secret, secret_key), (_, token)] = values;
    match (access_key, secret_key) {
        (Some(access_key), Some(secret_key)) => Ok(Credentials {
            access_key: access_key.to_owned(),
            secret_key: Zeroizing::new(secret_key.to_owned()),
            session_token: token.map(|token| Zeroizing::new(token.to_owned())),
        }),
        (None, _) => Err(of(
            access,
            &format!("is missing beside {secret} or the session token"),
        )),
        (Some(_), None) => Err(of(secret, &format!("is missing beside {access}"))),
    }
}

/// PEM text, or the file that holds it.
fn trust(arguments: &ConnectArguments, server: &ServerAddress) -> Result<Trust, Why> {
    let declared = Arguments(&arguments.arguments).text("ca_cert").known();
    let Some(text) = declared.map_err(unusable)? else {
        return Ok(Trust::Machine);
    };
    let pem = if argument::pem(text).is_ok() {
        text.to_owned()
    } else {
        let path = local::resolve(&arguments.environment, &arguments.directory, text);
        let boundary = arguments
            .guard
            .file(&path)
            .map_err(|why| of("ca_cert", &why))?;
        let read = files::read_text(&boundary, &path, files::CREDENTIAL_BYTES);
        read.map_err(|error| of("ca_cert", &format!("{}: {error}", path.display())))?
    };
    if argument::pem(&pem).is_err() {
        return Err(of("ca_cert", "names a file that holds no PEM text"));
    }
    let wanted = Proof {
        cluster_ca_certificate: Some(pem.clone()),
        ..Proof::default()
    };
    arguments
        .guard
        .trust(server, &wanted)
        .map_err(|why| of("ca_cert:", &why))?;
    Ok(Trust::Authority(pem))
}

fn unusable(unusable: Unusable) -> Why {
    refuse(unusable.to_string())
}

fn of(name: &str, why: &str) -> Why {
    refuse(format!("{name} {why}"))
}

fn refuse(message: impl Into<String>) -> Why {
    Why {
        class: FailureClass::Value,
        message: message.into(),
    }
}
