//! Which point a recovery takes, what is passed over for it, and what must be there after a restore.

use super::*;
use crate::catalog::velero::choice::{Next, Opened, Passed, Seen, Stop, Unpacked, Wish, next};
use crate::model::recovery::Turn;

/// Namespaces by UID, and a ConfigMap so that it holds something.
fn holding(uid: &str, created: &str) -> Unpacked {
    let namespace = json!({"metadata": {"name": "shop", "uid": uid, "creationTimestamp": created}});
    let bytes = tarball(&[
        ("resources/namespaces/cluster/shop.json", namespace),
        ("resources/configmaps/namespaces/shop/a.json", json!({})),
    ]);
    unpacked(&bytes)
}

fn unpacked(bytes: &[u8]) -> Unpacked {
    let mut reader = Reader::naming();
    match reader.push(bytes).and_then(|()| reader.finish()) {
        Ok(contents) => Unpacked::Whole(contents),
        Err(broken) => Unpacked::Broken(broken),
    }
}

fn opened(tarball: Unpacked) -> Opened {
    Opened {
        tarball,
        locks: Vec::new(),
    }
}

fn whole() -> Opened {
    opened(holding("u", "2026-01-01T00:00:00Z"))
}

/// What is told of the search: what was opened on the way, the end of it, and what was passed over.
fn told(
    backups: &[Stored],
    tarballs: &[(&str, Opened)],
    unanswered: &[&str],
    wish: Wish<'_>,
) -> Vec<String> {
    let mut catalog = catalog(backups, vec![owner("shop", None)]);
    let mut open = BTreeMap::new();
    let mut lines = Vec::new();
    let of_name = |name: &&str| Wanted {
        location: 0,
        name: (*name).to_owned(),
    };
    let unanswered = unanswered.iter().map(of_name).collect();
    loop {
        let seen = Seen {
            catalog: &catalog,
            opened: &open,
            unanswered: &unanswered,
        };
        match next(seen, &catalog.owners[0], wish) {
            Next::Read(wanted) => {
                let one = backups.iter().find(|one| one.name == wanted.name);
                let point = one.unwrap().point();
                catalog.put(wanted, point);
            }
            Next::Open(wanted) => {
                let one = tarballs.iter().find(|(name, _)| *name == wanted.name);
                lines.push(format!("open {}", wanted.name));
                let one = one.map_or_else(whole, |(_, opened)| opened.clone());
                open.insert(wanted, one);
            }
            Next::Take(choice) => {
                let validity = choice.judgement.validity.name();
                lines.push(format!("take {} {validity}", choice.wanted.name));
                lines.extend(choice.passed.iter().map(line));
                return lines;
            }
            Next::Stop(stop) => {
                lines.push(match &stop {
                    Stop::Unusable(_) => "unusable".to_owned(),
                    Stop::None(_)
                    | Stop::Unknown(_)
                    | Stop::Several(_)
                    | Stop::NotThere
                    | Stop::NotIts => format!("{stop:?}"),
                });
                if let Stop::Unusable(passed) = stop {
                    lines.extend(passed.iter().map(line));
                }
                return lines;
            }
        }
    }
}

fn line(passed: &Passed) -> String {
    format!("passed {}: {}", passed.backup, passed.reason)
}

const OLD: &str = "shop-20261119010000";
const BEFORE: &str = "shop-20261120010000";
const NEW: &str = "shop-20261121010000";

fn three() -> [Stored; 3] {
    [
        stored(NEW, "2026-11-21T01:00:00Z").of_schedule("shop"),
        stored(BEFORE, "2026-11-20T01:00:00Z").of_schedule("shop"),
        stored(OLD, "2026-11-19T01:00:00Z").of_schedule("shop"),
    ]
}

/// The newest of three, of which the first is another one.
fn check_newest(first: Stored, opened: Option<Opened>, unanswered: &[&str], expected: &[&str]) {
    let [_, second, third] = three();
    let tarballs: Vec<(&str, Opened)> = opened.into_iter().map(|one| (NEW, one)).collect();
    let found = told(&[first, second, third], &tarballs, unanswered, Wish::Newest);
    assert_eq!(found, expected);
}

fn first() -> Stored {
    let [first, ..] = three();
    first
}

