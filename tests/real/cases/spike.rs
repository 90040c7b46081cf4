//! The plan is made while no server runs: its provider belongs to a cluster that the same plan makes.

use crate::Place;
use crate::process::free_port;
use crate::program::{Stack, run_in};
use crate::requests::Requests;
use crate::servers::{User, api_arguments, etcd_arguments, write_cluster_files, write_kubeconfig};
use rustix::process::{Pid, Signal};
use serde_json::{Value as Json, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Namespaces in the cluster to be made: enough that a kill falls between them.
const NAMESPACES: usize = 30;

/// Planned without a server, applied, killed in the middle, resumed from another directory without the HCL; then nothing is left to do.
pub async fn planned_without_a_server_killed_and_resumed_elsewhere(place: Place) {
    let made = place.directory.join("made");
    let script = write_script(&place.bin, &made);
    let _servers = Detached(made.clone());
    let stack = Stack::new(&place.directory.join("stack"));
    stack.write("main.hcl", &configuration(&script, &made));

    let plan = stack.run("plan -out=plan.json").await.expect(0);
    plan.clone().says(&format!(
        "Plan: {} to add, 0 to change, 0 to destroy.",
        NAMESPACES + 2
    ));
    assert!(!made.join("started").exists(), "a plan starts nothing");

    let mut apply = stack.spawn("apply -parallelism=1 plan.json");
    until_started(&stack, "kubernetes_namespace.app[\\\"n05\\\"]").await;
    apply.start_kill().unwrap();
    apply.wait().await.unwrap();

    let requests = Requests::new(&made.join("kubeconfig")).await;
    let there = namespaces(&requests).await;
    assert!(
        there < NAMESPACES,
        "the kill came too late to prove anything"
    );
    stack
        .run("apply -auto-approve")
        .await
        .expect(4)
        .says("resume");

    let elsewhere = place.directory.join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::remove_file(stack.directory().join("main.hcl")).unwrap();
    run_in(
        &elsewhere,
        &format!("resume -journal={}", stack.journal().display()),
    )
    .await
    .expect(0);
    assert_eq!(namespaces(&requests).await, NAMESPACES);
    effects_happened_once(&made.join("audit.log"));

    stack.write("main.hcl", &configuration(&script, &made));
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
}

fn configuration(script: &Path, made: &Path) -> String {
    let names: Vec<String> = (0..NAMESPACES)
        .map(|number| format!("\"n{number:02}\""))
        .collect();
    format!(
        r#"
sk_dr {{
  stack = "spike"
}}

resource "kubernetes_cluster" "main" {{
  name       = "main"
  engine     = "command"
  command    = ["sh", "{script}"]
  kubeconfig = "{made}/kubeconfig"
}}

provider "kubernetes" {{
  config_path = kubernetes_cluster.main.kubeconfig
}}

resource "kubernetes_namespace" "app" {{
  for_each = toset([{names}])
  metadata {{
    name = each.key
  }}
}}

resource "kubernetes_namespace" "after" {{
  metadata {{
    name        = "after"
    annotations = {{ "example.org/made-after" = kubernetes_namespace.app["n00"].metadata[0].uid }}
  }}
}}
"#,
        script = script.display(),
        made = made.display(),
        names = names.join(", ")
    )
}

/// A script as an operator would write it: safe to repeat, leaves the servers running, writes the kubeconfig last.
fn write_script(bin: &Path, made: &Path) -> PathBuf {
    write_cluster_files(made);
    let (api, client, peer) = (free_port(), free_port(), free_port());
    let kubeconfig = made.join("kubeconfig.new");
    let cluster = json!({"server": format!("https://127.0.0.1:{api}"), "certificate-authority": made.join("pki/apiserver.crt")});
    write_kubeconfig(&kubeconfig, User::Operator, &cluster);
    let line = |program: &str, arguments: &[String]| {
        format!(
            "setsid {0}/{program} {1} > {2}/{program}.log 2>&1 & echo $! > {2}/{program}.pid\n",
            bin.display(),
            arguments.join(" "),
            made.display()
        )
    };
    let script = format!(
        "set -eu\ncd {made}\ntest -e started || {{\n{etcd}{api}touch started\n}}\n\
         tries=0\nuntil {bin}/kubectl --kubeconfig kubeconfig.new get --raw /readyz >/dev/null 2>&1; do\n\
         tries=$((tries + 1)); test $tries -lt 300; sleep 0.2\ndone\ncp kubeconfig.new kubeconfig.tmp\nmv kubeconfig.tmp kubeconfig\n",
        made = made.display(),
        bin = bin.display(),
        etcd = line("etcd", &etcd_arguments(made, client, peer)),
        api = line("kube-apiserver", &api_arguments(made, client, api)),
    );
    let path = made.join("start.sh");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Servers that the script left behind, ended by their process ids.
struct Detached(PathBuf);

impl Drop for Detached {
    fn drop(&mut self) {
        for program in ["kube-apiserver", "etcd"] {
            let pid = fs::read_to_string(self.0.join(format!("{program}.pid"))).ok();
            if let Some(pid) = pid
                .and_then(|text| text.trim().parse().ok())
                .and_then(Pid::from_raw)
            {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
    }
}

/// Waits for the record that says that a step begins; the effect may be anywhere around it.
async fn until_started(stack: &Stack, step: &str) {
    let since = tokio::time::Instant::now();
    loop {
        if stack
            .records()
            .iter()
            .any(|(_, text)| text.contains("step_started") && text.contains(step))
        {
            return;
        }
        assert!(
            since.elapsed() < Duration::from_secs(90),
            "step {step} never started: {:?}",
            stack.records()
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn namespaces(requests: &Requests) -> usize {
    let list = requests.read("/api/v1/namespaces").await;
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .filter(|item| {
            item["metadata"]["name"]
                .as_str()
                .is_some_and(|name| name.starts_with('n'))
        })
        .count()
}

/// The server's own log: each namespace was created by exactly one request.
fn effects_happened_once(log: &Path) {
    let text = fs::read_to_string(log).unwrap();
    let created: Vec<Json> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|entry: &Json| {
            entry["verb"] == "create"
                && entry["user"]["username"] == "operator"
                && entry["responseStatus"]["code"] == 201
        })
        .collect();
    assert_eq!(
        created.len(),
        NAMESPACES + 1,
        "one create for each namespace"
    );
}
