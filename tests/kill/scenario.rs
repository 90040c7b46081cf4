//! The worlds and configurations of the matrix, and what a run that nobody disturbs makes of them.

use crate::bench::Bench;
use crate::matrix::Row;
use crate::world;
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sk_dr::plan::document::{Plan, Step};
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::Matching;
use sk_dr::sandbox::server::Server;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use sk_dr::world::op::{KubeOp, KubeVerb, Op};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One configuration against one world.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The world before, as a saved sandbox.
    pub state: String,
    /// Files of the configuration.
    pub files: Vec<(&'static str, &'static str)>,
    /// Name of the kubeconfig: where the program is to make the cluster, it only becomes one.
    pub kubeconfig: &'static str,
    /// How it is applied.
    pub apply: Vec<String>,
    /// Steps of its plan.
    pub steps: Vec<Point>,
    /// What a run that nobody disturbs makes of it.
    pub baseline: Baseline,
}

/// What must come out.
#[derive(Default)]
pub struct Baseline {
    /// Every object.
    pub world: BTreeMap<String, Json>,
    /// How often each was changed.
    pub effects: BTreeMap<String, usize>,
    /// The inventory.
    pub inventory: Json,
}

/// A step, as its row and as its request.
#[derive(Clone, Debug)]
pub struct Point {
    /// The row.
    pub row: Row,
    /// Id of the step.
    pub step: String,
    /// Path of the object; empty for a program.
    pub path: String,
    /// Its write on the wire.
    pub matching: Matching,
    /// It is the n-th such write.
    pub nth: u64,
    /// Content type of its write, by which the two steps of one update are told apart.
    pub content_type: &'static str,
    /// Whether no later step is about the same object.
    pub is_last: bool,
}

/// Resources of each configuration.
pub const RESOURCES: usize = 20;

const DAY: &str = "2026-11-22T12:00:00Z";

fn sandbox() -> Sandbox {
    let now: Timestamp = DAY.parse().unwrap();
    let sandbox = Sandbox::new("kill", 1, now);
    sandbox.install_velero();
    for bucket in ["backups-one", "backups-two", "backups-three"] {
        sandbox.add_bucket(bucket);
    }
    sandbox
}

impl Scenario {
    /// Everything is created, by a program and in the cluster that it makes.
    pub async fn fresh(root: &Path) -> Self {
        Self {
            name: "fresh",
            state: sandbox().to_json().unwrap(),
            files: vec![
                ("main.hcl", include_str!("stacks/fresh/main.hcl")),
                (
                    "make-cluster.sh",
                    include_str!("stacks/fresh/make-cluster.sh"),
                ),
            ],
            kubeconfig: "kubeconfig.made",
            apply: apply(&[]),
            steps: Vec::new(),
            baseline: Baseline::default(),
        }
        .undisturbed(root)
        .await
    }

    /// Everything is changed, each in its way.
    pub async fn changed(root: &Path) -> Self {
        let adopt = ["r", "s", "t"].map(|name| format!("-adopt=velero_schedule.found[\"{name}\"]"));
        Self {
            name: "changed",
            state: prepared(root).await,
            files: vec![("main.hcl", include_str!("stacks/after/main.hcl"))],
            kubeconfig: "kubeconfig",
            apply: apply(&adopt),
            steps: Vec::new(),
            baseline: Baseline::default(),
        }
        .undisturbed(root)
        .await
    }

    /// Everything is created and nothing waited for, one step at a time.
    pub async fn flat(root: &Path) -> Self {
        Self {
            name: "flat",
            state: sandbox().to_json().unwrap(),
            files: vec![("main.hcl", include_str!("stacks/flat/main.hcl"))],
            kubeconfig: "kubeconfig",
            apply: apply(&["-parallelism=1".to_owned()]),
            steps: Vec::new(),
            baseline: Baseline::default(),
        }
        .undisturbed(root)
        .await
    }

    /// Whether it has such a write.
    pub fn has(&self, row: Row) -> bool {
        row != Row::Identify || self.steps.iter().any(|point| point.row == Row::Program)
    }

    /// Plans it for its steps, and applies it for what must come out.
    async fn undisturbed(mut self, root: &Path) -> Self {
        let bench = Bench::open(&self, root).await;
        let mut arguments: Vec<&str> = vec!["plan", "-out=plan.json"];
        let adopt = self.apply.iter().map(String::as_str);
        arguments.extend(adopt.filter(|flag| flag.starts_with("-adopt")));
        bench.must(bench.home(), &arguments, 0).await;
        let plan = fs::read_to_string(bench.home().join("plan.json")).unwrap();
        let plan: Plan = serde_json::from_str(&plan).unwrap();
        self.steps = points(&plan);
        assert_eq!(plan.nodes.len(), RESOURCES, "{}: resources", self.name);
        let apply: Vec<&str> = self.apply.iter().map(String::as_str).collect();
        bench.must(bench.home(), &apply, 0).await;
        self.baseline = Baseline {
            world: bench.world(),
            effects: world::effects(&bench.log()),
            inventory: bench.inventory().await.unwrap(),
        };
        assert!(
            !self.baseline.effects.is_empty(),
            "{}: no effects",
            self.name
        );
        bench.close();
        self
    }
}

