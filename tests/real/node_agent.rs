//! Stands in for Velero's node agents: for each PodVolumeBackup that the server asks for it runs Velero's own data path
//! (`velero pod-volume backup`) over a directory that is the volume, and tells the API what came of it. Real bytes go into a
//! real kopia repository. Knows nothing of sk-dr.

use crate::process::{Process, tail, until};
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinHandle;

const VELERO: &str = "/apis/velero.io/v1/namespaces/velero";
/// Of one volume: a repository is opened, or made, through a slow test server.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs until it is dropped.
pub struct NodeAgent {
    task: JoinHandle<()>,
}

impl NodeAgent {
    /// Begins to move data. The directory of a volume is `<volumes>/<namespace>/<name of the volume in its Pod>`.
    pub async fn start(bin: &Path, cluster: &Cluster, volumes: &Path) -> Self {
        let agent = Agent {
            requests: cluster.requests(User::Velero).await,
            bin: bin.to_owned(),
            directory: cluster.directory().to_owned(),
            kubeconfig: cluster.kubeconfig(User::Velero),
            volumes: volumes.to_owned(),
        };
        let task = tokio::spawn(async move {
            loop {
                let list = agent
                    .requests
                    .get(&format!("{VELERO}/podvolumebackups"))
                    .await;
                let waiting = list.body["items"].as_array().into_iter().flatten();
                for backup in waiting.filter(|one| one["status"]["phase"].is_null()) {
                    agent.back_up(backup).await;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Self { task }
    }
}

impl Drop for NodeAgent {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Agent {
    requests: Requests,
    bin: PathBuf,
    directory: PathBuf,
    kubeconfig: PathBuf,
    volumes: PathBuf,
}

impl Agent {
    async fn back_up(&self, backup: &Json) {
        let name = backup["metadata"]["name"].as_str().unwrap();
        let pod = &backup["spec"]["pod"]["namespace"];
        let volume = self
            .volumes
            .join(pod.as_str().unwrap())
            .join(backup["spec"]["volume"].as_str().unwrap());
        self.tell(
            name,
            &json!({"phase": "InProgress", "startTimestamp": now()}),
        )
        .await;
        self.run(name, &volume).await;
        let result = until("the data path told its result", LIMIT, || self.result(name)).await;
        let bytes = &result["totalBytes"];
        let status = json!({
            "phase": "Completed", "snapshotID": result["snapshotID"], "path": volume, "completionTimestamp": now(),
            "progress": {"totalBytes": bytes, "bytesDone": bytes},
        });
        self.tell(name, &status).await;
    }

    /// Runs the data path to its end.
    async fn run(&self, name: &str, volume: &Path) {
        let home = self.directory.join("home");
        let environment = [
            (
                "AWS_SHARED_CREDENTIALS_FILE",
                home.join("cloud-credentials").display().to_string(),
            ),
            ("VELERO_NAMESPACE", "velero".to_owned()),
            ("NODE_NAME", crate::kubelet::NODE.to_owned()),
            ("HOME", home.display().to_string()),
            ("TMPDIR", home.join("tmp").display().to_string()),
        ];
        let arguments = [
            "pod-volume".to_owned(),
            "backup".to_owned(),
            format!("--kubeconfig={}", self.kubeconfig.display()),
            "--namespace=velero".to_owned(),
            format!("--pod-volume-backup={name}"),
            format!("--volume-path={}", volume.display()),
            "--resource-timeout=30s".to_owned(),
        ];
        let log = self.directory.join("node-agent.log");
        let mut process = Process::start(&self.bin.join("velero"), &arguments, &environment, &log);
        until("the data path ends", LIMIT, || {
            let ended = process.ended();
            async move { ended.then_some(()) }
        })
        .await;
    }

    /// What the data path wrote into its event; panics where it failed.
    async fn result(&self, name: &str) -> Option<Json> {
        let events = self.requests.get("/api/v1/namespaces/velero/events").await;
        let mut events = events.body["items"].as_array().into_iter().flatten();
        let event = events.find(|event| {
            event["involvedObject"]["name"] == name
                && event["reason"]
                    .as_str()
                    .is_some_and(|reason| reason.starts_with("Data-Path-"))
                && event["reason"] != "Data-Path-Started"
                && event["reason"] != "Data-Path-Progress"
        })?;
        assert_eq!(
            event["reason"],
            "Data-Path-Completed",
            "{event}\n{}",
            tail(&self.directory.join("node-agent.log"), 30)
        );
        serde_json::from_str(event["message"].as_str()?).ok()
    }

    async fn tell(&self, name: &str, status: &Json) {
        let path = format!("{VELERO}/podvolumebackups/{name}");
        let body = json!({"status": status});
        self.requests.merge(&path, "node-agent", &body).await.ok();
    }
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
