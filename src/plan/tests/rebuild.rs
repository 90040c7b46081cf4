//! A rebuild: which steps there are, what each waits for, and what they write.

use super::*;
use crate::goal::Recover;
use crate::kinds::velero_server::tests::body;
use crate::model::recovery::{At, Mode, Recovery, Turn};
use crate::plan::document::{Blocker, Pinned, PinnedFile, PinnedVolume, Step};

const TIME: &str = "2026-11-20T01:00:03Z";

fn application(name: &str) -> Resource {
    named(
        "velero_application",
        name,
        json!({
            "name": name, "included_namespaces": [name], "storage_location": "main",
            "retention": [{"daily": 7, "monthly": 2}],
        }),
    )
}

/// A point of an application that holds its namespace and one Pod.
fn pin(name: &str, bytes: u64) -> Pinned {
    let backup = format!("{name}-default-daily-20261120010003");
    let tarball = PinnedFile {
        key: format!("velero/backups/{backup}/{backup}.tar.gz"),
        etag: "e1".to_owned(),
        size: bytes,
    };
    let pods = KubeResource {
        group: "".into(),
        version: "v1".into(),
        plural: "pods".into(),
        kind: "Pod".into(),
        namespaced: true,
    };
    Pinned {
        of: Address::new("velero_application", name),
        location: Address::new("velero_backup_storage_location", "main"),
        location_name: "main".to_owned(),
        velero_namespace: "velero".to_owned(),
        store: ProviderRef::from("s3".to_owned()),
        bucket: "backups".to_owned(),
        root: "velero/".to_owned(),
        backup,
        started: TIME.parse().unwrap(),
        completed: TIME.parse().unwrap(),
        expires: None,
        files: vec![tarball],
        validity: "data-covered".to_owned(),
        cluster_version: None,
        turn: Turn::Applications,
        namespaces: vec![name.to_owned()],
        expected: BTreeMap::from([
            ("configmaps".to_owned(), vec![format!("{name}/settings")]),
            ("pods".to_owned(), vec![format!("{name}/web-0")]),
        ]),
        types: BTreeMap::from([("pods".to_owned(), pods)]),
        items: 2,
        bytes,
        pod_volumes: vec![PinnedVolume {
            namespace: name.to_owned(),
            pod: "web-0".to_owned(),
            volume: "data".to_owned(),
        }],
        volumes: 1,
        disks: Vec::new(),
        cron_jobs: Vec::new(),
        endless_hooks: Vec::new(),
        afterwards: Vec::new(),
        passed_over: Vec::new(),
    }
}

fn recovering(pins: Vec<Pinned>) -> Recovering {
    Recovering {
        block: Recovery {
            name: "total_loss".to_owned(),
            mode: Mode::Rebuild,
            scope: Vec::new(),
            lost: BTreeSet::from([kubernetes()]),
            at: At::Latest,
            points: BTreeMap::new(),
            moments: BTreeMap::new(),
            fresh: Vec::new(),
            quiesce: Vec::new(),
            may_exist: BTreeSet::new(),
            volumes: BTreeMap::new(),
            rpo: None,
            description: None,
            span: resource("velero_schedule", json!({})).span,
            spans: BTreeMap::new(),
        },
        incarnation: "7f3a0c11".to_owned(),
        pins,
        known: BTreeMap::from([(
            Address::new("velero_backup_storage_location", "main"),
            BTreeSet::from(["shop-1".to_owned()]),
        )]),
        blockers: BTreeMap::new(),
        not_restored: Vec::new(),
        findings: Vec::new(),
    }
}

fn lost(resources: Vec<Resource>, pins: Vec<Pinned>) -> Story {
    Story {
        resources,
        goal: Goal {
            mode: GoalMode::Recover,
            target: Vec::new(),
            exclude: Vec::new(),
            recovery: Some(Recover {
                name: "total_loss".to_owned(),
                incarnation: "7f3a0c11".to_owned(),
                lost: BTreeMap::from([(kubernetes(), None)]),
                may_exist: BTreeSet::new(),
                scope_namespaces: BTreeSet::new(),
            }),
        },
        instance: Instance::Lost {
            identity: None,
            replacement: None,
        },
        recovering: Some(recovering(pins)),
        ..story()
    }
}