#[test]
fn the_newest_usable_point_is_taken_and_newer_ones_say_why_not() {
    check_newest(
        first(),
        None,
        &[],
        &[
            "open shop-20261121010000",
            "open shop-20261120010000",
            "take shop-20261121010000 data-covered",
        ],
    );
    let status = |member, value| first().status(member, value);
    let cases: [(Stored, &str); 6] = [
        (first().tarball(None), "its tarball is not in the bucket"),
        (first().tarball(Some(0)), "its tarball is empty"),
        (
            status("phase", json!("InProgress")),
            "its phase is InProgress",
        ),
        (
            status("progress", json!({"totalItems": 49})),
            "suspicious: it holds 49 items, the backup before it 100",
        ),
        (
            status("completionTimestamp", json!("2026-11-21T01:06:00Z")),
            "clock doubtful: the store wrote it 6 min before Velero says it ended (a copied bucket looks like this too)",
        ),
        (
            status("startTimestamp", Json::Null),
            "it does not say when it began and ended",
        ),
    ];
    for (first, why) in cases {
        let expected = [
            "open shop-20261120010000",
            "open shop-20261119010000",
            "take shop-20261120010000 data-covered",
            &format!("passed {NEW}: {why}"),
        ];
        check_newest(first, None, &[], &expected);
    }
}

#[test]
fn what_a_tarball_or_a_repository_tells_is_held_against_a_point() {
    let locks = vec![Lock {
        namespace: "shop".to_owned(),
        opens: Ok(false),
    }];
    let cases = [
        (
            opened(Unpacked::Broken(Broken::Tar("it ends before its end mark"))),
            "its tarball cannot be read to its end: it ends before its end mark",
        ),
        (
            Opened { locks, ..whole() },
            "the declared repository password does not open the volume data of shop",
        ),
        (
            opened(holding("another", "2026-11-20T12:00:00Z")),
            "suspicious: its namespace shop was new, made at 2026-11-20T12:00:00Z, after the backup before it",
        ),
    ];
    for (tarball, why) in cases {
        let expected = [
            "open shop-20261121010000",
            "open shop-20261120010000",
            "open shop-20261119010000",
            "take shop-20261120010000 data-covered",
            &format!("passed {NEW}: {why}"),
        ];
        check_newest(first(), Some(tarball), &[], &expected);
    }
}

#[test]
fn a_backup_right_behind_a_recovery_is_of_new_namespaces() {
    let tarball = || opened(holding("another", "2026-11-20T12:00:00Z"));
    let mut fresh = stored(NEW, "2026-11-21T01:00:00Z");
    fresh.labels = json!({"application": "shop", "profile": "default"});
    fresh.annotations = json!({"sk-dr.io/step": "r/velero_application.shop#5"});
    let expected = [
        "open shop-20261121010000",
        "take shop-20261121010000 data-covered",
    ];
    check_newest(fresh.clone(), Some(tarball()), &[], &expected);
    // What a Schedule bears its backups may carry along.
    let expected = [
        "open shop-20261121010000",
        "open shop-20261120010000",
        "open shop-20261119010000",
        "take shop-20261120010000 data-covered",
        &format!(
            "passed {NEW}: suspicious: its namespace shop was new, made at 2026-11-20T12:00:00Z, after the backup before it"
        ),
    ];
    check_newest(fresh.of_schedule("shop"), Some(tarball()), &[], &expected);
}

