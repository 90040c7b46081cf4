//! Cases of `velero_application`: the Schedules that it expands to, and what is read back from them.

use super::object::{EXCLUDED, completed};
use crate::kinds::composite::LivePart;
use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::kinds::{keys, parts};
use crate::model::json_path::JsonPath;
use serde_json::{Value as Json, json};

const KIND: &str = "velero_application";

/// A body of nextcloud with these members.
fn body(more: Json) -> Json {
    let mut base =
        json!({"name": "nextcloud", "retention": [{"daily": 30, "monthly": 6, "yearly": 2}]});
    if let (Json::Object(base), Json::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// The Schedules of a body, as they would live.
fn schedules(more: Json) -> Vec<Json> {
    parts(&resource(KIND, body(more)))
        .iter()
        .map(|part| part.kind.object(&part.resource).into_known().unwrap())
        .collect()
}

fn read(live: &[Json]) -> Json {
    let schedule = kind("velero_schedule");
    let parts: Vec<LivePart<'_>> = live
        .iter()
        .map(|live| LivePart {
            kind: schedule,
            live,
        })
        .collect();
    kind(KIND).composite().unwrap().read(&parts)
}

fn with(mut object: Json, place: &str, value: Json) -> Json {
    JsonPath::dotted(place).set(&mut object, value);
    object
}

#[test]
fn expands_as_solakubes_profiles_do() {
    let labels = json!({"application": "nextcloud", "profile": "default"});
    let wanted = |period: &str, cron: &str, ttl: &str| {
        json!({
            "apiVersion": "velero.io/v1", "kind": "Schedule",
            "metadata": {"name": format!("nextcloud-default-{period}"), "namespace": "velero", "labels": labels},
            "spec": {
                "schedule": cron, "paused": false, "useOwnerReferencesInBackup": false,
                "template": {
                    "metadata": {"labels": labels}, "ttl": ttl, "includedNamespaces": ["nextcloud"],
                    "excludedResources": EXCLUDED, "includeClusterResources": true,
                    "snapshotVolumes": false, "defaultVolumesToFsBackup": true,
                },
            },
        })
    };
    assert_eq!(
        schedules(json!({})),
        [
            wanted("daily", "0 1 * * *", "720h0m0s"),
            wanted("monthly", "0 3 1 * *", "4464h0m0s"),
            wanted("yearly", "0 5 1 1 *", "17520h0m0s"),
        ]
    );
}

/// The daily Schedule has this value at this place.
fn check_daily(more: Json, place: &str, wanted: Json) {
    let daily = schedules(more.clone()).remove(0);
    let found = JsonPath::dotted(place).get(&daily).cloned();
    assert_eq!(found.unwrap_or_default(), wanted, "{more} at {place}");
}

#[test]
fn every_default_can_be_overridden() {
    let name = |more: Json, wanted: &str| check_daily(more, "metadata.name", json!(wanted));
    name(json!({"profile": "files"}), "nextcloud-files-daily");
    name(json!({"name": "cloud"}), "cloud-default-daily");
    let namespace = json!({"namespace": "backups"});
    check_daily(namespace, "metadata.namespace", json!("backups"));
    let two = json!({"schedule": [{"daily": "0 2 * * *"}]});
    check_daily(two, "spec.schedule", json!("0 2 * * *"));
    for labels in ["metadata.labels", "spec.template.metadata.labels"] {
        let more = json!({"labels": {"team": "web"}});
        let wanted = json!({"application": "nextcloud", "profile": "default", "team": "web"});
        check_daily(more, labels, wanted);
    }
}

#[test]
fn every_default_of_the_backup_can_be_overridden() {
    let check = |more: Json, member: &str, wanted: Json| {
        check_daily(more, &format!("spec.template.{member}"), wanted);
    };
    for (namespaces, wanted) in [
        (json!(["a", "b"]), json!(["a", "b"])),
        (json!([]), json!(["nextcloud"])),
        (json!(["*"]), json!(["*"])),
    ] {
        check(
            json!({"namespaces": namespaces}),
            "includedNamespaces",
            wanted,
        );
    }
    let excluded = json!({"excluded_namespaces": ["c"]});
    check(excluded, "excludedNamespaces", json!(["c"]));
    let none = json!({"default_exclusions": false});
    check(none, "excludedResources", Json::Null);
    let own = json!({"default_exclusions": false, "excluded_resources": ["events"]});
    check(own, "excludedResources", json!(["events"]));
    let orders = "orders.acme.cert-manager.io";
    let more: Vec<&str> = EXCLUDED.iter().copied().chain([orders]).collect();
    check(
        json!({"excluded_resources": [orders]}),
        "excludedResources",
        json!(more),
    );
    for (cluster, wanted) in [("related", Json::Null), ("none", json!(false))] {
        check(
            json!({"cluster_resources": cluster}),
            "includeClusterResources",
            wanted,
        );
    }
    check(
        json!({"storage_location": "main"}),
        "storageLocation",
        json!("main"),
    );
    for (volumes, file_system, snapshots) in [
        ("file_system_opt_in", Json::Null, json!(false)),
        ("snapshot", json!(false), json!(true)),
        ("none", json!(false), json!(false)),
    ] {
        let more = json!({"volumes": volumes});
        check(more.clone(), "defaultVolumesToFsBackup", file_system);
        check(more, "snapshotVolumes", snapshots);
    }
}

/// Each field of a BackupSpec that a Schedule can say, with the value that the daily Schedule then has.
#[test]
fn everything_that_a_schedule_says_can_be_said() {
    let check = |more: Json, place: &str, wanted: Json| check_daily(more, place, wanted);
    let template = |attribute: &str, value: Json, member: &str| {
        let place = format!("spec.template.{member}");
        check(json!({attribute: value}), &place, value);
    };
    for (attribute, member) in [
        (
            "included_cluster_scoped_resources",
            "includedClusterScopedResources",
        ),
        (
            "excluded_cluster_scoped_resources",
            "excludedClusterScopedResources",
        ),
        (
            "included_namespace_scoped_resources",
            "includedNamespaceScopedResources",
        ),
        (
            "excluded_namespace_scoped_resources",
            "excludedNamespaceScopedResources",
        ),
    ] {
        let names = json!(["persistentvolumes"]);
        template(attribute, names.clone(), member);
        // The other set of filters is not used beside it.
        let more = json!({attribute: names});
        for other in ["excludedResources", "includeClusterResources"] {
            check(more.clone(), &format!("spec.template.{other}"), Json::Null);
        }
    }
    template("datamover", json!("other"), "datamover");
    let (key, label) = (
        "volume_group_snapshot_label_key",
        "volumeGroupSnapshotLabelKey",
    );
    template(key, json!("acme.com/group"), label);
    let owners = json!({"use_owner_references_in_backup": true});
    check(owners, "spec.useOwnerReferencesInBackup", json!(true));
    let annotations = json!({"acme.com/team": "web"});
    check(
        json!({"annotations": annotations}),
        "metadata.annotations",
        annotations,
    );
    for (more, file_system, snapshots) in [
        (json!({"volumes": "server"}), Json::Null, Json::Null),
        (json!({"snapshot_volumes": true}), Json::Null, json!(true)),
        (
            json!({"default_volumes_to_fs_backup": true}),
            json!(true),
            Json::Null,
        ),
    ] {
        let place = "spec.template.defaultVolumesToFsBackup";
        check(more.clone(), place, file_system);
        check(more, "spec.template.snapshotVolumes", snapshots);
    }
}

#[test]
fn annotations_of_others_are_left_alone() {
    let ours = json!([{"manager": "sk-dr", "operation": "Update",
        "fieldsV1": {"f:metadata": {"f:annotations": {"f:a": {}}}}}]);
    let live: Vec<Json> = schedules(json!({}))
        .into_iter()
        .enumerate()
        .map(|(index, one)| {
            let annotations = json!({"a": "1", "b": "2", "c": index.to_string()});
            let one = with(one, "metadata.annotations", annotations);
            with(one, "metadata.managedFields", ours.clone())
        })
        .collect();
    let reading = read(&live);
    let check = |annotations: Json, wanted: &[&str]| {
        let body = body(json!({"annotations": annotations}));
        check_differences(KIND, body, &reading, wanted);
    };
    check(json!({"a": "1"}), &[]);
    check(json!({"a": "1", "b": "2"}), &[]);
    check(
        json!({}),
        &[r#"annotations.a: "1" -> absent [annotations.a removed]"#],
    );
    check(
        json!({"a": "1", "c": "0"}),
        &[r#"annotations.c: absent -> "0" [annotations.c = "0"]"#],
    );
    assert_eq!(
        kind(KIND).attributes(&reading)["annotations"],
        json!({"a": "1"})
    );
}

#[test]
fn zero_is_no_schedule() {
    let names = |retention: Json| -> Vec<String> {
        keys(&resource(KIND, body(json!({"retention": [retention]}))))
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        names(json!({"daily": 7})),
        ["velero/nextcloud-default", "velero/nextcloud-default-daily"]
    );
    assert_eq!(names(json!({"yearly": 1})).len(), 2);
}

#[test]
fn is_named_by_its_block_where_nothing_else_says() {
    use crate::model::address::{Address, InstanceKey};
    let mut declared = resource(KIND, json!({"retention": [{"daily": 1}]}));
    let name = |declared: &_| keys(declared).first().unwrap().to_string();
    assert_eq!(name(&declared), "velero/main-default");
    declared.address =
        Address::new(KIND, "app").with_instance(InstanceKey::Name("shop".to_owned()));
    assert_eq!(name(&declared), "velero/shop-default");
    let derived = kind(KIND).derived(&declared);
    assert_eq!(
        derived,
        [
            ("name", json!("shop")),
            ("schedules", json!(["shop-default-daily"]))
        ]
    );
}

#[test]
fn differences_are_those_of_its_own_attributes() {
    let check = |more: Json, live: &[Json], wanted: &[&str]| {
        check_differences(KIND, body(more), &read(live), wanted)
    };
    let live = schedules(json!({}));
    check(json!({}), &live, &[]);
    check(
        json!({"retention": [{"daily": 14, "monthly": 6, "yearly": 0}], "namespaces": ["nextcloud", "redis"]}),
        &live,
        &[
            "retention.daily: 30 -> 14 [retention.daily = 14] # affects future backups only: existing ones keep their expiry",
            "retention.yearly: 2 -> 0 [retention.yearly = 0] # no more are made; existing ones keep their expiry",
            r#"namespaces: ["nextcloud"] -> ["nextcloud","redis"] [namespaces = ["nextcloud","redis"]]"#,
        ],
    );
    check(
        json!({}),
        &live[..2],
        &["retention.yearly: 0 -> 2 [retention.yearly = 2]"],
    );
    let mut edited = live.clone();
    edited[0] = with(edited[0].clone(), "spec.schedule", json!("0 4 * * *"));
    check(
        json!({}),
        &edited,
        &[r#"schedule.daily: "0 4 * * *" -> "0 1 * * *" [schedule.daily = "0 1 * * *"]"#],
    );
    // One of three is no attribute of the whole.
    edited = live.clone();
    edited[1] = with(edited[1].clone(), "spec.paused", json!(true));
    check(json!({}), &edited, &[]);
    let paused: Vec<Json> = live
        .iter()
        .map(|one| with(one.clone(), "spec.paused", json!(true)))
        .collect();
    check(
        json!({}),
        &paused,
        &["paused: true -> false [paused = false]"],
    );
}

/// What somebody made by hand in the same pattern, without a label.
#[test]
fn names_are_taken_apart_where_no_label_says() {
    let check = |schedule: &str, namespaces: Json, wanted: &str| {
        let live = json!({
            "metadata": {"name": schedule, "namespace": "velero"},
            "spec": {"schedule": "@daily", "template": {"includedNamespaces": namespaces}},
        });
        let reading = read(&[live]);
        let found = format!(
            "{} {}",
            reading["name"].as_str().unwrap(),
            reading["profile"].as_str().unwrap()
        );
        assert_eq!(found, wanted, "{schedule}");
    };
    check(
        "nextcloud-default-daily",
        json!(["nextcloud"]),
        "nextcloud default",
    );
    check(
        "my-shop-all-data-yearly",
        json!(["my-shop"]),
        "my-shop all-data",
    );
    check("my-shop-files-daily", json!(["*"]), "my-shop files");
    check("odd", json!(null), "odd default");
}

#[test]
fn ready_hooks_are_the_commands_of_the_reference() {
    let check = |name: &str, pre: Json, post: Json| {
        let hook = json!({"use": name, "match_labels": {"app": "db"}, "container": "db", "path": "/data/x"});
        let own = json!({"name": "own", "pre": [{"exec": [{"command": ["true"]}]}]});
        let declared = json!({"ready_hook": [hook], "hook": [own]});
        let daily = schedules(declared.clone()).remove(0);
        let shown = completed(&resource(KIND, body(declared)));
        assert_eq!(schedules(shown.into_known().unwrap()).remove(0), daily);
        let exec = |command: Json| json!([{"exec": {"command": command, "container": "db", "onError": "Fail", "timeout": "10m"}}]);
        assert_eq!(
            daily["spec"]["template"]["hooks"]["resources"],
            json!([
                {"name": name, "labelSelector": {"matchLabels": {"app": "db"}}, "pre": exec(pre), "post": exec(post)},
                {"name": "own", "pre": [{"exec": {"command": ["true"]}}]},
            ])
        );
    };
    let remove = json!(["/bin/rm", "-f", "/data/x"]);
    check(
        "fsfreeze",
        json!(["/sbin/fsfreeze", "--freeze", "/data/x"]),
        json!(["/sbin/fsfreeze", "--unfreeze", "/data/x"]),
    );
    let dump = r#"PGPASSWORD="$POSTGRES_PASSWORD" pg_dumpall --clean --if-exists -U "${POSTGRES_USER:-postgres}" -f /data/x"#;
    check("postgres", json!(["/bin/sh", "-c", dump]), remove.clone());
    let dump = r#"MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysqldump --all-databases --single-transaction -u root -r /data/x"#;
    check("mysql", json!(["/bin/sh", "-c", dump]), remove);
}

#[test]
fn checks_what_the_table_cannot() {
    let check = |more: Json, wanted: &[&str]| check_validate(KIND, body(more), wanted);
    check(json!({}), &[]);
    check(
        json!({"retention": [{}]}),
        &[
            "error retention-nowhere retention: it keeps no backups: daily, monthly and yearly are all 0, so that there would be no Schedule (set one of them, or remove the resource: existing backups stay)",
        ],
    );
    check(
        json!({"retention": [{"daily": -1, "yearly": 101}]}),
        &[
            "error invalid-count retention.daily: -1 is not between 0 and 36500, which is 100 years",
            "error invalid-count retention.yearly: 101 is not between 0 and 100, which is 100 years",
        ],
    );
    check(
        json!({"schedule": [{"daily": "0 0 30 2 *"}], "rpo": "0s"}),
        &[
            "error schedule-never-fires schedule.daily: 30 February does not exist; Velero would accept this and never run it",
            "error invalid-objective rpo: no backup is ever as new as that",
        ],
    );
    check(
        json!({"ready_hook": [{"use": "postgres", "match_labels": {}, "path": "/a b"}]}),
        &[
            r#"error invalid-path ready_hook.path: "/a b" is no absolute path of letters, digits, `/`, `-`, `_` and `.`"#,
            "error no-labels ready_hook.match_labels: without labels it would run in every pod that is backed up",
        ],
    );
    // Said by the Schedule, at the place of the application's attribute.
    check(
        json!({"namespaces": ["a", "*"]}),
        &[
            "error star-and-names namespaces: the list holds `*` beside names; Velero takes either `*` alone or names",
        ],
    );
    check(
        json!({"name": "my_app"}),
        &[
            r#"error invalid-name name: "my_app" is no name that Kubernetes takes: `_` is neither a lower-case letter, a digit nor `-`"#,
        ],
    );
}

#[test]
fn what_is_said_in_two_ways_is_a_mistake() {
    let check = |more: Json, wanted: &[&str]| check_validate(KIND, body(more), wanted);
    let scoped = "excluded_cluster_scoped_resources";
    for (other, value) in [
        ("included_resources", json!(["pods"])),
        ("excluded_resources", json!(["pods"])),
        ("default_exclusions", json!(true)),
        ("cluster_resources", json!("none")),
    ] {
        let wanted = format!(
            "error mixed-filters {scoped}: `{scoped}` belongs to another set of filters than `{other}`; Velero refuses every backup that uses both (use either included_resources, excluded_resources, default_exclusions and cluster_resources, or the four *_scoped_resources)"
        );
        check(json!({scoped: ["nodes"], other: value}), &[wanted.as_str()]);
        check(json!({scoped: [], other: value}), &[]);
    }
    check(
        json!({scoped: ["nodes"], "cluster_resources": "related", "default_exclusions": false}),
        &[],
    );
    check(
        json!({"volumes": "none", "snapshot_volumes": false}),
        &[
            "error two-methods volumes: `volumes` and `snapshot_volumes` say the same thing (`volumes` names the usual pairs of default_volumes_to_fs_backup and snapshot_volumes: use one or the other)",
        ],
    );
}

#[test]
fn an_object_is_the_reading_of_its_parts() {
    let mut reading = read(&schedules(json!({"storage_location": "main"})));
    reading.as_object_mut().unwrap().remove("schedules");
    assert_eq!(
        reading,
        object(KIND, body(json!({"storage_location": "main"})))
    );
}
