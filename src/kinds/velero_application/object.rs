//! From an application to its Schedules, as SolaKube's profiles make them: names, times, how long a backup is kept, labels.

use super::hooks;
use super::schema::{
    ALL, FILE_SYSTEM, FILE_SYSTEM_OPT_IN, NONE, RELATED, SCHEMA, SERVER, SNAPSHOT,
};
use crate::kinds::velero_schedule::Schedule;
use crate::kinds::{Part, table};
use crate::model::address::{Address, InstanceKey};
use crate::model::expression::Expr;
use crate::model::resource::{Resource, ServedAs};
use serde_json::{Value as Json, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Label with the application's name.
pub(super) const APPLICATION_LABEL: &str = "application";
/// Label with the profile's name.
pub(super) const PROFILE_LABEL: &str = "profile";

/// Cluster-scoped types that are not an application's: excluded, so that cluster-scoped resources can be included for the
/// sake of volumes.
pub(super) const EXCLUDED: &[&str] = &[
    "apiservices.apiregistration.k8s.io",
    "castemplates.openebs.io",
    "certificatesigningrequests.certificates.k8s.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "csinodes.storage.k8s.io",
    "customresourcedefinitions.apiextensions.k8s.io",
    "nodes",
    "priorityclasses.scheduling.k8s.io",
    "storageclasses.storage.k8s.io",
    "storagepools.openebs.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
];

/// Attributes of a Schedule that say what an attribute of the application says.
pub(super) const SHARED: &[(&str, &str)] = &[
    ("namespaces", "included_namespaces"),
    ("excluded_namespaces", "excluded_namespaces"),
    ("included_resources", "included_resources"),
    (
        "included_cluster_scoped_resources",
        "included_cluster_scoped_resources",
    ),
    (
        "excluded_cluster_scoped_resources",
        "excluded_cluster_scoped_resources",
    ),
    (
        "included_namespace_scoped_resources",
        "included_namespace_scoped_resources",
    ),
    (
        "excluded_namespace_scoped_resources",
        "excluded_namespace_scoped_resources",
    ),
    ("label_selector", "label_selector"),
    ("or_label_selector", "or_label_selector"),
    ("storage_location", "storage_location"),
    ("volume_snapshot_locations", "volume_snapshot_locations"),
    ("snapshot_move_data", "snapshot_move_data"),
    ("datamover", "datamover"),
    (
        "volume_group_snapshot_label_key",
        "volume_group_snapshot_label_key",
    ),
    ("csi_snapshot_timeout", "csi_snapshot_timeout"),
    ("item_operation_timeout", "item_operation_timeout"),
    ("uploader_config", "uploader_config"),
    ("ordered_resources", "ordered_resources"),
    ("resource_policy", "resource_policy"),
    ("hook", "hook"),
];

/// Velero's other set of filters; a backup that uses both is refused.
pub(super) const SCOPED: [&str; 4] = [
    "included_cluster_scoped_resources",
    "excluded_cluster_scoped_resources",
    "included_namespace_scoped_resources",
    "excluded_namespace_scoped_resources",
];

/// Whether volumes are copied file by file, and whether they are snapshotted; absent: as the server is set up.
pub(super) const FLAGS: [&str; 2] = ["default_volumes_to_fs_backup", "snapshot_volumes"];

/// The pairs of them that have a name.
const METHODS: [(&str, [Option<bool>; 2]); 5] = [
    (FILE_SYSTEM, [Some(true), Some(false)]),
    (FILE_SYSTEM_OPT_IN, [None, Some(false)]),
    (SNAPSHOT, [Some(false), Some(true)]),
    (NONE, [Some(false), Some(false)]),
    (SERVER, [None, None]),
];

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    Daily,
    Monthly,
    Yearly,
}

impl Period {
    pub(super) const ALL: [Period; 3] = [Period::Daily, Period::Monthly, Period::Yearly];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Period::Daily => "daily",
            Period::Monthly => "monthly",
            Period::Yearly => "yearly",
        }
    }
    /// Hours that a backup is kept for each one that is wanted.
    pub(super) const fn hours(self) -> i64 {
        match self {
            Period::Daily => 24,
            Period::Monthly => 24 * 31,
            Period::Yearly => 24 * 365,
        }
    }
    const fn cron(self) -> &'static str {
        match self {
            Period::Daily => "0 1 * * *",
            Period::Monthly => "0 3 1 * *",
            Period::Yearly => "0 5 1 1 *",
        }
    }
}

/// Name of the application: as declared, else the key of `for_each`, else the resource's own.
pub(super) fn name(resource: &Resource) -> String {
    resource
        .text("name")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| named_by(&resource.address))
}

fn named_by(address: &Address) -> String {
    match &address.instance {
        Some(InstanceKey::Name(key)) => key.clone(),
        Some(InstanceKey::Index(_)) | None => address.name.clone(),
    }
}

/// How many backups of a period are kept.
pub(super) fn count(body: &Expr, period: Period) -> i64 {
    let retention = body.member("retention").map(|value| table::blocks(&value));
    retention
        .into_iter()
        .flatten()
        .next()
        .and_then(|block| block.member(period.name()))
        .and_then(|count| count.known().and_then(Json::as_i64))
        .unwrap_or_default()
}

