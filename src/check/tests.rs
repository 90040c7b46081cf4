//! Each lint with what it finds and what it leaves alone.

mod ends;
mod manifests;

use super::scene::Scene;
use super::{Hit, LINTS, Severity, diagnostics, found_in, unknown_codes};
use crate::diag::{FileId, Span};
use crate::kinds::testing::resource;
use crate::kinds::{self, Home};
use crate::model::address::Address;
use crate::model::resource::{AllowedLint, Configuration};
use crate::plan::document::Node;
use crate::plan::found::Objects;
use crate::render::fixture;
use crate::world::query::{Answer, Fact, Live, Query};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const SCHEDULE: &str = "velero_schedule";
const LOCATION: &str = "velero_backup_storage_location";
const SNAPSHOTS: &str = "velero_volume_snapshot_location";

/// What a lint looks at: declared resources by kind, and their name in the language; live objects by kind.
#[derive(Default)]
struct Setting {
    declared: Vec<(&'static str, &'static str, Json)>,
    live: Vec<(&'static str, Json)>,
    nodes: Vec<Json>,
    backups: Vec<Json>,
    allowed: Vec<AllowedLint>,
}

fn with(mut base: Json, more: Json) -> Json {
    if let (Json::Object(base), Json::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// A schedule without a fault, and more.
fn schedule(name: &'static str, more: Json) -> (&'static str, &'static str, Json) {
    let body = json!({"name": name, "schedule": "0 1 * * *", "ttl": "720h", "included_namespaces": ["shop"]});
    (SCHEDULE, name, with(body, more))
}

/// A location without a fault, and more.
fn location(name: &'static str, more: Json) -> (&'static str, &'static str, Json) {
    let config = json!({"s3Url": "https://fsn1.your-objectstorage.com", "checksumAlgorithm": ""});
    let body = json!({"name": name, "provider_name": "aws", "bucket": "backups", "prefix": name, "config": config});
    (LOCATION, name, with(body, more))
}

fn snapshots(name: &'static str, more: Json) -> (&'static str, &'static str, Json) {
    let body = json!({"name": name, "provider_name": "aws", "config": {"region": "eu"}});
    (SNAPSHOTS, name, with(body, more))
}

fn configuration(setting: &Setting) -> Configuration {
    let mut resources: Vec<_> = setting
        .declared
        .iter()
        .map(|(kind, name, body)| {
            let mut made = resource(kind, body.clone());
            made.address = Address::new(*kind, *name);
            made
        })
        .collect();
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    let mut configuration = Configuration {
        resources,
        ..Configuration::default()
    };
    configuration.settings.allowed_lints = setting.allowed.clone();
    configuration
}

fn live(setting: &Setting) -> Live {
    let provider = resource(SCHEDULE, json!({"name": "a"})).provider.unwrap();
    let mut answers = BTreeMap::new();
    for type_ in kinds::find(LOCATION).unwrap().users() {
        let query = crate::plan::queries::list_for(&provider, &type_, Some("velero"));
        let backups = Fact::List(setting.backups.clone());
        answers.insert(query, Answer::Present(backups));
    }
    for kind in [SCHEDULE, LOCATION, SNAPSHOTS] {
        let Home::Kube(home) = kinds::find(kind).unwrap().home() else {
            panic!("{kind} lives in no API");
        };
        let of_kind = setting.live.iter().filter(|(of, _)| *of == kind);
        let query = Query::List {
            provider: provider.clone(),
            resource: home,
            namespace: Some("velero".to_owned()),
        };
        let objects = of_kind.map(|(_, object)| object.clone()).collect();
        answers.insert(query, Answer::Present(Fact::List(objects)));
    }
    manifests::add_lists(setting, &provider, &mut answers);
    Live { answers }
}

/// `address at attribute: detail` of each finding of one lint.
fn found(code: &str, setting: &Setting) -> Vec<String> {
    let lint = LINTS.iter().find(|lint| lint.code == code).unwrap();
    let configuration = configuration(setting);
    let live = live(setting);
    let objects = Objects::of(&live);
    let nodes: Vec<Node> = setting
        .nodes
        .iter()
        .map(|node| serde_json::from_value(node.clone()).unwrap())
        .collect();
    let scene = Scene::planned(&configuration, &objects, nodes.iter().collect());
    let line = |hit: Hit| {
        let address = hit
            .address
            .map_or_else(|| "-".to_owned(), |address| address.to_string());
        format!("{address} {}: {}", hit.attribute, hit.detail)
    };
    (lint.check)(&scene).into_iter().map(line).collect()
}

fn check(code: &str, declared: Vec<(&'static str, &'static str, Json)>, wanted: &[&str]) {
    check_live(code, declared, Vec::new(), wanted);
}

fn check_live(
    code: &str,
    declared: Vec<(&'static str, &'static str, Json)>,
    live: Vec<(&'static str, Json)>,
    wanted: &[&str],
) {
    let setting = Setting {
        declared,
        live,
        ..Setting::default()
    };
    assert_eq!(found(code, &setting), wanted, "{code}");
}

fn object(name: &str, more: Json) -> Json {
    with(
        json!({"metadata": {"name": name, "namespace": "velero"}}),
        more,
    )
}

fn node(kind: &str, action: &str, fields: Json) -> Json {
    fixture::node(
        json!({"address": format!("{kind}.main"), "kind": kind, "action": action, "fields": fields}),
    )
}

#[test]
fn bucket_not_examined() {
    let check = |node: Json, wanted: usize| {
        let setting = Setting {
            nodes: vec![node],
            ..Setting::default()
        };
        assert_eq!(found("bucket-not-examined", &setting).len(), wanted);
    };
    check(node(LOCATION, "create", json!([])), 1);
    check(node(LOCATION, "update", json!([])), 0);
    check(node(SCHEDULE, "create", json!([])), 0);
}

#[test]
fn location_moves() {
    let check = |field: &str, wanted: usize| {
        let setting = Setting {
            nodes: vec![node(LOCATION, "update", json!([{"path": [field]}]))],
            ..Setting::default()
        };
        assert_eq!(found("location-moves", &setting).len(), wanted);
    };
    check("bucket", 1);
    check("prefix", 1);
    check("access_mode", 0);
}

#[test]
fn checksum_algorithm() {
    let check = |more: Json, wanted: &[&str]| {
        check("checksum-algorithm", vec![location("main", more)], wanted)
    };
    check(
        json!({"config": {"s3Url": "https://minio.example.org"}}),
        &[
            "velero_backup_storage_location.main config: https://minio.example.org is not AWS, and the plugin will send CRC32 checksums to it.",
        ],
    );
    check(json!({}), &[]);
    check(
        json!({"config": {"s3Url": "https://s3.eu-central-1.amazonaws.com"}}),
        &[],
    );
    check(json!({"config": {"region": "eu"}}), &[]);
    for aws in [
        "",
        "https://s3.cn-north-1.amazonaws.com.cn",
        "https://S3.Amazonaws.com:443/",
    ] {
        check(json!({"config": {"s3Url": aws}}), &[]);
    }
    check(
        json!({"provider_name": "example.org/other", "config": {"s3Url": "https://x"}}),
        &[],
    );
    check(
        json!({"config": {"s3Url": "https://x", "checksumAlgorithm": "<hole>"}}),
        &[],
    );
}

#[test]
fn default_location_name() {
    check(
        "default-location-name",
        vec![location("default", json!({})), location("main", json!({}))],
        &[
            "velero_backup_storage_location.default name: The server makes the location of this name its default at every start.",
        ],
    );
}

#[test]
fn default_ttl() {
    let said = "Its backups are deleted after the server's --default-backup-ttl, 720h where nobody set it.";
    check(
        "default-ttl",
        vec![
            schedule("absent", json!({"ttl": null})),
            schedule("later", json!({"ttl": "<hole>"})),
            schedule("said", json!({})),
            schedule("zero", json!({"ttl": "0s"})),
        ],
        &[
            &format!("velero_schedule.absent ttl: {said}"),
            &format!("velero_schedule.zero ttl: {said}"),
        ],
    );
}

#[test]
fn foreign_owner() {
    let check = |metadata: Json, wanted: &[&str]| {
        let metadata = with(json!({"name": "main", "namespace": "velero"}), metadata);
        let live = vec![(LOCATION, json!({"metadata": metadata}))];
        check_live(
            "foreign-owner",
            vec![location("main", json!({}))],
            live,
            wanted,
        );
    };
    let said = |who: &str, way: &str| {
        format!(
            "velero_backup_storage_location.main : The live object is in the hands of {who} too. {way}"
        )
    };
    let helm = "Helm keeps what is annotated `helm.sh/resource-policy: keep`: annotate it, then take it out of the chart's values.";
    check(
        json!({"annotations": {"meta.helm.sh/release-name": "velero"}}),
        &[&said("Helm release \"velero\"", helm)],
    );
    check(
        json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}),
        &[&said("a Helm release", helm)],
    );
    check(
        json!({"annotations": {"argocd.argoproj.io/tracking-id": "backup:velero.io/Schedule:velero/x"}}),
        &[&said(
            "Argo CD application \"backup\"",
            "Argo CD keeps what is annotated `argocd.argoproj.io/sync-options: Prune=false`: annotate it, then take it out of the application's source.",
        )],
    );
    check(
        json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}),
        &[&said(
            "Flux Kustomization \"apps\"",
            "Flux keeps what is annotated `kustomize.toolkit.fluxcd.io/prune: disabled`: annotate it, then take it out of the Kustomization.",
        )],
    );
    check(
        json!({"managedFields": [{"manager": "kubectl", "operation": "Apply"}, {"manager": "sk-dr", "operation": "Apply"}]}),
        &[&said(
            "\"kubectl\", which applies it",
            "Take it out of what is applied there; only `--prune` would delete it for that.",
        )],
    );
    check(
        json!({"managedFields": [{"manager": "kubectl-edit", "operation": "Update"}, {"manager": "sk-dr", "operation": "Apply"}]}),
        &[],
    );
    check(json!({}), &[]);
}

