//! The platform of `fixtures/recovery` that is lost and brought back: its two applications, and what of a cluster must be
//! the same afterwards.

use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::Value;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::server::Server;
use sk_dr::sandbox::state::ADMIN_TOKEN;

/// All that a plan has to say once it is back: garbage collection stays off until a person turns it on (R3).
pub const LEFT: &str =
    "Plan: 0 to add, 0 to change, 0 to destroy.\n  held back  velero_server.main\n";

/// What two applications are made of: path and object.
const MADE: [&str; 7] = [
    r#"/api/v1/namespaces {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "sales"}}}"#,
    r#"/api/v1/namespaces/shop/configmaps {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prices"}, "data": {"tea": "3"}}"#,
    r#"/api/v1/namespaces/shop/persistentvolumeclaims {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "orders"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}"#,
    r#"/api/v1/namespaces/shop/pods {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "database-0"}, "spec": {"containers": [{"name": "database", "image": "database:1"}], "volumes": [{"name": "orders", "persistentVolumeClaim": {"claimName": "orders"}}]}}"#,
    r#"/api/v1/namespaces {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "wiki"}}"#,
    r#"/apis/batch/v1/namespaces/wiki/cronjobs {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tidy"}, "spec": {"schedule": "0 3 1 1 *", "suspend": false}}"#,
    r#"/apis/apps/v1/namespaces/wiki/deployments {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "wiki"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "wiki"}}, "template": {"metadata": {"labels": {"app": "wiki"}}, "spec": {"containers": [{"name": "wiki", "image": "wiki:1"}]}}}}"#,
];

/// Types whose objects must come back, or be made anew.
const TYPES: [&str; 11] = [
    "namespaces",
    "configmaps",
    "cronjobs.batch",
    "deployments.apps",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "backupstoragelocations.velero.io",
    "podvolumerestores.velero.io",
    "restores.velero.io",
    "schedules.velero.io",
];

/// Makes the applications, as their owners would.
pub fn make_applications(sandbox: &Sandbox) {
    for object in MADE {
        let (path, body) = object.split_once(' ').unwrap();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_TOKEN}"))
            .body(Bytes::from(body))
            .unwrap();
        let answer = sandbox.answer(Server::Kubernetes, &request);
        assert!(answer.status().is_success(), "{path}: {:?}", answer.body());
    }
}

/// Objects of a type, such as `schedules.velero.io`, as they are stored.
pub fn objects(sandbox: &Sandbox, title: &str) -> Vec<Value> {
    sandbox.with(|state| {
        let objects = state.list(title, None);
        objects.map(|(_, object)| object.clone()).collect()
    })
}

/// What is in the cluster, without what differs from one run to the next.
pub fn world(sandbox: &Sandbox) -> String {
    let mut told = String::new();
    for title in TYPES {
        for object in objects(sandbox, title) {
            let metadata = &object["metadata"];
            let name = metadata["name"].as_str().unwrap_or_default();
            // Their names are drawn.
            let name = match title {
                "podvolumerestores.velero.io" => &object["spec"]["pod"]["name"],
                "persistentvolumes" => &object["spec"]["claimRef"]["name"],
                _ => &Value::from(name),
            };
            let namespace = metadata["namespace"].as_str().unwrap_or("-");
            let phase = &object["status"]["phase"];
            let sleeps = &object["spec"]["suspend"];
            told += &format!(
                "{title} {namespace}/{name} {phase} {sleeps} {}\n",
                object["data"]
            );
        }
    }
    told
}

/// The same world, whichever attempt brought it: Restores and what they left beside the objects are told elsewhere.
pub fn settled(world: &str) -> String {
    let is_of_an_attempt =
        |line: &&str| line.starts_with("restores.") || line.starts_with("podvolumerestores.");
    let mut lines: Vec<&str> = world
        .lines()
        .filter(|line| !is_of_an_attempt(line))
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}