/// Place in the queue of a recovery: below 0 before all others.
pub(in crate::kinds) fn restore_order(body: &Expr) -> i64 {
    let restore = body.member("restore").map(|value| table::blocks(&value));
    restore
        .into_iter()
        .flatten()
        .next()
        .and_then(|block| block.member("order"))
        .and_then(|order| order.known().and_then(Json::as_i64))
        .unwrap_or_default()
}

/// What a body says about an attribute; null says nothing.
fn said(body: &Expr, attribute: &str) -> Option<Expr> {
    body.member(attribute)
        .filter(|value| *value != Expr::Value(Json::Null))
}

/// Whether a body says something about an attribute that is not empty.
pub(super) fn says(body: &Expr, attribute: &str) -> bool {
    said(body, attribute).is_some_and(|value| !value.known().is_some_and(table::is_empty))
}

/// The filter of [`SCOPED`] that a body uses.
pub(super) fn scoped(body: &Expr) -> Option<&'static str> {
    SCOPED.into_iter().find(|attribute| says(body, attribute))
}

/// How volumes are backed up, as attributes: by the name that the pair of flags has, else by the flags.
pub(super) fn volumes(flags: [Option<bool>; 2]) -> Vec<(&'static str, Json)> {
    let named = METHODS.iter().find(|(_, method)| *method == flags);
    match named {
        Some((name, _)) => vec![("volumes", json!(name))],
        None => FLAGS
            .into_iter()
            .zip(flags)
            .filter_map(|(attribute, flag)| Some((attribute, flag?.into())))
            .collect(),
    }
}

/// The pair of flags that a body means.
fn flags(body: &Expr) -> [Option<bool>; 2] {
    let known = |attribute: &str| said(body, attribute).and_then(Expr::into_known);
    let flags = FLAGS.map(|attribute| known(attribute).and_then(|flag| flag.as_bool()));
    if flags != [None, None] {
        return flags;
    }
    let name = known("volumes").unwrap_or_else(|| json!(FILE_SYSTEM));
    let named = METHODS.iter().find(|(method, _)| name == *method);
    named.map_or(flags, |(_, method)| *method)
}

/// The declared body with what stands in for what is not declared.
pub(super) fn completed(resource: &Resource) -> Expr {
    let body = &resource.body;
    let name = name(resource);
    let or = |attribute: &str, default: Json| said(body, attribute).unwrap_or(Expr::Value(default));
    let mut members = body.clone().into_members();
    members.retain(|name, _| name != "volumes" && !FLAGS.contains(&name.as_str()));
    let mut put = |attribute: &str, value: Expr| {
        members.insert(attribute.to_owned(), value);
    };
    put("name", Expr::Value(name.clone().into()));
    put("profile", or("profile", json!("default")));
    put("namespace", or("namespace", json!("velero")));
    for (attribute, value) in volumes(flags(body)) {
        put(attribute, Expr::Value(value));
    }
    let (cluster_resources, default_exclusions) = match scoped(body) {
        Some(_) => (RELATED, false),
        None => (ALL, true),
    };
    put(
        "cluster_resources",
        or("cluster_resources", json!(cluster_resources)),
    );
    put(
        "default_exclusions",
        or("default_exclusions", json!(default_exclusions)),
    );
    let namespaces =
        said(body, "namespaces").filter(|list| !list.known().is_some_and(table::is_empty));
    put(
        "namespaces",
        namespaces.unwrap_or(Expr::Value(json!([name]))),
    );
    put("schedule", Expr::list(vec![times(body)]));
    put("retention", Expr::list(vec![counts(body)]));
    let blocks = |attribute: &str| {
        let blocks = said(body, attribute).map(|value| table::blocks(&value));
        blocks.unwrap_or_default()
    };
    let ready = blocks("ready_hook");
    let mut hooks: Vec<Expr> = ready.iter().filter_map(hooks::expanded).collect();
    let own = blocks("hook");
    // What is completed already, as a plan shows it, holds them: a plan that is read again is held against its parts.
    let own = own.strip_prefix(hooks.as_slice()).unwrap_or(&own).to_vec();
    hooks.extend(own);
    if !hooks.is_empty() {
        put("hook", Expr::list(hooks));
    }
    Expr::object(members)
}

/// When each period that there is runs.
fn times(body: &Expr) -> Expr {
    let declared = said(body, "schedule").map(|value| table::blocks(&value));
    let declared = declared.into_iter().flatten().next();
    let time = |period: Period| {
        let time = declared
            .as_ref()
            .and_then(|block| said(block, period.name()))
            .unwrap_or_else(|| Expr::Value(period.cron().into()));
        (period.name().to_owned(), time)
    };
    let periods = Period::ALL.into_iter();
    Expr::object(
        periods
            .filter(|period| count(body, *period) > 0)
            .map(time)
            .collect(),
    )
}

