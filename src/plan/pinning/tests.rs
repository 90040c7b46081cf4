//! Pins of points as they stand in a bucket, and what is said of them.

use super::{BREACHED, Points, Store, recovering};
use crate::catalog::velero::catalog::{Bytes, Catalog, Held, Listing, Location, Wanted, point};
use crate::catalog::velero::choice::{Choice, Opened, Passed, Stop, Unpacked};
use crate::catalog::velero::directory::{File, directory};
use crate::catalog::velero::ownership::Installation;
use crate::catalog::velero::tar::Reader;
use crate::kinds;
use crate::lang::sources::MemorySources;
use crate::lang::{GivenVariables, Inputs, Missing, load};
use crate::model::address::Address;
use crate::model::recovery::Turn;
use crate::model::resource::Configuration;
use crate::plan::input::Recovering;
use crate::world::query::BlobEntry;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

const HEAD: &str = "sk_dr {\n  stack = \"s\"\n}\nprovider \"kubernetes\" {}\n";
const NOW: &str = "2026-11-22T09:00:00Z";
const ENDED: &str = "2026-11-21T01:00:41Z";

fn configuration(rest: &str) -> Configuration {
    let mut text = HEAD.to_owned();
    for name in ["shop", "wiki"] {
        text.push_str(&format!(
            "resource \"velero_application\" \"{name}\" {{\n  rpo = \"48h\"\n  namespaces = [\"{name}\"]\n  retention {{\n    daily = 7\n  }}\n}}\n"
        ));
    }
    for (name, namespaces, more) in [
        ("both", "\"shop\", \"wiki\"", ""),
        ("infra", "\"shop\"", "  restore {\n    order = -1\n  }\n"),
    ] {
        text.push_str(&format!(
            "resource \"velero_application\" \"{name}\" {{\n  namespaces = [{namespaces}]\n  retention {{\n    daily = 7\n  }}\n{more}}}\n"
        ));
    }
    text.push_str(&format!(
        "recovery \"r\" {{\n  mode = \"rebuild\"\n  lost = [kubernetes]\n{rest}}}\n"
    ));
    let loaded = load(&Inputs {
        sources: &MemorySources::new([("main.hcl", text.as_str())]),
        schemas: &kinds::Registry,
        variables: GivenVariables::default(),
        missing: Missing::Report,
        version: "0.1.0",
    });
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    loaded.configuration
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn opened(files: &[(&str, Json)]) -> Opened {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, value) in files {
        let text = value.to_string();
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let path = format!("resources/{path}.json");
        builder
            .append_data(&mut header, path, text.as_bytes())
            .unwrap();
    }
    let mut reader = Reader::naming();
    reader.push(&gzip(&builder.into_inner().unwrap())).unwrap();
    Opened {
        tarball: Unpacked::Whole(reader.finish().unwrap()),
        locks: Vec::new(),
    }
}

/// A location with one backup, of the volume of Pod `shop/web`.
fn held(location: &str, backup: &str) -> Held {
    let file = |name: String, size| BlobEntry {
        key: format!("v/backups/{backup}/{name}"),
        size,
        etag: format!("etag-{size}"),
        modified: ENDED.parse().unwrap(),
    };
    let entries = vec![
        file("velero-backup.json".to_owned(), 10),
        file(format!("{backup}.tar.gz"), 1000),
        file(format!("{backup}-podvolumebackups.json.gz"), 20),
    ];
    let directory = directory("v/", entries);
    let metadata = json!({
        "metadata": {"name": backup, "annotations": {"velero.io/source-cluster-k8s-gitversion": "v1.34.4"}},
        "spec": {"defaultVolumesToFsBackup": true},
        "status": {
            "phase": "Completed", "formatVersion": "1.1.0", "startTimestamp": "2026-11-21T01:00:03Z",
            "completionTimestamp": ENDED, "expiration": "2026-12-21T01:00:00Z",
        },
    });
    let copies = json!([{
        "spec": {"pod": {"namespace": "shop", "name": "web"}, "volume": "data"},
        "status": {"phase": "Completed", "snapshotID": "s", "progress": {"totalBytes": 5000}},
    }]);
    let bytes: Bytes = BTreeMap::from([
        (File::Metadata, Ok(metadata.to_string().into_bytes().into())),
        (
            File::PodVolumeBackups,
            Ok(gzip(copies.to_string().as_bytes()).into()),
        ),
    ]);
    let point = point(backup, &directory.backups[backup], &bytes);
    Held {
        location: Location {
            address: Address::new("velero_backup_storage_location", location),
            name: location.to_owned(),
            installation: Installation {
                provider: None,
                namespace: "velero".to_owned(),
            },
            title: String::new(),
        },
        listing: Ok(Listing {
            directory,
            roots: Ok(BTreeSet::new()),
            repositories: Ok(BTreeSet::new()),
        }),
        points: BTreeMap::from([(backup.to_owned(), point)]),
    }
}

