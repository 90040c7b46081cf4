//! A node for Velero's Pods, and for nothing else: what the Deployment says is what runs. It binds each Pod, starts the real
//! program with the container's own arguments and the credentials of its Secret, starts it again where it ends, and tells
//! the API what it did, so that roll-outs and guards see what they would see on a node. Images are not pulled, and Pods of
//! the node agent are only said to run: its program wants volumes. Knows nothing of what the product wants to run.

use crate::process::{Process, free_port};
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use base64::Engine;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

const PODS: &str = "/api/v1/namespaces/velero/pods";
/// Name of the node.
pub const NODE: &str = "node-1";
/// Velero's own periods are minutes; a case would wait for each. Said only where the container says nothing of it.
const SHORT_PERIODS: [(&str, &str); 4] = [
    ("--backup-sync-period", "10s"),
    ("--store-validation-frequency", "10s"),
    ("--garbage-collection-frequency", "10s"),
    ("--resource-timeout", "20s"),
];

/// Runs until it is dropped; what it started ends with it.
pub struct Kubelet {
    task: JoinHandle<()>,
    running: Arc<Mutex<BTreeMap<String, Container>>>,
}

/// The program of one Pod.
struct Container {
    arguments: Vec<String>,
    process: Process,
    restarts: u64,
    /// Its Pod is being deleted, and it was asked to end.
    is_ending: bool,
}

impl Kubelet {
    /// Registers a node and begins to look after the Pods of the server.
    pub async fn start(bin: &Path, cluster: &Cluster) -> Self {
        let requests = cluster.requests(User::Velero).await;
        let node = json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": NODE, "labels": {"kubernetes.io/os": "linux"}}});
        requests.post("/api/v1/nodes", &node).await.ok();
        // A new node is tainted until its controller sees it ready; none runs.
        let ready = json!({"spec": {"taints": null}});
        let path = format!("/api/v1/nodes/{NODE}");
        requests.merge(&path, "kubelet", &ready).await.ok();
        let running = Arc::new(Mutex::new(BTreeMap::new()));
        let node = Node {
            requests,
            bin: bin.to_owned(),
            directory: cluster.directory().to_owned(),
            kubeconfig: cluster.kubeconfig(User::Velero),
            running: running.clone(),
        };
        let task = tokio::spawn(async move {
            loop {
                node.look_after_all().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Self { task, running }
    }
    /// Arguments of the containers as their Pods have them, of those that run now.
    pub fn arguments(&self) -> Vec<Vec<String>> {
        let running = self.running.lock().unwrap();
        running
            .values()
            .filter(|container| !container.is_ending)
            .map(|container| container.arguments.clone())
            .collect()
    }
    /// Ends every server at once, as a node that runs out of memory does; each is started again.
    pub fn kill_all(&self) {
        let mut running = self.running.lock().unwrap();
        running.values_mut().for_each(|one| one.process.kill());
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.task.abort();
        self.running.lock().unwrap().clear();
    }
}

struct Node {
    requests: Requests,
    bin: PathBuf,
    directory: PathBuf,
    kubeconfig: PathBuf,
    running: Arc<Mutex<BTreeMap<String, Container>>>,
}

impl Node {
    async fn look_after_all(&self) {
        let answer = self.requests.get(PODS).await;
        // An API that does not answer says nothing of Pods: a kubelet leaves running what runs.
        let Some(pods) = answer.body["items"].as_array() else {
            return;
        };
        for pod in pods {
            self.look_after(pod).await;
        }
        let is_there = |uid: &str| pods.iter().any(|pod| pod["metadata"]["uid"] == uid);
        self.running.lock().unwrap().retain(|uid, _| is_there(uid));
    }

    async fn look_after(&self, pod: &Json) {
        let name = text(&pod["metadata"]["name"]);
        let uid = text(&pod["metadata"]["uid"]);
        if pod["metadata"]["deletionTimestamp"].is_string() {
            if self.has_ended(&uid) {
                let body = json!({"gracePeriodSeconds": 0, "preconditions": {"uid": uid}});
                let path = format!("{PODS}/{name}");
                let body = ("application/json", &body);
                self.requests
                    .send(http::Method::DELETE, &path, Some(body))
                    .await;
            }
            return;
        }
        if !pod["spec"]["nodeName"].is_string() {
            let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NODE}});
            self.requests
                .post(&format!("{PODS}/{name}/binding"), &binding)
                .await;
            return;
        }
        let path = format!("{PODS}/{name}/status");
        if pod["metadata"]["labels"]["deploy"] != "velero" {
            if pod["status"]["phase"] != "Running" {
                let status = running_status("node-agent", 0);
                self.requests.merge(&path, "kubelet", &status).await;
            }
            return;
        }
        let Some(restarts) = self.restarts_needed(&uid) else {
            return;
        };
        // Without its Secret the container waits, as with a real kubelet.
        let Some(credentials) = self.credentials(pod).await else {
            return;
        };
        let container = self.container(pod, &credentials, restarts);
        self.running.lock().unwrap().insert(uid, container);
        let status = running_status("velero", restarts);
        self.requests.merge(&path, "kubelet", &status).await;
    }

