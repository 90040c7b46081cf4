//! The objects that a rebuild makes beside what is declared: the record of the recovery, one Restore for each point, one
//! fresh Backup for each application that is back. Must not know in which order.

use crate::catalog::velero::restoring;
use crate::kinds;
use crate::model::address::Address;
use crate::model::duration::GoDuration;
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{KubeResource, ProviderRef, short_digest};
use crate::model::journal_place::JournalPlace;
use crate::model::json_path::JsonPath;
use crate::model::recovery::Turn;
use crate::model::resource::Resource;
use crate::plan::document::{Pinned, PinnedObject, StepId};
use crate::plan::marks;
use crate::world::op::{KubeOp, KubeVerb, Op};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::borrow::Cow;

/// Name of the ConfigMap that records a recovery in the cluster (R13).
pub const RECORD: &str = "sk-dr-recovery";
/// Name of the ConfigMap that says what Velero changes in what it restores.
pub const CHANGES: &str = "sk-dr-recovery-changes";
/// How long Velero waits for a Pod to start that it runs a command in, where the Pod does not say.
const HOOK_LIMIT: &str = "10m";
/// Seconds after which a restore or backup that does not move is stuck.
pub const STILL_S: u64 = 1800;

/// Type of the record.
pub const CONFIG_MAPS: KubeResource = of("", "configmaps", "ConfigMap", true);
/// Type of what the clock makes Jobs of.
pub const CRON_JOBS: KubeResource = of("batch", "cronjobs", "CronJob", true);
/// Type of Velero's namespace.
pub const NAMESPACES: KubeResource = of("", "namespaces", "Namespace", false);
/// Type of a restore.
pub const RESTORES: KubeResource = of("velero.io", "restores", "Restore", true);
/// Type of a backup.
pub const BACKUPS: KubeResource = of("velero.io", "backups", "Backup", true);

const fn of(
    group: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
) -> KubeResource {
    KubeResource {
        group: Cow::Borrowed(group),
        version: Cow::Borrowed("v1"),
        plural: Cow::Borrowed(plural),
        kind: Cow::Borrowed(kind),
        namespaced,
    }
}

/// Where something is made.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The provider.
    pub provider: &'a ProviderRef,
    /// Namespace of Velero.
    pub namespace: &'a str,
}

/// Which recovery it is of.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The stack.
    pub stack: &'a str,
    /// Name of the recovery.
    pub recovery: &'a str,
    /// Its incarnation.
    pub incarnation: &'a str,
    /// Where its journal is, as declared.
    pub journal: Option<&'a JournalPlace>,
}

/// Whether it writes what Velero changes.
pub fn is_changes(op: &KubeOp) -> bool {
    op.resource == CONFIG_MAPS && op.name == CHANGES
}

/// Whether it writes the record.
pub fn is_record(op: &KubeOp) -> bool {
    op.resource == CONFIG_MAPS && op.name == RECORD
}

fn create(place: Place<'_>, resource: KubeResource, name: String, body: Expr) -> Op {
    let namespace = resource.namespaced.then(|| place.namespace.to_owned());
    Op::Kube(KubeOp {
        provider: place.provider.clone(),
        verb: KubeVerb::Create,
        resource,
        namespace,
        name,
        body,
        takes: Vec::new(),
    })
}

/// A body with the marks that tell our own effect from another's after a lost answer.
fn made_by(resource: &KubeResource, step: &StepId, body: Json) -> Expr {
    marks::creation(resource, step)
        .into_iter()
        .fold(Expr::Value(body), |body, (place, value)| {
            body.with(&place.0, value)
        })
}

/// Velero's namespace, before anything else in a bare cluster.
pub fn namespace(place: Place<'_>, step: &StepId) -> Op {
    let body = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": place.namespace},
    });
    create(
        place,
        NAMESPACES,
        place.namespace.to_owned(),
        made_by(&NAMESPACES, step, body),
    )
}