fn server(more: Json) -> Resource {
    named("velero_server", "main", body(more))
}

/// Everything that a small platform declares.
fn platform() -> Vec<Resource> {
    vec![
        server(json!({})),
        location("main"),
        application("shop"),
        application("wiki"),
        schedule("everything"),
        namespace("shop"),
        namespace("cache"),
        named(
            "kubernetes_config_map",
            "settings",
            json!({"metadata": [{"name": "settings", "namespace": "shop"}], "data": {"a": "b"}}),
        ),
        named(
            "kubernetes_config_map",
            "new",
            json!({"metadata": [{"name": "new", "namespace": "shop"}], "data": {"a": "b"}}),
        ),
    ]
}

/// One line for each step: what it does, where it stands, what it needs and what must have been tried.
fn told(plan: &Plan) -> String {
    let names = |ids: &[crate::plan::document::StepId]| {
        let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
        ids.join(", ")
    };
    let line = |step: &Step| {
        let what = match &step.op {
            Op::Kube(op) => format!("{:?} {} {}", op.verb, op.resource.kind, op.name),
            Op::Await(gate) => format!("Await {}", gate.text),
            Op::Local(_) => "Run".to_owned(),
        };
        let mut line = format!("{} [{}] {what}", step.id, step.stage.as_deref().unwrap());
        if !step.after.is_empty() {
            line.push_str(&format!("\n    after {}", names(&step.after)));
        }
        if !step.tried.is_empty() {
            line.push_str(&format!("\n    tried {}", names(&step.tried)));
        }
        line
    };
    let lines: Vec<String> = plan.steps.iter().map(line).collect();
    lines.join("\n")
}

#[test]
fn steps_of_a_rebuild_in_their_order() {
    let plan = make(&lost(platform(), vec![pin("shop", 20), pin("wiki", 10)])).unwrap();
    assert!(plan.applyable);
    insta::assert_snapshot!(told(&plan));
}

fn step<'p>(plan: &'p Plan, id: &str) -> &'p Step {
    plan.steps.iter().find(|step| step.id.0 == id).unwrap()
}

fn body_of(step: &Step) -> Json {
    match &step.op {
        Op::Kube(op) => serde_json::to_value(&op.body).unwrap(),
        Op::Local(_) | Op::Await(_) => panic!("{} writes nothing", step.id),
    }
}

