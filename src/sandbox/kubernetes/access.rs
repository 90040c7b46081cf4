//! Who may do what: bearer tokens and rights. Must not know storage.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Users by token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Token to user.
    pub users: BTreeMap<String, User>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Name, as in 403 messages.
    pub name: String,
    /// What it may do; the sum of all.
    pub rights: Vec<Right>,
}

/// Verbs on types. `*` stands for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// `get`, `list`, `create`, `update`, `patch`, `delete`.
    pub verbs: BTreeSet<String>,
    /// `schedules.velero.io`, `namespaces`.
    pub resources: BTreeSet<String>,
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A token that nobody has.
    Unknown,
    /// No token.
    Anonymous,
    /// A user.
    User(User),
}

impl Right {
    /// These verbs on these types.
    pub fn new(verbs: &[&str], resources: &[&str]) -> Self {
        let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            verbs: set(verbs),
            resources: set(resources),
        }
    }
    fn allows(&self, verb: &str, resource: &str) -> bool {
        let has = |set: &BTreeSet<String>, what: &str| set.contains("*") || set.contains(what);
        has(&self.verbs, verb) && has(&self.resources, resource)
    }
}

impl Access {
    /// One user with all rights, under that token.
    pub fn admin(token: &str) -> Self {
        let mut access = Self::default();
        access.grant(token, "admin", vec![Right::new(&["*"], &["*"])]);
        access
    }
    /// Adds or replaces a user.
    pub fn grant(&mut self, token: &str, name: &str, rights: Vec<Right>) {
        self.users.insert(
            token.to_owned(),
            User {
                name: name.to_owned(),
                rights,
            },
        );
    }
    /// The caller behind an `Authorization` header.
    pub fn caller(&self, authorization: Option<&str>) -> Caller {
        match authorization {
            None => Caller::Anonymous,
            Some(value) => value
                .strip_prefix("Bearer ")
                .and_then(|token| self.users.get(token.trim()))
                .map_or(Caller::Unknown, |user| Caller::User(user.clone())),
        }
    }
}

impl Caller {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Caller::Unknown | Caller::Anonymous => "system:anonymous",
            Caller::User(user) => &user.name,
        }
    }
    /// Whether it may.
    pub fn may(&self, verb: &str, resource: &str) -> bool {
        match self {
            Caller::Unknown | Caller::Anonymous => false,
            Caller::User(user) => user.rights.iter().any(|right| right.allows(verb, resource)),
        }
    }
}
