//! Two applications as people run them, for cases that lose and restore them: a shop with a volume, a wiki without. More than
//! fifty objects of fourteen types, one of which has ended and is restored by nobody. Knows nothing of sk-dr.

use crate::process::until;
use crate::requests::Requests;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Their namespaces.
pub const NAMESPACES: &[&str] = &["shop", "wiki"];

/// The Job that has ended.
pub const JOB: &str = "/apis/batch/v1/namespaces/shop/jobs/prepare";

/// Makes both, into namespaces that are there, and waits until they run.
pub async fn make(harness: &Requests) {
    for namespace in NAMESPACES {
        of_each(harness, namespace).await;
    }
    let claim = json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "files"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}});
    post(harness, "v1", "shop", "persistentvolumeclaims", claim).await;
    let mounted = json!([{"name": "files", "persistentVolumeClaim": {"claimName": "files"}}]);
    let web = json!({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}}, "template": template("web", &mounted)}});
    post(harness, "apps/v1", "shop", "deployments", web).await;
    let pages = json!({"kind": "StatefulSet", "metadata": {"name": "pages"}, "spec": {"serviceName": "pages", "replicas": 2,
        "podManagementPolicy": "Parallel", "selector": {"matchLabels": {"app": "pages"}}, "template": template("pages", &json!([]))}});
    post(harness, "apps/v1", "wiki", "statefulsets", pages).await;
    let job = json!({"kind": "Job", "metadata": {"name": "prepare"}, "spec": {"template": {
        "spec": {"restartPolicy": "Never", "containers": [{"name": "prepare", "image": "prepare"}]}}}});
    post(harness, "batch/v1", "shop", "jobs", job).await;
    until("the Job has ended", Duration::from_secs(60), || async {
        (harness.read(JOB).await["status"]["succeeded"] == 1).then_some(())
    })
    .await;
    run(harness).await;
}

/// Waits until both run.
pub async fn run(harness: &Requests) {
    let ready = |path: &'static str, count: u64| async move {
        let object = harness.get(path).await.body;
        object["status"]["readyReplicas"] == count
    };
    until("shop and wiki run", Duration::from_secs(60), || async {
        let shop = ready("/apis/apps/v1/namespaces/shop/deployments/web", 1).await;
        let wiki = ready("/apis/apps/v1/namespaces/wiki/statefulsets/pages", 2).await;
        (shop && wiki).then_some(())
    })
    .await;
}

async fn of_each(harness: &Requests, namespace: &str) {
    let v1 = "v1";
    for number in 0..8 {
        let name = format!("settings-{number}");
        let map = json!({"kind": "ConfigMap", "metadata": {"name": name, "labels": {"part": "settings"}},
            "data": {"number": number.to_string(), "text": "a: b\nc: \"d\"\n"}});
        post(harness, v1, namespace, "configmaps", map).await;
    }
    for number in 0..4 {
        let secret = json!({"kind": "Secret", "metadata": {"name": format!("key-{number}")}, "type": "Opaque",
            "data": {"key": "AAEC/w=="}});
        post(harness, v1, namespace, "secrets", secret).await;
    }
    for name in ["runner", "reader"] {
        let account = json!({"kind": "ServiceAccount", "metadata": {"name": name}});
        post(harness, v1, namespace, "serviceaccounts", account).await;
        rights(harness, namespace, name).await;
    }
    let service = json!({"kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort",
        "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}});
    post(harness, v1, namespace, "services", service).await;
    let headless = json!({"kind": "Service", "metadata": {"name": "pages"}, "spec": {"clusterIP": "None",
        "selector": {"app": "pages"}, "ports": [{"port": 5432}]}});
    post(harness, v1, namespace, "services", headless).await;
    let job = json!({"kind": "CronJob", "metadata": {"name": "tidy"}, "spec": {"schedule": "0 3 1 1 *", "jobTemplate": {
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "tidy", "image": "tidy"}]}}}}}});
    post(harness, "batch/v1", namespace, "cronjobs", job).await;
    networks(harness, namespace).await;
}

async fn rights(harness: &Requests, namespace: &str, name: &str) {
    let group = "rbac.authorization.k8s.io/v1";
    let role = json!({"kind": "Role", "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]});
    post(harness, group, namespace, "roles", role).await;
    let binding = json!({"kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]});
    post(harness, group, namespace, "rolebindings", binding).await;
}

async fn networks(harness: &Requests, namespace: &str) {
    let group = "networking.k8s.io/v1";
    let policy = json!({"kind": "NetworkPolicy", "metadata": {"name": "inside"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]}});
    post(harness, group, namespace, "networkpolicies", policy).await;
    let ingress = json!({"kind": "Ingress", "metadata": {"name": "web"}, "spec": {"rules": [{
        "host": format!("{namespace}.example.org"), "http": {"paths": [{"path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}});
    post(harness, group, namespace, "ingresses", ingress).await;
    let budget = json!({"kind": "PodDisruptionBudget", "metadata": {"name": "web"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}});
    post(
        harness,
        "policy/v1",
        namespace,
        "poddisruptionbudgets",
        budget,
    )
    .await;
}

/// A Pod that mounts each of its volumes under its name.
fn template(app: &str, volumes: &Json) -> Json {
    let names = volumes.as_array().into_iter().flatten();
    let mounts: Vec<Json> = names
        .filter_map(|volume| volume["name"].as_str())
        .map(|name| json!({"name": name, "mountPath": format!("/{name}")}))
        .collect();
    json!({"metadata": {"labels": {"app": app}}, "spec": {"volumes": volumes, "serviceAccountName": "runner",
        "containers": [{"name": app, "image": app, "volumeMounts": mounts, "env": [{"name": "KEY", "valueFrom": {
            "secretKeyRef": {"name": "key-0", "key": "key"}}}]}]}})
}

async fn post(harness: &Requests, version: &str, namespace: &str, plural: &str, mut object: Json) {
    object["apiVersion"] = json!(version);
    let root = if version.contains('/') { "apis" } else { "api" };
    let path = format!("/{root}/{version}/namespaces/{namespace}/{plural}");
    harness.post(&path, &object).await.ok();
}