/// What is in the bucket of a case: each application's tarball in a location of its own, or why there is no point.
type Case<'a> = [(&'a str, &'a str, Result<Opened, Stop>)];

fn recovered(rest: &str, now: &str, case: &Case<'_>) -> Recovering {
    let configuration = configuration(rest);
    let mut catalog = Catalog {
        held: Vec::new(),
        owners: Vec::new(),
        only: Vec::new(),
    };
    let (mut all, mut found) = (BTreeMap::new(), BTreeMap::new());
    for (application, backup, what) in case {
        let address = Address::new("velero_application", *application);
        let one = match what {
            Err(stop) => Err(stop.clone()),
            Ok(opened) => {
                let held = held(application, backup);
                let point = held.points[*backup].as_ref().unwrap();
                let judgement = point.judge(opened.tarball.tarball());
                let wanted = Wanted {
                    location: catalog.held.len(),
                    name: (*backup).to_owned(),
                };
                all.insert(wanted.clone(), opened.clone());
                catalog.held.push(held);
                Ok(Choice {
                    wanted,
                    judgement,
                    passed: vec![passed("newer", "its tarball is empty")],
                })
            }
        };
        found.insert(address, one);
    }
    let store = Store {
        provider: "s3".to_owned().into(),
        bucket: "b".to_owned(),
        root: "v/".to_owned(),
    };
    let stores = vec![Some(store); catalog.held.len()];
    let now: Timestamp = now.parse().unwrap();
    recovering(&Points {
        configuration: &configuration,
        block: &configuration.recoveries["r"],
        incarnation: "0a1b2c3d",
        catalog: &catalog,
        stores: &stores,
        opened: &all,
        found: &found,
        exclude: &[],
        now,
    })
}

fn passed(backup: &str, reason: &str) -> Passed {
    Passed {
        backup: backup.to_owned(),
        started: None,
        completed: None,
        reason: reason.to_owned(),
    }
}

const NAMESPACE: &str = "namespaces/cluster/shop";

fn namespace() -> (&'static str, Json) {
    (
        NAMESPACE,
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
    )
}

fn pod() -> (&'static str, Json) {
    let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    let pod =
        json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"volumes": volumes}});
    ("pods/namespaces/shop/web", pod)
}