#[test]
fn what_cannot_be_told_is_not_passed_over() {
    let [new, ..] = three();
    check_newest(
        new,
        Some(opened(Unpacked::Unknown("503 SlowDown".to_owned()))),
        &[],
        &[
            "open shop-20261121010000",
            "Unknown(\"backup shop-20261121010000: its tarball is unknown: 503 SlowDown\")",
        ],
    );
    // The same bytes, damaged for ever and not handed over.
    let damaged = |file| {
        let [new, ..] = three();
        new.with(file, json!("no list"))
    };
    let found = "which volumes it covers is unknown: it is not what Velero writes: invalid type: string \"no list\", expected a sequence at line 1 column 9";
    check_newest(
        damaged(File::VolumeInfo),
        None,
        &[],
        &[
            "open shop-20261120010000",
            "open shop-20261119010000",
            "take shop-20261120010000 data-covered",
            &format!("passed {NEW}: {found}"),
        ],
    );
    check_newest(
        damaged(File::VolumeInfo),
        None,
        &[NEW],
        &[&format!(
            "Unknown(\"backup {NEW}: {}\")",
            found.replace('"', "\\\"")
        )],
    );
    let mut catalog = catalog(&three(), vec![owner("shop", None)]);
    catalog.held[0].listing = Err("403 AccessDenied".to_owned());
    let (opened, unanswered) = (BTreeMap::new(), BTreeSet::new());
    let seen = Seen {
        catalog: &catalog,
        opened: &opened,
        unanswered: &unanswered,
    };
    let why = "velero_backup_storage_location.main: 403 AccessDenied".to_owned();
    for wish in [Wish::Newest, Wish::By(at(NOW)), Wish::Named(NEW)] {
        let found = next(seen, &catalog.owners[0], wish);
        assert_eq!(found, Next::Stop(Stop::Unknown(why.clone())));
    }
}

#[test]
fn a_moment_or_a_name_chooses() {
    let check = |wish, tarballs: &[(&str, Opened)], expected: &[&str]| {
        let mut all = three().to_vec();
        all.push(stored("other-20261121010000", "2026-11-21T01:00:00Z").of_schedule("other"));
        assert_eq!(told(&all, tarballs, &[], wish), expected, "{wish:?}");
    };
    check(
        Wish::By(at("2026-11-20T01:00:00Z")),
        &[],
        &[
            "open shop-20261120010000",
            "open shop-20261119010000",
            "take shop-20261120010000 data-covered",
        ],
    );
    check(Wish::By(at("2026-11-18T00:00:00Z")), &[], &["None(3)"]);
    // Nothing is held against a backup that a person names but what is missing.
    check(
        Wish::Named(OLD),
        &[],
        &[
            "open shop-20261119010000",
            "take shop-20261119010000 data-covered",
        ],
    );
    check(
        Wish::Named(OLD),
        &[(OLD, opened(Unpacked::Broken(Broken::Tar("cut"))))],
        &[
            "open shop-20261119010000",
            "unusable",
            "passed shop-20261119010000: its tarball cannot be read to its end: cut",
        ],
    );
    check(Wish::Named("shop-20991119010000"), &[], &["NotThere"]);
    check(Wish::Named("other-20261121010000"), &[], &["NotIts"]);
    let doubtful = [three()
        .into_iter()
        .next()
        .unwrap()
        .status("completionTimestamp", json!("2026-11-21T01:06:00Z"))];
    assert_eq!(
        told(&doubtful, &[], &[], Wish::Named(NEW)),
        [
            "open shop-20261121010000",
            "take shop-20261121010000 present"
        ]
    );
    let none = [three()
        .into_iter()
        .next()
        .unwrap()
        .status("phase", json!("Failed"))];
    assert_eq!(
        told(&none, &[], &[], Wish::Newest),
        [
            "unusable",
            "passed shop-20261121010000: its phase is Failed"
        ]
    );
}

