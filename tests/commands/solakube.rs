//! The example of a whole platform on the sandbox: its Schedules are those that SolaKube's scripts make. Must not know how
//! the program comes to them: the scripts' arithmetic is said here once more.

use crate::directories::copy;
use crate::place::Place;
use crate::root;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Profiles with their namespace and how many daily, monthly and yearly backups they keep.
const PROFILES: &[(&str, &str, [u32; 3])] = &[
    ("cert-manager-default", "cert-manager", [30, 6, 0]),
    ("gitea-default", "gitea", [30, 6, 1]),
    ("jcr-default", "jcr", [30, 1, 0]),
    ("jenkins-default", "jenkins", [30, 3, 0]),
    ("mailu-default", "mailu", [30, 12, 2]),
    ("nextcloud-default", "nextcloud", [30, 6, 2]),
    ("openldap-default", "openldap", [30, 6, 0]),
    ("pgadmin-default", "pgadmin", [30, 0, 0]),
    ("pgo-default", "pgo", [30, 6, 0]),
    ("redmine-default", "redmine", [30, 6, 0]),
    ("registry-default", "registry", [30, 1, 0]),
    ("velero-cluster", "default", [30, 6, 0]),
    ("velero-schedules", "velero", [30, 0, 0]),
    ("wordpress-default", "wordpress", [30, 6, 0]),
];

/// The scripts' periods: name, cron expression, hours.
const PERIODS: [(&str, &str, u32); 3] = [
    ("daily", "0 1 * * *", 24),
    ("monthly", "0 3 1 * *", 24 * 31),
    ("yearly", "0 5 1 1 *", 24 * 365),
];

/// What the scripts leave out of every application's backups.
const EXCLUDED: &[&str] = &[
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

/// What a Schedule is to be, as far as the scripts say it.
fn as_the_scripts_make_it(profile: &str, namespace: &str, (cron, hours): (&str, u32)) -> Value {
    let (application, name) = profile.rsplit_once('-').unwrap();
    let mut excluded: Vec<&str> = match application {
        "velero" => Vec::new(),
        _application => EXCLUDED.to_vec(),
    };
    if application == "cert-manager" {
        excluded.extend([
            "challenges.acme.cert-manager.io",
            "orders.acme.cert-manager.io",
        ]);
    }
    excluded.sort_unstable();
    let included = match profile {
        "velero-schedules" => json!(["schedules.velero.io"]),
        _profile => Value::Null,
    };
    json!({
        "cron": cron,
        "ttl": format!("{hours}h"),
        "labels": { "application": application, "profile": name },
        "namespaces": [namespace],
        "included": included,
        "excluded": excluded,
        "cluster": profile != "velero-schedules",
        "location": "main",
        "snapshots": false,
    })
}

/// The same of a Schedule that there is.
fn as_it_is(schedule: &Value) -> Value {
    let template = &schedule["spec"]["template"];
    let excluded = template["excludedResources"].as_array();
    let mut excluded: Vec<&str> = excluded
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    excluded.sort_unstable();
    let ttl = template["ttl"].as_str().unwrap();
    json!({
        "cron": schedule["spec"]["schedule"],
        "ttl": ttl.trim_end_matches("0m0s"),
        "labels": template["metadata"]["labels"],
        "namespaces": template["includedNamespaces"],
        "included": template["includedResources"],
        "excluded": excluded,
        "cluster": template["includeClusterResources"],
        "location": template["storageLocation"],
        "snapshots": template["snapshotVolumes"],
    })
}

/// The example in a directory of its own, with a bucket that there is.
async fn platform() -> Place {
    let mut place = Place::new();
    copy(&root().join("fixtures/solakube"), place.directory());
    place.act("env VELERO_S3_ACCESS_KEY=access", "").await;
    place.act("env VELERO_S3_SECRET_KEY=key", "").await;
    let bucket = "bucket = \"acme-backups\"\n";
    place.act("write bucket.auto.vars.hcl", bucket).await;
    place
}

#[tokio::test(start_paused = true)]
async fn the_schedules_are_those_of_solakubes_scripts() {
    let mut place = platform().await;
    let adopt = "-adopt=kubernetes_namespace.velero";

    let plan = place
        .run(&format!("sk-dr plan {adopt} -out=all.plan"))
        .await;
    assert_eq!(plan.code, Some(0), "{}{}", plan.stdout, plan.stderr);
    let apply = place.run("sk-dr apply all.plan").await;
    assert_eq!(apply.code, Some(0), "{}{}", apply.stdout, apply.stderr);

    let expected: BTreeMap<String, Value> = PROFILES
        .iter()
        .flat_map(|(profile, namespace, counts)| {
            let periods = PERIODS.iter().zip(counts).filter(|(_, count)| **count > 0);
            periods.map(move |((period, cron, hours), count)| {
                let said = as_the_scripts_make_it(profile, namespace, (cron, hours * count));
                (format!("{profile}-{period}"), said)
            })
        })
        .collect();
    let found: BTreeMap<String, Value> = place
        .objects("schedules.velero.io")
        .iter()
        .map(|one| {
            let name = one["metadata"]["name"].as_str().unwrap();
            assert!(plan.stdout.contains(&format!("\"{name}\"")), "{name}");
            (name.to_owned(), as_it_is(one))
        })
        .collect();
    assert_eq!(found, expected);

    let again = place.run("sk-dr plan -detailed-exitcode").await;
    assert_eq!(again.code, Some(0), "{}{}", again.stdout, again.stderr);
}

/// Without backups there is no Schedule, and nothing else is missing.
#[tokio::test(start_paused = true)]
async fn switched_off_there_are_none() {
    let mut place = platform().await;
    let apply = "sk-dr apply -auto-approve -adopt=kubernetes_namespace.velero -var backups=false";
    let apply = place.run(apply).await;
    assert_eq!(apply.code, Some(0), "{}{}", apply.stdout, apply.stderr);
    assert_eq!(place.objects("schedules.velero.io"), Vec::<Value>::new());
    let locations = place.objects("backupstoragelocations.velero.io");
    assert_eq!(locations.len(), 1);
}