#[test]
fn a_pin_says_all_that_a_restore_needs() {
    let point = opened(&[
        namespace(),
        pod(),
        ("configmaps/namespaces/kube-system/c", json!({})),
        ("configmaps/namespaces/velero/c", json!({})),
        ("configmaps/namespaces/old/c", json!({})),
    ]);
    let found = recovered(
        "scope = [velero_application.shop]\n",
        NOW,
        &[("shop", "shop-1", Ok(point))],
    );
    let expected = json!([{
        "of": "velero_application.shop", "location": "velero_backup_storage_location.shop", "location_name": "shop",
        "velero_namespace": "velero", "store": "s3", "bucket": "b", "root": "v/", "backup": "shop-1",
        "started": "2026-11-21T01:00:03Z", "completed": ENDED, "expires": "2026-12-21T01:00:00Z",
        "files": [
            {"key": "v/backups/shop-1/velero-backup.json", "etag": "etag-10", "size": 10},
            {"key": "v/backups/shop-1/shop-1.tar.gz", "etag": "etag-1000", "size": 1000},
        ],
        "validity": "data-covered", "cluster_version": "v1.34.4", "namespaces": ["shop"],
        "expected": {"namespaces": ["shop"], "pods": ["shop/web"]},
        "types": {"namespaces": {"group": "", "version": "v1", "plural": "namespaces", "kind": "Namespace", "namespaced": false}},
        "items": 2, "bytes": 6030, "pod_volumes": [{"namespace": "shop", "pod": "web", "volume": "data"}], "volumes": 1,
        "passed_over": [{"backup": "newer", "reason": "its tarball is empty"}],
    }]);
    assert_eq!(serde_json::to_value(&found.pins).unwrap(), expected);
    assert!(found.pins[0].holds("pods", Some("shop"), "web"));
    assert!(!found.pins[0].holds("configmaps", Some("old"), "c"));
    let location = Address::new("velero_backup_storage_location", "shop");
    assert_eq!(
        found.known[&location],
        BTreeSet::from(["shop-1".to_owned()])
    );
    assert_eq!(
        found.not_restored,
        [
            "velero_application.shop: namespace kube-system of backup shop-1, which is the cluster's own",
            "velero_application.shop: namespace old of backup shop-1, which it does not declare any more",
            "velero_application.shop: namespace velero of backup shop-1, which is Velero's own and comes from the configuration",
        ]
    );
    assert!(
        found.blockers.is_empty() && found.findings.is_empty(),
        "{found:?}"
    );
}

fn check_blocked(rest: &str, case: &Case<'_>, expected: &[&str]) {
    let found = recovered(rest, NOW, case);
    let lines: Vec<String> = found
        .blockers
        .iter()
        .flat_map(|(address, all)| {
            all.iter()
                .map(move |one| format!("{address} {}: {} | {}", one.code, one.text, one.cure))
        })
        .collect();
    assert_eq!(lines, expected, "{rest}");
}

#[test]
fn what_stops_an_application() {
    const SHOP: &str = "scope = [velero_application.shop]\n";
    const WITHOUT: &str = "List velero_application.shop in `fresh` if it may start without data, leave it out with `scope`, or name a backup in a `point` block.";
    let stop = |stop: Stop| [("shop", "shop-1", Err(stop))];
    let fresh = format!("{SHOP}fresh = [velero_application.shop]\n");
    let unknown = || Stop::Unknown("velero_backup_storage_location.a: SSE-C: x".to_owned());
    let told = "velero_application.shop unknown-point: Which backup of velero_application.shop is the newest that can be restored cannot be told: velero_backup_storage_location.a: SSE-C: x. | See to it that it can be read and plan again, or name the backup to restore in a `point` block of velero_application.shop.";
    check_blocked(
        SHOP,
        &stop(Stop::None(0)),
        &[&format!(
            "velero_application.shop no-point: There is no backup of velero_application.shop in any location of its Velero server. | {WITHOUT}"
        )],
    );
    check_blocked(&fresh, &stop(Stop::None(0)), &[]);
    // What cannot be told is no reason to start without data.
    check_blocked(SHOP, &stop(unknown()), &[told]);
    check_blocked(&fresh, &stop(unknown()), &[told]);
    check_blocked(
        &format!("{SHOP}at = \"2026-11-01T00:00:00Z\"\n"),
        &stop(Stop::None(3)),
        &[&format!(
            "velero_application.shop no-point: No backup of velero_application.shop ended at 2026-11-01T00:00:00Z or before; there are 3 newer ones. | Choose a later moment. {WITHOUT}"
        )],
    );
    let four = ["d", "c", "b", "a"]
        .map(|name| passed(name, "its tarball is empty"))
        .to_vec();
    check_blocked(
        SHOP,
        &stop(Stop::Unusable(four)),
        &[&format!(
            "velero_application.shop no-point: No backup of velero_application.shop can be restored from.\nd: its tarball is empty\nc: its tarball is empty\nb: its tarball is empty\nand 1 older ones | {WITHOUT}"
        )],
    );
    let named = format!("{SHOP}point \"velero_application.shop\" {{\nname = \"x\"\n}}\n");
    const ANOTHER: &str = "Name a backup of velero_application.shop that is there in its `point` block, or leave the block out.";
    for (stop_, text) in [
        (
            Stop::NotThere,
            "no-point: There is no backup \"x\" in any location of the Velero server of velero_application.shop.",
        ),
        (
            Stop::NotIts,
            "no-point: Backup \"x\" is not of velero_application.shop: its labels name another application.",
        ),
        (
            Stop::Several(vec!["a.a".parse().unwrap(), "a.b".parse().unwrap()]),
            "same-name: Backup \"x\" is in several locations, of which a cluster sees one only: a.a, a.b.",
        ),
    ] {
        check_blocked(
            &named,
            &stop(stop_),
            &[&format!("velero_application.shop {text} | {ANOTHER}")],
        );
    }
}

