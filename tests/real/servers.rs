//! A real Kubernetes API on loopback: etcd, kube-apiserver, kube-controller-manager, with tokens, an audit log and RBAC.
//! The command lines are those of README.md beside this file.

use crate::process::{Process, free_port, until};
use crate::requests::Requests;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Who sends requests; each has its own token, so that the audit log tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// The harness itself, all rights.
    Harness,
    /// sk-dr with all rights.
    Operator,
    /// sk-dr with get and list only, on what docs/permissions.md names.
    Reader,
    /// No rights but those a case grants.
    Weak,
    /// sk-dr with the rights of `plan`, as docs/permissions.md names them.
    Planner,
    /// sk-dr with the rights of `apply`.
    Applier,
    /// Velero and whatever stands in for it.
    Velero,
}

const USERS: &[User] = &[
    User::Harness,
    User::Operator,
    User::Reader,
    User::Weak,
    User::Planner,
    User::Applier,
    User::Velero,
];

impl User {
    /// Name in the audit log and in RBAC.
    pub fn name(self) -> &'static str {
        match self {
            User::Harness => "harness",
            User::Operator => "operator",
            User::Reader => "reader",
            User::Weak => "weak",
            User::Planner => "planner",
            User::Applier => "applier",
            User::Velero => "velero",
        }
    }
    /// Its token.
    pub fn token(self) -> String {
        format!("token-{}", self.name())
    }
    fn groups(self) -> &'static str {
        match self {
            User::Harness | User::Operator | User::Velero => ",\"system:masters\"",
            User::Reader | User::Weak | User::Planner | User::Applier => "",
        }
    }
}

/// Those of a cluster without nodes that make a backup or a restore differ: what each namespace gets by itself, what
/// workloads make, what binds, holds and collects.
const CONTROLLERS: &[&str] = &[
    "namespace",
    "garbagecollector",
    "serviceaccount",
    "serviceaccount-token",
    "root-ca-cert-publisher",
    "deployment",
    "replicaset",
    "statefulset",
    "daemonset",
    "job",
    "cronjob",
    "endpointslice",
    "persistentvolume-binder",
    "pv-protection",
    "pvc-protection",
    "clusterrole-aggregation",
];

/// One request in the API server's audit log.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// `get`, `list`, `create`, `update`, `patch`, `delete`.
    pub verb: String,
    /// Path and query.
    pub uri: String,
    /// Status of the answer.
    pub status: u64,
}

impl AuditEntry {
    /// Whether it asks for an effect; a dry-run is a write too, since it needs the right to write.
    pub fn is_write(&self) -> bool {
        !matches!(self.verb.as_str(), "get" | "list" | "watch")
    }
    /// Whether nothing is stored.
    pub fn is_dry_run(&self) -> bool {
        self.uri.contains("dryRun=All")
    }
    /// A write that had its effect.
    pub fn is_effect(&self) -> bool {
        self.is_write() && !self.is_dry_run() && (200..300).contains(&self.status)
    }
}

/// A Kubernetes API without nodes.
pub struct Cluster {
    bin: PathBuf,
    directory: PathBuf,
    port: u16,
    etcd: Option<Process>,
    api: Option<Process>,
    controllers: Option<Process>,
    /// Which controllers run.
    names: String,
}

