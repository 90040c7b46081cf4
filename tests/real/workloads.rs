//! A node for the Pods of applications: each is scheduled, its claims get volumes, and it runs once its volumes are full,
//! as far as the API says so; no program of theirs runs. A Pod that is not to be started again has succeeded. Velero's own
//! Pods are the kubelet's. Knows nothing of what the product wants to run.

use crate::kubelet::NODE;
use crate::node_agent::RESTORE_WAIT;
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::task::JoinHandle;

const VOLUMES: &str = "/api/v1/persistentvolumes";
const RESTORES: &str = "/apis/velero.io/v1/namespaces/velero/podvolumerestores";

/// Runs until it is dropped.
pub struct Workloads {
    task: JoinHandle<()>,
}

impl Workloads {
    /// Begins to look after all Pods but Velero's. The node is there already.
    pub async fn start(cluster: &Cluster) -> Self {
        let node = Node {
            requests: cluster.requests(User::Velero).await,
        };
        let task = tokio::spawn(async move {
            loop {
                let pods = node.requests.get("/api/v1/pods").await.body;
                for pod in pods["items"].as_array().into_iter().flatten() {
                    if pod["metadata"]["namespace"] != "velero" {
                        node.look_after(pod).await;
                    }
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Self { task }
    }
}

impl Drop for Workloads {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Node {
    requests: Requests,
}

/// What stands between a Pod and its running.
enum Volumes {
    /// A claim of it has no volume yet.
    Unbound,
    /// Velero is filling them.
    Filling,
    Ready,
}

impl Node {
    async fn look_after(&self, pod: &Json) {
        let namespace = text(&pod["metadata"]["namespace"]);
        let name = text(&pod["metadata"]["name"]);
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}");
        if pod["metadata"]["deletionTimestamp"].is_string() {
            let body = json!({"gracePeriodSeconds": 0});
            let body = ("application/json", &body);
            self.requests
                .send(http::Method::DELETE, &path, Some(body))
                .await;
        } else if !pod["spec"]["nodeName"].is_string() {
            let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NODE}});
            self.requests
                .post(&format!("{path}/binding"), &binding)
                .await;
        } else if pod["status"]["phase"] == "Pending" {
            let status = match self.volumes(pod).await {
                Volumes::Unbound => return,
                Volumes::Filling => filling(),
                Volumes::Ready => running(pod),
            };
            let path = format!("{path}/status");
            self.requests.merge(&path, "kubelet", &status).await;
        }
    }

    async fn volumes(&self, pod: &Json) -> Volumes {
        let namespace = text(&pod["metadata"]["namespace"]);
        for volume in pod["spec"]["volumes"].as_array().into_iter().flatten() {
            if let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() {
                let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim}");
                let claim = self.requests.get(&path).await.body;
                if claim["status"]["phase"] != "Bound" {
                    self.provide(&claim).await;
                    return Volumes::Unbound;
                }
            }
        }
        let first = pod["spec"]["initContainers"].as_array();
        let waits = first
            .into_iter()
            .flatten()
            .any(|container| container["name"] == RESTORE_WAIT);
        if waits && !self.are_full(pod).await {
            return Volumes::Filling;
        }
        Volumes::Ready
    }

    /// Whether Velero has filled the volumes of a Pod that waits for it.
    async fn are_full(&self, pod: &Json) -> bool {
        let uid = text(&pod["metadata"]["uid"]);
        let path = format!("{RESTORES}?labelSelector=velero.io%2Fpod-uid%3D{uid}");
        let list = self.requests.get(&path).await.body;
        let all = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        !all.is_empty() && all.iter().all(|one| one["status"]["phase"] == "Completed")
    }

    /// A volume for a claim that has none, as a storage class would make one. One that is there already is refused as such.
    async fn provide(&self, claim: &Json) {
        let metadata = &claim["metadata"];
        if claim["spec"]["volumeName"].is_string() || !metadata["uid"].is_string() {
            return;
        }
        let name = format!("pvc-{}", text(&metadata["uid"]));
        let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"capacity": claim["spec"]["resources"]["requests"], "accessModes": claim["spec"]["accessModes"],
                "storageClassName": claim["spec"]["storageClassName"], "persistentVolumeReclaimPolicy": "Delete",
                "claimRef": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]},
                "csi": {"driver": "made-up.example", "volumeHandle": name}}});
        self.requests.post(VOLUMES, &volume).await;
    }
}

/// Velero's container runs and waits.
fn filling() -> Json {
    json!({"status": {"initContainerStatuses": [state(RESTORE_WAIT, &json!({"running": {"startedAt": now()}}))]}})
}

/// All containers run, or have ended well where they are not to be started again.
fn running(pod: &Json) -> Json {
    let ends = pod["spec"]["restartPolicy"] != "Always";
    let now = now();
    let ended = json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}});
    let runs = json!({"running": {"startedAt": now}});
    let ready = if ends { "False" } else { "True" };
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": now});
    json!({"status": {
        "phase": if ends { "Succeeded" } else { "Running" },
        "startTime": now,
        "conditions": [
            condition("PodScheduled", "True"), condition("Initialized", "True"),
            condition("ContainersReady", ready), condition("Ready", ready),
        ],
        "initContainerStatuses": states(&pod["spec"]["initContainers"], &ended),
        "containerStatuses": states(&pod["spec"]["containers"], if ends { &ended } else { &runs }),
    }})
}

fn states(containers: &Json, told: &Json) -> Vec<Json> {
    let all = containers.as_array().into_iter().flatten();
    all.map(|container| state(&text(&container["name"]), told))
        .collect()
}

fn state(container: &str, told: &Json) -> Json {
    let runs = told["running"].is_object();
    json!({"name": container, "ready": runs, "started": runs, "restartCount": 0, "image": container, "imageID": "",
        "state": told})
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