#[test]
fn what_a_point_holds_stops_an_application() {
    const SHOP: &str = "scope = [velero_application.shop]\n";
    let disk = |policy: &str| json!({"spec": {"persistentVolumeReclaimPolicy": policy, "csi": {"volumeHandle": "17"}, "capacity": {"storage": "10Gi"}}});
    let other = json!({"spec": {"volumeName": "pv"}});
    let holds = |policy| {
        opened(&[
            namespace(),
            ("postgresqls.acid.zalan.do/namespaces/shop/db", json!({})),
            (
                "persistentvolumeclaims/namespaces/shop/other",
                other.clone(),
            ),
            ("persistentvolumes/cluster/pv", disk(policy)),
        ])
    };
    let database = "velero_application.shop database-in-backup: Backup shop-1 holds the database shop/db of Zalando Postgres Operator. Restored without its own archive it would start empty on a repository that is in use, and expire what that holds. | Restore the database by its own means, and leave velero_application.shop out with `scope` until then.";
    check_blocked(
        SHOP,
        &[("shop", "shop-1", Ok(holds("Retain")))],
        &[
            database,
            "velero_application.shop retained-volume: Backup shop-1 does not hold the data of claim shop/other, whose PersistentVolume pv (10Gi, disk 17) is kept when it is released. Velero would bind the claim to that disk again, if it is still there. | If the disk is there and nothing else writes to it, write volume \"shop/other\" { use = \"adopt\" } into the recovery. Else save what is on it, and leave velero_application.shop out with `scope`; or name a backup that covers the claim in its `point` block.",
        ],
    );
    check_blocked(
        SHOP,
        &[("shop", "shop-1", Ok(holds("Delete")))],
        &[database],
    );
    let found = recovered(SHOP, NOW, &[("shop", "shop-1", Ok(holds("Delete")))]);
    assert_eq!(
        found.not_restored,
        [
            "velero_application.shop: the data of claim shop/other, which backup shop-1 does not hold: it comes back empty"
        ]
    );
}

