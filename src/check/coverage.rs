//! What a change of a Schedule ends: the one judgement of its coverage before and after, in attributes of
//! `velero_schedule`. Must not know why it changes, nor what is said of it.

use super::names::{length, matches};
use crate::model::cron::Cron;
use crate::model::duration::GoDuration;
use jiff::SignedDuration;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// How long Velero keeps a backup where nobody says it.
const DEFAULT_TTL: &str = "720h";

/// Each thing that was covered, kept or run before and is not after, as a clause.
pub(super) fn ends(before: &Json, after: &Json) -> Vec<String> {
    let change = Change { before, after };
    let mut found = Vec::new();
    found.extend(change.pause());
    found.extend(change.slower());
    found.extend(change.shorter());
    found.extend(change.volumes());
    for (included, what) in INCLUDED {
        found.extend(change.no_longer_included(included, what));
    }
    for (excluded, what) in EXCLUDED {
        found.extend(change.newly_excluded(excluded, what));
    }
    found.extend(change.cluster_scoped());
    found.extend(change.selection());
    found.extend(change.policy());
    found.extend(change.hooks());
    found.extend(change.labels());
    found
}

/// Lists of which nothing named means everything.
const INCLUDED: [(&str, &str); 3] = [
    ("included_namespaces", "namespaces"),
    ("included_resources", "resources"),
    (
        "included_namespace_scoped_resources",
        "namespaced resources",
    ),
];

const EXCLUDED: [(&str, &str); 4] = [
    ("excluded_namespaces", "namespaces"),
    ("excluded_resources", "resources"),
    (
        "excluded_cluster_scoped_resources",
        "cluster-scoped resources",
    ),
    (
        "excluded_namespace_scoped_resources",
        "namespaced resources",
    ),
];

/// A flag that is as the server is set up where nothing is said, and what it means that it is true no more.
const VOLUMES: [(&str, &str); 3] = [
    (
        "default_volumes_to_fs_backup",
        "volumes are no longer copied file by file",
    ),
    ("snapshot_volumes", "volumes are no longer snapshotted"),
    (
        "snapshot_move_data",
        "data of snapshots no longer goes to the location",
    ),
];

const SNAPSHOTS: &str = "snapshot_volumes";

struct Change<'a> {
    before: &'a Json,
    after: &'a Json,
}

