//! From the points that were chosen to what a plan carries of them: pins, what stops an application, what does not come
//! back, what deserves a word (R6 to R9). Must not know how a point was found nor what is done with it. Pure.

mod afterwards;
mod blocked;
mod disks;
mod left;
#[cfg(test)]
mod tests;

use super::document::{
    Finding, FindingSeverity, PassedOver, Pinned, PinnedDisk, PinnedFile, PinnedVolume,
};
use super::input::Recovering;
use crate::catalog::velero::catalog::{Catalog, Held, Wanted};
use crate::catalog::velero::choice::{Choice, Opened, Stop};
use crate::catalog::velero::directory::File;
use crate::catalog::velero::items::{Item, Items};
use crate::catalog::velero::point::Point;
use crate::catalog::velero::restoring::SYSTEM_NAMESPACES;
use crate::goal::recovery::restored;
use crate::kinds;
use crate::model::address::{Address, Target};
use crate::model::duration::GoDuration;
use crate::model::identity::ProviderRef;
use crate::model::recovery::{Recovery, Turn};
use crate::model::resource::{Configuration, Resource};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Code of the finding that a point is older than an objective allows.
pub const BREACHED: &str = "objective-breached";
/// How soon a point that expires is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(48);

/// The part of a bucket that a location is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Who reads it.
    pub provider: ProviderRef,
    /// Its name.
    pub bucket: String,
    /// What keys begin with.
    pub root: String,
}

/// Everything that was found for a recovery.
pub struct Points<'a> {
    /// What is declared.
    pub configuration: &'a Configuration,
    /// The recovery.
    pub block: &'a Recovery,
    /// Which recovery of this name it is.
    pub incarnation: &'a str,
    /// What the buckets hold.
    pub catalog: &'a Catalog,
    /// Where each location of the catalog is, in its order; `None` where it cannot be read.
    pub stores: &'a [Option<Store>],
    /// Backups that were opened.
    pub opened: &'a BTreeMap<Wanted, Opened>,
    /// What was found for each application that is restored.
    pub found: &'a BTreeMap<Address, Result<Choice, Stop>>,
    /// What is left out of the recovery this time.
    pub exclude: &'a [Target],
    /// Now.
    pub now: Timestamp,
}

/// A chosen point with all that is known of it.
struct Chosen<'a> {
    resource: &'a Resource,
    choice: &'a Choice,
    held: &'a Held,
    store: &'a Store,
    point: &'a Point,
    items: &'a Items,
    started: Timestamp,
    completed: Timestamp,
    /// Namespaces to restore.
    namespaces: BTreeSet<String>,
    /// When.
    turn: Turn,
}

/// A recovery with its points.
pub fn recovering(points: &Points<'_>) -> Recovering {
    let mut all = Recovering {
        block: points.block.clone(),
        incarnation: points.incarnation.to_owned(),
        pins: Vec::new(),
        known: BTreeMap::new(),
        blockers: BTreeMap::new(),
        not_restored: Vec::new(),
        findings: Vec::new(),
    };
    let is_excluded = |address: &Address| points.exclude.iter().any(|one| one.covers(address));
    for resource in restored(points.block, points.configuration) {
        if is_excluded(&resource.address) {
            continue;
        }
        let address = &resource.address;
        let stopped = match points.found.get(address) {
            Some(Err(stop)) => blocked::stopped(points, resource, stop),
            Some(Ok(choice)) => match points.chosen(resource, choice) {
                Some(chosen) => {
                    points.pin(&chosen, &mut all);
                    blocked::by_contents(points, &chosen)
                }
                None => vec![blocked::unread(address)],
            },
            None => vec![blocked::unread(address)],
        };
        if !stopped.is_empty() {
            all.blockers.insert(address.clone(), stopped);
        }
    }
    blocked::between(&mut all);
    let away = afterwards::settle(points, &mut all);
    all.not_restored.extend(away);
    all.findings.extend(awake_early(&all.pins, points.exclude));
    let adopted: Vec<_> = all.pins.iter().flat_map(|pin| &pin.disks).collect();
    let unasked = disks::unasked(points.block, &adopted);
    all.findings
        .extend(unasked.iter().map(|claim| of_volume(claim)));
    all
}