/// Of what is kept a person says what becomes of it, where another cluster can have it at all.
#[test]
fn a_kept_disk_comes_back_with_its_claim_where_that_is_declared() {
    const ADOPT: &str =
        "scope = [velero_application.shop]\nvolume \"shop/other\" {\nuse = \"adopt\"\n}\n";
    let holds = |policy: &str, driver: Json| {
        let spec = json!({"persistentVolumeReclaimPolicy": policy, "capacity": {"storage": "10Gi"}, "csi": driver});
        opened(&[
            namespace(),
            (
                "persistentvolumeclaims/namespaces/shop/other",
                json!({"spec": {"volumeName": "pv"}}),
            ),
            (
                "persistentvolumes/cluster/pv",
                json!({"apiVersion": "v1", "kind": "PersistentVolume", "spec": spec}),
            ),
        ])
    };
    let disk = || json!({"volumeHandle": "17"});
    let found = recovered(
        ADOPT,
        NOW,
        &[("shop", "shop-1", Ok(holds("Retain", disk())))],
    );
    assert!(found.blockers.is_empty(), "{:?}", found.blockers);
    let [pin] = found.pins.as_slice() else {
        panic!("{:?}", found.pins)
    };
    let disks: Vec<String> = pin
        .disks
        .iter()
        .map(|disk| {
            format!(
                "{} {} {} {}",
                disk.claim, disk.volume, disk.handle, disk.size
            )
        })
        .collect();
    assert_eq!(disks, ["shop/other pv 17 10Gi"]);
    // It is waited for as anything else is that comes back.
    assert_eq!(
        pin.expected.get("persistentvolumes"),
        Some(&vec!["pv".to_owned()])
    );
    assert!(pin.types.contains_key("persistentvolumes"));
    assert_eq!(pin.items, 3);
    check_blocked(
        ADOPT,
        &[("shop", "shop-1", Ok(holds("Retain", Json::Null)))],
        &[
            "velero_application.shop retained-volume: Backup shop-1 does not hold the data of claim shop/other, whose PersistentVolume pv (10Gi) is no disk of a CSI driver: it is where the lost cluster was, and Velero would bind the claim to it. | Save what is on it, and leave velero_application.shop out with `scope`; or name a backup that covers the claim in its `point` block.",
        ],
    );
    let found = recovered(
        ADOPT,
        NOW,
        &[("shop", "shop-1", Ok(holds("Delete", disk())))],
    );
    let codes: Vec<&str> = found.findings.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["volume-decides-nothing"]);
}

#[test]
fn a_point_that_holds_nothing_of_its_application_stops_it() {
    const SHOP: &str = "scope = [velero_application.shop]\n";
    let empty = || opened(&[("configmaps/namespaces/other/a", json!({}))]);
    let told = "velero_application.shop empty-point: Backup shop-1 holds no namespace of velero_application.shop: it would come back empty. | List velero_application.shop in `fresh` if it may start without data, leave it out with `scope`, or name a backup in a `point` block.";
    check_blocked(SHOP, &[("shop", "shop-1", Ok(empty()))], &[told]);
    let fresh = format!("{SHOP}fresh = [velero_application.shop]\n");
    check_blocked(&fresh, &[("shop", "shop-1", Ok(empty()))], &[]);
}

#[test]
fn points_that_get_into_each_others_way() {
    let wiki = (
        "namespaces/cluster/wiki",
        json!({"metadata": {"name": "wiki"}}),
    );
    let case = [
        ("shop", "same", Ok(opened(&[namespace()]))),
        ("wiki", "same", Ok(opened(&[wiki]))),
    ];
    check_blocked(
        "scope = [velero_application.shop, velero_application.wiki]\n",
        &case,
        &[
            "velero_application.wiki same-name: The backup same of velero_application.wiki is in velero_backup_storage_location.wiki, and that of velero_application.shop, in velero_backup_storage_location.shop, has the same name: a cluster sees one only. | Name another backup in the `point` block of velero_application.wiki.",
        ],
    );
}

