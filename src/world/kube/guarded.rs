//! What travels with the operator's credentials is the operator's, all of it (R47): which server, how it proves who it is,
//! whose credentials go to it, and which files these are read from. Under `-safe` a configuration chooses none of that,
//! neither by arguments nor by a kubeconfig that it brings along. Must not know how a connection is made.

use super::ConnectArguments;
use super::kubeconfig::{refuse, unusable};
use crate::model::argument::Arguments;
use crate::model::server_address::ServerAddress;
use crate::world::guard::Proof;
use crate::world::query::Why;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster};

/// Arguments of the provider block that say how the server proves who it is.
///
/// # Errors
/// Where the operator did not allow them for this server.
pub(super) fn arguments(arguments: &ConnectArguments, server: &ServerAddress) -> Result<(), Why> {
    let given = Arguments(&arguments.arguments);
    let pem = given.pem("cluster_ca_certificate").known();
    let name = given.text("tls_server_name").known();
    let wanted = Proof {
        cluster_ca_certificate: pem.map_err(unusable)?.map(str::to_owned),
        tls_server_name: name.map_err(unusable)?.map(str::to_owned),
        insecure: given.flag("insecure").known().map_err(unusable)?,
    };
    arguments.guard.trust(server, &wanted).map_err(refuse)
}

/// Arguments that pair a server with credentials of another context, both out of the operator's kubeconfig.
///
/// # Errors
/// Where they say another name than the context does.
pub(super) fn pairing(
    arguments: &ConnectArguments,
    name: &str,
    of_context: Option<&str>,
) -> Result<(), String> {
    if arguments.guard.is_open() {
        return Ok(());
    }
    let declared = Arguments(&arguments.arguments).text(name).known();
    match declared.map_err(|unusable| unusable.to_string())? {
        Some(declared) if Some(declared) != of_context => Err(format!(
            "-safe takes no {name} from a configuration: it would send credentials of the kubeconfig to a server that they are \
             not for; name a context by config_context"
        )),
        Some(_) | None => Ok(()),
    }
}

/// A kubeconfig that the configuration brings along, or may have changed.
///
/// # Errors
/// Where it says how the server proves who it is, or hands its own words to a plugin.
pub(super) fn brought(
    arguments: &ConnectArguments,
    server: &ServerAddress,
    cluster: &Cluster,
    user: &AuthInfo,
) -> Result<(), Why> {
    if arguments.guard.is_open() {
        return Ok(());
    }
    if user
        .exec
        .as_ref()
        .is_some_and(|exec| exec.provide_cluster_info)
    {
        return Err(refuse(
            "-safe hands no credential plugin what a kubeconfig of the repository says: leave provideClusterInfo out",
        ));
    }
    let name = cluster.tls_server_name.clone();
    let wanted = Proof {
        cluster_ca_certificate: authority(cluster)?,
        tls_server_name: name.filter(|name| !name.is_empty()),
        insecure: cluster.insecure_skip_tls_verify,
    };
    arguments.guard.trust(server, &wanted).map_err(refuse)
}

/// PEM text of the authority that a kubeconfig names.
fn authority(cluster: &Cluster) -> Result<Option<String>, Why> {
    let wrong = |what: &str| refuse(format!("certificate-authority of the kubeconfig {what}"));
    // What it names by a file has been read into it.
    let Some(data) = &cluster.certificate_authority_data else {
        return Ok(None);
    };
    let bytes = STANDARD
        .decode(data.trim())
        .map_err(|_| wrong("is no base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("is no PEM text"))?;
    Ok(Some(text))
}
