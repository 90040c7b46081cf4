//! The numbers of the README: `cargo bench --bench numbers`. Those without a network always; with `SK_DR_REAL=1` also a
//! plan without changes of 10 000 schedules on a real API server, beside a raw LIST of the same objects.
//!
//! Every figure is that of a child process: wall time (median), CPU time and the largest resident set, as the kernel
//! counted them. So each measured command runs under a copy of this program that has no other child.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    dead_code,
    reason = "a program for people: it prints, reads the environment and ends by a panic"
)]

#[path = "../tests/real/process.rs"]
mod process;
#[path = "../tests/real/requests.rs"]
mod requests;
#[path = "../tests/real/servers.rs"]
mod servers;
#[path = "../tests/real/velero.rs"]
mod velero;

use futures::StreamExt;
use nix::sys::resource::{UsageWho, getrusage};
use requests::Requests;
use serde_json::{Value as Json, json};
use servers::{Cluster, User};
use sk_dr::model::identity::STEP_ANNOTATION;
use sk_dr::plan::document::{Op, Plan};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sk-dr");

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("measure") => measure_child(&arguments[1..]),
        Some("list") => block_on(raw_list(Path::new(&arguments[1]))),
        _ => {
            let root = tempfile::tempdir().unwrap();
            println!("| what | wall (median) | CPU | resident |\n|---|---|---|---|");
            without_network(root.path());
            if std::env::var_os("SK_DR_REAL").is_some_and(|value| value == "1") {
                block_on(on_a_real_server(root.path()));
            } else {
                println!("\nnot measured: the plan on a real API server (SK_DR_REAL=1)");
            }
        }
    }
}

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work);
}

/// What one command took.
struct Taken {
    wall: Duration,
    cpu: Duration,
    resident: u64,
}

/// The median by wall time of several runs, each of which must end with this code.
fn median(runs: usize, directory: &Path, command: &[&str], code: i64) -> Taken {
    let mut all: Vec<Taken> = (0..runs).map(|_| once(directory, command, code)).collect();
    all.sort_by_key(|taken| taken.wall);
    all.swap_remove(runs / 2)
}

fn once(directory: &Path, command: &[&str], code: i64) -> Taken {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("measure")
        .args(command)
        .current_dir(directory)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["code"], code, "{command:?}: {told}");
    let micros = |name: &str| Duration::from_micros(told[name].as_u64().unwrap());
    Taken {
        wall: micros("wall"),
        cpu: micros("cpu"),
        resident: told["resident"].as_u64().unwrap(),
    }
}

/// Runs the one child of this process and prints what it took, as JSON.
fn measure_child(command: &[String]) {
    let since = Instant::now();
    let output = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let wall = since.elapsed();
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec()).unwrap() * 1_000_000 + u64::try_from(time.tv_usec()).unwrap()
    };
    let told = json!({
        "code": output.status.code(),
        "wall": u64::try_from(wall.as_micros()).unwrap(),
        "cpu": seconds(used.user_time()) + seconds(used.system_time()),
        // Linux counts it in KiB.
        "resident": used.max_rss(),
    });
    println!("{told}");
}

fn row(what: &str, taken: &Taken) {
    let time = |time: Duration| match time.as_secs_f64() {
        short if short < 1.0 => format!("{:.0} ms", short * 1000.0),
        long => format!("{long:.2} s"),
    };
    println!(
        "| {what} | {} | {} | {} MiB |",
        time(taken.wall),
        time(taken.cpu),
        taken.resident / 1024
    );
}

fn without_network(root: &Path) {
    let stack = |name: &str, resources: &str| {
        let directory = root.join(name);
        fs::create_dir(&directory).unwrap();
        fs::write(
            directory.join("main.hcl"),
            format!("{NO_CLUSTER_YET}\n{resources}"),
        )
        .unwrap();
        directory
    };
    let one = stack("one", &blocks(1));
    let command = [PROGRAM, "plan"];
    row(
        "start-up: `plan` of one resource",
        &median(21, &one, &command, 0),
    );
    for (count, runs) in [(1_000, 11), (10_000, 5)] {
        for (shape, text) in [
            ("instances of one `for_each`", instances(count)),
            ("blocks", blocks(count)),
        ] {
            let directory = stack(&format!("{count} {shape}"), &text);
            for command in ["validate", "plan"] {
                row(
                    &format!("`{command}`, {count} {shape}"),
                    &median(runs, &directory, &[PROGRAM, command], 0),
                );
            }
        }
    }
}