impl Change<'_> {
    fn flags(&self, name: &str) -> (Option<bool>, Option<bool>) {
        (self.before[name].as_bool(), self.after[name].as_bool())
    }

    fn pause(&self) -> Option<String> {
        let (before, after) = self.flags("paused");
        let is_new = before != Some(true) && after == Some(true);
        is_new.then(|| "it is paused, and makes no backups".to_owned())
    }

    fn slower(&self) -> Option<String> {
        let gap = |of: &Json| of["schedule"].as_str()?.parse::<Cron>().ok()?.longest_gap();
        let (before, after) = (gap(self.before)?, gap(self.after)?);
        (after > before).then(|| {
            format!(
                "up to {} lie between two backups, not {}",
                length(after),
                length(before)
            )
        })
    }

    fn shorter(&self) -> Option<String> {
        let said = |of: &Json| of["ttl"].as_str().map(str::to_owned);
        let (before, after) = (said(self.before), said(self.after));
        let kept = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or(DEFAULT_TTL);
            let hours = text.parse::<GoDuration>().ok()?.seconds_rounded_up();
            Some(SignedDuration::from_secs(i64::try_from(hours).ok()?))
        };
        let (long, short) = (kept(&before)?, kept(&after)?);
        let by_default = match after {
            None => " (the server's default where nobody set it)",
            Some(_) => "",
        };
        (short < long).then(|| {
            format!(
                "new backups are kept for {}{by_default}, not {}",
                length(short),
                length(long)
            )
        })
    }

    fn volumes(&self) -> Vec<String> {
        let ended = VOLUMES.iter().filter(|(name, _)| match self.flags(name) {
            // Snapshots are taken where nothing is said; all else is as the server is set up then.
            (None, Some(false)) => *name == SNAPSHOTS,
            (Some(true), None) => *name != SNAPSHOTS,
            (Some(true), Some(false)) => true,
            (Some(true), Some(true)) | (Some(false), _) | (None, Some(true) | None) => false,
        });
        ended.map(|(_, what)| (*what).to_owned()).collect()
    }

    fn no_longer_included(&self, name: &str, what: &str) -> Option<String> {
        let (before, after) = (names(self.before, name), names(self.after, name));
        if is_everything(&after) {
            return None;
        }
        if is_everything(&before) {
            let all: Vec<&str> = after.iter().map(String::as_str).collect();
            return Some(format!("of all {what} only {} are left", all.join(", ")));
        }
        let is_gone = |name: &&String| !after.iter().any(|pattern| matches(pattern, name));
        lost(
            &format!("{what} no longer included"),
            before.iter().filter(is_gone),
        )
    }

    fn newly_excluded(&self, name: &str, what: &str) -> Option<String> {
        let (before, after) = (names(self.before, name), names(self.after, name));
        let is_new = |name: &&String| !before.iter().any(|pattern| matches(pattern, name));
        lost(
            &format!("{what} newly excluded"),
            after.iter().filter(is_new),
        )
    }

    /// Nothing named means what the chosen namespaces need.
    fn cluster_scoped(&self) -> Option<String> {
        let name = "included_cluster_scoped_resources";
        let (before, after) = (names(self.before, name), names(self.after, name));
        let is_gone = |name: &&String| !after.iter().any(|pattern| matches(pattern, name));
        let gone = lost(
            "cluster-scoped resources no longer included",
            before.iter().filter(is_gone),
        );
        gone.or_else(|| match self.flags("include_cluster_resources") {
            (Some(true), None) => Some(
                "of cluster-scoped resources only those that the namespaces need are left"
                    .to_owned(),
            ),
            (Some(true) | None, Some(false)) => {
                Some("cluster-scoped resources are no longer included".to_owned())
            }
            (Some(true), Some(true)) | (Some(false), _) | (None, Some(true) | None) => None,
        })
    }

    fn selection(&self) -> Option<String> {
        let selectors = |of: &Json| {
            let said = ["label_selector", "or_label_selector"].map(|name| of[name].clone());
            said.into_iter()
                .filter(|said| !said.is_null())
                .collect::<Vec<_>>()
        };
        let (before, after) = (selectors(self.before), selectors(self.after));
        let is_narrower = !after.is_empty() && before != after;
        is_narrower.then(|| "only objects that its label selectors take are backed up".to_owned())
    }

    fn policy(&self) -> Option<String> {
        let policy = |of: &Json| of["resource_policy"][0]["name"].as_str().map(str::to_owned);
        match (policy(self.before), policy(self.after)) {
            (before, Some(after)) if before.as_deref() != Some(after.as_str()) => Some(format!(
                "resource policy {after} says which volumes are copied"
            )),
            (Some(before), None) => Some(format!("resource policy {before} no longer holds")),
            (Some(_) | None, Some(_)) | (None, None) => None,
        }
    }

    fn hooks(&self) -> Vec<String> {
        let hooks = |of: &Json| of["hook"].as_array().cloned().unwrap_or_default();
        let name = |hook: &Json| hook["name"].as_str().unwrap_or_default().to_owned();
        let after = hooks(self.after);
        let named: BTreeSet<String> = after.iter().map(name).collect();
        let before = hooks(self.before).into_iter();
        let lost = before.filter(|hook| !after.contains(hook));
        lost.map(|hook| match named.contains(&name(&hook)) {
            true => format!("hook {} is another", name(&hook)),
            false => format!("hook {} no longer runs", name(&hook)),
        })
        .collect()
    }

    fn labels(&self) -> Option<String> {
        let labels = |of: &Json| of["backup_labels"].as_object().cloned().unwrap_or_default();
        let after = labels(self.after);
        let before = labels(self.before);
        let gone = before
            .iter()
            .filter(|(key, value)| after.get(*key) != Some(value) && *key != SCHEDULE_NAME);
        let keys: Vec<String> = gone.map(|(key, _)| key.clone()).collect();
        lost("new backups no longer carry the labels", keys.iter())
    }
}

/// Velero sets it anyway.
const SCHEDULE_NAME: &str = "velero.io/schedule-name";

fn names(of: &Json, name: &str) -> Vec<String> {
    let list = of[name].as_array().into_iter().flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn is_everything(names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| name == "*")
}