impl Cluster {
    /// Starts the three processes in a directory of their own and waits until the API is ready.
    pub async fn start(bin: &Path, directory: &Path) -> Self {
        Self::start_without(bin, directory, "").await
    }
    /// The same without one of the controllers.
    pub async fn start_without(bin: &Path, directory: &Path, controller: &str) -> Self {
        let all = CONTROLLERS.iter().filter(|name| **name != controller);
        fs::create_dir_all(directory).unwrap();
        write_cluster_files(directory);
        let mut cluster = Self {
            bin: bin.to_owned(),
            directory: directory.to_owned(),
            port: 0,
            etcd: None,
            api: None,
            controllers: None,
            names: all.copied().collect::<Vec<_>>().join(","),
        };
        cluster.rebuild().await;
        cluster
    }
    /// Starts what is not running. A port that somebody took meanwhile is replaced by another one.
    pub async fn rebuild(&mut self) {
        for _ in 0..3 {
            if self.try_start().await {
                return;
            }
            self.end();
        }
        panic!(
            "the API server ended three times:\n{}",
            crate::process::tail(&self.log("kube-apiserver"), 30)
        );
    }
    async fn try_start(&mut self) -> bool {
        // The port stays the same after a total loss, as an address behind a load balancer does.
        if self.port == 0
            || self.api.is_none() && std::net::TcpListener::bind(("127.0.0.1", self.port)).is_err()
        {
            self.port = free_port();
        }
        self.write_kubeconfigs();
        let (client, peer) = (free_port(), free_port());
        self.etcd = Some(self.process("etcd", &etcd_arguments(&self.directory, client, peer)));
        self.api = Some(self.process(
            "kube-apiserver",
            &api_arguments(&self.directory, client, self.port),
        ));
        if !self.ready().await {
            return false;
        }
        self.start_controllers();
        true
    }
    async fn ready(&mut self) -> bool {
        let since = tokio::time::Instant::now();
        loop {
            if self.etcd.as_mut().is_none_or(Process::ended)
                || self.api.as_mut().is_none_or(Process::ended)
            {
                return false;
            }
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "the API server is not ready:\n{}",
                crate::process::tail(&self.log("kube-apiserver"), 30)
            );
            if self.directory.join("pki/apiserver.crt").exists() {
                let requests = self.requests(User::Harness).await;
                // RBAC's bootstrap roles and kube-system come a moment after the first answer; readyz waits for them.
                if requests.get("/readyz").await.status == 200
                    && requests.get("/api/v1/namespaces/kube-system").await.status == 200
                {
                    return true;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    /// Starts the controllers: what is made with an object, what is made of it, and what goes with it.
    fn start_controllers(&mut self) {
        let arguments = [
            format!("--kubeconfig={}", self.kubeconfig(User::Harness).display()),
            format!(
                "--service-account-private-key-file={}",
                self.directory.join("sa.key").display()
            ),
            "--secure-port=0".to_owned(),
            "--leader-elect=false".to_owned(),
            format!("--controllers={}", self.names),
        ];
        self.controllers = Some(self.process("kube-controller-manager", &arguments));
    }
    /// Ends the API server at once; etcd and its data stay.
    pub fn stop_api(&mut self) {
        self.controllers = None;
        self.api = None;
        self.etcd = None;
    }
    /// Ends everything and deletes etcd's data.
    pub fn lose(&mut self) {
        self.stop_api();
        fs::remove_dir_all(self.directory.join("etcd")).unwrap();
    }
    /// Directory of its logs.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
    /// Kubeconfig file of a user.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        self.directory.join(format!("kubeconfig-{}", user.name()))
    }
    /// Kubeconfig file of a user that goes another way, such as through a proxy without TLS.
    pub fn kubeconfig_by(&self, user: User, server: &str) -> PathBuf {
        let path = self.directory.join(format!(
            "kubeconfig-{}-by-{}",
            user.name(),
            server.replace(['/', ':'], "-")
        ));
        write_kubeconfig(&path, user, &json!({"server": server}));
        path
    }
    /// Base address.
    pub fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
    /// Raw requests as a user.
    pub async fn requests(&self, user: User) -> Requests {
        Requests::new(&self.kubeconfig(user)).await
    }
    /// A place in the audit log; see [`Cluster::audit_since`].
    pub async fn audit_mark(&self) -> usize {
        self.flush_audit().await;
        self.audit_log().len()
    }
    /// Finished requests of a user since a mark, in the order in which they ended.
    pub async fn audit_since(&self, mark: usize, user: User) -> Vec<AuditEntry> {
        self.flush_audit().await;
        let log = self.audit_log();
        let lines = log.get(mark..).unwrap_or("").lines();
        let entries = lines.filter_map(|line| serde_json::from_str::<Json>(line).ok());
        entries
            .filter(|entry| entry["user"]["username"] == user.name())
            .map(|entry| AuditEntry {
                verb: entry["verb"].as_str().unwrap_or("").to_owned(),
                uri: entry["requestURI"].as_str().unwrap_or("").to_owned(),
                status: entry["responseStatus"]["code"].as_u64().unwrap_or(0),
            })
            .collect()
    }
    /// The log is written after the answer is sent, so a request of our own is waited for behind it.
    async fn flush_audit(&self) {
        let token = format!("flush-{}", self.audit_log().len());
        let requests = self.requests(User::Harness).await;
        requests.get(&format!("/api/v1/namespaces/{token}")).await;
        until(
            "the audit log has the last request",
            Duration::from_secs(10),
            || async { self.audit_log().contains(&token).then_some(()) },
        )
        .await;
    }
    fn audit_log(&self) -> String {
        fs::read_to_string(self.directory.join("audit.log")).unwrap_or_default()
    }
    /// A ClusterRole with rules, bound to a user. Rules as in RBAC.
    pub async fn grant(&self, user: User, name: &str, rules: Json) {
        let requests = self.requests(User::Harness).await;
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name}, "rules": rules});
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user.name()}]});
        requests
            .post("/apis/rbac.authorization.k8s.io/v1/clusterroles", &role)
            .await
            .ok();
        requests
            .post(
                "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                &binding,
            )
            .await
            .ok();
        // The authorizer reads roles through a watch: a right counts a moment after it was granted.
        let rule = &rules[0];
        let first = |field: &str| rule[field][0].as_str().unwrap_or("").to_owned();
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {
            "user": user.name(),
            "resourceAttributes": {"group": first("apiGroups"), "resource": first("resources"), "verb": first("verbs")}}});
        until("the right counts", Duration::from_secs(10), || async {
            let answer = requests
                .post(
                    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                    &review,
                )
                .await
                .ok();
            (answer["status"]["allowed"] == true).then_some(())
        })
        .await;
    }
    fn log(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.log"))
    }
    fn process(&self, name: &str, arguments: &[String]) -> Process {
        let home = self.directory.join("home");
        let environment = [
            ("HOME", home.display().to_string()),
            ("TMPDIR", home.join("tmp").display().to_string()),
        ];
        Process::start(
            &self.bin.join(name),
            arguments,
            &environment,
            &self.log(name),
        )
    }
    fn write_kubeconfigs(&self) {
        let authority = self.directory.join("pki/apiserver.crt");
        for user in USERS {
            let cluster = json!({"server": self.server(), "certificate-authority": authority});
            write_kubeconfig(&self.kubeconfig(*user), *user, &cluster);
        }
    }
    /// SIGTERM in the order that lets each end by itself: the API server waits for etcd.
    fn end(&mut self) {
        for (process, limit) in [
            (self.controllers.take(), 2),
            (self.api.take(), 3),
            (self.etcd.take(), 2),
        ] {
            if let Some(mut process) = process {
                process.terminate();
                process.end_within(Duration::from_secs(limit));
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end();
    }
}

/// What the servers read: tokens, audit policy, key of service accounts.
pub fn write_cluster_files(directory: &Path) {
    fs::create_dir_all(directory.join("home/tmp")).unwrap();
    let tokens: String = USERS
        .iter()
        .enumerate()
        .map(|(number, user)| format!("token-{0},{0},{number}{1}\n", user.name(), user.groups()))
        .collect();
    fs::write(directory.join("tokens.csv"), tokens).unwrap();
    let policy = json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        "rules": [{"level": "None", "users": ["system:apiserver", "system:anonymous"]}, {"level": "Metadata"}]});
    fs::write(directory.join("audit-policy.json"), policy.to_string()).unwrap();
    let key = directory.join("sa.key");
    openssl(&["genrsa", "-out", &key.display().to_string(), "2048"]);
    let public = directory.join("sa.pub").display().to_string();
    openssl(&[
        "rsa",
        "-in",
        &key.display().to_string(),
        "-pubout",
        "-out",
        &public,
    ]);
}