impl<'a> Points<'a> {
    fn chosen(&self, resource: &'a Resource, choice: &'a Choice) -> Option<Chosen<'a>> {
        let at = choice.wanted.location;
        let held = self.catalog.held.get(at)?;
        let point = held.points.get(&choice.wanted.name)?.as_ref().ok()?;
        let contents = self.opened.get(&choice.wanted)?.tarball.contents()?;
        let items = contents.objects.as_ref()?;
        let velero = &held.location.installation.namespace;
        let namespaces = namespaces(resource, items, velero);
        Some(Chosen {
            turn: self.turn(resource, items, &namespaces),
            resource,
            choice,
            held,
            store: self.stores.get(at)?.as_ref()?,
            point,
            items,
            started: point.backup.started?,
            completed: point.backup.completed?,
            namespaces,
        })
    }

    /// When an application is restored: as declared, and what is nothing but controllers that act on others last.
    fn turn(&self, resource: &Resource, items: &Items, namespaces: &BTreeSet<String>) -> Turn {
        let mut all = namespaces.iter();
        let is_controller = |name: &String| items.controllers.contains_key(name);
        let acts_on_others = !namespaces.is_empty() && all.all(is_controller);
        if kinds::restore_order(resource) < 0 {
            Turn::Infra
        } else if acts_on_others || self.block.is_quiesced(&resource.address) {
            Turn::Quiet
        } else {
            Turn::Applications
        }
    }

    fn pin(&self, chosen: &Chosen<'_>, all: &mut Recovering) {
        all.not_restored.extend(left::lines(chosen));
        if chosen.namespaces.is_empty() {
            return;
        }
        let location = &chosen.held.location.address;
        if let Ok(listing) = &chosen.held.listing {
            let names = listing.directory.backups.keys().cloned();
            all.known.insert(location.clone(), names.collect());
        }
        let mut pinned = pinned(chosen, disks::adopted(self.block, chosen));
        pinned.afterwards = afterwards::held(self, chosen);
        all.findings.extend(self.expiring(&pinned));
        all.findings.extend(self.breached(chosen, &pinned));
        all.pins.push(pinned);
    }

    /// A point that Velero may delete before it is restored; a living Velero elsewhere does not look at restores.
    fn expiring(&self, pinned: &Pinned) -> Option<Finding> {
        let expires = pinned.expires?;
        let left = expires.duration_since(self.now);
        (left < SOON).then(|| {
            let tense = if left.is_negative() { "expired" } else { "expires" };
            finding(
                "point-expires",
                Some(&pinned.of),
                "A restore point expires",
                format!(
                    "{}: {} {tense} at {expires:.0}. A Velero that still lives and may write to {} deletes it then, also while it is restored.",
                    pinned.of, pinned.backup, pinned.location
                ),
            )
        })
    }

    /// A point that is older than the recovery or the application allows (R46).
    fn breached(&self, chosen: &Chosen<'_>, pinned: &Pinned) -> Option<Finding> {
        let own = chosen.resource.text("rpo").and_then(|rpo| rpo.parse().ok());
        let limits: [Option<GoDuration>; 2] = [own, self.block.rpo];
        let rpo = limits.into_iter().flatten().min()?;
        let age = self.now.duration_since(pinned.started);
        (age > SignedDuration::from_nanos(rpo.nanoseconds())).then(|| {
            finding(
                BREACHED,
                Some(&pinned.of),
                "An objective is breached",
                format!(
                    "{}: what it comes back from began {} h ago, rpo = {rpo}.",
                    pinned.of,
                    age.as_hours()
                ),
            )
        })
    }
}

/// What acts on others comes back although something of theirs was left out.
fn awake_early(pins: &[Pinned], exclude: &[Target]) -> Option<Finding> {
    let quiet = pins.iter().find(|pin| pin.turn == Turn::Quiet)?;
    let left_out: Vec<String> = exclude.iter().map(ToString::to_string).collect();
    (!left_out.is_empty()).then(|| {
        finding(
            "controller-without-all",
            Some(&quiet.of),
            "A controller comes back before everything is there",
            format!(
                "{} acts on what others own, and {} is left out of this recovery: what it manages there it may make anew, and empty. Exclude {} too until that is back.",
                quiet.of,
                left_out.join(", "),
                quiet.of
            ),
        )
    })
}

fn of_volume(claim: &str) -> Finding {
    finding(
        "volume-decides-nothing",
        None,
        "A volume block decides nothing",
        format!(
            "No chosen backup has a claim {claim} whose data it lacks and whose disk is kept: the block changes nothing."
        ),
    )
}

fn finding(code: &str, address: Option<&Address>, summary: &str, detail: String) -> Finding {
    Finding {
        code: code.to_owned(),
        severity: FindingSeverity::Warning,
        address: address.cloned(),
        summary: summary.to_owned(),
        detail,
    }
}

