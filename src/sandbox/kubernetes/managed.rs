//! `metadata.managedFields`: who owns which fields, kept up by every write. Must not know requests or storage.

use super::fields::{self, FieldSet};
use super::schema::Shape;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How a manager writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By anything else.
    Update,
}

/// Who owns fields: name, operation and version together; the same name may be there twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// Name.
    pub name: String,
    /// Operation.
    pub operation: Operation,
    /// `velero.io/v1`.
    pub api_version: String,
    /// Subresource, empty for the object itself.
    pub subresource: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    set: FieldSet,
    time: String,
}

/// All owners of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managers(BTreeMap<Manager, Entry>);

/// A conflict: that manager owns this path with another value.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// As error texts name the manager.
    pub manager: String,
    /// `.spec.schedule`.
    pub path: String,
}

/// Outcome of an apply.
pub struct Applied {
    /// The new object, without managedFields.
    pub object: Value,
    /// Its owners.
    pub managers: Managers,
}

impl Manager {
    fn title(&self) -> String {
        let mut title = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            title = format!("{title} with subresource {:?}", self.subresource);
        }
        match self.operation {
            Operation::Apply => title,
            Operation::Update => format!("{title} using {}", self.api_version),
        }
    }
}

impl Managers {
    /// Read from an object's metadata. Entries that are not understood are left out, as `[{}]` relies on.
    pub fn of(object: &Value) -> Self {
        let entries = object
            .pointer("/metadata/managedFields")
            .and_then(Value::as_array);
        let text = |entry: &Value, name: &str| {
            entry
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let mut managers = BTreeMap::new();
        for entry in entries.into_iter().flatten() {
            let operation = match text(entry, "operation").as_str() {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => continue,
            };
            let manager = Manager {
                name: text(entry, "manager"),
                operation,
                api_version: text(entry, "apiVersion"),
                subresource: text(entry, "subresource"),
            };
            let set = FieldSet::from_json(entry.get("fieldsV1").unwrap_or(&Value::Null));
            managers.insert(
                manager,
                Entry {
                    set,
                    time: text(entry, "time"),
                },
            );
        }
        Self(managers)
    }
    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Writes them into an object's metadata.
    pub fn write(&self, object: &mut Value) {
        let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
            return;
        };
        if self.0.is_empty() {
            metadata.remove("managedFields");
            return;
        }
        let mut entries: Vec<(&Manager, &Entry)> = self.0.iter().collect();
        // The server's order: Apply before Update, then by time, then by name.
        entries.sort_by(|a, b| {
            (a.0.operation, &a.1.time, &a.0.name).cmp(&(b.0.operation, &b.1.time, &b.0.name))
        });
        metadata.insert(
            "managedFields".to_owned(),
            entries
                .into_iter()
                .map(|(manager, entry)| wire(manager, entry))
                .collect(),
        );
    }
    /// Without the times, to tell whether anything but a time differs.
    #[must_use]
    pub fn timeless(&self) -> BTreeMap<Manager, FieldSet> {
        self.0
            .iter()
            .map(|(manager, entry)| (manager.clone(), entry.set.clone()))
            .collect()
    }
    fn without(mut self, taken: &FieldSet, except: Option<&Manager>) -> Self {
        for (manager, entry) in &mut self.0 {
            if Some(manager) != except {
                entry.set = entry.set.difference(taken);
            }
        }
        self.0.retain(|_, entry| !entry.set.is_empty());
        self
    }
    /// Ownership after an update (POST, PUT, merge patch, JSON patch) turned `old` into `new`.
    #[must_use]
    pub fn updated(self, old: &Value, new: &Value, writer: &Manager, write: Write<'_>) -> Self {
        let comparison = fields::compare(old, new, write.shape);
        let taken = comparison.added.union(&comparison.modified).stripped();
        let removed = comparison.removed.stripped();
        let time = write.time.to_owned();
        let before = self.0.get(writer).cloned();
        let mut left = self.without(&taken, Some(writer)).without(&removed, None);
        if taken.is_empty() {
            return left;
        }
        let mine = before
            .map(|entry| entry.set)
            .unwrap_or_default()
            .union(&taken)
            .difference(&removed);
        left.0.insert(writer.clone(), Entry { set: mine, time });
        left
    }
    /// Applies a configuration to the live object.
    ///
    /// # Errors
    /// Fields held by others with another value, unless forced.
    pub fn applied(
        self,
        live: &Value,
        configuration: &Value,
        writer: &Manager,
        write: Write<'_>,
    ) -> Result<Applied, Vec<Conflict>> {
        let shape = write.shape;
        let mut managers = self;
        if managers.is_empty() && live.get("metadata").is_some() {
            // Nobody owned anything: the server lets "before-first-apply" own all that is there.
            let first = Manager {
                name: "before-first-apply".to_owned(),
                operation: Operation::Update,
                ..writer.clone()
            };
            managers = managers.updated(&json!({}), live, &first, write);
        }
        let last = managers
            .0
            .get(writer)
            .map(|entry| entry.set.clone())
            .unwrap_or_default();
        let set = fields::applied_set(configuration, shape).stripped();
        let merged = fields::merge(live, configuration, shape);
        managers.0.insert(
            writer.clone(),
            Entry {
                set,
                time: write.time.to_owned(),
            },
        );
        let owned = managers
            .0
            .values()
            .fold(FieldSet::default(), |all, entry| all.union(&entry.set));
        let object = if last.is_empty() {
            merged
        } else {
            fields::prune(&merged, &last, &owned, shape)
        };
        let comparison = fields::compare(live, &object, shape);
        let taken = comparison.added.union(&comparison.modified).stripped();
        let conflicts = managers.conflicts(&taken, writer);
        if write.force == Force::No && !conflicts.is_empty() {
            return Err(conflicts);
        }
        let removed = comparison.removed.stripped();
        let managers = managers
            .without(&taken, Some(writer))
            .without(&removed, None);
        Ok(Applied { object, managers })
    }
    fn conflicts(&self, taken: &FieldSet, writer: &Manager) -> Vec<Conflict> {
        let others = self.0.iter().filter(|(manager, _)| *manager != writer);
        others
            .flat_map(|(manager, entry)| {
                let paths = entry.set.intersection(taken).paths();
                paths.into_iter().map(|path| Conflict {
                    manager: manager.title(),
                    path,
                })
            })
            .collect()
    }
}

/// How a write is made.
#[derive(Clone, Copy)]
pub struct Write<'a> {
    /// Shape of the object.
    pub shape: Shape,
    /// Now, RFC 3339.
    pub time: &'a str,
    /// Whether conflicts are overruled.
    pub force: Force,
}

/// Whether an apply overrules conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// It fails.
    No,
    /// It takes the fields.
    Yes,
}

fn wire(manager: &Manager, entry: &Entry) -> Value {
    let operation = match manager.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    let mut wire = json!({
        "manager": manager.name, "operation": operation, "apiVersion": manager.api_version,
        "time": entry.time, "fieldsType": "FieldsV1", "fieldsV1": entry.set.to_json(),
    });
    if !manager.subresource.is_empty() {
        wire["subresource"] = Value::String(manager.subresource.clone());
    }
    wire
}