#[test]
fn a_location_is_read_only_until_everything_on_it_was_tried() {
    let mut platform = platform();
    let slow = json!({
        "name": "main", "provider_name": "aws", "bucket": "backups", "backup_sync_period": "0s",
    });
    platform[1] = named("velero_backup_storage_location", "main", slow);
    let plan = make(&lost(platform, vec![pin("shop", 20)])).unwrap();
    let first = step(&plan, "velero_backup_storage_location.main#1");
    let text = body_of(first).to_string();
    assert!(text.contains(r#""accessMode":"ReadOnly""#), "{text}");
    assert!(text.contains(r#""backupSyncPeriod":"1m0s""#), "{text}");
    let last = step(&plan, "velero_backup_storage_location.main#2");
    let text = body_of(last).to_string();
    assert!(text.contains(r#""accessMode":"ReadWrite""#), "{text}");
    assert!(text.contains(r#""backupSyncPeriod":"0s""#), "{text}");
    let of_first = Ground::OfStep("velero_backup_storage_location.main#1".to_owned());
    assert_eq!(last.ground, of_first);
    let is_sole = |guard: &crate::model::guard::Guard| {
        matches!(guard, crate::model::guard::Guard::SoleWriter { known, prefix, .. }
            if known.contains("shop-1") && prefix == "velero/backups/")
    };
    assert!(last.guards.iter().any(is_sole), "{:?}", last.guards);
}

#[test]
fn nothing_expires_while_anything_is_restored() {
    for (args, wanted) in [
        (json!({}), "gc"),
        (json!({"disable-controllers": "schedule"}), "schedule,gc"),
        (json!({"disable-controllers": "gc"}), "gc"),
    ] {
        let mut platform = platform();
        platform[0] = server(json!({"args": args}));
        let plan = make(&lost(platform, vec![pin("shop", 20)])).unwrap();
        let deployments = plan
            .steps
            .iter()
            .filter(|step| matches!(&step.op, Op::Kube(op) if op.resource.kind == "Deployment"));
        let bodies: Vec<String> = deployments.map(|step| body_of(step).to_string()).collect();
        let flag = format!("--disable-controllers={wanted}\"");
        assert!(
            bodies.len() == 1 && bodies[0].contains(&flag),
            "{flag} {bodies:?}"
        );
    }
}

#[test]
fn a_server_that_could_restore_nothing_blocks() {
    let mut platform = platform();
    platform[0] = server(json!({"args": {"disable-controllers": "restore,backup-sync"}}));
    let plan = make(&lost(platform, vec![pin("shop", 20)])).unwrap();
    assert!(!plan.applyable);
    let blocked = plan.nodes.iter().flat_map(|node| &node.blockers);
    let codes: Vec<&str> = blocked.map(|blocker| blocker.code.as_str()).collect();
    assert!(codes.contains(&"restores-nothing"), "{codes:?}");
}

#[test]
fn what_has_no_point_is_blocked_and_stops_nothing_else() {
    let mut story = lost(platform(), vec![pin("shop", 20)]);
    let recovering = story.recovering.as_mut().unwrap();
    recovering.blockers.insert(
        Address::new("velero_application", "wiki"),
        vec![Blocker {
            code: "no-point".to_owned(),
            text: "There is none.".to_owned(),
            cure: "See backups.".to_owned(),
        }],
    );
    let plan = make(&story).unwrap();
    assert!(!plan.applyable);
    let of = |name: &str| {
        let own = plan.steps.iter();
        own.filter(|step| step.node.name == name && step.node.kind == "velero_application")
            .count()
    };
    assert_eq!((of("wiki"), of("shop") > 4), (0, true));
}

#[test]
fn a_restore_names_its_namespaces_and_leaves_databases_out() {
    let plan = make(&lost(platform(), vec![pin("shop", 20)])).unwrap();
    let restore = body_of(step(&plan, "velero_application.shop#2"));
    let spec = restore.to_string();
    for wanted in [
        r#""backupName":"shop-default-daily-20261120010003""#,
        r#""includedNamespaces":["shop"]"#,
        r#""existingResourcePolicy":"none""#,
        "postgresclusters.postgres-operator.crunchydata.com",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
    ] {
        assert!(spec.contains(wanted), "{wanted} in {spec}");
    }
    assert!(!spec.contains("includeClusterResources"), "{spec}");
}

/// What a server runs without, and what it is declared with.
fn collecting(consents: &[&str], backups: Vec<(&'static str, Json)>) -> Plan {
    let live = server(json!({"args": {"disable-controllers": "gc"}}));
    let mut objects = applied_parts(&live);
    for (_, object) in &mut objects {
        if object["kind"] == "Deployment" {
            object["status"] = json!({"readyReplicas": 1});
        }
    }
    objects.extend(backups);
    make(&Story {
        resources: vec![server(json!({}))],
        objects,
        consents: consents.iter().map(|one| (*one).to_owned()).collect(),
        ..story()
    })
    .unwrap()
}

fn expired(name: &str, phase: &str, completed: &str) -> (&'static str, Json) {
    let object = json!({
        "kind": "Backup",
        "metadata": {
            "name": name, "namespace": "velero", "labels": {"velero.io/schedule-name": "shop-daily"},
        },
        "status": {
            "phase": phase, "completionTimestamp": completed, "expiration": "1969-01-01T00:00:00Z",
        },
    });
    ("run", object)
}

#[test]
fn garbage_collection_is_turned_on_by_a_person_who_saw_the_list() {
    let newest = || {
        let (kind, mut newest) = expired("shop-3", "Completed", "1968-03-01T00:00:00Z");
        newest["status"]["expiration"] = json!("2099-01-01T00:00:00Z");
        (kind, newest)
    };
    let backups = || {
        vec![
            expired("shop-1", "Completed", "1968-01-01T00:00:00Z"),
            newest(),
        ]
    };
    let held = collecting(&[], backups());
    let [one] = held.held_back.as_slice() else {
        panic!("{:?} {:?}", held.held_back, held.nodes);
    };
    assert_eq!(one.losses, ["Backup shop-1 (expired 1969-01-01T00:00:00Z)"]);
    assert!(held.steps.is_empty(), "{:?}", held.steps);
    let consent = one.consent.clone().unwrap();
    let given = collecting(&[&consent], backups());
    assert!(given.held_back.is_empty() && !given.steps.is_empty());
    // Another list voids it.
    let mut more = backups();
    more.push(expired("shop-2", "Completed", "1968-02-01T00:00:00Z"));
    assert!(!collecting(&[&consent], more).held_back.is_empty());
}

#[test]
fn garbage_collection_never_takes_the_newest_that_is_left() {
    let backups = vec![expired("shop-1", "Completed", "1968-01-01T00:00:00Z")];
    let held = collecting(&[], backups);
    let [one] = held.held_back.as_slice() else {
        panic!("{:?}", held.held_back);
    };
    assert_eq!(one.consent, None);
    assert!(
        one.reason
            .contains("the newest backup that is left: shop-1"),
        "{}",
        one.reason
    );
}

fn in_mode(mode: &str) -> Resource {
    let mut one = location("main");
    let path = ["access_mode".to_owned()];
    one.body = one.body.with(&path, Expr::Value(json!(mode)));
    one
}

fn made_writable(backups: Vec<(&'static str, Json)>, consents: &[String]) -> Plan {
    let mut objects = vec![applied(&in_mode("ReadOnly"))];
    objects.extend(backups);
    make(&Story {
        resources: vec![in_mode("ReadWrite")],
        objects,
        consents: consents.to_vec(),
        ..story()
    })
    .unwrap()
}

#[test]
fn a_location_is_not_made_writable_while_that_expires_something() {
    let of = |location: &str, (kind, mut one): (&'static str, Json)| {
        one["spec"] = json!({"storageLocation": location});
        (kind, one)
    };
    let old = || expired("shop-1", "Completed", "1968-01-01T00:00:00Z");
    let newest = || {
        let (kind, mut one) = expired("shop-2", "Completed", "1968-09-01T00:00:00Z");
        one["status"]["expiration"] = json!("2099-01-01T00:00:00Z");
        (kind, one)
    };
    let backups = || vec![of("main", old()), of("main", newest())];
    let held = made_writable(backups(), &[]);
    let [one] = held.held_back.as_slice() else {
        panic!("{:?} {:?}", held.held_back, held.nodes);
    };
    assert_eq!(one.losses, ["Backup shop-1 (expired 1969-01-01T00:00:00Z)"]);
    assert!(one.reason.starts_with("it makes the location writable"));
    assert!(held.steps.is_empty());
    let given = made_writable(backups(), &[one.consent.clone().unwrap()]);
    assert!(given.held_back.is_empty() && !given.steps.is_empty());
    // What expired elsewhere, or has not, is no reason.
    for quiet in [
        vec![of("other", old()), of("other", newest())],
        vec![of("main", newest())],
    ] {
        let made = made_writable(quiet, &[]);
        assert!(made.held_back.is_empty() && !made.steps.is_empty());
    }
}

/// A pin at a turn.
fn at(turn: Turn, name: &str, bytes: u64) -> Pinned {
    Pinned {
        turn,
        ..pin(name, bytes)
    }
}

/// Stage *infra* is done before anything else begins, and what acts on others sleeps until all of them are (R4, R18).
#[test]
fn what_comes_first_is_needed_and_what_acts_on_others_sleeps() {
    let mut platform = platform();
    platform.extend(["base", "argo"].map(application));
    let pins = vec![
        at(Turn::Infra, "base", 900),
        pin("shop", 20),
        pin("wiki", 10),
        at(Turn::Quiet, "argo", 1),
    ];
    let plan = make(&lost(platform, pins)).unwrap();
    assert!(plan.applyable);
    let place = |id: &str| {
        let mut steps = plan.steps.iter();
        steps.position(|step| step.id.0 == id).unwrap()
    };
    let needs = |id: &str| {
        let after = step(&plan, id).after.iter();
        after.map(|id| id.0.as_str()).collect::<Vec<_>>()
    };
    let tried = |id: &str| {
        let tried = step(&plan, id).tried.iter();
        tried.map(|id| id.0.as_str()).collect::<Vec<_>>()
    };
    for name in ["shop", "wiki", "argo"] {
        let begins = format!("velero_application.{name}#1");
        assert!(
            needs(&begins).contains(&"velero_application.base#4"),
            "{begins}"
        );
    }
    // A failed application keeps it asleep: nothing of it is restored before all of them are done.
    let awake = needs("velero_application.argo#1");
    for done in ["velero_application.shop#4", "velero_application.wiki#4"] {
        assert!(awake.contains(&done), "{awake:?}");
    }
    let before = tried("velero_application.argo#1");
    for ended in [
        "velero_application.shop#5",
        "velero_application.wiki#5",
        "velero_backup_storage_location.main#2",
    ] {
        assert!(before.contains(&ended), "{before:?}");
        assert!(place(ended) < place("velero_application.argo#1"));
    }
    let writable = tried("velero_backup_storage_location.main#2");
    assert!(
        !writable.contains(&"velero_application.argo#4"),
        "{writable:?}"
    );
    // Schedules are the last of all.
    for name in ["base", "shop", "argo"] {
        let schedule = format!("velero_application.{name}#6");
        assert!(
            place("velero_application.argo#5") < place(&schedule),
            "{schedule}"
        );
    }
    let stages: Vec<&str> = ["base", "shop", "argo"]
        .iter()
        .map(|name| format!("velero_application.{name}#2"))
        .map(|id| step(&plan, &id).stage.as_deref().unwrap())
        .collect();
    assert_eq!(stages, ["infra", "applications", "back to normal"]);
    let infra = body_of(step(&plan, "velero_application.base#2")).to_string();
    for wanted in [
        r#""includeClusterResources":true"#,
        r#""persistentvolumes""#,
        r#""pods""#,
    ] {
        assert!(infra.contains(wanted), "{infra}");
    }
}

/// Lower numbers first, whatever their size.
#[test]
fn the_queue_is_as_declared() {
    let mut platform = platform();
    for (resource, order) in platform[2..4].iter_mut().zip([5, 1]) {
        let restore = json!([{"order": order}]);
        resource.body = resource
            .body
            .clone()
            .with(&["restore".to_owned()], Expr::Value(restore));
    }
    let plan = make(&lost(platform, vec![pin("shop", 1), pin("wiki", 1000)])).unwrap();
    let second = step(&plan, "velero_application.shop#1");
    let first: Vec<&str> = second.tried.iter().map(|id| id.0.as_str()).collect();
    assert!(first.contains(&"velero_application.wiki#3"), "{first:?}");
}

/// A CronJob that was awake comes back suspended, and goes on once every application was tried, before the fresh backup is
/// made: else that one would say that it slept.
#[test]
fn cron_jobs_sleep_until_everything_was_tried() {
    let with_jobs = Pinned {
        cron_jobs: vec!["shop/clean".to_owned(), "shop/mail".to_owned()],
        endless_hooks: vec!["shop/web.0".to_owned()],
        ..pin("shop", 20)
    };
    let plan = make(&lost(platform(), vec![with_jobs, pin("wiki", 90)])).unwrap();
    let at = |id: &str, place: &[&str]| {
        let Op::Kube(op) = &step(&plan, id).op else {
            panic!("{id} writes nothing");
        };
        let place: Vec<String> = place.iter().map(|part| (*part).to_owned()).collect();
        op.body.at(&place).and_then(Expr::into_known).unwrap()
    };
    let changes = at("recovery.total_loss#4", &["data", "changes.json"]);
    let rules: Json = serde_json::from_str(changes.as_str().unwrap()).unwrap();
    assert_eq!(
        rules,
        json!({"version": "v1", "resourceModifierRules": [
            {"conditions": {"groupResource": "cronjobs.batch"}, "mergePatches": [{"patchData": "{\"spec\":{\"suspend\":true}}"}]},
            {
                "conditions": {"groupResource": "pods", "namespaces": ["shop"], "resourceNameRegex": "^web\\.0$"},
                "mergePatches": [{"patchData": "{\"metadata\":{\"annotations\":{\"post.hook.restore.velero.io/wait-timeout\":\"10m\"}}}"}],
            },
        ]})
    );
    let named = json!({"kind": "ConfigMap", "name": "sk-dr-recovery-changes"});
    for restore in ["velero_application.shop#2", "velero_application.wiki#2"] {
        assert_eq!(at(restore, &["spec", "resourceModifier"]), named);
    }
    let first = step(&plan, "velero_application.shop#5");
    assert_eq!(first.title.as_deref(), Some("wake CronJob shop/clean"));
    let wakes = at("velero_application.shop#5", &["spec", "suspend"]);
    assert_eq!(wakes, json!(false));
    let tried: Vec<&str> = first.tried.iter().map(|id| id.0.as_str()).collect();
    assert!(tried.contains(&"velero_application.wiki#4"), "{tried:?}");
    let fresh = step(&plan, "velero_application.shop#7");
    assert_eq!(fresh.title.as_deref(), Some("make a fresh backup"));
    let after: Vec<&str> = fresh.after.iter().map(|id| id.0.as_str()).collect();
    assert!(after.contains(&"velero_application.shop#6"), "{after:?}");
}

/// A webhook refuses what Velero makes as long as nobody answers behind it: it comes back last, and keeps no step waiting.
#[test]
fn what_stands_before_services_comes_back_once_they_answer() {
    let object = crate::plan::document::PinnedObject {
        resource: KubeResource {
            group: "admissionregistration.k8s.io".into(),
            version: "v1".into(),
            plural: "validatingwebhookconfigurations".into(),
            kind: "ValidatingWebhookConfiguration".into(),
            namespaced: false,
        },
        name: "recipes".to_owned(),
        body: json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "recipes"}}),
        services: vec!["shop/hook".to_owned()],
    };
    let base = Pinned {
        afterwards: vec![object],
        ..at(Turn::Infra, "base", 9)
    };
    let mut platform = platform();
    platform.push(application("base"));
    let plan = make(&lost(platform, vec![base, pin("shop", 20)])).unwrap();
    let put = plan
        .steps
        .iter()
        .find(|step| step.ground == Ground::AbsentOrKept);
    let put = put.unwrap();
    assert_eq!(
        put.title.as_deref(),
        Some("put ValidatingWebhookConfiguration recipes back")
    );
    assert_eq!(
        put.guards,
        [crate::model::guard::Guard::Answers {
            namespace: "shop".to_owned(),
            service: "hook".to_owned(),
            limit_s: 600
        }]
    );
    let ids = |ids: &[crate::plan::document::StepId]| {
        let ids = ids.iter().map(|id| id.0.clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(&put.after), ["velero_application.base#7"]);
    let close = step(&plan, "recovery.total_loss#6");
    assert!(close.after.contains(&put.id));
    let waits = plan
        .steps
        .iter()
        .filter(|step| step.after.contains(&put.id));
    assert_eq!(waits.count(), 1, "only the end waits for it");
}

/// What is declared comes from the configuration (R9): one that is declared as suspended stays so.
#[test]
fn a_cron_job_that_is_declared_as_suspended_is_not_woken() {
    let job = |suspend: bool| {
        let manifest = json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "clean", "namespace": "shop"},
            "spec": {"schedule": "0 * * * *", "suspend": suspend},
        });
        named(
            "kubernetes_manifest",
            "clean",
            json!({"manifest": manifest}),
        )
    };
    let point = || Pinned {
        cron_jobs: vec!["shop/clean".to_owned()],
        ..pin("shop", 20)
    };
    for (suspend, woken) in [(true, 0), (false, 1)] {
        let mut platform = platform();
        platform.push(job(suspend));
        let plan = make(&lost(platform, vec![point()])).unwrap();
        let titles = plan.steps.iter().filter_map(|step| step.title.as_deref());
        let wakes = titles.filter(|title| title.starts_with("wake"));
        assert_eq!(wakes.count(), woken, "declared with suspend = {suspend}");
    }
}
