//! The sandbox's world as data: objects, counters, the virtual time reached, who may do what, the buckets and what is in
//! them, and what the controllers mean to do next. Saved and loaded as JSON by the caller. Must not know requests.

use super::kubernetes::access::Access;
use super::kubernetes::resources::{self, Resource, VELERO_GROUP};
use super::namespaces::{self, Furnishing};
use super::s3::Store;
use super::velero::restore::Restoring;
use super::velero::{self, DEPLOYMENT};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// Version of the saved form.
pub const FORMAT: u32 = 3;
/// Namespace that Velero lives in.
pub const VELERO_NAMESPACE: &str = "velero";
/// Token of the user with all rights.
pub const ADMIN_TOKEN: &str = "sandbox-admin";
/// Token of the user that may only get and list.
pub const READER_TOKEN: &str = "sandbox-reader";

const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// What a cluster's identity is derived from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The directory it is kept in, or any other name.
    pub directory: String,
    /// The seed.
    pub seed: u64,
    /// How often it was wiped: a wiped cluster is another cluster.
    pub generation: u64,
}

/// Something that a controller will do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wake {
    /// When.
    pub at: Timestamp,
    /// What.
    pub task: Task,
    /// About which object: its key, or the UID of one that is gone.
    pub subject: String,
}

/// What a controller may have to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Velero looks at a location, schedule or backup whose spec changed.
    Reconcile,
    /// A backup goes on to its next phase.
    Backup,
    /// A restore goes on to its next phase.
    Restore,
    /// The namespace controller empties a terminating namespace.
    EmptyNamespace,
    /// The garbage collector deletes the dependents of an object that is gone.
    Collect,
    /// The garbage collector finishes a delete with propagation Orphan or Foreground.
    Propagate,
    /// A workload runs what was written.
    RollOut,
}

/// What Velero's server knows beside its objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Velero {
    /// Since when the server runs; its periodical work is counted from here. `None`: it does not run.
    pub started: Option<Timestamp>,
    /// Name of the location that the server marks as default when it starts.
    pub default_location: String,
    /// Controllers that it does not run: `--disable-controllers`.
    pub disabled: BTreeSet<Controller>,
    /// What its one worker for restores is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restoring: Option<Restoring>,
}

impl Velero {
    /// A server that was installed by hand and starts now: it deletes nothing that has expired.
    pub fn started(now: Timestamp) -> Self {
        Self {
            started: Some(now),
            default_location: "default".to_owned(),
            disabled: BTreeSet::from([Controller::Gc]),
            restoring: None,
        }
    }
}

/// A controller of Velero's server that a flag ends, as far as the sandbox has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Controller {
    /// Makes backups.
    Backup,
    /// Brings backups of the bucket into the cluster.
    BackupSync,
    /// Deletes expired backups.
    Gc,
    /// Restores.
    Restore,
    /// Lets schedules fire.
    Schedule,
}

/// The world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    format: u32,
    /// Where identities come from.
    pub origin: Origin,
    /// Virtual time reached.
    pub now: Timestamp,
    /// Counter of writes.
    pub resource_version: u64,
    /// Continue tokens older than this are refused with 410.
    pub compacted: u64,
    made: u64,
    /// Objects by `type/namespace/name` or `type/name`.
    pub objects: BTreeMap<String, Value>,
    /// Who may do what.
    pub access: Access,
    /// Buckets. They outlive the cluster.
    pub s3: Store,
    /// Velero's server, once it was installed.
    pub velero: Option<Velero>,
    /// Whether namespaces get what they get in a real cluster.
    #[serde(default, skip_serializing_if = "Furnishing::is_off")]
    pub furnishing: Furnishing,
    /// What will happen, soonest first.
    pub wakes: BTreeSet<Wake>,
}

/// A saved world that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not JSON, or not of this form.
    #[error("the saved sandbox cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Of another version.
    #[error("the saved sandbox has format {found}, this version reads {FORMAT}")]
    Format {
        /// The one found.
        found: u32,
    },
}

