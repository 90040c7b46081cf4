//! Cases of `velero_schedule`.

use crate::kinds::Writing;
use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::model::condition::{Condition, Wait};
use crate::model::json_path::JsonPath;
use serde_json::{Value as Json, json};

const KIND: &str = "velero_schedule";

/// A body with these members beside name and schedule.
fn body(more: Json) -> Json {
    let mut base = json!({"name": "shop", "schedule": "0 1 * * *"});
    if let (Json::Object(base), Json::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// A live Schedule with this template; labels of Backups as sk-dr writes them unless the template says otherwise.
fn live(template: Json) -> Json {
    let mut base = json!({"metadata": {"labels": {"velero.io/schedule-name": "shop"}}});
    if let (Json::Object(base), Json::Object(more)) = (&mut base, template) {
        base.extend(more);
    }
    json!({
        "metadata": {"name": "shop", "namespace": "velero", "uid": "u-1"},
        "spec": {"schedule": "0 1 * * *", "template": base, "skipImmediately": false},
        "status": {"phase": "Enabled"},
    })
}

fn live_with(mut live: Json, place: &str, value: Json) -> Json {
    JsonPath::dotted(place).set(&mut live, value);
    live
}

#[test]
fn builds_the_object() {
    let hook = json!({
        "name": "flush", "label_selector": [{"match_expression": [{"key": "app", "operator": "In", "values": ["db"]}]}],
        "pre": [{"exec": [{"command": ["sync"], "on_error": "Fail", "timeout": "1m"}]}],
    });
    let more = json!({
        "ttl": "720h", "included_namespaces": ["shop"], "snapshot_volumes": false, "hook": [hook],
        "resource_policy": [{"name": "policy"}], "uploader_config": [{"parallel_files_upload": 4}],
        "ordered_resources": {"pods": "shop/a,shop/b"}, "excluded_resources": [], "timeouts": [{"create": "1m"}],
    });
    let wanted = json!({
        "apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "shop", "namespace": "velero"},
        "spec": {
            "schedule": "0 1 * * *", "paused": false, "useOwnerReferencesInBackup": false,
            "template": {
                "metadata": {"labels": {"velero.io/schedule-name": "shop"}},
                "ttl": "720h", "includedNamespaces": ["shop"], "snapshotVolumes": false,
                "resourcePolicy": {"kind": "configmap", "name": "policy"}, "uploaderConfig": {"parallelFilesUpload": 4},
                "orderedResources": {"pods": "shop/a,shop/b"},
                "hooks": {"resources": [{
                    "name": "flush",
                    "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}]},
                    "pre": [{"exec": {"command": ["sync"], "onError": "Fail", "timeout": "1m"}}],
                }]},
            },
        },
    });
    assert_eq!(object(KIND, body(more)), wanted);
    let labelled = object(KIND, body(json!({"backup_labels": {"a": "b"}})));
    assert_eq!(
        labelled["spec"]["template"]["metadata"]["labels"],
        json!({"a": "b"})
    );
}

#[test]
fn what_servers_and_command_lines_write_is_no_difference() {
    let check =
        |more: Json, template: Json| check_differences(KIND, body(more), &live(template), &[]);
    check(
        json!({}),
        json!({"ttl": "0s", "csiSnapshotTimeout": "0s", "itemOperationTimeout": "0s", "hooks": {}}),
    );
    check(
        json!({}),
        json!({"hooks": {"resources": null}, "includedNamespaces": null, "labelSelector": {}, "orLabelSelectors": null}),
    );
    check(
        json!({}),
        json!({"storageLocation": "", "uploaderConfig": null, "snapshotVolumes": null, "datamover": "velero"}),
    );
    check(json!({"ttl": "720h"}), json!({"ttl": "43200m0s"}));
    check(
        json!({"included_namespaces": ["b", "a"]}),
        json!({"includedNamespaces": ["a", "b"]}),
    );
    check(
        json!({}),
        json!({"includedNamespaces": ["*"], "includedResources": ["*"]}),
    );
    check(json!({"included_namespaces": ["*"]}), json!({}));
    check(
        json!({"resource_policy": [{"name": "p"}]}),
        json!({"resourcePolicy": {"kind": "ConfigMap", "name": "p"}}),
    );
    check(
        json!({"uploader_config": [{"parallel_files_upload": 0}]}),
        json!({}),
    );
    check_differences(
        KIND,
        body(json!({})),
        &live_with(live(json!({})), "spec.skipImmediately", true.into()),
        &[],
    );
    check_differences(
        KIND,
        body(json!({})),
        &live_with(
            live(json!({})),
            "spec.useOwnerReferencesInBackup",
            Json::Null,
        ),
        &[],
    );
}

#[test]
fn differences_by_each_law() {
    let check = |more: Json, template: Json, wanted: &[&str]| {
        check_differences(KIND, body(more), &live(template), wanted)
    };
    let ttl = " # affects future backups only: existing ones keep their expiry";
    check(
        json!({"ttl": "24h"}),
        json!({}),
        &[&format!(
            r#"ttl: absent -> "24h" [spec.template.ttl = "24h"]{ttl}"#
        )],
    );
    check(
        json!({}),
        json!({"ttl": "24h0m0s"}),
        &[&format!(
            r#"ttl: "24h0m0s" -> absent [spec.template.ttl removed]{ttl}"#
        )],
    );
    // Tri-state: false is not what the server would do by itself.
    check(
        json!({"snapshot_volumes": false}),
        json!({}),
        &["snapshot_volumes: absent -> false [spec.template.snapshotVolumes = false]"],
    );
    check(
        json!({}),
        json!({"includeClusterResources": false, "defaultVolumesToRestic": true}),
        &[
            "include_cluster_resources: false -> absent [spec.template.includeClusterResources removed]",
            "default_volumes_to_fs_backup: true -> absent [spec.template.defaultVolumesToFsBackup removed]",
            "default_volumes_to_restic: true -> absent [spec.template.defaultVolumesToRestic removed] # the older name, which would overrule the newer one",
        ],
    );
    // All cluster-scoped resources is more than related ones.
    check(
        json!({}),
        json!({"includedClusterScopedResources": ["*"]}),
        &[
            r#"included_cluster_scoped_resources: ["*"] -> absent [spec.template.includedClusterScopedResources removed]"#,
        ],
    );
    check(
        json!({"excluded_namespaces": ["a"], "storage_location": "<hole>"}),
        json!({"excludedNamespaces": ["b"], "storageLocation": "main"}),
        &[
            r#"excluded_namespaces: ["b"] -> ["a"] [spec.template.excludedNamespaces = ["a"]]"#,
            r#"storage_location: "main" -> <hole> [spec.template.storageLocation = <hole>]"#,
        ],
    );
    check(
        json!({"label_selector": [{"match_labels": {"app": "x"}}]}),
        json!({"labelSelector": {"matchLabels": {"app": "y"}, "matchExpressions": [{"key": "k", "operator": "Exists"}]}}),
        &[
            r#"label_selector: [{"match_expression":[{"key":"k","operator":"Exists"}],"match_labels":{"app":"y"}}] -> [{"match_labels":{"app":"x"}}] [spec.template.labelSelector = {"matchLabels":{"app":"x"}}]"#,
        ],
    );
}

#[test]
fn hooks_are_compared_in_order_and_by_value() {
    let hook = |command: &str, timeout: &str| json!({"name": "h", "pre": [{"exec": [{"command": [command], "timeout": timeout}]}]});
    let live_hook = |command: &str, timeout: &str| json!({"name": "h", "includedNamespaces": null, "pre": [{"exec": {"command": [command], "timeout": timeout}}]});
    let (a, b) = (hook("a", "60s"), hook("b", "60s"));
    let template = json!({"hooks": {"resources": [live_hook("a", "1m0s"), live_hook("b", "1m")]}});
    check_differences(
        KIND,
        body(json!({"hook": [a, b]})),
        &live(template.clone()),
        &[],
    );
    let found = kind(KIND).differences(
        &resource(KIND, body(json!({"hook": [b, a]}))),
        &live(template),
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attribute, ["hook"]);
    assert_eq!(
        found[0].place,
        JsonPath::dotted("spec.template.hooks.resources")
    );
}

#[test]
fn a_pause_by_hand_is_drift_and_unpausing_does_not_catch_up() {
    let paused = live_with(live(json!({})), "spec.paused", true.into());
    check_differences(
        KIND,
        body(json!({})),
        &paused,
        &["paused: true -> false [spec.paused = false]"],
    );
    let skip = vec![(JsonPath::dotted("spec.skipImmediately"), Json::Bool(true))];
    let actions = |more: Json, live: &Json| {
        kind(KIND).actions(
            &kind(KIND).differences(&resource(KIND, body(more)), live),
            live,
        )
    };
    assert_eq!(actions(json!({}), &paused), skip);
    assert_eq!(actions(json!({"paused": true}), &live(json!({}))), []);
    assert_eq!(actions(json!({"ttl": "1h"}), &live(json!({}))), []);
    let unconsumed = live_with(live(json!({})), "spec.skipImmediately", true.into());
    assert_eq!(actions(json!({"ttl": "1h"}), &unconsumed), skip);
    assert_eq!(actions(json!({}), &unconsumed), []);
}

#[test]
fn marks_are_kept_off_backups() {
    let note = "keeps the labels of the Schedule, ownership marks too, off its Backups";
    let own = r#"{"velero.io/schedule-name":"shop"}"#;
    let missing =
        format!("backup_labels: absent -> {own} [spec.template.metadata.labels = {own}] # {note}");
    let gone = r#"backup_labels.a: "b" -> absent [spec.template.metadata.labels.a removed]"#;
    let added = format!(
        r#"backup_labels.velero.io/schedule-name: absent -> "shop" [spec.template.metadata.labels.velero.io/schedule-name = "shop"] # {note}"#
    );
    // Ours: its labels are marks.
    let check = |more: Json, metadata: Json, wanted: &[&str]| {
        let live = live(json!({"metadata": metadata}));
        let marks = json!({"sk-dr.io/stack": "acme"});
        let live = live_with(live, "metadata.labels", marks);
        check_differences(KIND, body(more), &live, wanted);
    };
    check(json!({}), json!({}), &[&missing]);
    // Velero would do with an empty map, but `velero schedule pause` writes it away.
    check(json!({}), json!({"labels": {}}), &[&missing]);
    check(json!({}), json!({"labels": {"a": "b"}}), &[gone, &added]);
    check(
        json!({"backup_labels": {"a": "b"}}),
        json!({"labels": {"a": "b"}}),
        &[],
    );
    check(
        json!({"backup_labels": {"a": "b"}}),
        json!({"labels": {"velero.io/schedule-name": "shop"}}),
        &[
            r#"backup_labels.a: absent -> "b" [spec.template.metadata.labels.a = "b"]"#,
            r#"backup_labels.velero.io/schedule-name: "shop" -> absent [spec.template.metadata.labels.velero.io/schedule-name removed]"#,
        ],
    );
    assert_eq!(
        kind(KIND).attributes(&live(json!({}))).get("backup_labels"),
        None
    );
}

/// Backups of a Schedule that is not ours carry its labels, as long as its template has none.
#[test]
fn labels_that_are_copied_are_those_of_the_backups() {
    let check = |labels: Json, more: Json, wanted: &[&str]| {
        let live = live(json!({"metadata": {}}));
        check_differences(
            KIND,
            body(more),
            &live_with(live, "metadata.labels", labels),
            wanted,
        );
    };
    let team = json!({"team": "shop"});
    check(json!({}), json!({}), &[]);
    check(team.clone(), json!({"backup_labels": team}), &[]);
    let note = "keeps the labels of the Schedule, ownership marks too, off its Backups";
    let own = r#"{"velero.io/schedule-name":"shop"}"#;
    check(
        team.clone(),
        json!({}),
        &[&format!(
            r#"backup_labels: {{"team":"shop"}} -> {own} [spec.template.metadata.labels = {own}] # {note}"#
        )],
    );
    let both = json!({"team": "shop", "sk-dr.io/stack": "acme"});
    let unlabelled = live_with(live(json!({"metadata": {}})), "metadata.labels", both);
    assert_eq!(kind(KIND).attributes(&unlabelled)["backup_labels"], team);
}

/// True under the older name overrules the newer one; anything else there says nothing.
#[test]
fn the_older_name_is_read_as_velero_reads_it() {
    let check = |more: Json, template: Json, wanted: &[&str]| {
        check_differences(KIND, body(more), &live(template), wanted)
    };
    let declared = json!({"default_volumes_to_fs_backup": true});
    check(
        declared.clone(),
        json!({"defaultVolumesToRestic": true}),
        &[],
    );
    check(
        declared,
        json!({"defaultVolumesToRestic": true, "defaultVolumesToFsBackup": false}),
        &[],
    );
    check(json!({}), json!({"defaultVolumesToRestic": false}), &[]);
    check(
        json!({"default_volumes_to_fs_backup": false}),
        json!({"defaultVolumesToRestic": true}),
        &[
            "default_volumes_to_fs_backup: true -> false [spec.template.defaultVolumesToFsBackup = false]",
            "default_volumes_to_restic: true -> absent [spec.template.defaultVolumesToRestic removed] # the older name, which would overrule the newer one",
        ],
    );
    let read = kind(KIND).attributes(&live(json!({"defaultVolumesToRestic": true})));
    assert_eq!(read["default_volumes_to_fs_backup"], json!(true));
    assert_eq!(read.get("default_volumes_to_restic"), None);
}

#[test]
fn reads_attributes_without_noise() {
    let live = live(
        json!({"ttl": "0s", "hooks": {}, "includedNamespaces": ["a"], "labelSelector": {"matchLabels": {"x": "y"}}}),
    );
    let wanted = json!({
        "id": "shop", "uid": "u-1", "name": "shop", "namespace": "velero", "schedule": "0 1 * * *", "paused": false,
        "use_owner_references_in_backup": false, "included_namespaces": ["a"], "label_selector": [{"match_labels": {"x": "y"}}],
    });
    assert_eq!(kind(KIND).attributes(&live), wanted);
}

#[test]
fn fields_it_does_not_know_are_told() {
    let hooks = json!({"resources": [{"name": "h", "later": 1, "pre": [{"exec": {"command": ["x"], "shell": true}}]}]});
    let live = live_with(
        live(json!({"hooks": hooks, "newFilter": ["a"], "metadata": {}})),
        "spec.later",
        json!(1),
    );
    let told: Vec<String> = kind(KIND)
        .unknown_fields(&live)
        .iter()
        .map(|path| path.0.join("."))
        .collect();
    let wanted = [
        "spec.later",
        "spec.template.hooks.resources.later",
        "spec.template.hooks.resources.pre.exec.shell",
        "spec.template.newFilter",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn fingerprints_all_but_skip_immediately() {
    let projection = kind(KIND).owned(None, &live(json!({})));
    let before = projection.fingerprint(&live(json!({})));
    for (place, moves) in [
        ("spec.skipImmediately", false),
        ("status.lastBackup", false),
        ("spec.paused", true),
        ("spec.template.ttl", true),
    ] {
        let changed = live_with(live(json!({})), place, json!("x"));
        assert_eq!(projection.fingerprint(&changed) != before, moves, "{place}");
    }
}

#[test]
fn waits_and_needs() {
    let named = json!({"storage_location": "main", "volume_snapshot_locations": ["fast", "slow"]});
    let declared = resource(KIND, body(named));
    let wait = |more: Json, writing| kind(KIND).wait(Some(&resource(KIND, body(more))), writing);
    assert_eq!(
        wait(json!({}), Writing::Create),
        Some(Wait {
            condition: Condition::ScheduleEnabled,
            limit_s: 120
        })
    );
    assert_eq!(wait(json!({"paused": true}), Writing::Create), None);
    assert_eq!(
        wait(json!({"paused": true}), Writing::Delete),
        Some(Wait {
            condition: Condition::Gone,
            limit_s: 120
        })
    );
    let needs: Vec<String> = kind(KIND)
        .needs(&declared)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        needs,
        ["velero", "velero/main", "velero/fast", "velero/slow"]
    );
    let template = json!({"storageLocation": "main", "volumeSnapshotLocations": ["fast", "slow"]});
    assert_eq!(
        kind(KIND).live_needs(&live(template)),
        kind(KIND).needs(&declared)
    );
    assert_eq!(kind(KIND).needs(&resource(KIND, body(json!({})))).len(), 1);
}

#[test]
fn checks_cron_expressions_as_velero_would() {
    let check = |schedule: &str, wanted: &[&str]| {
        check_validate(KIND, body(json!({"schedule": schedule})), wanted)
    };
    check("CRON_TZ=Europe/Berlin 30 2 * * 1-5", &[]);
    check("@every 6h", &[]);
    check(
        "0 0 30 2 *",
        &[
            "error schedule-never-fires schedule: 30 February does not exist; Velero would accept this and never run it",
        ],
    );
    check(
        "0 1 * * 7",
        &["error invalid-cron schedule: end of range (7) above maximum (6): 7 (Sunday is 0)"],
    );
    check(
        "0 0 1 * * *",
        &[
            "error invalid-cron schedule: expected exactly 5 fields, found 6: [0 0 1 * * *] (there is no field for seconds or years: minute, hour, day of month, month, day of week)",
        ],
    );
    check(
        "@Daily",
        &[
            "error invalid-cron schedule: unrecognized descriptor: @Daily (known are @yearly @annually @monthly @weekly @daily @midnight @hourly and `@every 1h30m`)",
        ],
    );
}

#[test]
fn checks_what_would_fail_every_backup() {
    let check = |more: Json, wanted: &[&str]| check_validate(KIND, body(more), wanted);
    check(
        json!({"included_resources": ["pods"], "excluded_namespace_scoped_resources": ["secrets"]}),
        &[
            "error mixed-filters excluded_namespace_scoped_resources: `excluded_namespace_scoped_resources` belongs to another set of filters than `included_resources`; Velero refuses every backup that uses both (use either included_resources, excluded_resources and include_cluster_resources, or the four *_scoped_resources)",
        ],
    );
    check(
        json!({"included_resources": [], "excluded_namespace_scoped_resources": ["secrets"]}),
        &[],
    );
    check(
        json!({"label_selector": [{"match_labels": {"a": "b"}}], "or_label_selector": [{"match_labels": {"a": "b"}}]}),
        &[
            "error two-selectors or_label_selector: `label_selector` and `or_label_selector` exclude one another",
        ],
    );
    check(
        json!({"included_namespaces": ["*", "a"], "excluded_namespaces": ["a", "*"]}),
        &[
            "error star-and-names included_namespaces: the list holds `*` beside names; Velero takes either `*` alone or names",
            "error everything-excluded excluded_namespaces: excluding `*` leaves nothing; Velero refuses every such backup",
            r#"error included-and-excluded excluded_namespaces: "a" is in `included_namespaces` too; Velero refuses every such backup"#,
        ],
    );
    check(
        json!({"hook": [{"name": "h", "post": [{"exec": [{"command": []}]}]}]}),
        &[
            "error empty-command hook.post.exec.command: a hook runs a program, and the list names none",
        ],
    );
    check(
        json!({"label_selector": [{"match_expression": [{"key": "a", "operator": "In"}]}]}),
        &[
            r#"error selector-values label_selector.match_expression.operator: the operator "In" needs `values`"#,
        ],
    );
    check(
        json!({"resource_policy": [{"kind": "Secret", "name": "p"}]}),
        &[
            r#"error unknown-policy-kind resource_policy.kind: "Secret" is no kind of policy; Velero takes ConfigMaps and passes over all else in silence (write `configmap`)"#,
        ],
    );
    check(
        json!({"name": "x".repeat(64), "backup_labels": {"a": "b c"}}),
        &[
            &format!(
                r#"error invalid-name name: "{}" is no name that Kubernetes takes: it has 64 characters; Velero puts it into a label of each Backup, where 63 are the limit"#,
                "x".repeat(64)
            ),
            r#"error invalid-label-value backup_labels: "b c" of "a" is no value of a label: ` ` is neither a letter, a digit, `-`, `_` nor `.`"#,
        ],
    );
}