/// The record (R13): which recovery this cluster is in, from where it can be gone on with, and from which points.
pub fn record(place: Place<'_>, run: Run<'_>, step: &StepId, pins: &[Pinned]) -> Op {
    let mut data = serde_json::Map::from_iter([
        ("stack".to_owned(), json!(run.stack)),
        ("recovery".to_owned(), json!(run.recovery)),
        ("incarnation".to_owned(), json!(run.incarnation)),
        ("state".to_owned(), json!("open")),
    ]);
    data.extend(
        run.journal
            .map(|at| ("journal".to_owned(), json!(at.told(run.stack)))),
    );
    data.extend(pins.iter().map(|pin| {
        let point = format!("{}: {} of {}/{}", pin.of, pin.backup, pin.bucket, pin.root);
        (point_key("point", &pin.of), point.into())
    }));
    let body = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": RECORD, "namespace": place.namespace},
        "data": data,
    });
    let identity = Expr::Hole(Box::new(Hole {
        source: HoleSource::ProviderIdentity(place.provider.clone()),
        hole_type: HoleType::String,
    }));
    let body = made_by(&CONFIG_MAPS, step, body)
        .with(&["data".to_owned(), "cluster".to_owned()], identity);
    create(place, CONFIG_MAPS, RECORD.to_owned(), body)
}

/// What Velero changes in what it restores (its resource modifiers, `internal/resourcemodifiers`): no CronJob comes back
/// awake, since its Jobs would work on half of what they need; no command after a restore waits without limit.
pub fn changes(place: Place<'_>, step: &StepId, pins: &[Pinned]) -> Op {
    let patch = |condition: Json, patch: Json| json!({"conditions": condition, "mergePatches": [{"patchData": patch.to_string()}]});
    let mut rules = vec![patch(
        json!({"groupResource": "cronjobs.batch"}),
        json!({"spec": {"suspend": true}}),
    )];
    for pod in pins.iter().flat_map(|pin| &pin.endless_hooks) {
        let (namespace, name) = pod.split_once('/').unwrap_or(("", pod));
        let exactly = format!("^{}$", name.replace('.', "\\."));
        rules.push(patch(
            json!({"groupResource": "pods", "namespaces": [namespace], "resourceNameRegex": exactly}),
            json!({"metadata": {"annotations": {restoring::HOOK_LIMIT: HOOK_LIMIT}}}),
        ));
    }
    let rules = json!({"version": "v1", "resourceModifierRules": rules});
    let body = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CHANGES, "namespace": place.namespace},
        "data": {"changes.json": rules.to_string()},
    });
    let body = made_by(&CONFIG_MAPS, step, body);
    create(place, CONFIG_MAPS, CHANGES.to_owned(), body)
}

/// Puts back what stands before Services.
pub fn put_back(place: Place<'_>, step: &StepId, object: &PinnedObject) -> Op {
    let body = made_by(&object.resource, step, object.body.clone());
    create(place, object.resource.clone(), object.name.clone(), body)
}

/// Wakes a CronJob that was awake when it was backed up.
pub fn wake(place: Place<'_>, namespace: &str, name: &str) -> Op {
    let at = JsonPath(vec!["spec".to_owned(), "suspend".to_owned()]);
    Op::Kube(KubeOp {
        provider: place.provider.clone(),
        verb: KubeVerb::Remove,
        resource: CRON_JOBS,
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
        body: Expr::Value(Json::Null).with(&at.0, Expr::Value(false.into())),
        takes: vec![at],
    })
}

/// One more entry of the record. A merge patch: the entries of other steps stay.
pub fn entry(place: Place<'_>, key: String, value: String) -> Op {
    let at = JsonPath(vec!["data".to_owned(), key]);
    Op::Kube(KubeOp {
        provider: place.provider.clone(),
        verb: KubeVerb::Remove,
        resource: CONFIG_MAPS,
        namespace: Some(place.namespace.to_owned()),
        name: RECORD.to_owned(),
        body: Expr::Value(Json::Null).with(&at.0, Expr::Value(value.into())),
        takes: vec![at],
    })
}

/// Key of an entry about an address: an address has characters that no key takes.
pub fn point_key(what: &str, address: &Address) -> String {
    format!("{what}.{}", short_digest(&address.to_string(), 10))
}

/// Name of the Restore of a point at an attempt, from 1 (R6): never counted from what is live.
pub fn restore_name(pin: &Pinned, incarnation: &str, attempt: u32) -> String {
    let of = short_digest(&pin.of.to_string(), 10);
    format!("{of}-{incarnation}-{attempt}")
}