impl State {
    /// An empty cluster: the four namespaces that every cluster has, and two users.
    pub fn new(directory: &str, seed: u64, now: Timestamp) -> Self {
        let mut access = Access::admin(ADMIN_TOKEN);
        let reader = super::kubernetes::access::Right::new(&["get", "list"], &["*"]);
        access.grant(READER_TOKEN, "reader", vec![reader]);
        let mut state = Self {
            format: FORMAT,
            origin: Origin {
                directory: directory.to_owned(),
                seed,
                generation: 0,
            },
            now: now.min(END),
            resource_version: 0,
            compacted: 0,
            made: 0,
            objects: BTreeMap::new(),
            access,
            s3: Store::default(),
            velero: None,
            furnishing: Furnishing::Off,
            wakes: BTreeSet::new(),
        };
        state.bootstrap();
        state
    }
    fn bootstrap(&mut self) {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            self.add_namespace(name);
        }
    }
    /// Adds a namespace if it is not there.
    pub fn add_namespace(&mut self, name: &str) {
        let key = format!("namespaces/{name}");
        if self.objects.contains_key(&key) {
            return;
        }
        let uid = self.uid_of(&key);
        let mut object = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {
                "name": name, "uid": uid, "creationTimestamp": stamp(self.now),
                "labels": {"kubernetes.io/metadata.name": name},
                "managedFields": [{
                    "manager": "kube-apiserver", "operation": "Update", "apiVersion": "v1", "time": stamp(self.now),
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}},
                }],
            },
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
        });
        self.next_version(&mut object);
        self.objects.insert(key, object);
        namespaces::furnish(self, name);
    }
    /// The cluster is lost: another one, empty, is in its place. Buckets and users stay.
    pub fn wipe(&mut self) {
        self.origin.generation += 1;
        self.objects.clear();
        self.wakes.clear();
        self.velero = None;
        self.made = 0;
        self.resource_version = 0;
        self.compacted = 0;
        self.bootstrap();
    }
    /// Installs Velero's CRDs and namespace, and starts its server.
    pub fn install_velero(&mut self) {
        for resource in resources::RESOURCES
            .iter()
            .filter(|resource| resource.group == VELERO_GROUP)
        {
            self.define(resource);
        }
        self.add_namespace(VELERO_NAMESPACE);
        self.velero = Some(Velero::started(self.now));
    }
    fn define(&mut self, resource: &Resource) {
        let key = format!("{DEFINITIONS}/{}", resource.title());
        if self.objects.contains_key(&key) {
            return;
        }
        let uid = self.uid_of(&key);
        let mut object = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": resource.title(), "uid": uid, "generation": 1, "creationTimestamp": stamp(self.now)},
            "spec": {
                "group": resource.group, "scope": "Namespaced",
                "names": {
                    "kind": resource.kind, "plural": resource.plural, "singular": resource.singular,
                    "listKind": format!("{}List", resource.kind), "shortNames": resource.short_names,
                },
                "versions": [{"name": "v1", "served": true, "storage": true}],
            },
            "status": {"conditions": [{"type": "Established", "status": "True"}]},
        });
        self.next_version(&mut object);
        self.objects.insert(key, object);
    }
    /// Whether a type is defined by a CRD.
    pub fn defines(&self, resource: &Resource) -> bool {
        self.objects
            .contains_key(&format!("{DEFINITIONS}/{}", resource.title()))
    }
    /// UID of this cluster: that of the namespace kube-system.
    pub fn cluster_uid(&self) -> String {
        self.uid_of("namespaces/kube-system")
    }
    /// ID of the account that the buckets belong to: the same after the cluster was lost.
    pub fn s3_owner(&self) -> String {
        let Origin {
            directory, seed, ..
        } = &self.origin;
        hex::encode(sha2::Sha256::digest(format!("{directory}\n{seed}\ns3")))
    }
    fn uid_of(&self, what: &str) -> String {
        let Origin {
            directory,
            seed,
            generation,
        } = &self.origin;
        let digest =
            sha2::Sha256::digest(format!("{directory}\n{seed}\n{generation}\n{what}").as_bytes());
        let hex = hex::encode(digest);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
    /// UID for the next object. A dry run looks at it without taking it.
    pub fn peek_uid(&self) -> String {
        self.uid_of(&self.made.to_string())
    }
    /// Marks the UID as taken.
    pub fn take_uid(&mut self) {
        self.made += 1;
    }
    /// Writes the next resourceVersion into an object.
    pub fn next_version(&mut self, object: &mut Value) {
        self.resource_version += 1;
        object["metadata"]["resourceVersion"] = json!(self.resource_version.to_string());
    }
    /// Stores an object under the next resourceVersion and returns it as stored.
    pub fn store(&mut self, key: &str, mut object: Value) -> Value {
        self.next_version(&mut object);
        self.objects.insert(key.to_owned(), object.clone());
        object
    }
    /// Removes an object; its dependents follow.
    pub fn remove(&mut self, key: &str) {
        let Some(object) = self.objects.remove(key) else {
            return;
        };
        self.resource_version += 1;
        // Without its Deployment the server ends.
        if key == DEPLOYMENT {
            velero::stop(self);
        }
        if let Some(uid) = object.pointer("/metadata/uid").and_then(Value::as_str) {
            self.wake_after(SignedDuration::from_millis(500), Task::Collect, uid);
        }
    }
    /// Lets something happen after a while.
    pub fn wake_after(&mut self, after: SignedDuration, task: Task, subject: &str) {
        self.wakes.insert(Wake {
            at: self.now.checked_add(after).unwrap_or(Timestamp::MAX),
            task,
            subject: subject.to_owned(),
        });
    }
    /// Objects of a type, in order, in one namespace or all.
    pub fn list<'a>(
        &'a self,
        title: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        let prefix = namespace.map_or_else(
            || format!("{title}/"),
            |namespace| format!("{title}/{namespace}/"),
        );
        let start = prefix.clone();
        self.objects
            .range(start..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
    }
    /// As JSON text.
    ///
    /// # Errors
    /// Never in practice: every part can be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
    /// From JSON text.
    ///
    /// # Errors
    /// Another format, or no such text.
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        #[derive(Deserialize)]
        struct Any {
            format: u32,
        }
        // Of another format nothing else is understood.
        let Any { format } = serde_json::from_str(text)?;
        if format == FORMAT {
            Ok(serde_json::from_str(text)?)
        } else {
            Err(LoadError::Format { found: format })
        }
    }
}

/// 1 December 9999: there the sandbox's time stops. What is due at the last instant of all is never due.
const END: Timestamp = Timestamp::constant(253_399_622_400, 0);

/// The time after a while.
pub fn later(now: Timestamp, passed: SignedDuration) -> Timestamp {
    now.checked_add(passed).unwrap_or(END).min(END)
}

/// A time as the API writes it: whole seconds.
pub fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_comes_back_and_another_format_is_named() {
        let mut state = State::new("d", 1, Timestamp::UNIX_EPOCH);
        state.s3.create_bucket("b", Timestamp::UNIX_EPOCH);
        let content = crate::sandbox::s3::store::Content::new(vec![0_u8, 255, 10]);
        let put = state.s3.put(
            ("b", "k"),
            content,
            &Default::default(),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(put, Ok(None));
        let saved = state.to_json().unwrap();
        assert_eq!(State::from_json(&saved).unwrap(), state);
        let older = r#"{"format": 1, "buckets": ["b"]}"#;
        let told = State::from_json(older).unwrap_err().to_string();
        assert_eq!(told, "the saved sandbox has format 1, this version reads 3");
    }
}
