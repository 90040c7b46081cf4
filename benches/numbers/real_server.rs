//! Plans on a real API server, beside the least that they need and beside what kubectl takes for the same.

use crate::measure::{median, once, ratio, row};
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::shapes::blocks;
use crate::{PROGRAM, velero};
use futures::StreamExt;
use serde_json::{Value as Json, json};
use sk_dr::model::identity::STEP_ANNOTATION;
use sk_dr::plan::document::Plan;
use sk_dr::world::op::Op;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A plan without changes of 10 000 schedules beside a raw LIST, and of 1 000 beside `kubectl diff`.
pub async fn on_a_real_server(root: &Path) {
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
    let requests = Requests::new(&kubeconfig).await;
    for (count, created) in [(1_000, 1_000), (10_000, 9_000)] {
        fs::write(
            directory.join("main.hcl"),
            format!("{head}\n{}", blocks(count)),
        )
        .unwrap();
        once(&directory, &[PROGRAM, "plan", "-out=all.plan"], 0);
        let plan = fs::read_to_string(directory.join("all.plan")).unwrap();
        assert_eq!(create_all(&requests, &plan).await, created);
        if count == 1_000 {
            beside_kubectl(&directory, &kubeconfig, &bin);
        }
    }
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

/// The first thousand of those schedules: our plan, and the difference that kubectl asks the server for.
fn beside_kubectl(directory: &Path, kubeconfig: &Path, bin: &Path) {
    let mut manifests = String::new();
    for number in 0..1_000 {
        writeln!(
            manifests,
            "---\napiVersion: velero.io/v1\nkind: Schedule\nmetadata:\n  name: s{number}\n  namespace: velero\nspec:\n  \
             schedule: {} 1 * * *\n  paused: false\n  template:\n    ttl: 720h\n    includedNamespaces: [shop-{number}]",
            number % 60
        )
        .unwrap();
    }
    fs::write(directory.join("all.yaml"), manifests).unwrap();
    let kubectl = bin.join("kubectl");
    let (kubectl, kubeconfig) = (kubectl.to_str().unwrap(), kubeconfig.to_str().unwrap());
    let diff = [
        kubectl,
        "--kubeconfig",
        kubeconfig,
        "diff",
        "--server-side",
        "-f",
        "all.yaml",
    ];
    let theirs = once(directory, &diff, 0);
    row(
        "`kubectl diff --server-side`, 1000 unchanged schedules",
        &theirs,
    );
    let plan = [PROGRAM, "plan", "-detailed-exitcode"];
    let ours = median(5, directory, &plan, 0);
    row("`plan` without changes of the same", &ours);
    ratio("kubectl over sk-dr", &theirs, &ours);
}

/// Posts what a plan would create, without the waits between: the objects are those that an apply leaves, but for the
/// annotation that names its run.
async fn create_all(requests: &Requests, plan: &str) -> usize {
    let plan: Plan = serde_json::from_str(plan).unwrap();
    let annotation = ["metadata", "annotations", STEP_ANNOTATION].map(str::to_owned);
    let bodies = plan.steps.iter().map(|step| match &step.op {
        Op::Kube(op) => op.body.clone().without(&annotation).into_known().unwrap(),
        Op::Local(_) | Op::Await(_) => panic!("a cluster is there already"),
    });
    let post = |body: Json| async move { requests.post(velero::SCHEDULES, &body).await.ok() };
    let made = futures::stream::iter(bodies.map(post)).buffer_unordered(32);
    made.count().await
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
pub async fn raw_list(kubeconfig: &Path) {
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