#[test]
fn what_is_not_brought_back_is_said() {
    let point = opened(&[
        namespace(),
        (
            "services/namespaces/shop/web",
            json!({"spec": {"type": "LoadBalancer"}}),
        ),
        ("jobs.batch/namespaces/shop/once", json!({})),
        (
            "clusterroles.rbac.authorization.k8s.io/cluster/a",
            json!({}),
        ),
    ]);
    let found = recovered(
        "scope = [velero_application.shop]\n",
        NOW,
        &[("shop", "shop-1", Ok(point))],
    );
    assert_eq!(
        found.not_restored,
        [
            "velero_application.shop: 1 jobs.batch, which no restore of a rebuild brings",
            "velero_application.shop: 1 clusterroles.rbac.authorization.k8s.io of backup shop-1: what belongs to the whole cluster comes from the configuration, or with an application of stage infra",
            "velero_application.shop: the address of Service shop/web: a load balancer gives it another one, and DNS has to follow",
        ]
    );
}

#[test]
fn what_deserves_a_word_about_a_point() {
    let check = |rest: &str, now: &str, expected: &[&str]| {
        let rest = format!("scope = [velero_application.shop]\n{rest}");
        let found = recovered(
            &rest,
            now,
            &[("shop", "shop-1", Ok(opened(&[namespace()])))],
        );
        let lines: Vec<String> = found
            .findings
            .iter()
            .map(|one| format!("{}: {}", one.code, one.detail))
            .collect();
        assert_eq!(lines, expected, "{now}");
    };
    check("", NOW, &[]);
    let breach = "objective-breached: velero_application.shop: what it comes back from began 31 h ago, rpo = 26h0m0s.";
    assert!(breach.starts_with(BREACHED));
    check("objective {\nrpo = \"26h\"\n}\n", NOW, &[breach]);
    check(
        "objective {\nrpo = \"1000h\"\n}\n",
        "2026-12-20T01:00:00Z",
        &[
            "point-expires: velero_application.shop: shop-1 expires at 2026-12-21T01:00:00Z. A Velero that still lives and may write to velero_backup_storage_location.shop deletes it then, also while it is restored.",
            "objective-breached: velero_application.shop: what it comes back from began 695 h ago, rpo = 48h0m0s.",
        ],
    );
}

/// Objects of a tarball: `type/namespaces/NAMESPACE/NAME`, with the image that each runs.
fn running(objects: &[(&'static str, &str)]) -> Opened {
    let object = |(path, image): &(&'static str, &str)| {
        let spec = json!({"template": {"spec": {"containers": [{"image": image}]}}});
        (
            *path,
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}),
        )
    };
    let mut all: Vec<(&str, Json)> = objects.iter().map(object).collect();
    all.push(namespace());
    opened(&all)
}