fn apply(more: &[String]) -> Vec<String> {
    let mut arguments = vec!["apply".to_owned(), "-auto-approve".to_owned()];
    arguments.extend(more.iter().cloned());
    arguments
}

/// The world that is changed: some of it made by hand, the rest by an apply, some of which adopted.
async fn prepared(root: &Path) -> String {
    let sandbox = sandbox();
    for (name, cron) in [
        ("p", "0 6 * * *"),
        ("q", "15 6 * * *"),
        ("r", "0 6 * * *"),
        ("s", "0 6 * * *"),
        ("t", "0 6 * * *"),
    ] {
        by_hand(&sandbox, name, cron);
    }
    let adopt = ["p", "q"].map(|name| format!("-adopt=velero_schedule.taken[\"{name}\"]"));
    let before = Scenario {
        name: "before",
        state: sandbox.to_json().unwrap(),
        files: vec![("main.hcl", include_str!("stacks/before/main.hcl"))],
        kubeconfig: "kubeconfig",
        apply: apply(&adopt),
        steps: Vec::new(),
        baseline: Baseline::default(),
    };
    let bench = Bench::open(&before, root).await;
    let arguments: Vec<&str> = before.apply.iter().map(String::as_str).collect();
    bench.must(bench.home(), &arguments, 0).await;
    let state = bench.state();
    bench.close();
    state
}

fn by_hand(sandbox: &Sandbox, name: &str, cron: &str) {
    let object = json!({
        "apiVersion": "velero.io/v1", "kind": "Schedule",
        "metadata": {"name": format!("{name}-by-hand"), "labels": {"team": "shop"}},
        "spec": {"schedule": cron, "template": {"includedNamespaces": ["a"]}},
    });
    let request = Request::builder()
        .method(Method::POST)
        .uri("/apis/velero.io/v1/namespaces/velero/schedules?fieldManager=kubectl-create")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
        .body(Bytes::from(object.to_string()))
        .unwrap();
    assert_eq!(sandbox.answer(Server::Kubernetes, &request).status(), 201);
}

/// Every step of a plan as a point, in order.
fn points(plan: &Plan) -> Vec<Point> {
    let mut before: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut points = Vec::new();
    for step in &plan.steps {
        let mut point = point(plan, step);
        let key = (point.matching.method.clone(), point.path.clone());
        let count = before.entry(key).or_insert(0);
        *count += 1;
        point.nth = *count;
        points.push(point);
    }
    let paths: Vec<String> = points.iter().map(|point| point.path.clone()).collect();
    for (number, point) in points.iter_mut().enumerate() {
        point.is_last = !paths[number + 1..].contains(&point.path);
    }
    points
}

fn point(plan: &Plan, step: &Step) -> Point {
    let (row, path, matching, content_type) = match &step.op {
        Op::Local(_) | Op::Await(_) => (Row::Program, String::new(), Matching::default(), ""),
        Op::Kube(op) => {
            let node = plan.nodes.iter().find(|node| node.address == step.node);
            let row = match op.verb {
                KubeVerb::Create => Row::Create,
                KubeVerb::Apply if node.is_some_and(|node| node.importing) => Row::Adopt,
                KubeVerb::Apply => Row::Update,
                KubeVerb::Remove => Row::Remove,
                KubeVerb::Delete => Row::Delete,
                KubeVerb::Release => Row::Release,
            };
            (row, path(op), matching(op), content_type(op.verb))
        }
    };
    Point {
        row,
        step: step.id.0.clone(),
        path,
        matching,
        nth: 1,
        content_type,
        is_last: true,
    }
}

fn content_type(verb: KubeVerb) -> &'static str {
    match verb {
        KubeVerb::Create | KubeVerb::Delete => "application/json",
        KubeVerb::Apply => "application/apply-patch+yaml",
        KubeVerb::Remove => "application/merge-patch+json",
        KubeVerb::Release => "application/json-patch+json",
    }
}

fn collection(op: &KubeOp) -> String {
    let group = &op.resource.group;
    let root = if group.is_empty() {
        "/api".to_owned()
    } else {
        format!("/apis/{group}")
    };
    let within = op
        .namespace
        .as_ref()
        .map(|namespace| format!("/namespaces/{namespace}"))
        .unwrap_or_default();
    format!(
        "{root}/{}{within}/{}",
        op.resource.version, op.resource.plural
    )
}

fn path(op: &KubeOp) -> String {
    format!("{}/{}", collection(op), op.name)
}

fn matching(op: &KubeOp) -> Matching {
    let mut matching = match op.verb {
        KubeVerb::Create => Matching::new("POST", &collection(op)),
        KubeVerb::Delete => Matching::new("DELETE", &path(op)),
        KubeVerb::Apply | KubeVerb::Remove | KubeVerb::Release => {
            // With the question mark: `a` is not `after`.
            Matching::new("PATCH", &format!("{}?", path(op)))
        }
    };
    matching.not_target = "dryRun=".to_owned();
    if op.verb == KubeVerb::Create {
        matching.body = format!("\"name\":\"{}\"", op.name);
    }
    matching
}
