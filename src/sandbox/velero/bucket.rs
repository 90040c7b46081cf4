//! A location's place in its bucket: what stands at its root, which backups are in it, writing one, deleting one. Must
//! not know what a backup holds.

use super::text;
use crate::sandbox::s3::list::Page;
use crate::sandbox::s3::store::{Conditions, Content, Refusal};
use crate::sandbox::state::{State, VELERO_NAMESPACE};
use bytes::Bytes;
use serde_json::Value;

/// What may stand at a location's root; any other directory makes it unusable.
const KNOWN: &[&str] = &[
    "backups", "restores", "restic", "kopia", "metadata", "plugins",
];

/// A bucket and a prefix in it, which is empty or ends with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    bucket: String,
    prefix: String,
}

impl Place {
    /// The place of a location.
    pub fn of(location: &Value) -> Self {
        let trimmed = |pointer: &str| text(location, pointer).trim_matches('/').to_owned();
        let prefix = match trimmed("/spec/objectStorage/prefix") {
            prefix if prefix.is_empty() => prefix,
            prefix => format!("{prefix}/"),
        };
        Self {
            bucket: trimmed("/spec/objectStorage/bucket"),
            prefix,
        }
    }
    /// The place of a backup's location, if that is there.
    pub fn of_backup(state: &State, backup: &Value) -> Option<Self> {
        let name = text(backup, "/spec/storageLocation");
        let key = format!("backupstoragelocations.velero.io/{VELERO_NAMESPACE}/{name}");
        state.objects.get(&key).map(Self::of)
    }
    fn key(&self, backup: &str, file: &str) -> String {
        format!("{}backups/{backup}/{file}", self.prefix)
    }
    fn restore_key(&self, restore: &str, file: &str) -> String {
        format!("{}restores/{restore}/{file}", self.prefix)
    }
    /// Names of the directories below a prefix of the place.
    fn directories(&self, state: &State, below: &str) -> Result<Vec<String>, Refusal> {
        let prefix = format!("{}{below}", self.prefix);
        let page = Page {
            prefix: &prefix,
            delimiter: "/",
            start_after: "",
            after: "",
            limit: usize::MAX,
        };
        let listed = state.s3.list(&self.bucket, &page)?;
        let names = listed.prefixes.into_iter();
        let names = names.filter_map(|name| name.strip_prefix(prefix.as_str())?.strip_suffix('/'));
        Ok(names.map(str::to_owned).collect())
    }
    /// Directories at its root that Velero does not know.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn strangers(&self, state: &State) -> Result<Vec<String>, Refusal> {
        let mut names = self.directories(state, "")?;
        names.retain(|name| !KNOWN.contains(&name.as_str()));
        Ok(names)
    }
    /// Names of the backups in it: of directories, whatever is in them.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn backups(&self, state: &State) -> Result<Vec<String>, Refusal> {
        self.directories(state, "backups/")
    }
    /// A file of a backup.
    ///
    /// # Errors
    /// It is not there.
    pub fn read(&self, state: &State, backup: &str, file: &str) -> Result<Bytes, Refusal> {
        self.get(state, &self.key(backup, file))
    }
    /// A file of a restore.
    ///
    /// # Errors
    /// It is not there.
    pub fn read_restore(&self, state: &State, restore: &str, file: &str) -> Result<Bytes, Refusal> {
        self.get(state, &self.restore_key(restore, file))
    }
    /// Whether the volumes of a namespace have a kopia repository here.
    pub fn has_repository(&self, state: &State, namespace: &str) -> bool {
        self.get(state, &self.repository_key(namespace)).is_ok()
    }
    /// Writes the file that makes a directory a kopia repository.
    ///
    /// # Errors
    /// There is no such bucket, or it takes nothing.
    pub fn write_repository(
        &self,
        state: &mut State,
        namespace: &str,
        bytes: Bytes,
    ) -> Result<(), Refusal> {
        let key = self.repository_key(namespace);
        self.put(state, &key, bytes)
    }
    fn repository_key(&self, namespace: &str) -> String {
        format!("{}kopia/{namespace}/kopia.repository", self.prefix)
    }
    fn get(&self, state: &State, key: &str) -> Result<Bytes, Refusal> {
        let found = state
            .s3
            .get((&self.bucket, key), None, &Conditions::default());
        found.map(|(_, content)| content.body.clone())
    }
    /// Writes a file of a backup.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn write(
        &self,
        state: &mut State,
        (backup, file): (&str, &str),
        bytes: Bytes,
    ) -> Result<(), Refusal> {
        let key = self.key(backup, file);
        self.put(state, &key, bytes)
    }
    /// Writes a file of a restore.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn write_restore(
        &self,
        state: &mut State,
        (restore, file): (&str, &str),
        bytes: Bytes,
    ) -> Result<(), Refusal> {
        let key = self.restore_key(restore, file);
        self.put(state, &key, bytes)
    }
    fn put(&self, state: &mut State, key: &str, bytes: Bytes) -> Result<(), Refusal> {
        let now = state.now;
        let place = (self.bucket.as_str(), key);
        let content = Content {
            content_type: Some("application/octet-stream".to_owned()),
            ..Content::new(bytes)
        };
        let written = state.s3.put(place, content, &Conditions::default(), now);
        written.map(|_| ())
    }
    /// Deletes all files of a backup.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn delete(&self, state: &mut State, backup: &str) -> Result<(), Refusal> {
        let prefix = self.key(backup, "");
        self.delete_below(state, &prefix)
    }
    /// Deletes all files of a restore.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn delete_restore(&self, state: &mut State, restore: &str) -> Result<(), Refusal> {
        let prefix = self.restore_key(restore, "");
        self.delete_below(state, &prefix)
    }
    fn delete_below(&self, state: &mut State, prefix: &str) -> Result<(), Refusal> {
        let page = Page {
            prefix,
            delimiter: "",
            start_after: "",
            after: "",
            limit: usize::MAX,
        };
        let listed = state.s3.list(&self.bucket, &page)?.objects;
        let keys: Vec<String> = listed.iter().map(|(key, ..)| (*key).to_owned()).collect();
        for key in keys {
            let now = state.now;
            let place = (self.bucket.as_str(), key.as_str());
            state.s3.delete(place, None, &Conditions::default(), now)?;
        }
        Ok(())
    }
}
