//! Velero for a cluster of the tests: its CRDs, the real server with moto as S3, and a stand-in for cases
//! that only need a location or schedule to become ready.

use crate::process::{Process, free_port, until};
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Path of the schedules in the namespace velero.
pub const SCHEDULES: &str = "/apis/velero.io/v1/namespaces/velero/schedules";
/// Path of the locations in the namespace velero.
pub const LOCATIONS: &str = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations";

/// Posts Velero's 13 CRDs and waits until they are served.
pub async fn install_crds(cluster: &Cluster, bin: &Path) {
    let requests = cluster.requests(User::Harness).await;
    for mut crd in install_objects(cluster, bin, &["--crds-only"]) {
        // A creationTimestamp of null is in the output and refused by nobody, but it is noise.
        if let Some(metadata) = crd["metadata"].as_object_mut() {
            metadata.remove("creationTimestamp");
        }
        requests
            .post(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                &crd,
            )
            .await
            .ok();
    }
    until(
        "Velero's types are served",
        Duration::from_secs(30),
        || async {
            let answer = requests.get("/apis/velero.io/v1").await;
            let served = answer.body["resources"].as_array().map_or(0, Vec::len);
            let listed = requests.get("/apis/velero.io/v1/schedules").await.status == 200
                && requests
                    .get("/apis/velero.io/v1/backupstoragelocations")
                    .await
                    .status
                    == 200;
            (served >= 11 && listed).then_some(())
        },
    )
    .await;
}