/// What the Restore of a turn says about cluster-scoped objects.
pub fn cluster_resources(turn: Turn) -> Option<bool> {
    match turn {
        Turn::Infra => Some(true),
        Turn::Applications | Turn::Quiet => None,
    }
}

/// The Restore of a point. It names its namespaces and takes no cluster-scoped object but what those need, so that no
/// application brings back the disks of another; that of stage *infra* takes all of them but disks.
pub fn restore(place: Place<'_>, run: Run<'_>, step: &StepId, pin: &Pinned) -> Op {
    let name = restore_name(pin, run.incarnation, 1);
    // Where cluster-scoped objects are asked for Velero would make every Namespace of the tarball, whatever is included; of
    // those that it names it makes each that something comes into.
    let namespaces = match pin.turn {
        Turn::Infra => Some("namespaces"),
        Turn::Applications | Turn::Quiet => None,
    };
    let excluded: Vec<&str> = restoring::excluded(pin.turn).chain(namespaces).collect();
    let without = |label: &&str| json!({"key": label, "operator": "DoesNotExist"});
    let without: Vec<Json> = restoring::EXCLUDED_LABELS.iter().map(without).collect();
    let mut body = json!({
        "apiVersion": "velero.io/v1",
        "kind": "Restore",
        "metadata": {
            "name": name,
            "namespace": place.namespace,
            "labels": {"sk-dr.io/incarnation": run.incarnation},
            "annotations": {"velero.io/pod-volume-timeout": format!("{STILL_S}s")},
        },
        "spec": {
            "backupName": pin.backup,
            "includedNamespaces": pin.namespaces,
            "excludedResources": excluded,
            "labelSelector": {"matchExpressions": without},
            "existingResourcePolicy": "none",
            "preserveNodePorts": true,
            "resourceModifier": {"kind": "ConfigMap", "name": CHANGES},
        },
    });
    if let Some(all) = cluster_resources(pin.turn) {
        body["spec"]["includeClusterResources"] = all.into();
    }
    create(place, RESTORES, name, made_by(&RESTORES, step, body))
}

/// A backup at once of what an application's Schedules back up: as that one would whose backups are kept longest.
pub fn backup(place: Place<'_>, resource: &Resource, step: &StepId, at: Timestamp) -> Option<Op> {
    let (schedule, template) = kinds::parts(resource)
        .iter()
        .filter_map(|part| {
            let object = part.kind.object(&part.resource);
            let template = object.at(&["spec".to_owned(), "template".to_owned()])?;
            Some((part.resource.text("name")?, template))
        })
        .max_by_key(|(_, template)| kept(template))?;
    let labels = template.at(&["metadata".to_owned(), "labels".to_owned()]);
    let name = format!("{}-now-{}", base(&schedule), at.strftime("%Y%m%d%H%M%S"));
    let body = json!({
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {"name": name, "namespace": place.namespace},
    });
    let mut body = Expr::Value(body).with(
        &["spec".to_owned()],
        template.without(&["metadata".to_owned()]),
    );
    if let Some(labels) = labels {
        body = body.with(&["metadata".to_owned(), "labels".to_owned()], labels);
    }
    let body = marks::creation(&BACKUPS, step)
        .into_iter()
        .fold(body, |body, (place, value)| body.with(&place.0, value));
    Some(create(place, BACKUPS, name, body))
}

/// How long backups of a template are kept; the server's own time where it does not say.
fn kept(template: &Expr) -> i128 {
    let ttl = template.member("ttl").and_then(Expr::into_known);
    let ttl = ttl.as_ref().and_then(Json::as_str);
    let ttl = ttl.and_then(|text| text.parse::<GoDuration>().ok());
    ttl.map_or(0, |ttl| i128::from(ttl.nanoseconds()))
}

/// Schedules of an application end with what they are: `shop-default-daily`.
fn base(schedule: &str) -> &str {
    let ends = ["-daily", "-monthly", "-yearly"].into_iter();
    let mut bases = ends.filter_map(|end| schedule.strip_suffix(end));
    bases.next().unwrap_or(schedule)
}