fn counts(body: &Expr) -> Expr {
    let one = |period: Period| {
        (
            period.name().to_owned(),
            Expr::Value(count(body, period).into()),
        )
    };
    Expr::object(Period::ALL.into_iter().map(one).collect())
}

/// Names of its Schedules.
pub(super) fn names(resource: &Resource) -> Json {
    parts(resource)
        .iter()
        .filter_map(|part| part.resource.text("name"))
        .collect()
}

/// Its Schedules.
pub(super) fn parts(resource: &Resource) -> Vec<Part<'static>> {
    let body = completed(resource);
    Period::ALL
        .into_iter()
        .filter(|period| count(&body, *period) > 0)
        .map(|period| Part {
            kind: &Schedule,
            resource: Cow::Owned(schedule(resource, &body, period)),
        })
        .collect()
}

fn schedule(application: &Resource, body: &Expr, period: Period) -> Resource {
    let text = |attribute: &str| {
        let value = body.member(attribute);
        value
            .and_then(|value| value.known().and_then(Json::as_str).map(str::to_owned))
            .unwrap_or_default()
    };
    let (name, profile) = (text("name"), text("profile"));
    let own = format!("{name}-{profile}-{}", period.name());
    let mut labels = said(body, "labels")
        .map(Expr::into_members)
        .unwrap_or_default();
    labels.insert(APPLICATION_LABEL.to_owned(), Expr::Value(name.into()));
    labels.insert(PROFILE_LABEL.to_owned(), Expr::Value(profile.into()));
    let labels = Expr::object(labels);
    let kept = count(body, period).saturating_mul(period.hours());
    let time = said(body, "schedule")
        .and_then(|value| table::blocks(&value).into_iter().next())
        .and_then(|block| block.member(period.name()));
    let mut members = BTreeMap::from([
        ("name".to_owned(), Expr::Value(own.into())),
        ("labels".to_owned(), labels.clone()),
        ("backup_labels".to_owned(), labels),
        ("ttl".to_owned(), Expr::Value(format!("{kept}h0m0s").into())),
    ]);
    members.extend(time.map(|time| ("schedule".to_owned(), time)));
    for same in ["namespace", "timeouts", "annotations"] {
        members.extend(said(body, same).map(|value| (same.to_owned(), value)));
    }
    for flag in ["paused", "use_owner_references_in_backup"] {
        let value = said(body, flag).unwrap_or(Expr::Value(json!(false)));
        members.insert(flag.to_owned(), value);
    }
    for (attribute, of_schedule) in SHARED {
        members.extend(said(body, attribute).map(|value| ((*of_schedule).to_owned(), value)));
    }
    members.insert("excluded_resources".to_owned(), excluded(body));
    let cluster_resources = included(&text("cluster_resources"));
    let flags = FLAGS.into_iter().zip(flags(body));
    for (attribute, value) in flags.chain([("include_cluster_resources", cluster_resources)]) {
        members.extend(value.map(|value| (attribute.to_owned(), Expr::Value(value.into()))));
    }
    Resource {
        address: application.address.clone(),
        provider: application.provider.clone(),
        body: Expr::object(members),
        sensitive: BTreeSet::new(),
        references: application.references.clone(),
        lifecycle: application.lifecycle.clone(),
        served_as: ServedAs::default(),
        span: application.span,
        spans: spans(application, period),
    }
}

/// Where the attributes of a Schedule are declared.
fn spans(application: &Resource, period: Period) -> BTreeMap<String, crate::diag::Span> {
    let mut spans = application.spans.clone();
    let renamed = [
        ("schedule", format!("schedule.{}", period.name())),
        ("ttl", format!("retention.{}", period.name())),
        ("backup_labels", "labels".to_owned()),
    ];
    let shared = SHARED
        .iter()
        .map(|(attribute, of_schedule)| (*of_schedule, (*attribute).to_owned()));
    for (of_schedule, attribute) in renamed.into_iter().chain(shared) {
        if let Some(span) = application.spans.get(&attribute) {
            spans.insert(of_schedule.to_owned(), *span);
        }
    }
    spans
}

/// Resources that are left out; the list is known at plan.
fn excluded(body: &Expr) -> Expr {
    let declared = said(body, "excluded_resources");
    let declared = declared.as_ref().and_then(Expr::known);
    let declared: Vec<Json> = declared
        .and_then(Json::as_array)
        .cloned()
        .unwrap_or_default();
    let with_default = said(body, "default_exclusions") != Some(Expr::Value(json!(false)));
    let default = EXCLUDED.iter().filter(|_| with_default);
    let default = default
        .map(|name| json!(name))
        .filter(|name| !declared.contains(name));
    Expr::Value(default.chain(declared.iter().cloned()).collect())
}

/// `includeClusterResources`; `None`: not set.
fn included(cluster_resources: &str) -> Option<bool> {
    match cluster_resources {
        RELATED => None,
        NONE => Some(false),
        _all => Some(true),
    }
}

/// The form of the kind's schema that a body has as a reading.
pub(super) fn reading(body: Json) -> Json {
    let object = table::object(SCHEMA.fields, &Expr::Value(body));
    object.into_known().unwrap_or_default()
}