/// What acts on others comes back last; what it shares an application with would have to sleep with it (R4).
#[test]
fn controllers_that_act_on_others_come_last() {
    const SHOP: &str = "scope = [velero_application.shop]\n";
    let turns = |rest: &str, objects: &[(&'static str, &str)]| {
        let found = recovered(rest, NOW, &[("shop", "shop-1", Ok(running(objects)))]);
        let codes = found.blockers.into_values().flatten().map(|one| one.code);
        (found.pins[0].turn, codes.collect::<Vec<_>>())
    };
    let web = (
        "deployments.apps/namespaces/shop/web",
        "example.org/argocd-web:1",
    );
    for image in [
        "quay.io/argoproj/argocd:v3.1.0",
        "mirror.example.org:5000/argocd@sha256:ab",
        "ghcr.io/fluxcd/kustomize-controller:v1",
        "registry.k8s.io/external-dns/external-dns",
        "rancher/fleet-agent:v0.13",
    ] {
        let acts = ("statefulsets.apps/namespaces/shop/controller", image);
        assert_eq!(turns(SHOP, &[acts, web]), (Turn::Quiet, vec![]), "{image}");
    }
    assert_eq!(turns(SHOP, &[web]), (Turn::Applications, vec![]));
    let quiesced = format!("{SHOP}quiesce = [velero_application.shop]\n");
    assert_eq!(turns(&quiesced, &[web]), (Turn::Quiet, vec![]));
}

#[test]
fn a_controller_among_others_stops_them() {
    let both = || {
        let wiki = (
            "namespaces/cluster/wiki",
            json!({"metadata": {"name": "wiki"}}),
        );
        let spec = json!({"template": {"spec": {"containers": [{"image": "argocd:1"}]}}});
        let acts = (
            "deployments.apps/namespaces/wiki/server",
            json!({"spec": spec}),
        );
        opened(&[namespace(), wiki, acts])
    };
    let told = "controller-among-others: Backup shop-1 holds Argo CD in namespace wiki, next to namespaces without it. It acts on what others own: if it runs before everything is back, it makes anew, and empty, what is still to come. | Back namespace wiki up as an application of its own; or list velero_application.both in `quiesce`, and all of it comes back last.";
    const BOTH: &str = "scope = [velero_application.both]\n";
    let case = [("both", "shop-1", Ok(both()))];
    check_blocked(BOTH, &case, &[&format!("velero_application.both {told}")]);
    let quiesced = format!("{BOTH}quiesce = [velero_application.both]\n");
    check_blocked(&quiesced, &case, &[]);
    let infra = [(
        "infra",
        "shop-1",
        Ok(running(&[(
            "deployments.apps/namespaces/shop/dns",
            "external-dns:1",
        )])),
    )];
    check_blocked(
        "scope = [velero_application.infra]\n",
        &infra,
        &[
            "velero_application.infra controller-among-others: Backup shop-1 holds external-dns in namespace shop, and velero_application.infra is restored before all others. It acts on what others own: if it runs before everything is back, it makes anew, and empty, what is still to come. | Back namespace shop up as an application of its own.",
        ],
    );
}

/// Stage *infra*: everything of the whole cluster but disks, and nothing that runs or holds data (R18).
#[test]
fn what_comes_first_brings_the_whole_clusters_objects_and_no_volumes() {
    const INFRA: &str = "scope = [velero_application.infra]\n";
    let type_of = |kind: &str| json!({"apiVersion": "x/v1", "kind": kind});
    let holds = |claim: bool| {
        let mut all = vec![
            namespace(),
            pod(),
            (
                "deployments.apps/namespaces/shop/ingress",
                type_of("Deployment"),
            ),
            (
                "clusterroles.rbac.authorization.k8s.io/cluster/a",
                type_of("ClusterRole"),
            ),
            (
                "apiservices.apiregistration.k8s.io/cluster/v1.x",
                type_of("APIService"),
            ),
            ("persistentvolumes/cluster/pv", type_of("PersistentVolume")),
            (
                "namespaces/cluster/other",
                json!({"metadata": {"name": "other"}}),
            ),
        ];
        if claim {
            all.push((
                "persistentvolumeclaims/namespaces/shop/data",
                json!({"spec": {"volumeName": "pv"}}),
            ));
        }
        opened(&all)
    };
    let found = recovered(INFRA, NOW, &[("infra", "shop-1", Ok(holds(false)))]);
    assert!(found.blockers.is_empty(), "{:?}", found.blockers);
    let pin = &found.pins[0];
    assert_eq!(pin.turn, Turn::Infra);
    assert_eq!(
        json!(pin.expected),
        json!({
            "clusterroles.rbac.authorization.k8s.io": ["a"],
            "deployments.apps": ["shop/ingress"], "namespaces": ["shop"],
        })
    );
    assert_eq!(pin.pod_volumes, []);
    assert_eq!(
        found.not_restored,
        [
            "velero_application.infra: namespace other of backup shop-1, which it does not declare any more",
            "velero_application.infra: 1 persistentvolumes, since what is restored before all others comes without Pods and volumes",
            "velero_application.infra: 1 pods, since what is restored before all others comes without Pods and volumes",
        ]
    );
    check_blocked(
        INFRA,
        &[("infra", "shop-1", Ok(holds(true)))],
        &[
            "velero_application.infra claim-in-infra: Backup shop-1 holds claim shop/data, and what is restored before all others (`restore { order }` below 0) comes back without volumes. | Back namespace shop up as an application of its own, with `order` 0 or more.",
        ],
    );
}

/// CronJobs that were awake sleep until everything is back; a command after a restore gets a limit to wait for.
#[test]
fn what_is_changed_on_its_way_is_pinned() {
    let job = |suspend: Json| json!({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"suspend": suspend}});
    let pod = |annotations: Json| json!({"metadata": {"name": "p", "namespace": "shop", "annotations": annotations}});
    let command = "post.hook.restore.velero.io/command";
    let limit = "post.hook.restore.velero.io/wait-timeout";
    let point = opened(&[
        namespace(),
        ("cronjobs.batch/namespaces/shop/awake", job(json!(false))),
        ("cronjobs.batch/namespaces/shop/unsaid", job(Json::Null)),
        ("cronjobs.batch/namespaces/shop/asleep", job(json!(true))),
        ("cronjobs.batch/namespaces/old/awake", job(json!(false))),
        (
            "pods/namespaces/shop/endless",
            pod(json!({command: "[\"/x\"]"})),
        ),
        (
            "pods/namespaces/shop/limited",
            pod(json!({command: "[\"/x\"]", limit: "1m"})),
        ),
        ("pods/namespaces/shop/plain", pod(json!({}))),
    ]);
    let found = recovered(
        "scope = [velero_application.shop]\n",
        NOW,
        &[("shop", "shop-1", Ok(point))],
    );
    let pin = &found.pins[0];
    assert_eq!(pin.cron_jobs, ["shop/awake", "shop/unsaid"]);
    assert_eq!(pin.endless_hooks, ["shop/endless"]);
}