#[test]
fn gitops_prunes_backups() {
    let declared = |labels: Json| vec![schedule("shop", json!({"backup_labels": labels}))];
    check(
        "gitops-prunes-backups",
        declared(json!({"app.kubernetes.io/instance": "shop"})),
        &[
            "velero_schedule.shop backup_labels: Its Backups carry the label `app.kubernetes.io/instance`.",
        ],
    );
    check(
        "gitops-prunes-backups",
        declared(json!({"application": "shop"})),
        &[],
    );
    let flux = json!({"kustomize.toolkit.fluxcd.io/name": "apps"});
    let live = |metadata: Json, template: Json| {
        let metadata = with(json!({"name": "old", "namespace": "velero"}), metadata);
        let spec = json!({"template": {"metadata": template}});
        vec![(SCHEDULE, json!({"metadata": metadata, "spec": spec}))]
    };
    let check = |live: Vec<(&'static str, Json)>, wanted: &[&str]| {
        check_live("gitops-prunes-backups", Vec::new(), live, wanted);
    };
    check(
        live(json!({"labels": flux}), json!({})),
        &[
            "- : Schedule velero/old is not declared here; its Backups carry the label `kustomize.toolkit.fluxcd.io/name`.",
        ],
    );
    check(
        live(json!({"labels": flux}), json!({"labels": {"a": "b"}})),
        &[],
    );
    check(
        live(
            json!({"labels": {"app.kubernetes.io/instance": "velero"}}),
            json!({}),
        ),
        &[],
    );
}