    /// How often the program of a Pod was started before, where it is to be started now.
    fn restarts_needed(&self, uid: &str) -> Option<u64> {
        match self.running.lock().unwrap().get_mut(uid) {
            None => Some(0),
            Some(container) => container.process.ended().then_some(container.restarts + 1),
        }
    }

    /// Asks the program to end, once; tells whether it has.
    fn has_ended(&self, uid: &str) -> bool {
        let mut running = self.running.lock().unwrap();
        let Some(container) = running.get_mut(uid) else {
            return true;
        };
        if !container.is_ending {
            container.is_ending = true;
            container.process.terminate();
        }
        container.process.ended()
    }

    /// The file that the Pod's Secret is mounted as; `None` while that Secret is not there.
    async fn credentials(&self, pod: &Json) -> Option<PathBuf> {
        let volumes = pod["spec"]["volumes"].as_array()?;
        let secret = volumes
            .iter()
            .find_map(|volume| volume["secret"]["secretName"].as_str())?;
        let path = format!("/api/v1/namespaces/velero/secrets/{secret}");
        let answer = self.requests.get(&path).await;
        let encoded = answer.body["data"]["cloud"].as_str()?;
        let data = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .ok()?;
        let file = self.directory.join("home").join(secret);
        fs::write(&file, data).unwrap();
        Some(file)
    }

    fn container(&self, pod: &Json, credentials: &Path, restarts: u64) -> Container {
        let declared = pod["spec"]["containers"][0]["args"].as_array();
        let declared: Vec<String> = declared.into_iter().flatten().map(text).collect();
        let home = self.directory.join("home");
        let environment = [
            (
                "AWS_SHARED_CREDENTIALS_FILE",
                credentials.display().to_string(),
            ),
            ("VELERO_NAMESPACE", "velero".to_owned()),
            ("HOME", home.display().to_string()),
            ("TMPDIR", home.join("tmp").display().to_string()),
        ];
        let mut arguments = declared.clone();
        arguments.extend([
            format!("--kubeconfig={}", self.kubeconfig.display()),
            "--namespace=velero".to_owned(),
            format!("--plugin-dir={}", self.bin.join("velero-plugins").display()),
            format!("--metrics-address=127.0.0.1:{}", free_port()),
            "--profiler-address=".to_owned(),
        ]);
        let says = |flag: &str| declared.iter().any(|argument| argument.starts_with(flag));
        let short = SHORT_PERIODS.iter().filter(|(flag, _)| !says(flag));
        arguments.extend(short.map(|(flag, value)| format!("{flag}={value}")));
        let process = Process::start(
            &self.bin.join("velero"),
            &arguments,
            &environment,
            &self.directory.join("velero.log"),
        );
        Container {
            arguments: declared,
            process,
            restarts,
            is_ending: false,
        }
    }
}

/// A container without probes is ready as soon as it runs.
fn running_status(container: &str, restarts: u64) -> Json {
    let now = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now});
    json!({"status": {
        "phase": "Running",
        "startTime": now,
        "conditions": [
            condition("PodScheduled"), condition("Initialized"), condition("ContainersReady"), condition("Ready"),
        ],
        "containerStatuses": [{
            "name": container, "ready": true, "started": true, "restartCount": restarts,
            "image": container, "imageID": "", "state": {"running": {"startedAt": now}},
        }],
    }})
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
