//! Two locations over one place, or one inside of the other.

use super::scene::{LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::model::address::Address;
use crate::model::object_store::Store;
use std::collections::BTreeSet;

pub(super) const LINT: Lint = Lint {
    code: "shared-prefix",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "Two locations over one place",
    cause: "A prefix of a bucket has one writer (R19). Two locations over the same place hide each other's backups, and each \
            expires what the other made. One inside of the other makes the outer one Unavailable: Velero refuses a place \
            that holds directories it does not know.",
    cure: "Give each location a prefix of its own, beside the others.",
    blind: "Locations of clusters that are in no provider block are not seen. Endpoints are compared by host and port: two names of one store are two.",
    check,
};

/// A place, and who keeps backups there.
struct Claim {
    address: Option<Address>,
    title: String,
    store: Store,
    bucket: String,
    prefix: Vec<String>,
}

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let declared = scene.of(LOCATION).filter_map(|location| {
        let is_open = location.says("prefix") && location.text("prefix").is_none();
        let prefix = location.text("prefix").unwrap_or_default();
        (!is_open).then_some(Claim {
            address: Some(location.owner.address.clone()),
            title: location.owner.address.to_string(),
            store: Store::of(
                location.setting("s3Url").as_deref(),
                location.setting("region").as_deref(),
            ),
            bucket: location.text("bucket")?,
            prefix: segments(&prefix),
        })
    });
    let going: BTreeSet<String> = scene
        .nodes()
        .filter_map(|node| Some(node.former.as_ref()?.key.to_string()))
        .collect();
    let is_going = |live: &serde_json::Value| {
        let name = |member: &str| live["metadata"][member].as_str().unwrap_or_default();
        going.contains(&format!("{}/{}", name("namespace"), name("name")))
    };
    let live = scene
        .undeclared(LOCATION)
        .into_iter()
        .filter(|(_, live)| !is_going(live))
        .filter_map(|(_, live)| {
            let spec = &live["spec"];
            let name = |member: &str| live["metadata"][member].as_str().unwrap_or_default();
            Some(Claim {
                address: None,
                title: format!(
                    "BackupStorageLocation {}/{}",
                    name("namespace"),
                    name("name")
                ),
                store: Store::of(
                    spec["config"]["s3Url"].as_str(),
                    spec["config"]["region"].as_str(),
                ),
                bucket: spec["objectStorage"]["bucket"].as_str()?.to_owned(),
                prefix: segments(spec["objectStorage"]["prefix"].as_str().unwrap_or_default()),
            })
        });
    let claims: Vec<Claim> = declared.chain(live).collect();
    claims
        .iter()
        .enumerate()
        .filter_map(|(at, claim)| {
            let address = claim.address.clone()?;
            let (other, how) = claims
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .find_map(|(_, other)| Some((other, overlap(claim, other)?)))?;
            Some(Hit {
                address: Some(address),
                attribute: "prefix",
                detail: format!("{how} {}.", other.title),
            })
        })
        .collect()
}

fn segments(prefix: &str) -> Vec<String> {
    let parts = prefix.split('/').filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn overlap(one: &Claim, other: &Claim) -> Option<&'static str> {
    if one.bucket != other.bucket || one.store != other.store {
        return None;
    }
    if one.prefix == other.prefix {
        Some("Its bucket and prefix are also those of")
    } else if one.prefix.starts_with(&other.prefix) {
        Some("Its prefix lies inside of that of")
    } else if other.prefix.starts_with(&one.prefix) {
        Some("Inside of its prefix lies that of")
    } else {
        None
    }
}