#[test]
fn hetzner_snapshots() {
    let said = |plugin: &str| {
        format!(
            "velero_volume_snapshot_location.all provider_name: The plugin {plugin} takes no snapshot of a volume at Hetzner."
        )
    };
    check(
        "hetzner-snapshots",
        vec![location("main", json!({})), snapshots("all", json!({}))],
        &[&said("aws")],
    );
    check(
        "hetzner-snapshots",
        vec![snapshots("all", json!({"provider_name": "hcloud"}))],
        &[&said("hcloud")],
    );
    check("hetzner-snapshots", vec![snapshots("all", json!({}))], &[]);
}

#[test]
fn objective_missed() {
    let check = |more: Json, wanted: &[&str]| {
        check("objective-missed", vec![schedule("mail", more)], wanted)
    };
    check(
        json!({"rpo": "1h"}),
        &["velero_schedule.mail rpo: It declares rpo = 1h, its schedule runs every 24h."],
    );
    check(
        json!({"rpo": "24h", "schedule": "CRON_TZ=Europe/Berlin 30 3 * * *"}),
        &["velero_schedule.mail rpo: It declares rpo = 24h, its schedule runs every 25h."],
    );
    check(json!({"rpo": "24h"}), &[]);
    check(json!({"rpo": "1h", "paused": true}), &[]);
    check(json!({"rpo": "1h", "schedule": "<hole>"}), &[]);
    check(json!({}), &[]);
    let application = |daily: u32| {
        let body = json!({"rpo": "26h", "retention": [{"daily": daily, "monthly": 1}]});
        vec![("velero_application", "mail", body)]
    };
    super::tests::check("objective-missed", application(7), &[]);
    super::tests::check(
        "objective-missed",
        application(0),
        &["velero_application.mail rpo: It declares rpo = 26h, its schedule runs every 31 days."],
    );
}

