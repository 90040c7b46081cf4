//! Plans for tests: one with a step of every verb, over a cluster that is there and one that the plan makes.

use super::fake::{Fake, place};
use crate::goal::{Goal, GoalMode};
use crate::model::address::Address;
use crate::model::condition::{Condition, Wait};
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::guard::Guard;
use crate::model::identity::{
    Instance, Key, KubeResource, OWNER_ANNOTATION, ProviderRef, STACK_LABEL, STEP_ANNOTATION,
};
use crate::model::json_path::{JsonPath, Projection};
use crate::plan::document::*;
use crate::world::op::{Await, Ground, KubeOp, KubeVerb, LocalOp, Op};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

pub fn provider(text: &str) -> ProviderRef {
    ProviderRef::from(text.to_owned())
}

pub fn resource(plural: &str) -> KubeResource {
    let (group, kind) = if plural == "namespaces" {
        ("", "Namespace")
    } else {
        ("velero.io", "Schedule")
    };
    let namespaced = plural != "namespaces";
    KubeResource {
        group: group.into(),
        version: "v1".into(),
        plural: plural.to_owned().into(),
        kind: kind.into(),
        namespaced,
    }
}

pub fn hole(source: HoleSource) -> Expr {
    Expr::Hole(Box::new(Hole {
        source,
        hole_type: HoleType::String,
    }))
}

/// The body of a create, with marks as a planner writes them.
pub fn marked(id: &str, cluster: &ProviderRef, kind: &str, spec: Expr) -> Expr {
    let step = Expr::Concat(vec![
        hole(HoleSource::Run),
        Expr::Value(json!(format!("/{id}"))),
    ]);
    let owner = Expr::Concat(vec![
        Expr::Value(json!("v1/")),
        hole(HoleSource::ProviderIdentity(cluster.clone())),
        Expr::Value(json!(format!("/{id}"))),
    ]);
    let annotations = BTreeMap::from([
        (STEP_ANNOTATION.to_owned(), step),
        (
            OWNER_ANNOTATION.to_owned(),
            if cluster.alias.is_some() {
                Expr::Value(json!("v1/known"))
            } else {
                owner
            },
        ),
    ]);
    let metadata = BTreeMap::from([
        ("annotations".to_owned(), Expr::object(annotations)),
        (
            "labels".to_owned(),
            Expr::Value(json!({STACK_LABEL: "test"})),
        ),
    ]);
    let members = [
        ("kind".to_owned(), Expr::Value(json!(kind))),
        ("metadata".to_owned(), Expr::object(metadata)),
        ("spec".to_owned(), spec),
    ];
    Expr::object(BTreeMap::from(members))
}

/// One kube step.
pub struct Kube<'a> {
    pub id: &'a str,
    pub verb: KubeVerb,
    pub provider: &'a str,
    pub plural: &'a str,
    pub name: &'a str,
    pub body: Expr,
    pub takes: &'a [&'a str],
    pub after: &'a [&'a str],
    pub ground: Ground,
    pub wait: Option<Condition>,
}

impl Kube<'_> {
    pub fn step(self) -> Step {
        let namespace = (self.plural != "namespaces").then(|| "velero".to_owned());
        let op = KubeOp {
            provider: provider(self.provider),
            verb: self.verb,
            resource: resource(self.plural),
            namespace,
            name: self.name.to_owned(),
            body: self.body,
            takes: self
                .takes
                .iter()
                .map(|path| JsonPath::dotted(path))
                .collect(),
        };
        step(self.id, Op::Kube(op), self.after, self.ground, self.wait)
    }
}