/// The cluster is made by the same plan, so that there is nothing to ask.
const NO_CLUSTER_YET: &str = r#"
sk_dr {
  stack = "numbers"
}

resource "kubernetes_cluster" "main" {
  name       = "main"
  engine     = "command"
  command    = ["true"]
  kubeconfig = "kubeconfig"
}

provider "kubernetes" {
  config_path = kubernetes_cluster.main.kubeconfig
}
"#;

/// So many schedules of one block.
fn instances(count: usize) -> String {
    format!(
        r#"resource "velero_schedule" "shop" {{
  for_each            = toset([for number in range({count}) : tostring(number)])
  name                = "s${{each.key}}"
  schedule            = "${{tonumber(each.key) % 60}} 1 * * *"
  ttl                 = "720h"
  included_namespaces = ["shop-${{each.key}}"]
  paused              = false
}}
"#
    )
}

/// So many schedules, each a block of five arguments as a person would write it.
fn blocks(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let minute = number % 60;
        writeln!(
            text,
            r#"resource "velero_schedule" "s{number}" {{
  name                = "s{number}"
  schedule            = "{minute} 1 * * *"
  ttl                 = "720h"
  included_namespaces = ["shop-{number}"]
  paused              = false
}}
"#
        )
        .unwrap();
    }
    text
}

async fn on_a_real_server(root: &Path) {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let bin = servers_of_the_tests();
    let cluster = Cluster::start(&bin, &root.join("cluster")).await;
    velero::install_crds(&cluster, &bin).await;
    let harness = cluster.requests(User::Harness).await;
    harness.make_namespace("velero", json!({})).await;
    let kubeconfig = cluster.kubeconfig(User::Operator);
    let directory = root.join("real");
    fs::create_dir(&directory).unwrap();
    let head = format!(
        "sk_dr {{\n  stack = \"numbers\"\n}}\n\nprovider \"kubernetes\" {{\n  config_path = \"{}\"\n}}\n",
        kubeconfig.display()
    );
    fs::write(
        directory.join("main.hcl"),
        format!("{head}\n{}", blocks(10_000)),
    )
    .unwrap();
    once(&directory, &[PROGRAM, "plan", "-out=all.plan"], 0);
    let plan = fs::read_to_string(directory.join("all.plan")).unwrap();
    create_all(&Requests::new(&kubeconfig).await, &plan).await;
    row(
        "`plan` without changes, 10000 schedules, real API server",
        &median(5, &directory, &[PROGRAM, "plan", "-detailed-exitcode"], 0),
    );
    let this = std::env::current_exe().unwrap();
    let list = [this.to_str().unwrap(), "list", kubeconfig.to_str().unwrap()];
    row(
        "raw LIST of the same, pages of 500, read as JSON",
        &median(5, &directory, &list, 0),
    );
}

/// Posts what a plan would create, without the waits between: the objects are those that an apply leaves, but for the
/// annotation that names its run.
async fn create_all(requests: &Requests, plan: &str) {
    let plan: Plan = serde_json::from_str(plan).unwrap();
    let annotation = ["metadata", "annotations", STEP_ANNOTATION].map(str::to_owned);
    let bodies = plan.steps.iter().map(|step| match &step.op {
        Op::Kube(op) => op.body.clone().without(&annotation).into_known().unwrap(),
        Op::Local(_) => panic!("a cluster is there already"),
    });
    let post = |body: Json| async move { requests.post(velero::SCHEDULES, &body).await.ok() };
    let made = futures::stream::iter(bodies.map(post)).buffer_unordered(32);
    assert_eq!(made.count().await, 10_000);
}

/// Builds what is missing; returns the directory of the binaries.
fn servers_of_the_tests() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/build");
    let output = Command::new(script)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "tests/real/build failed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Every schedule, page by page, with nothing done about it.
async fn raw_list(kubeconfig: &Path) {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let requests = Requests::new(kubeconfig).await;
    let mut items = 0;
    let mut after = String::new();
    loop {
        let page = requests
            .read(&format!("/apis/velero.io/v1/schedules?limit=500{after}"))
            .await;
        items += page["items"].as_array().unwrap().len();
        match page["metadata"]["continue"].as_str() {
            Some(next) if !next.is_empty() => after = format!("&continue={next}"),
            _ => break,
        }
    }
    assert_eq!(items, 10_000);
}