#[test]
fn owner_references() {
    let on = json!({"use_owner_references_in_backup": true});
    check(
        "owner-references",
        vec![schedule("a", on), schedule("b", json!({}))],
        &[
            "velero_schedule.a use_owner_references_in_backup: Whoever deletes the Schedule deletes the Backup objects it made.",
        ],
    );
}

#[test]
fn read_only_location() {
    let said = |name: &str| {
        format!(
            "velero_schedule.{name} storage_location: The location \"main\" is ReadOnly: every run ends as FailedValidation."
        )
    };
    let read_only = location("main", json!({"access_mode": "ReadOnly"}));
    check(
        "read-only-location",
        vec![
            read_only,
            location("other", json!({})),
            schedule(
                "paused",
                json!({"storage_location": "main", "paused": true}),
            ),
            schedule("shop", json!({"storage_location": "main"})),
            schedule("wiki", json!({"storage_location": "other"})),
        ],
        &[&said("shop")],
    );
    let live = |mode: &str| {
        vec![(
            LOCATION,
            object("main", json!({"spec": {"accessMode": mode}})),
        )]
    };
    let check = |mode: &str, wanted: &[&str]| {
        let declared = vec![schedule("shop", json!({"storage_location": "main"}))];
        check_live("read-only-location", declared, live(mode), wanted);
    };
    check("ReadOnly", &[&said("shop")]);
    check("ReadWrite", &[]);
}

#[test]
fn several_snapshot_locations() {
    let said = |name: &str| {
        format!(
            "velero_schedule.{name} volume_snapshot_locations: It names none of the several snapshot locations of aws: Velero refuses its backups."
        )
    };
    let two = || {
        vec![
            snapshots("one", json!({})),
            snapshots("two", json!({"provider_name": "velero.io/aws"})),
        ]
    };
    let mut declared = two();
    declared.push(schedule("shop", json!({})));
    declared.push(schedule(
        "wiki",
        json!({"volume_snapshot_locations": ["two"]}),
    ));
    declared.push(schedule("mail", json!({"paused": true})));
    check("several-snapshot-locations", declared, &[&said("shop")]);
    check(
        "several-snapshot-locations",
        vec![snapshots("one", json!({})), schedule("shop", json!({}))],
        &[],
    );
    check_live(
        "several-snapshot-locations",
        vec![snapshots("one", json!({})), schedule("shop", json!({}))],
        vec![(
            SNAPSHOTS,
            object("by-hand", json!({"spec": {"provider": "aws"}})),
        )],
        &[&said("shop")],
    );
}

#[test]
fn shared_prefix() {
    let check = |one: Json, other: Json, wanted: &[&str]| {
        let declared = vec![location("a", one), location("b", other)];
        check("shared-prefix", declared, wanted);
    };
    check(json!({}), json!({}), &[]);
    check(
        json!({"prefix": "/velero/"}),
        json!({"prefix": "velero"}),
        &[
            "velero_backup_storage_location.a prefix: Its bucket and prefix are also those of velero_backup_storage_location.b.",
            "velero_backup_storage_location.b prefix: Its bucket and prefix are also those of velero_backup_storage_location.a.",
        ],
    );
    check(
        json!({"prefix": "velero"}),
        json!({"prefix": "velero/b"}),
        &[
            "velero_backup_storage_location.a prefix: Inside of its prefix lies that of velero_backup_storage_location.b.",
            "velero_backup_storage_location.b prefix: Its prefix lies inside of that of velero_backup_storage_location.a.",
        ],
    );
    check(
        json!({"prefix": "velero"}),
        json!({"prefix": "velero-b"}),
        &[],
    );
    check(
        json!({"prefix": "v"}),
        json!({"prefix": "v", "bucket": "other"}),
        &[],
    );
    check(
        json!({"prefix": "v"}),
        json!({"prefix": "v", "config": {"s3Url": "https://elsewhere"}}),
        &[],
    );
    let spec = json!({"objectStorage": {"bucket": "backups"}, "config": {"s3Url": "https://fsn1.your-objectstorage.com/"}});
    check_live(
        "shared-prefix",
        vec![location("a", json!({}))],
        vec![(LOCATION, object("by-hand", json!({"spec": spec})))],
        &[
            "velero_backup_storage_location.a prefix: Its prefix lies inside of that of BackupStorageLocation velero/by-hand.",
        ],
    );
}

