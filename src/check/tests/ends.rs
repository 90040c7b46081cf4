//! Lints about what a plan ends: coverage, locations in use, namespaces that are backed up.

use super::*;

/// A plan that writes the schedule `shop`, which is live with this template, as declared with more.
fn writes(importing: Json, more: Json, template: Json) -> Setting {
    let live = object(
        "shop",
        json!({"spec": {"schedule": "0 1 * * *", "template": template}}),
    );
    let mut node = node(SCHEDULE, "update", json!([]));
    node["address"] = json!("velero_schedule.shop");
    node["importing"] = importing;
    Setting {
        declared: vec![schedule("shop", more)],
        live: vec![(SCHEDULE, live)],
        nodes: vec![node],
        ..Setting::default()
    }
}

#[test]
fn adoption_ends_coverage() {
    let named = json!({"labels": {"velero.io/schedule-name": "shop"}});
    let covered = json!({"ttl": "720h", "includedNamespaces": ["shop"], "metadata": named});
    let check = |importing: bool, more: Json, template: Json, wanted: &[&str]| {
        let setting = writes(json!(importing), more, with(covered.clone(), template));
        assert_eq!(found("adoption-ends-coverage", &setting), wanted);
    };
    check(true, json!({}), json!({}), &[]);
    check(
        true,
        json!({"ttl": "24h", "excluded_resources": ["secrets"]}),
        json!({"defaultVolumesToRestic": true}),
        &[
            "velero_schedule.shop : Schedule velero/shop: new backups are kept for 24h, not 30 days; volumes are no longer copied file by file; resources newly excluded: secrets.",
        ],
    );
    let declared = json!({"default_volumes_to_fs_backup": true});
    check(true, declared, json!({"defaultVolumesToRestic": true}), &[]);
    check(false, json!({"ttl": "24h"}), json!({}), &[]);
    // Labels that its Backups carry since the template has none.
    let template = json!({"ttl": "720h", "includedNamespaces": ["shop"]});
    let mut labelled = writes(json!(true), json!({}), template);
    labelled.live[0].1["metadata"]["labels"] = json!({"team": "shop"});
    assert_eq!(
        found("adoption-ends-coverage", &labelled),
        [
            "velero_schedule.shop : Schedule velero/shop: new backups no longer carry the labels: team."
        ]
    );
}

#[test]
fn coverage_shrinks() {
    let named = json!({"labels": {"velero.io/schedule-name": "shop"}});
    let template = json!({"ttl": "720h", "includedNamespaces": ["shop"], "metadata": named});
    let check = |importing: bool, wanted: &[&str]| {
        let paused = json!({"paused": true});
        let setting = writes(json!(importing), paused, template.clone());
        assert_eq!(found("coverage-shrinks", &setting), wanted);
    };
    check(
        false,
        &["velero_schedule.shop : Schedule velero/shop: it is paused, and makes no backups."],
    );
    check(true, &[]);
}

/// A node that deletes an object of a kind.
fn deletes(kind: &str, namespace: Option<&str>, name: &str) -> Json {
    let Home::Kube(home) = kinds::find(kind).unwrap().home() else {
        panic!("{kind} lives in no API");
    };
    let mut node = node(kind, "delete", json!([]));
    node["key"] = json!({"kube": {"resource": home, "namespace": namespace, "name": name}});
    node["provider"] = json!("kubernetes");
    node
}

#[test]
fn location_in_use() {
    let check = |setting: &Setting, wanted: &[&str]| {
        let lines: Vec<String> = wanted
            .iter()
            .map(|line| format!("{LOCATION}.main : old is deleted, and {line}."))
            .collect();
        assert_eq!(found("location-in-use", setting), lines);
    };
    let setting = |location: Json, backups: &[&str]| {
        let template = json!({"storageLocation": location});
        let live = json!({"spec": {"schedule": "@daily", "template": template}});
        let backup = |name: &&str| object(name, json!({"spec": {"storageLocation": "old"}}));
        Setting {
            declared: vec![schedule("shop", json!({"storage_location": "old"}))],
            live: vec![(SCHEDULE, object("by-hand", live))],
            nodes: vec![deletes(LOCATION, Some("velero"), "old")],
            backups: backups.iter().map(backup).collect(),
            ..Setting::default()
        }
    };
    let send = "Schedules send their backups to it";
    check(
        &setting(json!("old"), &["a", "b"]),
        &[&format!(
            "{send}: velero/by-hand, velero/shop; 2 Backups lie in it"
        )],
    );
    check(
        &setting(json!("main"), &[]),
        &[&format!("{send}: velero/shop")],
    );
    // A Schedule that goes with it uses it no more.
    let mut both = setting(Json::Null, &[]);
    both.nodes.push(deletes(SCHEDULE, Some("velero"), "shop"));
    check(&both, &[]);
    // Of the default location also those that name none.
    let mut default = setting(Json::Null, &[]);
    default.declared.clear();
    let live = object("old", json!({"spec": {"default": true}}));
    default.live.push((LOCATION, live));
    check(&default, &[&format!("{send}: velero/by-hand")]);
    // What could not be looked at is said.
    let mut elsewhere = setting(Json::Null, &[]);
    elsewhere.nodes = vec![deletes(LOCATION, Some("other"), "old")];
    let why = "could not be looked at: they were not listed";
    check(
        &elsewhere,
        &[&format!(
            "which Schedules use it {why}; which Backups lie in it {why}"
        )],
    );
}

#[test]
fn namespace_protected() {
    let check = |included: Json, also: Vec<Json>, wanted: &[&str]| {
        let going = deletes("kubernetes_namespace", None, "shop");
        let setting = Setting {
            declared: vec![schedule("daily", json!({"included_namespaces": included}))],
            nodes: std::iter::once(going).chain(also).collect(),
            ..Setting::default()
        };
        assert_eq!(found("namespace-protected", &setting), wanted);
    };
    let line = "kubernetes_namespace.main : Namespace shop is deleted, and Schedules include it: velero/daily.";
    check(json!(["shop"]), Vec::new(), &[line]);
    check(json!(["sh*"]), Vec::new(), &[line]);
    check(json!(["*"]), Vec::new(), &[]);
    check(json!(["wiki"]), Vec::new(), &[]);
    let with_it = deletes(SCHEDULE, Some("velero"), "daily");
    check(json!(["shop"]), vec![with_it], &[]);
}

/// A Schedule in a manifest is declared.
#[test]
fn gitops_prunes_backups_of_manifests() {
    let flux = json!({"kustomize.toolkit.fluxcd.io/name": "apps"});
    let manifest = |labels: Json| {
        json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "old", "namespace": "velero"},
            "spec": {"schedule": "@daily", "template": {"metadata": {"labels": labels}}}})
    };
    let check = |labels: Json, wanted: &[&str]| {
        let live = json!({"metadata": {"name": "old", "namespace": "velero", "labels": flux}, "spec": {"template": {}}});
        let declared = vec![(
            "kubernetes_manifest",
            "old",
            json!({"manifest": manifest(labels)}),
        )];
        check_live(
            "gitops-prunes-backups",
            declared,
            vec![(SCHEDULE, live)],
            wanted,
        );
    };
    check(json!({"a": "b"}), &[]);
    check(
        flux.clone(),
        &[
            "kubernetes_manifest.old manifest: Its Backups carry the label `kustomize.toolkit.fluxcd.io/name`.",
        ],
    );
}
