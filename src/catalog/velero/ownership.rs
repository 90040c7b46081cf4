//! Whose a backup is: its labels tell and nothing else does, its name least of all. A name only tells what to read
//! first. Must not know how an owner was declared.

use super::backup::SCHEDULE_LABEL;
use super::directory::stamped;
use crate::model::address::Address;
use crate::model::duration::GoDuration;
use crate::model::identity::ProviderRef;
use std::collections::BTreeMap;

/// Label with the name of an application.
const APPLICATION_LABEL: &str = "application";
/// Label with the name of its profile.
const PROFILE_LABEL: &str = "profile";

/// A Velero server: where its objects live.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Installation {
    /// Provider of its cluster.
    pub provider: Option<ProviderRef>,
    /// Its namespace.
    pub namespace: String,
}

/// A Schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Its name.
    pub name: String,
    /// Its expression; `None` where it is not known.
    pub cron: Option<String>,
    /// Whether it is paused.
    pub paused: bool,
}

/// What backups are of: an application, or a Schedule by itself, which is an application of its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its address.
    pub address: Address,
    /// The server that makes its backups.
    pub installation: Installation,
    /// Names of application and profile, as labels bear them.
    pub labels: Option<(String, String)>,
    /// Its Schedules.
    pub schedules: Vec<Rhythm>,
    /// How old its newest usable backup may be.
    pub rpo: Option<GoDuration>,
}

impl Owner {
    /// Whether a backup with these labels is its.
    pub fn claims(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = |name: &str| labels.get(name).map(String::as_str);
        let by_schedule = label(SCHEDULE_LABEL)
            .is_some_and(|name| self.schedules.iter().any(|one| one.name == name));
        let by_labels = self.labels.as_ref().is_some_and(|(application, profile)| {
            label(APPLICATION_LABEL) == Some(application) && label(PROFILE_LABEL) == Some(profile)
        });
        by_schedule || by_labels
    }

    /// Whether a backup of this name is likely to be its.
    pub fn expects(&self, name: &str) -> bool {
        let Some((stem, _)) = stamped(name) else {
            return false;
        };
        self.schedules.iter().any(|schedule| schedule.name == stem)
    }
}