#[test]
fn skipped_run() {
    let check = |cron: &str, wanted: &[&str]| {
        check(
            "skipped-run",
            vec![schedule("shop", json!({"schedule": cron}))],
            wanted,
        )
    };
    check(
        "CRON_TZ=Europe/Berlin 30 2 * * *",
        &[
            "velero_schedule.shop schedule: The run of 2027-03-28T02:30:00 does not happen: the clocks go forward over it.",
        ],
    );
    check("CRON_TZ=Europe/Berlin 30 1 * * *", &[]);
    check("30 2 * * *", &[]);
}

#[test]
fn too_frequent() {
    let check = |cron: &str, wanted: &[&str]| {
        check(
            "too-frequent",
            vec![schedule("shop", json!({"schedule": cron}))],
            wanted,
        )
    };
    check(
        "*/5 * * * *",
        &[
            "velero_schedule.shop schedule: It runs 5m after the run before; a backup that has not ended by then makes it skip.",
        ],
    );
    check("*/15 * * * *", &[]);
    check("0 1 * * *", &[]);
}

#[test]
fn velero_namespace() {
    let said = "velero_schedule.shop included_namespaces: Its backups hold the namespace \"velero\" with the credentials of the bucket.";
    let check = |more: Json, wanted: &[&str]| {
        check("velero-namespace", vec![schedule("shop", more)], wanted)
    };
    check(json!({}), &[]);
    check(json!({"included_namespaces": ["shop", "velero"]}), &[said]);
    check(json!({"included_namespaces": ["vel*"]}), &[said]);
    check(json!({"included_namespaces": null}), &[said]);
    check(
        json!({"included_namespaces": ["*"], "excluded_namespaces": ["velero"]}),
        &[],
    );
    check(
        json!({"included_namespaces": ["velero"], "included_resources": ["schedules.velero.io"]}),
        &[],
    );
    check(
        json!({"included_namespaces": ["velero"], "excluded_resources": ["secrets"]}),
        &[],
    );
    check(
        json!({"included_namespaces": ["velero"], "label_selector": [{"match_labels": {"a": "b"}}]}),
        &[],
    );
    check(json!({"included_namespaces": "<hole>"}), &[]);
}

#[test]
fn volumes_not_covered() {
    let said = "velero_schedule.shop snapshot_volumes: It asks for snapshots, and there is no volume snapshot location.";
    let asks = |more: Json| schedule("shop", with(json!({"snapshot_volumes": true}), more));
    let check = |declared: Vec<(&'static str, &'static str, Json)>, wanted: &[&str]| {
        check("volumes-not-covered", declared, wanted);
    };
    check(vec![asks(json!({}))], &[said]);
    check(
        vec![
            asks(json!({})),
            snapshots("elsewhere", json!({"namespace": "other"})),
        ],
        &[said],
    );
    check(vec![asks(json!({})), snapshots("all", json!({}))], &[]);
    check(
        vec![asks(json!({"default_volumes_to_fs_backup": true}))],
        &[],
    );
    check(
        vec![asks(json!({"default_volumes_to_fs_backup": "<hole>"}))],
        &[],
    );
    check(vec![asks(json!({"snapshot_move_data": true}))], &[]);
    let opted_in = |namespace: &str, key: &str| {
        let body = json!({"api_version": "apps/v1", "kind": "Deployment",
            "metadata": [{"name": "web", "namespace": namespace}], "template_annotations": {key: "data"}});
        ("kubernetes_annotations", "web", body)
    };
    let volumes = "backup.velero.io/backup-volumes";
    let named = || asks(json!({"included_namespaces": ["shop"]}));
    check(vec![named(), opted_in("shop", volumes)], &[]);
    check(vec![named(), opted_in("shop", "other")], &[said]);
    check(vec![named(), opted_in("wiki", volumes)], &[said]);
    check(vec![schedule("shop", json!({}))], &[]);
    check_live(
        "volumes-not-covered",
        vec![asks(json!({}))],
        vec![(
            SNAPSHOTS,
            object("by-hand", json!({"spec": {"provider": "aws"}})),
        )],
        &[],
    );
}

