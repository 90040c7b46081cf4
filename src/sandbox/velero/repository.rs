//! The kopia repository of a namespace's volumes, as far as it can be told from outside: its `kopia.repository`, sealed
//! with the password that the cluster's Secret holds. There is nothing else in it. Must not know backups.

use super::bucket::Place;
use super::text;
use crate::sandbox::state::{State, VELERO_NAMESPACE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ring::{aead, hkdf};
use serde_json::{Value, json};
use sha2::Digest;

/// Password where nobody set one: Velero's own, known to everybody.
const PASSWORD: &str = "static-passw0rd";
/// Bytes of every key here.
const KEY: usize = 32;

/// Makes the repository of a namespace where there is none.
pub fn ensure(state: &mut State, place: &Place, namespace: &str) {
    if place.has_repository(state, namespace) {
        return;
    }
    let id = sha2::Sha256::digest(format!("{}\n{namespace}", state.s3_owner()));
    let sealed = sealed(&password(state), id.as_slice()).unwrap_or_default();
    let written = json!({
        "tool": "https://github.com/kopia/kopia", "buildVersion": "v1.18.1", "uniqueID": STANDARD.encode(id),
        "keyAlgo": "scrypt-65536-8-1", "encryption": "AES256_GCM", "encryptedBlockFormat": STANDARD.encode(sealed),
    });
    // A bucket that is gone fails the backup when its own files are written.
    let _ = place.write_repository(state, namespace, Bytes::from(written.to_string()));
}

fn password(state: &State) -> Vec<u8> {
    let key = format!("secrets/{VELERO_NAMESPACE}/velero-repo-credentials");
    let secret = state.objects.get(&key);
    let data = secret.map(|secret| text(secret, "/data/repository-password"));
    let plain = secret.map(|secret| text(secret, "/stringData/repository-password"));
    let given = data.and_then(|data| STANDARD.decode(data).ok());
    given
        .filter(|given| !given.is_empty())
        .or_else(|| plain.map(|plain| plain.as_bytes().to_vec()))
        .filter(|given| !given.is_empty())
        .unwrap_or_else(|| PASSWORD.as_bytes().to_vec())
}

/// A format block, sealed as kopia's `internal/crypto` does.
fn sealed(password: &[u8], id: &[u8]) -> Option<Vec<u8>> {
    let parameters = scrypt::Params::new(16, 8, 1).ok()?;
    let mut master = [0; KEY];
    scrypt::scrypt(password, id, &parameters, &mut master).ok()?;
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, id).extract(&master);
    let derived = |purpose: &[u8]| {
        let mut key = [0; KEY];
        let purposes = [purpose];
        salt.expand(&purposes, Length)
            .and_then(|out| out.fill(&mut key))
            .map(|()| key)
            .ok()
    };
    let key = aead::UnboundKey::new(&aead::AES_256_GCM, &derived(b"AES")?).ok()?;
    // Drawn for each repository in kopia; here the same world always comes out.
    let nonce = id.get(..aead::NONCE_LEN)?;
    let checksum = aead::Aad::from(derived(b"CHECKSUM")?);
    let mut block = Value::from("a format block").to_string().into_bytes();
    let unique = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
    aead::LessSafeKey::new(key)
        .seal_in_place_append_tag(unique, checksum, &mut block)
        .ok()?;
    Some([nonce, block.as_slice()].concat())
}

/// The length of a key, as HKDF is told it.
struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY
    }
}
