//! Files of a connection: kubeconfigs, and the certificates, keys and tokens that they name. All are read here, so that the
//! library reads none by itself. Must not know which context is chosen.

use super::kubeconfig::{refuse, words};
use crate::world::local::files::{self, Boundary, CREDENTIAL_BYTES, FileError};
use crate::world::query::Why;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster, Kubeconfig};
use std::path::Path;
use zeroize::Zeroizing;

/// A kubeconfig; what it names by relative paths lies beside it.
///
/// # Errors
/// Where it cannot be read or is none.
pub(super) fn kubeconfig(boundary: &Boundary, file: &Path) -> Result<Kubeconfig, Why> {
    let refused = |why: String| refuse(format!("kubeconfig {}: {why}", file.display()));
    let bytes = files::read(boundary, file, CREDENTIAL_BYTES);
    let bytes = Zeroizing::new(bytes.map_err(|error| refused(error.to_string()))?);
    let text = text(&bytes).ok_or_else(|| refused("it is not UTF-8".to_owned()))?;
    let mut read = Kubeconfig::from_yaml(&text).map_err(|error| refused(words(&error)))?;
    let beside = |path: &mut Option<String>| {
        if let (Some(path), Some(directory)) = (path, file.parent()) {
            *path = directory.join(&*path).display().to_string();
        }
    };
    for cluster in read
        .clusters
        .iter_mut()
        .flat_map(|named| &mut named.cluster)
    {
        beside(&mut cluster.certificate_authority);
    }
    for user in read
        .auth_infos
        .iter_mut()
        .flat_map(|named| &mut named.auth_info)
    {
        beside(&mut user.client_certificate);
        beside(&mut user.client_key);
        beside(&mut user.token_file);
        // A name without a slash is looked for in PATH.
        let command = user.exec.as_mut().map(|exec| &mut exec.command);
        let command = command.filter(|name| name.as_ref().is_some_and(|name| name.contains('/')));
        command.into_iter().for_each(beside);
    }
    Ok(read)
}

/// Text of a file that may have been written on Windows.
fn text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let wide = |of: fn([u8; 2]) -> u16| {
        let pairs = bytes.get(2..).unwrap_or_default().chunks(2);
        let units: Option<Vec<u16>> = pairs
            .map(|pair| <[u8; 2]>::try_from(pair).ok().map(of))
            .collect();
        String::from_utf16(&units?).ok()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    };
    text.map(Zeroizing::new)
}

/// Reads what a cluster and a user of a kubeconfig name by files into them.
///
/// # Errors
/// Where one cannot be read.
pub(super) fn bring_in(
    cluster: &mut Cluster,
    user: &mut AuthInfo,
    reach: &Boundary,
) -> Result<(), Why> {
    let file = cluster.certificate_authority.take();
    bring_in_one(
        ("certificate-authority", file),
        &mut cluster.certificate_authority_data,
        reach,
    )?;
    bring_in_user(user, reach)
}

/// Reads certificate and key of a user into it. A token may be renewed in its file while a run goes on: it stays there
/// where the file is the operator's own, and is otherwise read once.
///
/// # Errors
/// Where one cannot be read.
fn bring_in_user(user: &mut AuthInfo, reach: &Boundary) -> Result<(), Why> {
    let certificate = user.client_certificate.take();
    bring_in_one(
        ("client-certificate", certificate),
        &mut user.client_certificate_data,
        reach,
    )?;
    let mut key = None;
    let file = user.client_key.take();
    let file = file.filter(|_| user.client_key_data.is_none());
    bring_in_one(("client-key", file), &mut key, reach)?;
    let mut read = serde_json::Map::new();
    read.extend(key.map(|key| ("client-key-data".to_owned(), key.into())));
    if let Some(file) = &user.token_file {
        let path = Path::new(file);
        let refused = |error| refused("tokenFile", file, &error);
        match reach {
            Boundary::Machine => {
                files::length(reach, path, CREDENTIAL_BYTES).map_err(refused)?;
            }
            Boundary::Below(_) => {
                let token = files::read_text(reach, path, CREDENTIAL_BYTES).map_err(refused)?;
                read.insert("token".to_owned(), token.trim().into());
                user.token_file = None;
            }
        }
    }
    // The library wraps secrets in a type of another crate, which only its reader makes.
    let secret: AuthInfo =
        serde_json::from_value(read.into()).map_err(|_| refuse("the credentials are malformed"))?;
    user.client_key_data = secret.client_key_data.or(user.client_key_data.take());
    user.token = secret.token.or(user.token.take());
    Ok(())
}

/// Puts the bytes of a file in the place of its name; what is written in the kubeconfig itself wins, as with kubectl.
fn bring_in_one(
    (name, file): (&str, Option<String>),
    data: &mut Option<String>,
    reach: &Boundary,
) -> Result<(), Why> {
    let Some(file) = file.filter(|_| data.as_deref().is_none_or(str::is_empty)) else {
        return Ok(());
    };
    let bytes = files::read(reach, Path::new(&file), CREDENTIAL_BYTES)
        .map_err(|error| refused(name, &file, &error))?;
    *data = Some(STANDARD.encode(Zeroizing::new(bytes)));
    Ok(())
}

fn refused(name: &str, file: &str, error: &FileError) -> Why {
    if let FileError::Outside = error {
        return refuse(format!(
            "-safe reads no {name} for a kubeconfig of the repository outside of it: {file}"
        ));
    }
    refuse(format!("{name} {file}: {error}"))
}