#[test]
fn what_is_allowed_is_not_said() {
    let allowed = |code: &str, resources: &[&str]| AllowedLint {
        code: code.to_owned(),
        reason: "meant".to_owned(),
        resources: resources.iter().map(|text| text.parse().unwrap()).collect(),
        span: Span {
            file: FileId(0),
            start: 0,
            end: 1,
        },
    };
    let check = |allowed: Vec<AllowedLint>, wanted: &[&str]| {
        let setting = Setting {
            declared: vec![
                schedule("a", json!({"ttl": null})),
                schedule("b", json!({"ttl": null})),
            ],
            allowed,
            ..Setting::default()
        };
        let said = diagnostics(&configuration(&setting));
        let said: Vec<&str> = said
            .iter()
            .filter_map(|diagnostic| diagnostic.address.as_deref())
            .collect();
        assert_eq!(said, wanted);
    };
    check(Vec::new(), &["velero_schedule.a", "velero_schedule.b"]);
    check(vec![allowed("default-ttl", &[])], &[]);
    check(
        vec![allowed("default-ttl", &["velero_schedule.b"])],
        &["velero_schedule.a"],
    );
    check(
        vec![allowed("too-frequent", &[])],
        &["velero_schedule.a", "velero_schedule.b"],
    );

    let setting = Setting {
        allowed: vec![allowed("default-tll", &[]), allowed("default-ttl", &[])],
        ..Setting::default()
    };
    let wrong = unknown_codes(&configuration(&setting));
    let wrong: Vec<&str> = wrong.iter().map(|one| one.detail.as_str()).collect();
    assert_eq!(wrong, ["there is no lint `default-tll`"]);
}

#[test]
fn a_part_of_the_configuration_is_told_what_is_about_it() {
    let setting = Setting {
        declared: vec![
            schedule("a", json!({"ttl": null})),
            schedule("b", json!({"ttl": null})),
        ],
        ..Setting::default()
    };
    let configuration = configuration(&setting);
    let scene = Scene::declared(&configuration);
    let part = BTreeSet::from([Address::new(SCHEDULE, "b")]);
    let said = found_in(&scene, Some(&part));
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].address, Some(Address::new(SCHEDULE, "b")));
    assert!(
        said[0].detail.ends_with("Declare `ttl`."),
        "{}",
        said[0].detail
    );
    assert_eq!(found_in(&scene, None).len(), 2);
}

#[test]
fn the_list_is_in_order_and_each_has_its_words_and_its_cases() {
    let order: Vec<(Severity, &str)> = LINTS
        .iter()
        .map(|lint| (lint.severity, lint.code))
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    let cases = [
        include_str!("tests.rs"),
        include_str!("tests/ends.rs"),
        include_str!("tests/manifests.rs"),
    ]
    .concat();
    for lint in LINTS {
        for text in [lint.summary, lint.cause, lint.cure] {
            assert!(!text.is_empty(), "{} says too little", lint.code);
        }
        assert!(lint.cure.ends_with('.'), "{}", lint.code);
        let test = lint.code.replace('-', "_");
        assert!(
            cases.contains(&format!("fn {test}()")),
            "{} has no cases",
            lint.code
        );
    }
}

/// `SK_DR_UPDATE=1 cargo test --lib check` writes the page anew; never in CI, which must find what is committed.
#[test]
fn the_committed_page_is_fresh() {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test itself")]
    let switch = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lints.md");
    let page = super::page();
    if switch("SK_DR_UPDATE") {
        assert!(!switch("CI"), "SK_DR_UPDATE is refused where CI is set");
        std::fs::write(path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/lints.md is stale: run SK_DR_UPDATE=1 cargo test --lib check"
    );
}