pub fn step(id: &str, op: Op, after: &[&str], ground: Ground, wait: Option<Condition>) -> Step {
    let node = id.split('#').next().unwrap().parse().unwrap();
    let binds = match &op {
        Op::Kube(KubeOp {
            verb: KubeVerb::Create,
            ..
        }) => BTreeMap::from([("uid".to_owned(), JsonPath::dotted("metadata.uid"))]),
        Op::Kube(_) | Op::Local(_) | Op::Await(_) => BTreeMap::new(),
    };
    Step {
        id: StepId(id.to_owned()),
        node,
        op,
        after: after.iter().map(|id| StepId((*id).to_owned())).collect(),
        tried: Vec::new(),
        stage: None,
        title: None,
        ground,
        guards: Vec::new(),
        wait: wait.map(|condition| Wait {
            condition,
            limit_s: 30,
        }),
        alternatives: Vec::new(),
        binds,
    }
}

/// Creates something in the cluster that is there.
pub fn create(id: &str, name: &str, after: &[&str]) -> Step {
    let at = provider("kubernetes.old");
    let body = marked(
        id,
        &at,
        "Schedule",
        Expr::Value(json!({"schedule": "@daily"})),
    );
    Kube {
        id,
        verb: KubeVerb::Create,
        provider: "kubernetes.old",
        plural: "schedules",
        name,
        body,
        takes: &[],
        after,
        ground: Ground::Absent,
        wait: Some(Condition::ScheduleEnabled),
    }
    .step()
}

/// A plan of these steps.
pub fn plan(steps: Vec<Step>) -> Plan {
    let known = PlannedProvider {
        instance: Instance::Known {
            kube_system_uid: "identity-of-old".to_owned(),
        },
        connect: Expr::Value(json!({})),
        title: "old at https://old".to_owned(),
        answers: 1,
    };
    let made = PlannedProvider {
        instance: Instance::MadeBy(Address::new("kubernetes_cluster", "main")),
        connect: Expr::Value(json!({})),
        title: "new".to_owned(),
        answers: 0,
    };
    let mut seen = BTreeSet::new();
    let nodes = steps
        .iter()
        .filter(|step| seen.insert(step.node.clone()))
        .map(node)
        .collect();
    let mut plan = Plan {
        format: FORMAT.to_owned(),
        version: VERSION,
        tool: "test".to_owned(),
        made_at: "2026-11-21T09:00:00Z".parse().unwrap(),
        stack: "test".to_owned(),
        goal: Goal {
            mode: GoalMode::Converge,
            target: Vec::new(),
            exclude: Vec::new(),
            recovery: None,
        },
        providers: BTreeMap::from([
            (provider("kubernetes.old"), known),
            (provider("kubernetes"), made),
        ]),
        secrets: BTreeMap::new(),
        nodes,
        steps,
        unchanged: Vec::new(),
        held_back: Vec::new(),
        unswept: Vec::new(),
        journal: None,
        pinned: Vec::new(),
        not_restored: Vec::new(),
        checks: Vec::new(),
        consents: Vec::new(),
        findings: Vec::new(),
        outputs: BTreeMap::new(),
        applyable: true,
        digest: String::new(),
    };
    plan.digest = plan.compute_digest().unwrap();
    plan
}

/// Makes a schedule that a later step of the same run writes again: its mark names it.
pub fn create_to_change(id: &str, name: &str) -> Step {
    let mut step = create(id, name, &[]);
    if let Op::Kube(op) = &mut step.op {
        let place = ["metadata", "annotations", OWNER_ANNOTATION].map(str::to_owned);
        let owner = format!("v1/identity-of-old/velero.io.Schedule/velero/{name}");
        let named = |member: &str| ["metadata".to_owned(), member.to_owned()];
        op.body = op
            .body
            .clone()
            .with(&place, Expr::Value(owner.into()))
            .with(&named("name"), Expr::Value(name.into()))
            .with(&named("namespace"), Expr::Value("velero".into()));
    }
    step
}

/// Makes a schedule, or takes over one that is there.
pub fn taking(id: &str, name: &str) -> Step {
    let mut step = create(id, name, &[]);
    step.ground = Ground::AnyAtFirstTouch;
    step
}

