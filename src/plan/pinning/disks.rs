//! Disks that outlive their cluster (reclaim policy Retain) and whose data no backup holds: Velero restores the
//! PersistentVolume of such a claim as it was, so the claim is bound to the old disk again (R8). Must not know what is done
//! with a pin.

use super::super::decision::blocker;
use super::super::document::{Blocker, PinnedDisk};
use super::{Chosen, blocked};
use crate::model::recovery::{Recovery, VolumeUse};
use std::collections::BTreeSet;

/// Type of the PersistentVolumes in a tarball.
pub(super) const TYPE: &str = "persistentvolumes";

/// Those of the claims that are restored.
fn kept(chosen: &Chosen<'_>) -> Vec<PinnedDisk> {
    let claims = chosen.items.claims.iter().filter(|(claim, _)| {
        chosen.namespaces.contains(&claim.namespace)
            && !blocked::is_covered(&chosen.choice.judgement, claim)
    });
    let disks = claims.filter_map(|(claim, volume)| {
        let disk = chosen.items.disks.get(volume)?;
        disk.is_retained.then(|| PinnedDisk {
            claim: claim.to_string(),
            volume: volume.clone(),
            handle: disk.handle.clone(),
            size: disk.size.clone(),
        })
    });
    disks.collect()
}

/// Whether a claim may be bound to its disk again: declared, and a disk that another cluster can have.
fn is_adopted(block: &Recovery, disk: &PinnedDisk) -> bool {
    match block.volumes.get(&disk.claim) {
        Some(VolumeUse::Adopt) => !disk.handle.is_empty(),
        None => false,
    }
}

/// Those that come back with their claims, by declaration.
pub(super) fn adopted(block: &Recovery, chosen: &Chosen<'_>) -> Vec<PinnedDisk> {
    let mut disks = kept(chosen);
    disks.retain(|disk| is_adopted(block, disk));
    disks
}

/// Those that stop their application: nobody decided what becomes of them, or it cannot be done.
pub(super) fn undecided(block: &Recovery, chosen: &Chosen<'_>) -> Vec<Blocker> {
    let disks = kept(chosen).into_iter();
    let disks = disks.filter(|disk| !is_adopted(block, disk));
    disks.map(|disk| stop(chosen, &disk)).collect()
}

fn stop(chosen: &Chosen<'_>, disk: &PinnedDisk) -> Blocker {
    let (address, backup) = (&chosen.resource.address, &chosen.point.backup.name);
    let PinnedDisk {
        claim,
        volume,
        handle,
        size,
    } = disk;
    let elsewhere = format!(
        "leave {address} out with `scope`; or name a backup that covers the claim in its `point` block"
    );
    match handle.as_str() {
        "" => blocker(
            "retained-volume",
            format!(
                "Backup {backup} does not hold the data of claim {claim}, whose PersistentVolume {volume} ({size}) is no disk of a CSI driver: it is where the lost cluster was, and Velero would bind the claim to it."
            ),
            format!("Save what is on it, and {elsewhere}."),
        ),
        handle => blocker(
            "retained-volume",
            format!(
                "Backup {backup} does not hold the data of claim {claim}, whose PersistentVolume {volume} ({size}, disk {handle}) is kept when it is released. Velero would bind the claim to that disk again, if it is still there."
            ),
            format!(
                "If the disk is there and nothing else writes to it, write volume \"{claim}\" {{ use = \"adopt\" }} into the recovery. Else save what is on it, and {elsewhere}."
            ),
        ),
    }
}

/// Claims of the block that are none of these in any point: what they decide is not asked.
pub(super) fn unasked(block: &Recovery, pinned: &[&PinnedDisk]) -> Vec<String> {
    let adopted: BTreeSet<&str> = pinned.iter().map(|disk| disk.claim.as_str()).collect();
    let claims = block.volumes.keys();
    claims
        .filter(|claim| !adopted.contains(claim.as_str()))
        .cloned()
        .collect()
}