fn pinned(chosen: &Chosen<'_>, disks: Vec<PinnedDisk>) -> Pinned {
    let backup = &chosen.point.backup;
    let location = &chosen.held.location;
    let mut expected = chosen.items.expected(chosen.turn, &chosen.namespaces);
    if !disks.is_empty() {
        let volumes = disks.iter().map(|disk| disk.volume.clone()).collect();
        expected.insert(disks::TYPE.to_owned(), volumes);
    }
    let is_expected = |namespace: &str, pod: &str| {
        let pods = expected.get("pods");
        pods.is_some_and(|pods| pods.contains(&format!("{namespace}/{pod}")))
    };
    let told = chosen.point.told.as_ref().ok();
    let copies = told.into_iter().flat_map(|told| told.whole_copies());
    let copies: Vec<_> = copies
        .filter(|(place, _)| is_expected(&place.namespace, &place.pod))
        .collect();
    let bytes: u64 = copies.iter().filter_map(|(_, bytes)| *bytes).sum();
    let mut pod_volumes: Vec<PinnedVolume> = copies
        .into_iter()
        .map(|(place, _)| PinnedVolume {
            namespace: place.namespace,
            pod: place.pod,
            volume: place.volume,
        })
        .collect();
    pod_volumes.sort();
    let among = |items: &BTreeSet<Item>, type_: &str| -> Vec<String> {
        let expected = expected.get(type_);
        let titles = items.iter().map(ToString::to_string);
        titles
            .filter(|title| expected.is_some_and(|all| all.contains(title)))
            .collect()
    };
    let cron_jobs = among(&chosen.items.cron_jobs, "cronjobs.batch");
    let endless_hooks = among(&chosen.items.endless_hooks, "pods");
    let covered = chosen.choice.judgement.covered();
    let types = chosen.items.types.iter();
    let types = types.filter(|(type_, _)| expected.contains_key(*type_));
    Pinned {
        of: chosen.resource.address.clone(),
        location: location.address.clone(),
        location_name: location.name.clone(),
        velero_namespace: location.installation.namespace.clone(),
        store: chosen.store.provider.clone(),
        bucket: chosen.store.bucket.clone(),
        root: chosen.store.root.clone(),
        backup: backup.name.clone(),
        started: chosen.started,
        completed: chosen.completed,
        expires: backup.expires,
        files: files(chosen.point),
        validity: chosen.choice.judgement.validity.name().to_owned(),
        cluster_version: backup.cluster_version.clone(),
        turn: chosen.turn,
        namespaces: chosen.namespaces.iter().cloned().collect(),
        types: types
            .map(|(type_, one)| (type_.clone(), one.clone()))
            .collect(),
        items: expected.values().map(|names| names.len() as u64).sum(),
        expected,
        bytes: chosen.point.files.bytes.saturating_add(bytes),
        pod_volumes,
        volumes: covered.map_or(0, |(covered, _)| covered as u64),
        disks,
        cron_jobs,
        endless_hooks,
        afterwards: Vec::new(),
        passed_over: passed_over(chosen.choice),
    }
}

fn files(point: &Point) -> Vec<PinnedFile> {
    let files = [File::Metadata, File::Tarball].into_iter();
    files
        .filter_map(|file| point.files.known.get(&file))
        .map(|entry| PinnedFile {
            key: entry.key.clone(),
            etag: entry.etag.clone(),
            size: entry.size,
        })
        .collect()
}

fn passed_over(choice: &Choice) -> Vec<PassedOver> {
    let passed = choice.passed.iter().map(|passed| PassedOver {
        backup: passed.backup.clone(),
        started: passed.started,
        completed: passed.completed,
        reason: passed.reason.clone(),
    });
    passed.collect()
}

/// Namespaces of a backup that its application restores: those that it declares, never those of the cluster itself and of
/// Velero.
fn namespaces(resource: &Resource, items: &Items, velero: &str) -> BTreeSet<String> {
    let parts = kinds::parts(resource);
    let first = parts.first().map(|part| &part.resource);
    let list = |attribute: &str| -> Vec<String> {
        let listed = first.and_then(|part| part.body.member(attribute)?.into_known());
        let listed = listed.as_ref().and_then(|value| value.as_array());
        let texts = listed.into_iter().flatten().filter_map(|one| one.as_str());
        texts.map(str::to_owned).collect()
    };
    let (included, excluded) = (list("included_namespaces"), list("excluded_namespaces"));
    let is_pattern = |name: &String| name.contains(['*', '?', '[']);
    // What a pattern took is in the backup already.
    let takes_all = included.is_empty() || included.iter().any(is_pattern);
    let is_declared = |name: &str| {
        (takes_all || included.iter().any(|one| one == name))
            && !excluded.iter().any(|one| one == name)
    };
    let own = items.namespaces().into_iter();
    own.filter(|name| is_declared(name) && !SYSTEM_NAMESPACES.contains(name) && *name != velero)
        .map(str::to_owned)
        .collect()
}