/// Waits for guards, a minute at most.
pub fn gate(id: &str, guards: Vec<Guard>, after: &[&str]) -> Step {
    let gate = Await {
        provider: provider("kubernetes.old"),
        text: "a gate".to_owned(),
        limit_s: 60,
    };
    let mut step = step(id, Op::Await(gate), after, Ground::AnyAtFirstTouch, None);
    step.guards = guards;
    step
}

/// What a recovery does: makes a schedule and changes it later, takes one over, waits for a gate, and goes on behind it.
pub fn recovery() -> Plan {
    let change = Kube {
        body: Expr::Value(json!({"spec": {"paused": true}})),
        takes: &["spec.paused"],
        after: &["velero_schedule.a#1", "velero_schedule.gate#1"],
        ground: Ground::OfStep("velero_schedule.a#1".to_owned()),
        ..old("velero_schedule.a#2", KubeVerb::Apply, "a")
    };
    let enabled = Guard::Ready {
        resource: resource("schedules"),
        namespace: Some("velero".to_owned()),
        name: "a".to_owned(),
        condition: Condition::ScheduleEnabled,
        limit_s: 1,
    };
    let mut made = create_to_change("velero_schedule.a#1", "a");
    made.wait = None;
    let mut last = taking("velero_schedule.last#1", "last");
    last.tried = vec![StepId("velero_schedule.changed#1".to_owned())];
    plan(vec![
        made,
        taking("velero_schedule.changed#1", "changed"),
        gate(
            "velero_schedule.gate#1",
            vec![enabled],
            &["velero_schedule.a#1"],
        ),
        change.step(),
        last,
    ])
}

fn node(step: &Step) -> Node {
    let (key, at, action) = match &step.op {
        Op::Local(_) => (
            Key::Cluster {
                name: "main".to_owned(),
            },
            None,
            Action::Create,
        ),
        Op::Await(gate) => (
            Key::Cluster {
                name: gate.text.clone(),
            },
            Some(gate.provider.clone()),
            Action::NoOp,
        ),
        Op::Kube(op) => {
            let key = Key::Kube {
                resource: op.resource.clone(),
                namespace: op.namespace.clone(),
                name: op.name.clone(),
            };
            let action = match op.verb {
                KubeVerb::Create => Action::Create,
                KubeVerb::Apply | KubeVerb::Remove => Action::Update,
                KubeVerb::Delete => Action::Delete,
                KubeVerb::Release => Action::Forget,
            };
            (key, Some(op.provider.clone()), action)
        }
    };
    Node {
        address: step.node.clone(),
        previous_address: None,
        kind: step.node.kind.clone(),
        provider: at,
        key,
        action,
        importing: false,
        former: None,
        reason: Reason {
            code: ReasonCode::Absent,
            text: "it does not exist".to_owned(),
        },
        before: Json::Null,
        after: Expr::Value(Json::Null),
        sensitive: BTreeSet::new(),
        fields: Vec::new(),
        parts: Vec::new(),
        state: NodeState::Planned,
        blockers: Vec::new(),
    }
}

/// What is in the old cluster before.
pub fn old_object(name: &str) -> Json {
    json!({
        "kind": "Schedule",
        "metadata": {
            "uid": format!("uid-of-{name}"), "resourceVersion": "1", "name": name, "namespace": "velero",
            "labels": {STACK_LABEL: "test"},
            "annotations": {OWNER_ANNOTATION: format!("v1/identity-of-old/velero.io.Schedule/velero/{name}")},
        },
        "spec": {"schedule": "@daily", "paused": true, "template": {"ttl": "1h"}},
        "status": {"phase": "Enabled"},
    })
}

pub fn ground_of(name: &str) -> Ground {
    let projection = Projection {
        include: vec![
            JsonPath::dotted("spec.schedule"),
            JsonPath::dotted("spec.paused"),
            JsonPath::dotted("spec.template"),
        ],
        exclude: Vec::new(),
    };
    let owned = projection.fingerprint(&old_object(name));
    Ground::Present {
        uid: format!("uid-of-{name}"),
        deleting: false,
        owned,
        projection,
    }
}

