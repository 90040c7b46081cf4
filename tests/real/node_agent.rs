//! Stands in for Velero's node agents: for each PodVolumeBackup and each PodVolumeRestore that the server asks for it runs
//! Velero's own data path (`velero pod-volume backup|restore`) over a directory that is the volume, and tells the API what
//! came of it. Real bytes go into a real kopia repository and come out of it. Knows nothing of sk-dr.

use crate::process::{Process, tail, until};
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinHandle;

const VELERO: &str = "/apis/velero.io/v1/namespaces/velero";
/// Of one volume: a repository is opened, or made, through a slow test server.
const LIMIT: Duration = Duration::from_secs(60);
/// The container that Velero puts first into a Pod whose volumes it fills; it ends once they are full.
pub const RESTORE_WAIT: &str = "restore-wait";

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
                agent.back_up_all().await;
                agent.restore_all().await;
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

/// Which way the data goes.
#[derive(Clone, Copy)]
enum Way {
    Backup,
    Restore,
}

impl Way {
    fn plural(self) -> &'static str {
        match self {
            Way::Backup => "podvolumebackups",
            Way::Restore => "podvolumerestores",
        }
    }
    /// Command and flag of the data path.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Way::Backup => ("backup", "--pod-volume-backup"),
            Way::Restore => ("restore", "--pod-volume-restore"),
        }
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
    async fn back_up_all(&self) {
        for backup in &self.waiting(Way::Backup).await {
            let result = self.moved(Way::Backup, backup).await;
            let status = json!({"snapshotID": result["snapshotID"], "path": self.volume(backup),
                "progress": bytes(&result)});
            self.complete(Way::Backup, backup, status).await;
        }
    }

    async fn restore_all(&self) {
        for restore in &self.waiting(Way::Restore).await {
            if self.waits_for_its_volumes(restore).await {
                fs::create_dir_all(self.volume(restore)).unwrap();
                let result = self.moved(Way::Restore, restore).await;
                let status = json!({"progress": bytes(&result)});
                self.complete(Way::Restore, restore, status).await;
            }
        }
    }

    /// Those that nobody has begun with.
    async fn waiting(&self, way: Way) -> Vec<Json> {
        let path = format!("{VELERO}/{}", way.plural());
        let list = self.requests.get(&path).await.body;
        let all = list["items"].as_array().into_iter().flatten();
        all.filter(|one| one["status"]["phase"].is_null())
            .cloned()
            .collect()
    }

    /// As the node agent judges: the Pod runs on a node, and in it the container that waits.
    async fn waits_for_its_volumes(&self, restore: &Json) -> bool {
        let pod = &restore["spec"]["pod"];
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}",
            pod["namespace"].as_str().unwrap(),
            pod["name"].as_str().unwrap()
        );
        let pod = self.requests.get(&path).await.body;
        let first = pod["status"]["initContainerStatuses"].as_array();
        first.into_iter().flatten().any(|container| {
            container["name"] == RESTORE_WAIT && container["state"]["running"].is_object()
        })
    }

    /// Begins with one and runs its data path to the end; the result that it told.
    async fn moved(&self, way: Way, object: &Json) -> Json {
        let begun = json!({"phase": "InProgress", "startTimestamp": now()});
        self.tell(way, object, &begun).await;
        self.run(way, object).await;
        until("the data path told its result", LIMIT, || {
            self.result(name(object))
        })
        .await
    }

    async fn complete(&self, way: Way, object: &Json, mut status: Json) {
        status["phase"] = json!("Completed");
        status["completionTimestamp"] = json!(now());
        self.tell(way, object, &status).await;
    }

    /// Directory of a volume.
    fn volume(&self, object: &Json) -> PathBuf {
        let spec = &object["spec"];
        let namespace = spec["pod"]["namespace"].as_str().unwrap();
        let volume = spec["volume"].as_str().unwrap();
        self.volumes.join(namespace).join(volume)
    }

    async fn run(&self, way: Way, object: &Json) {
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
        let (command, flag) = way.words();
        let arguments = [
            "pod-volume".to_owned(),
            command.to_owned(),
            format!("--kubeconfig={}", self.kubeconfig.display()),
            "--namespace=velero".to_owned(),
            format!("{flag}={}", name(object)),
            format!("--volume-path={}", self.volume(object).display()),
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
                && [
                    "Data-Path-Completed",
                    "Data-Path-Failed",
                    "Data-Path-Canceled",
                ]
                .iter()
                .any(|reason| event["reason"] == *reason)
        })?;
        assert_eq!(
            event["reason"],
            "Data-Path-Completed",
            "{event}\n{}",
            tail(&self.directory.join("node-agent.log"), 30)
        );
        serde_json::from_str(event["message"].as_str()?).ok()
    }

    async fn tell(&self, way: Way, object: &Json, status: &Json) {
        let path = format!("{VELERO}/{}/{}", way.plural(), name(object));
        let body = json!({"status": status});
        self.requests.merge(&path, "node-agent", &body).await.ok();
    }
}

fn name(object: &Json) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

fn bytes(result: &Json) -> Json {
    json!({"totalBytes": result["totalBytes"], "bytesDone": result["totalBytes"]})
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
