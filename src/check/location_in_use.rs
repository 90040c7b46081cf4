//! A location goes while Schedules send backups to it, or Backups lie in it.

use super::scene::{LOCATION, SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::kinds::{self, Home};
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::plan::document::{Action, Node};
use crate::plan::found::Found;
use serde_json::Value as Json;
use std::collections::BTreeSet;

pub(super) const LINT: Lint = Lint {
    code: "location-in-use",
    severity: Severity::Danger,
    sight: Sight::Live,
    summary: "A location that is used goes",
    cause: "Without its location a Schedule makes no backup: each fails validation. Backups in it can be neither restored \
            nor expired from this cluster any more, though their data stays in the bucket.",
    cure: "Move the Schedules to another location first, and keep this one until its backups have run out.",
    blind: "Schedules of namespaces that no plan looks into.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let going = scene
        .nodes()
        .filter(|node| node.kind == LOCATION && node.action == Action::Delete);
    going.filter_map(|node| hit(scene, node)).collect()
}

fn hit(scene: &Scene<'_>, node: &Node) -> Option<Hit> {
    let Key::Kube {
        resource,
        namespace,
        name,
    } = &node.key
    else {
        return None;
    };
    let going = Going {
        scene,
        provider: node.provider.as_ref()?,
        resource,
        namespace: namespace.as_deref(),
        name,
    };
    let found: Vec<String> = [going.schedules(), going.backups()]
        .into_iter()
        .flatten()
        .collect();
    (!found.is_empty()).then(|| Hit {
        address: Some(node.address.clone()),
        attribute: "",
        detail: format!("{name} is deleted, and {}.", found.join("; ")),
    })
}

/// A location that is deleted.
struct Going<'s, 'a> {
    scene: &'s Scene<'a>,
    provider: &'s ProviderRef,
    resource: &'s KubeResource,
    namespace: Option<&'s str>,
    name: &'s str,
}

impl Going<'_, '_> {
    /// Schedules that stay and name it, or that name none where it is the default.
    fn schedules(&self) -> Option<String> {
        let is_default = match self.find(self.resource, self.name) {
            Found::Present(live) => live["spec"]["default"] == true,
            Found::Absent | Found::NotServed | Found::Unknown(_) | Found::NotAsked => false,
        };
        let uses = |location: &str| location == self.name || (location.is_empty() && is_default);
        let gone: BTreeSet<String> = self
            .scene
            .nodes()
            .filter(|node| node.action == Action::Delete)
            .map(|node| node.key.to_string())
            .collect();
        let declared = self.scene.of(SCHEDULE).filter(|schedule| {
            let known =
                !schedule.says("storage_location") || schedule.text("storage_location").is_some();
            let location = schedule.text("storage_location").unwrap_or_default();
            known && uses(&location) && schedule.resource.provider.as_ref() == Some(self.provider)
        });
        let declared = declared.filter_map(|schedule| schedule.key().map(|key| key.to_string()));
        let live = self
            .scene
            .undeclared(SCHEDULE)
            .into_iter()
            .filter(|(provider, schedule)| {
                let template = &schedule["spec"]["template"];
                *provider == self.provider
                    && uses(template["storageLocation"].as_str().unwrap_or_default())
            });
        let live = live.filter_map(|(_, schedule)| {
            let metadata = &schedule["metadata"];
            Some(format!(
                "{}/{}",
                metadata["namespace"].as_str()?,
                metadata["name"].as_str()?
            ))
        });
        let prefix = format!("{}/", self.namespace.unwrap_or_default());
        let names: BTreeSet<String> = declared
            .chain(live)
            .filter(|name| name.starts_with(&prefix) && !gone.contains(name))
            .collect();
        if let Some(why) = kinds::find(SCHEDULE).and_then(|kind| self.untold(&kind.home())) {
            return Some(format!(
                "which Schedules use it could not be looked at: {why}"
            ));
        }
        let names: Vec<String> = names.into_iter().collect();
        (!names.is_empty())
            .then(|| format!("Schedules send their backups to it: {}", names.join(", ")))
    }

    fn backups(&self) -> Option<String> {
        let users = kinds::find(LOCATION)?.users();
        let backups = users.into_iter().find(|type_| type_.kind == "Backup")?;
        if let Some(why) = self.untold(&Home::Kube(backups.clone())) {
            return Some(format!(
                "which Backups lie in it could not be looked at: {why}"
            ));
        }
        let listed = self.scene.listed(|resource| *resource == backups);
        let is_here = |backup: &&Json| {
            backup["spec"]["storageLocation"] == *self.name
                && backup["metadata"]["namespace"].as_str() == self.namespace
        };
        let count = listed
            .into_iter()
            .filter(|(provider, _, backup)| *provider == self.provider && is_here(backup))
            .count();
        let backups = if count == 1 {
            "Backup lies"
        } else {
            "Backups lie"
        };
        (count > 0).then(|| format!("{count} {backups} in it"))
    }

    /// Why a list could not be read.
    fn untold(&self, home: &Home) -> Option<String> {
        let Home::Kube(resource) = home else {
            return None;
        };
        match self.find(resource, "") {
            Found::Unknown(why) => Some(why.message.clone()),
            Found::NotAsked => Some("they were not listed".to_owned()),
            Found::Present(_) | Found::Absent | Found::NotServed => None,
        }
    }

    fn find(&self, resource: &KubeResource, name: &str) -> Found<'_> {
        self.scene
            .find(self.provider, resource, self.namespace, name)
    }
}