/// What `velero install --dry-run` prints.
fn install_objects(cluster: &Cluster, bin: &Path, flags: &[&str]) -> Vec<Json> {
    let output = Command::new(bin.join("velero"))
        .args(["install", "--dry-run", "-o", "json", "--kubeconfig"])
        .arg(cluster.kubeconfig(User::Harness))
        .args(flags)
        .env("HOME", cluster.directory().join("home"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "velero install: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let list: Json = serde_json::from_slice(&output.stdout).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// moto: an S3 server in memory.
pub struct Moto {
    port: u16,
    _process: Process,
}

impl Moto {
    /// Starts it and makes a bucket.
    pub async fn start(bin: &Path, directory: &Path, bucket: &str) -> Self {
        let port = free_port();
        let arguments = ["-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
        let mut process = Process::start(
            &bin.join("moto_server"),
            &arguments,
            &[],
            &directory.join("moto.log"),
        );
        let address = format!("http://127.0.0.1:{port}");
        let client = kube::Client::try_from(plain(&address)).unwrap();
        let since = tokio::time::Instant::now();
        loop {
            process.must_run();
            let request = http::Request::put(format!("/{bucket}"))
                .body(kube::client::Body::empty())
                .unwrap();
            if client
                .send(request)
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                break;
            }
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "moto does not answer"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Self {
            port,
            _process: process,
        }
    }
    /// Its address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
    /// Puts a bucket or an object at a path. moto looks at no signature, but for an object that is there it wants one.
    pub async fn plain_put(&self, path: &str, bytes: Vec<u8>) {
        let client = kube::Client::try_from(plain(&self.address())).unwrap();
        let signed = "AWS4-HMAC-SHA256 Credential=key/20261201/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        let request = http::Request::put(format!("/{path}"))
            .header("authorization", signed)
            .body(kube::client::Body::from(bytes))
            .unwrap();
        let answer = client.send(request).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
}

fn plain(address: &str) -> kube::Config {
    let mut config = kube::Config::new(address.parse().unwrap());
    config.default_retry = false;
    config
}

/// The real Velero server.
pub struct Velero {
    bin: PathBuf,
    cluster: PathBuf,
    kubeconfig: PathBuf,
    process: Option<Process>,
}

impl Velero {
    /// Installs what it needs into the cluster (CRDs must be there) and starts it.
    pub async fn start(bin: &Path, cluster: &Cluster) -> Self {
        let requests = cluster.requests(User::Harness).await;
        let plugin = "velero/velero-plugin-for-aws:v1.14.3";
        let flags = [
            "--plugins",
            plugin,
            "--no-secret",
            "--no-default-backup-location",
            "--use-volume-snapshots=false",
            "--use-node-agent",
        ];
        for mut object in install_objects(cluster, bin, &flags) {
            if let Some(path) = collection(&object) {
                if object["kind"] == "Deployment" {
                    // Without the Deployment a restore with pods fails; without nodes it can have no pods.
                    object["spec"]["replicas"] = json!(0);
                }
                let answer = requests.post(&path, &object).await;
                assert!(matches!(answer.status, 201 | 409), "{path}: {answer:?}");
            }
        }
        let home = cluster.directory().join("home");
        fs::write(
            home.join("s3"),
            "[default]\naws_access_key_id = test\naws_secret_access_key = test\n",
        )
        .unwrap();
        let mut velero = Self {
            bin: bin.to_owned(),
            cluster: cluster.directory().to_owned(),
            kubeconfig: cluster.kubeconfig(User::Velero),
            process: None,
        };
        velero.restart();
        velero
    }
    /// Ends it, if it runs, and starts it again.
    pub fn restart(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.terminate();
            process.end_within(Duration::from_secs(10));
        }
        let home = self.cluster.join("home");
        let environment = [
            (
                "AWS_SHARED_CREDENTIALS_FILE",
                home.join("s3").display().to_string(),
            ),
            ("VELERO_NAMESPACE", "velero".to_owned()),
            ("HOME", home.display().to_string()),
            ("TMPDIR", home.join("tmp").display().to_string()),
        ];
        let arguments = [
            "server".to_owned(),
            format!("--kubeconfig={}", self.kubeconfig.display()),
            "--namespace=velero".to_owned(),
            format!("--plugin-dir={}", self.bin.join("velero-plugins").display()),
            format!("--metrics-address=127.0.0.1:{}", free_port()),
            "--profiler-address=".to_owned(),
            "--backup-sync-period=10s".to_owned(),
            "--store-validation-frequency=10s".to_owned(),
            "--garbage-collection-frequency=10s".to_owned(),
            "--resource-timeout=20s".to_owned(),
        ];
        self.process = Some(Process::start(
            &self.bin.join("velero"),
            &arguments,
            &environment,
            &self.cluster.join("velero.log"),
        ));
    }
}

/// Collection path of the few kinds that `velero install` prints; none for CRDs.
fn collection(object: &Json) -> Option<String> {
    let namespaced = |group: &str, plural: &str| {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("velero");
        Some(format!("{group}/namespaces/{namespace}/{plural}"))
    };
    match object["kind"].as_str()? {
        "Namespace" => Some("/api/v1/namespaces".to_owned()),
        "ServiceAccount" => namespaced("/api/v1", "serviceaccounts"),
        "ClusterRoleBinding" => {
            Some("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings".to_owned())
        }
        "Deployment" => namespaced("/apis/apps/v1", "deployments"),
        _ => None,
    }
}

/// Does what Velero does to a new location or schedule, at once: a valid status. Ends when dropped.
pub struct StandIn {
    task: JoinHandle<()>,
}

impl StandIn {
    /// CRDs, the namespace velero and the stand-in.
    pub async fn start(bin: &Path, cluster: &Cluster) -> Self {
        install_crds(cluster, bin).await;
        let harness = cluster.requests(User::Harness).await;
        harness.make_namespace("velero", json!({})).await;
        Self::attend(cluster).await
    }
    /// The stand-in alone.
    pub async fn attend(cluster: &Cluster) -> Self {
        let requests = cluster.requests(User::Velero).await;
        let task = tokio::spawn(async move {
            loop {
                enable(&requests).await;
                validate(&requests).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Self { task }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn items(list: &Json) -> Vec<Json> {
    list["items"].as_array().cloned().unwrap_or_default()
}

async fn enable(requests: &Requests) {
    for schedule in items(&requests.get("/apis/velero.io/v1/schedules").await.body) {
        if schedule["status"]["phase"] != "Enabled" {
            let body = json!({"spec": {"skipImmediately": false}, "status": {"phase": "Enabled"}});
            requests
                .merge(&path(&schedule, "schedules"), "velero-server", &body)
                .await;
        }
    }
}

/// A location is validated again and again, as the real one: a wait asks for a validation after the write.
async fn validate(requests: &Requests) {
    for location in items(
        &requests
            .get("/apis/velero.io/v1/backupstoragelocations")
            .await
            .body,
    ) {
        let now = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        if location["status"]["lastValidationTime"] != now.as_str() {
            let body = json!({"status": {"phase": "Available", "lastValidationTime": now}});
            requests
                .merge(
                    &path(&location, "backupstoragelocations"),
                    "velero-server",
                    &body,
                )
                .await;
        }
    }
}

fn path(object: &Json, plural: &str) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or("").to_owned();
    format!(
        "/apis/velero.io/v1/namespaces/{}/{plural}/{}",
        text("namespace"),
        text("name")
    )
}