/// What stands before a Service comes back once that answers, as it was but for what the API server wrote; what nobody would
/// answer for stays away, and what is declared comes from there.
#[test]
fn what_stands_before_services_is_pinned_whole() {
    let hook = |kind: &str, service: Json| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
            "metadata": {"name": "x", "uid": "u", "generation": 2, "labels": {"a": "b", "sk-dr.io/stack": "other"}},
            "webhooks": [{"name": "x.example.org", "clientConfig": {"service": service, "caBundle": "AA=="}}],
        })
    };
    let api = |service: Json| json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "spec": {"service": service}});
    let own = || json!({"namespace": "shop", "name": "hook"});
    let point = opened(&[
        namespace(),
        (
            "services/namespaces/shop/hook",
            json!({"apiVersion": "v1", "kind": "Service"}),
        ),
        (
            "validatingwebhookconfigurations.admissionregistration.k8s.io/cluster/x",
            hook("ValidatingWebhookConfiguration", own()),
        ),
        (
            "mutatingwebhookconfigurations.admissionregistration.k8s.io/cluster/elsewhere",
            hook("MutatingWebhookConfiguration", Json::Null),
        ),
        (
            "apiservices.apiregistration.k8s.io/cluster/v1.apps",
            api(Json::Null),
        ),
        (
            "apiservices.apiregistration.k8s.io/cluster/v1.metrics",
            api(json!({"namespace": "kube-system", "name": "metrics"})),
        ),
    ]);
    let found = recovered(
        "scope = [velero_application.infra]\n",
        NOW,
        &[("infra", "shop-1", Ok(point))],
    );
    let told: Vec<String> = found.pins[0]
        .afterwards
        .iter()
        .map(|one| {
            format!(
                "{} {} {:?} {}",
                one.resource.kind, one.name, one.services, one.body["metadata"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "MutatingWebhookConfiguration elsewhere [] {\"labels\":{\"a\":\"b\"},\"name\":\"x\"}",
            "ValidatingWebhookConfiguration x [\"shop/hook\"] {\"labels\":{\"a\":\"b\"},\"name\":\"x\"}",
        ]
    );
    assert_eq!(
        found.not_restored,
        [
            "velero_application.infra: APIService v1.metrics, since its Service kube-system/metrics comes back with no application and is not declared"
        ]
    );
}
