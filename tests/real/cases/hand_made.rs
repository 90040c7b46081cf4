//! A cluster that was set up by hand, with Velero's own program, with kubectl and by a chart, is brought under sk-dr:
//! imported, adopted without another change, and planned empty, also after Velero has worked.

use crate::Place;
use crate::cases::velero_day::{backups_of, empty, validated_after};
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::{AuditEntry, Cluster, User};
use crate::velero::{LOCATIONS, Moto, SCHEDULES, Velero, install_crds};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What `velero` and `kubectl` make, line by line; `S3` is the address of the store.
const BY_HAND: &[&str] = &[
    "kubectl create namespace shop",
    "velero backup-location create main --provider aws --bucket backups --prefix by-hand --config region=us-east-1,s3ForcePathStyle=true,s3Url=S3,checksumAlgorithm=",
    "velero schedule create shop-daily --schedule '0 1 * * *' --include-namespaces shop --ttl 720h --storage-location main",
    "velero schedule create every-minute --schedule '@every 1m' --include-namespaces shop --storage-location main --snapshot-volumes=false --labels team=shop",
    "velero schedule create asleep --schedule '0 0 1 * *' --exclude-resources events --selector app=web",
    "velero schedule pause asleep",
    "velero snapshot-location create disks --provider aws --config region=us-east-1",
];

/// Made by `kubectl apply -f`, which leaves its annotation.
const APPLIED: &str = r#"{"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "wiki", "namespace": "velero", "labels": {"team": "wiki"}},
 "spec": {"schedule": "30 2 * * *", "template": {"includedNamespaces": ["wiki"], "storageLocation": "main", "ttl": "240h0m0s", "defaultVolumesToFsBackup": true,
  "hooks": {"resources": [{"name": "flush", "includedNamespaces": ["wiki"], "labelSelector": {"matchLabels": {"app": "db"}}, "pre": [{"exec": {"container": "db", "command": ["/bin/sync"], "onError": "Fail", "timeout": "30s"}}]}]}}}}"#;

/// Import, adoption, and nothing left to do: at once, and after ticks and validations.
pub async fn a_cluster_made_by_hand_is_imported_and_planned_empty(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    install_crds(&cluster, &place.bin).await;
    let _velero = Velero::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    for line in BY_HAND {
        program(&place, &cluster, &line.replace("S3", &moto.address()), "");
    }
    program(&place, &cluster, "kubectl apply -f -", APPLIED);
    chart(&harness, &moto.address()).await;
    validated_after(&harness, Timestamp::now()).await;

    let stack = Stack::new(&place.directory.join("acme-prod"));
    let mark = cluster.audit_mark().await;
    let kubeconfig = cluster.kubeconfig(User::Operator);
    stack
        .run(&format!(
            "import -out=imported.hcl -kubeconfig={}",
            kubeconfig.display()
        ))
        .await
        .expect(0);
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(
        !sent.is_empty() && !sent.iter().any(AuditEntry::is_write),
        "{sent:?}"
    );
    let text = std::fs::read_to_string(stack.directory().join("imported.hcl")).unwrap();
    for wanted in [
        "storage_location    = velero_backup_storage_location.main.name",
        "# Helm release velero writes it too",
        "paused             = true",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is missing in\n{text}");
    }

    let of = |block: &str| text.lines().filter(|line| line.starts_with(block)).count();
    let resources = of("resource ");
    assert_eq!(of("import {"), resources, "{text}");
    stack.run("plan -out=adopt.plan").await.expect(0);
    let plan = stack.run("show -json adopt.plan").await.expect(0);
    only_adopts(&serde_json::from_str(&plan.stdout).unwrap(), resources);
    stack.run("apply adopt.plan").await.expect(0);
    let adopted = Timestamp::now();
    empty(&cluster, &stack).await;

    validated_after(&harness, adopted).await;
    let ticks = backups_of(&harness, "every-minute").await;
    until("another tick is seen", Duration::from_secs(180), || async {
        (backups_of(&harness, "every-minute").await > ticks).then_some(())
    })
    .await;
    empty(&cluster, &stack).await;
}

/// Every resource is imported; beside the marks nothing is written but the labels that keep them off backups.
fn only_adopts(plan: &Json, count: usize) {
    let changes = plan["resource_changes"].as_array().unwrap();
    let imported = changes
        .iter()
        .filter(|change| change["change"]["importing"].is_object());
    assert_eq!(imported.count(), count, "{plan}");
    let nodes = plan["sk_dr"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), count, "nothing else is planned: {plan}");
    for field in nodes
        .iter()
        .flat_map(|node| node["fields"].as_array().unwrap())
    {
        assert_eq!(field["path"][0], "backup_labels", "{field}");
    }
}

/// What Velero's chart makes: its labels, its annotations, its names, `accessMode` always written.
async fn chart(harness: &Requests, s3: &str) {
    let metadata = |name: &str| {
        json!({"name": name, "namespace": "velero",
            "labels": {"app.kubernetes.io/name": "velero", "app.kubernetes.io/instance": "velero",
                "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "velero-12.1.0"},
            "annotations": {"meta.helm.sh/release-name": "velero", "meta.helm.sh/release-namespace": "velero"}})
    };
    let location = json!({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation", "metadata": metadata("default"),
        "spec": {"provider": "velero.io/aws", "default": true, "accessMode": "ReadWrite",
            "objectStorage": {"bucket": "backups", "prefix": "chart"},
            "config": {"region": "us-east-1", "s3ForcePathStyle": "true", "s3Url": s3, "checksumAlgorithm": ""}}});
    let schedule = json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": metadata("velero-all"),
        "spec": {"schedule": "0 3 * * *", "useOwnerReferencesInBackup": false, "paused": false,
            "template": {"ttl": "240h", "storageLocation": "default", "includedNamespaces": ["*"],
                "metadata": {"labels": {"from": "chart"}}}}});
    for (path, object) in [(LOCATIONS, location), (SCHEDULES, schedule)] {
        harness
            .post(&format!("{path}?fieldManager=helm"), &object)
            .await
            .ok();
    }
}

/// A command line of one of the programs beside the servers; single quotes hold words together.
fn program(place: &Place, cluster: &Cluster, line: &str, input: &str) {
    let words: Vec<String> = line
        .split('\'')
        .enumerate()
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect();
    let input_file = place.directory.join("input");
    std::fs::write(&input_file, input).unwrap();
    let output = Command::new(place.bin.join(&words[0]))
        .args(&words[1..])
        .arg(format!(
            "--kubeconfig={}",
            cluster.kubeconfig(User::Harness).display()
        ))
        .env("HOME", cluster.directory().join("home"))
        .stdin(Stdio::from(std::fs::File::open(&input_file).unwrap()))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{line}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