fn openssl(arguments: &[&str]) {
    let output = std::process::Command::new("openssl")
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A kubeconfig with one context.
pub fn write_kubeconfig(path: &Path, user: User, cluster: &Json) {
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": user.name()}}],
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": user.name(), "user": {"token": user.token()}}]});
    fs::write(path, config.to_string()).unwrap();
}

/// Arguments of etcd.
pub fn etcd_arguments(directory: &Path, client: u16, peer: u16) -> Vec<String> {
    let (client, peer) = (
        format!("http://127.0.0.1:{client}"),
        format!("http://127.0.0.1:{peer}"),
    );
    vec![
        format!("--data-dir={}", directory.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=error".to_owned(),
    ]
}

/// Arguments of kube-apiserver.
pub fn api_arguments(directory: &Path, etcd: u16, port: u16) -> Vec<String> {
    let path = |name: &str| directory.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        format!("--secure-port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--cert-dir={}", path("pki")),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={}", path("sa.pub")),
        format!("--service-account-signing-key-file={}", path("sa.key")),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        format!("--token-auth-file={}", path("tokens.csv")),
        "--authorization-mode=RBAC".to_owned(),
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        "--allow-privileged=true".to_owned(),
        format!("--audit-policy-file={}", path("audit-policy.json")),
        format!("--audit-log-path={}", path("audit.log")),
        // One file: a case reads it by position.
        "--audit-log-maxsize=0".to_owned(),
    ]
}
