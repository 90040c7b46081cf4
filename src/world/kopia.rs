//! Whether a password opens one of kopia's repositories, told by its `kopia.repository` alone (R16): offline, and without
//! the rest of the repository. Must not know whose password it is or where the file came from.
//!
//! As kopia's `repo/format/format_blob.go` and `internal/crypto` have it: the password and the repository's unique id give a
//! master key by scrypt, that key and the id two more by HKDF-SHA-256, and with these the format block is sealed by
//! AES-256-GCM behind its nonce. A block that opens proves the password, since GCM authenticates.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{aead, hkdf};
use serde::Deserialize;

/// Bytes of every key here.
const KEY: usize = 32;

/// What a `kopia.repository` says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Repository {
    unique_id: Vec<u8>,
    sealed: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(rename = "uniqueID")]
    unique_id: String,
    key_algo: String,
    encryption: String,
    #[serde(default)]
    encrypted_block_format: String,
}

impl Repository {
    /// Reads the file.
    ///
    /// # Errors
    /// Where it is not one, or is sealed in a way that is not known here: then nothing can be told of any password.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(text)
            .map_err(|error| format!("it is no kopia.repository: {error}"))?;
        if written.key_algo != "scrypt-65536-8-1" || written.encryption != "AES256_GCM" {
            let detail = "how it is sealed is not known to this version of sk-dr";
            return Err(detail.to_owned());
        }
        let bytes = |name: &str, text: &str| {
            let bytes = STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
            bytes.ok_or_else(|| format!("it is no kopia.repository: {name} is not base64"))
        };
        Ok(Self {
            unique_id: bytes("uniqueID", &written.unique_id)?,
            sealed: bytes("encryptedBlockFormat", &written.encrypted_block_format)?,
        })
    }

    /// Whether this password opens it. Takes 64 MiB and a fifth of a second: that is what scrypt is for.
    pub fn opens(&self, password: &[u8]) -> bool {
        self.opened(password).is_some()
    }

    fn opened(&self, password: &[u8]) -> Option<()> {
        let parameters = scrypt::Params::new(16, 8, 1).ok()?;
        let mut master = [0; KEY];
        scrypt::scrypt(password, &self.unique_id, &parameters, &mut master).ok()?;
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, &self.unique_id).extract(&master);
        let derived = |purpose: &[u8]| {
            let mut key = [0; KEY];
            let purposes = [purpose];
            salt.expand(&purposes, Length)
                .and_then(|out| out.fill(&mut key))
                .map(|()| key)
                .ok()
        };
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, &derived(b"AES")?).ok()?;
        let (nonce, sealed) = self.sealed.split_at_checked(aead::NONCE_LEN)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
        let checksum = aead::Aad::from(derived(b"CHECKSUM")?);
        let mut block = sealed.to_vec();
        aead::LessSafeKey::new(key)
            .open_in_place(nonce, checksum, &mut block)
            .map(|_| ())
            .ok()
    }
}

/// The length of a key, as HKDF is told it.
struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY
    }
}

#[cfg(test)]
mod tests {
    use super::Repository;
    use serde_json::{Value as Json, json};

    /// Written by Velero 1.18.1 with the password `of-this-test`.
    fn written() -> Json {
        let block = "\
        RjtepXk0CMeDwV3TTAr+9B5N4q9C4v+Y5P3gKLH/63f8LS42uPQPwOe0ajOaUuzj6TyahsU3l5zJKlJZPmZGU7eTKLtM+ibMK0TqYFZPKkm9bD\
        S1wGvn05lAJ1IYVFgYukZG+DIFRb1H2xM55JSmyEqC7I5GkxH/GoCJEmq6BQErlesJQ3dJO7wD62nGR5gPIZO+EYjuHIE6Y2Jd2Um8lhe/vx1n\
        kK+DAZOJDBItwK24oIOfPGzh8lj+V9w/7AmUmRKkd1BDNH/DdFcLDesFpMotGl/eudq2idV8ZdRfL6MwskfbmoxgQ8NGznt2SwkQ+oTnl8pWf8\
        Dy4P1Y9IRLKtlgtVDoNI7Jl0ZZInVljSyZbFzHuZQ2W03SDbmwKGiW4+obz7jy2/dDOyzeb6Cd4Ysfr25tYdUxGL8Ckd2vqmGnacuci2T4DYcW\
        9kh0uNBvxEt3pre0V23tkLh/UsPi7oak6/xiEObv7ASXW9Xzxn2Tes6adjQlJNnCBq1jtf8SGDN1PUl8tQd1zBHK5XepZlZzkGRiK0z466Sgy9\
        3wnnmUQ+vIr8lJd6Q1WkY3CS8MxZ3guOd60O10pO9oV4xmbZsQ3zSqMElr+27V5SNJ6HtfY2F87c1L8YDcajMHUYoHoip6MEmwA0gUcuU2Afho\
        6ld0AXoWCHquspzo6tibsHg5ewQttw11A3RNLB9/jbVLvcYjgHj+2hVN5306WHdXvYk0ZzbsTfR2sUITBeFef7O6Htp1THYqHuX9x9bJoYtVs/\
        y1a+NW+LKjpB2Lxk9nMNhc9ptP0v7A4hVQvGASdw==\
        ";
        json!({
            "tool": "https://github.com/kopia/kopia",
            "buildVersion": "v1.18.1",
            "uniqueID": "o7fuXsulRDXmCLT/mxt5T/ff/l4eq1W/tfiDvTE+5Qw=",
            "keyAlgo": "scrypt-65536-8-1",
            "encryption": "AES256_GCM",
            "encryptedBlockFormat": block,
        })
    }

    fn read(changed: &Json) -> Result<Repository, String> {
        let mut written = written();
        for (name, value) in changed.as_object().into_iter().flatten() {
            written[name.as_str()] = value.clone();
        }
        Repository::read(written.to_string().as_bytes())
    }

    #[test]
    fn its_password_opens_it_and_no_other() {
        let repository = read(&json!({})).unwrap();
        assert!(repository.opens(b"of-this-test"));
        assert!(!repository.opens(b"of-this-tesT"));
        assert!(!repository.opens(b""));
        // Of another repository: the id is part of the keys.
        let other = read(&json!({"uniqueID": "o7fuXsulRDXmCLT/mxt5T/ff/l4eq1W/tfiDvTE+5Qx="}));
        assert!(other.is_err() || !other.unwrap().opens(b"of-this-test"));
        let cut = read(&json!({"encryptedBlockFormat": "RjtepXk0"})).unwrap();
        assert!(!cut.opens(b"of-this-test"));
    }

    #[test]
    fn what_is_sealed_in_another_way_tells_nothing() {
        let check = |changed: Json, expected: &str| {
            let said = read(&changed).unwrap_err();
            assert!(said.contains(expected), "{changed}: {said}");
        };
        check(json!({"keyAlgo": "pbkdf2-sha256-600000"}), "not known");
        check(json!({"encryption": "NONE"}), "not known");
        check(json!({"uniqueID": ""}), "uniqueID is not base64");
        check(
            json!({"encryptedBlockFormat": "<"}),
            "encryptedBlockFormat is not base64",
        );
        let text = Repository::read(b"<html>").unwrap_err();
        assert!(text.contains("no kopia.repository"), "{text}");
    }
}