fn lost<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Option<String> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What ends where a Schedule that says one thing comes to say another.
    fn check(before: Json, after: Json, wanted: &[&str]) {
        assert_eq!(ends(&before, &after), wanted, "{before} -> {after}");
    }

    #[test]
    fn each_thing_that_can_end() {
        check(
            json!({"paused": false}),
            json!({"paused": true}),
            &["it is paused, and makes no backups"],
        );
        check(
            json!({"schedule": "0 1 * * *"}),
            json!({"schedule": "0 1 * * 0"}),
            &["up to 7 days lie between two backups, not 24h"],
        );
        check(
            json!({"ttl": "720h"}),
            json!({"ttl": "24h"}),
            &["new backups are kept for 24h, not 30 days"],
        );
        check(
            json!({"ttl": "2160h"}),
            json!({}),
            &[
                "new backups are kept for 30 days (the server's default where nobody set it), not 90 days",
            ],
        );
        check(
            json!({}),
            json!({"ttl": "24h"}),
            &["new backups are kept for 24h, not 30 days"],
        );
        for (name, what) in VOLUMES {
            let by_default: &[&str] = if name == SNAPSHOTS { &[] } else { &[what] };
            check(json!({name: true}), json!({}), by_default);
            check(json!({name: true}), json!({name: false}), &[what]);
        }
        check(
            json!({}),
            json!({"snapshot_volumes": false}),
            &["volumes are no longer snapshotted"],
        );
        let hook = |name: &str, command: &str| json!({"name": name, "pre": [{"exec": [{"command": [command]}]}]});
        check(
            json!({"hook": [hook("a", "x"), hook("b", "x")]}),
            json!({"hook": [hook("b", "y")]}),
            &["hook a no longer runs", "hook b is another"],
        );
        check(
            json!({"backup_labels": {"team": "a", SCHEDULE_NAME: "s"}}),
            json!({"backup_labels": {"x": "y"}}),
            &["new backups no longer carry the labels: team"],
        );
    }

    #[test]
    fn each_filter_that_can_take_less() {
        for (name, what) in INCLUDED {
            check(
                json!({}),
                json!({name: ["a", "b"]}),
                &[&format!("of all {what} only a, b are left")],
            );
            check(
                json!({name: ["a", "b", "c1"]}),
                json!({name: ["b", "c*"]}),
                &[&format!("{what} no longer included: a")],
            );
        }
        for (name, what) in EXCLUDED {
            check(
                json!({name: ["a"]}),
                json!({name: ["a", "b"]}),
                &[&format!("{what} newly excluded: b")],
            );
        }
        check(
            json!({"included_cluster_scoped_resources": ["*"]}),
            json!({}),
            &["cluster-scoped resources no longer included: *"],
        );
        check(
            json!({"include_cluster_resources": true}),
            json!({}),
            &["of cluster-scoped resources only those that the namespaces need are left"],
        );
        check(
            json!({}),
            json!({"include_cluster_resources": false}),
            &["cluster-scoped resources are no longer included"],
        );
        let selector = json!({"label_selector": [{"match_labels": {"a": "b"}}]});
        check(
            json!({}),
            selector,
            &["only objects that its label selectors take are backed up"],
        );
        check(
            json!({}),
            json!({"resource_policy": [{"name": "p"}]}),
            &["resource policy p says which volumes are copied"],
        );
        check(
            json!({"resource_policy": [{"name": "p"}]}),
            json!({}),
            &["resource policy p no longer holds"],
        );
    }

    /// Whatever covers more, for longer, or the same, ends nothing.
    #[test]
    fn more_is_no_end() {
        check(json!({"paused": true}), json!({"paused": false}), &[]);
        check(
            json!({"schedule": "@daily"}),
            json!({"schedule": "0 * * * *"}),
            &[],
        );
        check(json!({"ttl": "720h0m0s"}), json!({"ttl": "30000h"}), &[]);
        check(json!({"ttl": "720h"}), json!({}), &[]);
        check(
            json!({}),
            json!({"default_volumes_to_fs_backup": true, "snapshot_volumes": true}),
            &[],
        );
        check(
            json!({"included_namespaces": ["a"]}),
            json!({"included_namespaces": ["*"]}),
            &[],
        );
        check(
            json!({"included_namespaces": ["a"]}),
            json!({"included_namespaces": ["a", "b"]}),
            &[],
        );
        check(
            json!({"excluded_namespaces": ["a*"]}),
            json!({"excluded_namespaces": ["ab"]}),
            &[],
        );
        check(
            json!({"label_selector": [{"match_labels": {"a": "b"}}]}),
            json!({}),
            &[],
        );
        check(
            json!({}),
            json!({"hook": [{"name": "a"}], "backup_labels": {"a": "b"}}),
            &[],
        );
    }
}