/// A world with the old cluster and its objects.
pub fn world() -> Fake {
    let fake = Fake::new();
    fake.inside()
        .clusters
        .insert("kubernetes.old".to_owned(), "identity-of-old".to_owned());
    for name in ["changed", "gone", "left"] {
        fake.inside().objects.insert(
            place(
                &provider("kubernetes.old"),
                "schedules",
                Some("velero"),
                name,
            ),
            old_object(name),
        );
    }
    fake
}

/// A step of every verb: a cluster and, in it, a namespace and two schedules; in the old cluster one object updated by two
/// steps, one deleted, one released.
pub fn every_verb() -> Plan {
    let local = LocalOp {
        command: vec![
            Expr::Value(json!("start")),
            Expr::Value(json!("kubernetes")),
        ],
        environment: BTreeMap::new(),
        kubeconfig: Expr::Value(json!("kubernetes")),
    };
    let namespace = "kubernetes_namespace.velero#1";
    let space = Kube {
        id: namespace,
        verb: KubeVerb::Create,
        provider: "kubernetes",
        plural: "namespaces",
        name: "velero",
        body: marked(
            namespace,
            &provider("kubernetes"),
            "Namespace",
            Expr::Value(json!({})),
        ),
        takes: &[],
        after: &["kubernetes_cluster.main#1"],
        ground: Ground::AbsentAtFirstTouch,
        wait: Some(Condition::NamespaceActive),
    };
    let update = Kube {
        body: Expr::Value(json!({"spec": {"paused": false, "skipImmediately": true}})),
        takes: &["spec.paused", "spec.skipImmediately"],
        wait: Some(Condition::ScheduleEnabled),
        ..old("velero_schedule.changed#1", KubeVerb::Apply, "changed")
    };
    let removal = Kube {
        takes: &["spec.template.ttl"],
        after: &["velero_schedule.changed#1"],
        ..old("velero_schedule.changed#2", KubeVerb::Remove, "changed")
    };
    let deletion = Kube {
        wait: Some(Condition::Gone),
        after: &["velero_schedule.changed#2"],
        ..old("velero_schedule.gone#1", KubeVerb::Delete, "gone")
    };
    plan(vec![
        step(
            "kubernetes_cluster.main#1",
            Op::Local(local),
            &[],
            Ground::Absent,
            Some(Condition::ClusterAnswers),
        ),
        update.step(),
        space.step(),
        fresh("velero_schedule.one#1", "one").step(),
        fresh("velero_schedule.two#1", "two").step(),
        removal.step(),
        deletion.step(),
        old("velero_schedule.left#1", KubeVerb::Release, "left").step(),
    ])
}

/// A schedule in the new cluster that needs what its namespace's step binds.
fn fresh<'a>(id: &'a str, name: &'a str) -> Kube<'a> {
    let address = Address::new("kubernetes_namespace", "velero");
    let namespace_uid = HoleSource::Resource {
        address,
        attribute: "uid".to_owned(),
    };
    let members = [
        ("schedule".to_owned(), Expr::Value(json!("@daily"))),
        ("uid".to_owned(), hole(namespace_uid)),
    ];
    Kube {
        id,
        verb: KubeVerb::Create,
        provider: "kubernetes",
        plural: "schedules",
        name,
        body: marked(
            id,
            &provider("kubernetes"),
            "Schedule",
            Expr::Object(BTreeMap::from(members)),
        ),
        takes: &[],
        after: &["kubernetes_namespace.velero#1", "kubernetes_cluster.main#1"],
        ground: Ground::AbsentAtFirstTouch,
        wait: Some(Condition::ScheduleEnabled),
    }
}

/// Something done to an object that the old cluster has.
pub fn old<'a>(id: &'a str, verb: KubeVerb, name: &'a str) -> Kube<'a> {
    Kube {
        id,
        verb,
        provider: "kubernetes.old",
        plural: "schedules",
        name,
        body: Expr::Value(Json::Null),
        takes: &[],
        after: &[],
        ground: ground_of(name),
        wait: None,
    }
}