/// Objects of a cluster: path, and what of each matters.
const PLATFORM: &[(&str, &str)] = &[
    (
        "namespaces/cluster/shop",
        r#"{"metadata": {"name": "shop"}}"#,
    ),
    (
        "namespaces/cluster/kube-system",
        r#"{"metadata": {"name": "kube-system"}}"#,
    ),
    (
        "deployments.apps/namespaces/shop/web",
        r#"{"apiVersion": "apps/v1", "kind": "Deployment"}"#,
    ),
    (
        "deployments.apps/v1-preferredversion/namespaces/shop/web",
        "{}",
    ),
    ("deployments.apps/namespaces/kube-system/dns", "{}"),
    (
        "pods/namespaces/shop/web",
        r#"{"metadata": {"name": "web", "namespace": "shop"}, "status": {"phase": "Running"}}"#,
    ),
    (
        "pods/namespaces/shop/ended",
        r#"{"metadata": {"name": "ended", "namespace": "shop"}, "status": {"phase": "Succeeded"}}"#,
    ),
    (
        "pods/namespaces/shop/mirror",
        r#"{"metadata": {"name": "mirror", "namespace": "shop", "annotations": {"kubernetes.io/config.mirror": "x"}}}"#,
    ),
    (
        "secrets/namespaces/shop/a",
        r#"{"type": "Opaque", "data": {"k": "c2VjcmV0"}}"#,
    ),
    (
        "secrets/namespaces/shop/token",
        r#"{"type": "kubernetes.io/service-account-token"}"#,
    ),
    (
        "secrets/namespaces/shop/pg",
        r#"{"metadata": {"labels": {"postgres-operator.crunchydata.com/cluster": "x"}}}"#,
    ),
    ("jobs.batch/namespaces/shop/once", "{}"),
    ("configmaps/namespaces/shop/kube-root-ca.crt", "{}"),
    ("serviceaccounts/namespaces/shop/default", "{}"),
    ("serviceaccounts/namespaces/shop/web", "{}"),
    (
        "services/namespaces/shop/web",
        r#"{"spec": {"type": "LoadBalancer"}}"#,
    ),
    ("endpoints/namespaces/shop/web", "{}"),
    ("events/namespaces/shop/e", "{}"),
    (
        "things.example.org/namespaces/shop/t",
        r#"{"spec": {"type": 1}}"#,
    ),
    (
        "postgresclusters.postgres-operator.crunchydata.com/namespaces/shop/db",
        "{}",
    ),
    ("clusterroles.rbac.authorization.k8s.io/cluster/a", "{}"),
    ("nodes/cluster/n", "{}"),
    (
        "persistentvolumeclaims/namespaces/shop/data",
        r#"{"spec": {"volumeName": "pv-1"}}"#,
    ),
    (
        "persistentvolumes/cluster/pv-1",
        r#"{"spec": {"persistentVolumeReclaimPolicy": "Retain", "csi": {"volumeHandle": "17"}, "capacity": {"storage": "10Gi"}}}"#,
    ),
];

#[test]
fn what_must_be_there_after_a_restore() {
    let paths: Vec<(String, Json)> = PLATFORM
        .iter()
        .map(|(path, text)| {
            (
                format!("resources/{path}.json"),
                serde_json::from_str(text).unwrap(),
            )
        })
        .collect();
    let files: Vec<(&str, Json)> = paths
        .iter()
        .map(|(path, json)| (path.as_str(), json.clone()))
        .collect();
    let bytes = tarball(&files);
    let unpacked = unpacked(&bytes);
    let items = unpacked.contents().unwrap().objects.as_ref().unwrap();
    let shop = BTreeSet::from(["shop".to_owned()]);
    let expected = json!({
        "deployments.apps": ["shop/web"], "namespaces": ["shop"], "persistentvolumeclaims": ["shop/data"],
        "pods": ["shop/web"], "secrets": ["shop/a"], "serviceaccounts": ["shop/web"], "services": ["shop/web"],
        "things.example.org": ["shop/t"],
    });
    assert_eq!(json!(items.expected(Turn::Applications, &shop)), expected);
    let types = items.types.values();
    let types: Vec<String> = types
        .map(|one| format!("{} {} {}", one.title(), one.api_version(), one.kind))
        .collect();
    assert_eq!(types, ["deployments.apps apps/v1 Deployment"]);
    assert_eq!(items.namespaces(), BTreeSet::from(["kube-system", "shop"]));
    let database = ("Crunchy Postgres for Kubernetes", "shop/db".to_owned());
    assert_eq!(items.databases(&shop), [database]);
    assert_eq!(items.databases(&BTreeSet::new()), []);
    let scoped = ("clusterroles.rbac.authorization.k8s.io", 1);
    assert_eq!(items.cluster_scoped(), [scoped]);
    let disk = &items.disks["pv-1"];
    let disk = (disk.is_retained, disk.handle.as_str(), disk.size.as_str());
    assert_eq!(disk, (true, "17", "10Gi"));
    assert_eq!(items.claims.values().collect::<Vec<_>>(), ["pv-1"]);
    assert_eq!(items.balancers.len(), 1);
    assert!(!format!("{items:?}").contains("c2VjcmV0"));
    // Who does not ask for names keeps none.
    assert_eq!(read(&bytes, 100).unwrap().objects, None);
}
