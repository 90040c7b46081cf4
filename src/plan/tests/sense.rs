//! Plans whose nodes and steps disagree are refused, whoever wrote them and whatever digest they carry (R37).

use super::super::document::{Action, Parting, ReplaceOrder, Step};
use super::super::sense;
use super::*;

/// A plan with a create, an update, a replacement and a removal; what is blocked and held back stands beside them.
fn whole() -> Plan {
    let mut renamed = schedule("store");
    renamed.address = Address::new("velero_schedule", "shop");
    let (kind, mut drifted) = applied(&schedule("wiki"));
    drifted["spec"]["schedule"] = json!("0 7 * * *");
    make(&Story {
        resources: vec![
            renamed,
            schedule("wiki"),
            location("main"),
            namespace("velero"),
        ],
        objects: vec![
            applied(&schedule("shop")),
            (kind, drifted),
            applied(&schedule("gone")),
            applied(&namespace("kept")),
        ],
        ..story()
    })
    .unwrap()
}

fn of<'p>(plan: &'p mut Plan, id: &str) -> &'p mut Step {
    plan.steps.iter_mut().find(|step| step.id.0 == id).unwrap()
}

fn op<'p>(plan: &'p mut Plan, id: &str) -> &'p mut crate::world::op::KubeOp {
    match &mut of(plan, id).op {
        Op::Kube(op) => op,
        Op::Local(_) | Op::Await(_) => panic!("{id} writes nothing"),
    }
}

fn node<'p>(plan: &'p mut Plan, address: &str) -> &'p mut crate::plan::document::Node {
    plan.nodes
        .iter_mut()
        .find(|node| node.address.to_string() == address)
        .unwrap()
}

#[track_caller]
fn check(change: impl FnOnce(&mut Plan), part: &str) {
    let mut plan = whole();
    sense::check(&plan).unwrap();
    change(&mut plan);
    let said = sense::check(&plan).expect_err(part).to_string();
    assert!(said.contains(part), "{said}\ndoes not say: {part}");
}

#[test]
fn a_step_belongs_to_a_resource() {
    check(
        |plan| {
            plan.nodes
                .retain(|node| node.kind != "velero_backup_storage_location")
        },
        "no resource of the plan has this step",
    );
    check(
        |plan| of(plan, "velero_schedule.gone#1").node = "velero_schedule.wiki".parse().unwrap(),
        "its number is not the next one",
    );
    check(
        |plan| {
            plan.steps
                .retain(|step| step.id.0 != "velero_schedule.gone#1")
        },
        "do not do to velero/gone what it says",
    );
    check(
        |plan| {
            plan.steps
                .retain(|step| step.id.0 != "velero_schedule.shop#2")
        },
        "do not do to velero/shop what it says",
    );
    check(
        |plan| {
            let again = plan.steps.last().unwrap().clone();
            plan.steps.push(again);
        },
        "occurs twice",
    );
    check(
        |plan| node(plan, "velero_schedule.gone").state = NodeState::Blocked,
        "whether it can be applied",
    );
    check(
        |plan| {
            node(plan, "velero_schedule.gone").state = NodeState::Blocked;
            plan.applyable = false;
        },
        "its resource is blocked",
    );
    check(
        |plan| node(plan, "velero_schedule.gone").state = NodeState::HeldBack,
        "nothing says why it is held back",
    );
    check(
        |plan| plan.held_back.clear(),
        "nothing says why it is held back",
    );
    check(
        |plan| plan.unchanged.push("velero_schedule.gone".parse().unwrap()),
        "unchanged and has something done to it",
    );
    check(
        |plan| node(plan, "velero_schedule.gone").kind = "velero_unheard".to_owned(),
        "knows no such kind",
    );
    check(
        |plan| {
            let copy = plan.nodes[0].clone();
            plan.nodes.push(copy);
        },
        "listed twice",
    );
}

#[test]
fn a_step_does_what_its_resource_says_to_its_object() {
    check(
        |plan| op(plan, "velero_schedule.gone#1").name = "other".to_owned(),
        "writes another object",
    );
    check(
        |plan| op(plan, "velero_schedule.gone#1").namespace = Some("other".to_owned()),
        "writes another object",
    );
    check(
        |plan| {
            let namespace = home("kubernetes_namespace");
            let op = op(plan, "velero_schedule.gone#1");
            (op.resource, op.namespace, op.name) = (namespace, None, "production".to_owned());
        },
        "writes another object",
    );
    check(
        |plan| op(plan, "velero_schedule.gone#1").provider = aliased("other"),
        "writes to another provider",
    );
    check(
        |plan| op(plan, "velero_schedule.gone#1").verb = KubeVerb::Release,
        "does something else",
    );
    check(
        |plan| op(plan, "velero_schedule.wiki#1").verb = KubeVerb::Delete,
        "does something else",
    );
    check(
        |plan| node(plan, "velero_schedule.gone").action = Action::Forget,
        "does something else",
    );
    check(
        |plan| node(plan, "velero_schedule.gone").action = Action::Update,
        "does something else",
    );
    check(
        |plan| node(plan, "velero_schedule.gone").action = Action::NoOp,
        "does something else",
    );
    check(
        |plan| of(plan, "velero_schedule.gone#1").ground = Ground::Absent,
        "its ground is not one of its write",
    );
    check(
        |plan| {
            of(plan, "velero_schedule.gone#1")
                .alternatives
                .push(json!({}))
        },
        "knows no alternatives",
    );
    check(
        |plan| op(plan, "velero_schedule.wiki#1").takes.clear(),
        "its body is not one of its write",
    );
}

#[test]
fn a_step_writes_what_its_resource_shows() {
    let at = |path: &str| JsonPath::dotted(path).0;
    let put = |id: &'static str, path: Vec<String>, value: Json| {
        move |plan: &mut Plan| {
            let op = op(plan, id);
            op.body = std::mem::replace(&mut op.body, Expr::Value(Json::Null))
                .with(&path, Expr::Value(value));
        }
    };
    let location = "velero_backup_storage_location.main#1";
    let wiki = "velero_schedule.wiki#1";
    check(
        put(location, at("spec.objectStorage.bucket"), json!("mine")),
        "makes something else",
    );
    check(
        put(location, at("metadata.labels.extra"), json!("x")),
        "makes something else",
    );
    check(
        put(wiki, at("spec.schedule"), json!("* * * * *")),
        "at spec.schedule than its resource shows",
    );
    check(
        put(wiki, at("spec.template.ttl"), json!("1h")),
        "writes ttl",
    );
    check(put(wiki, at("kind"), json!("Backup")), "writes kind");
    check(
        |plan| {
            let run = Expr::Hole(Box::new(Hole {
                source: HoleSource::Run,
                hole_type: HoleType::String,
            }));
            let op = op(plan, wiki);
            op.body = op.body.clone().with(&at("kind"), run);
        },
        "writes kind",
    );
    check(
        put(wiki, at("metadata.name"), json!("other")),
        "metadata.name",
    );
    check(
        put(wiki, at("metadata.finalizers"), json!(["x"])),
        "metadata.finalizers",
    );
    check(put(wiki, at("status.phase"), json!("New")), "status.phase");
    check(
        put(wiki, at("spec.template.newField"), json!("x")),
        "spec.template.newField",
    );
    let label = vec![
        "metadata".to_owned(),
        "labels".to_owned(),
        "sk-dr.io/stack".to_owned(),
    ];
    check(put(wiki, label, json!("other")), "sk-dr.io/stack");
    check(
        |plan| {
            node(plan, "velero_schedule.wiki").after =
                Expr::Value(json!({"name": "wiki", "namespace": "velero", "schedule": "0 9 * * *"}))
        },
        "than its resource shows",
    );
}

#[test]
fn what_is_replaced_goes_behind_what_takes_its_place() {
    check(
        |plan| of(plan, "velero_schedule.shop#2").after.clear(),
        "does not wait for the step before it",
    );
    check(
        |plan| node(plan, "velero_schedule.shop").former = None,
        "replaces nothing",
    );
    check(
        |plan| {
            node(plan, "velero_schedule.shop")
                .former
                .as_mut()
                .unwrap()
                .order = ReplaceOrder::RemoveFirst
        },
        "goes before what takes its place",
    );
    check(
        |plan| {
            node(plan, "velero_schedule.shop")
                .former
                .as_mut()
                .unwrap()
                .parting = Parting::Release
        },
        "does something else",
    );
    check(
        |plan| {
            let key = node(plan, "velero_schedule.shop").key.clone();
            node(plan, "velero_schedule.shop")
                .former
                .as_mut()
                .unwrap()
                .key = key;
        },
        "not another object of its kind",
    );
    check(|plan| plan.steps.reverse(), "does not come before it");
}

#[test]
fn what_is_needed_is_told_before() {
    let mut told = Story {
        resources: vec![namespace("velero")],
        ..story()
    };
    let mut refers = schedule("shop");
    let hole = Expr::Hole(Box::new(Hole {
        source: HoleSource::Resource {
            address: Address::new("kubernetes_namespace", "velero"),
            attribute: "metadata[0].uid".to_owned(),
        },
        hole_type: HoleType::String,
    }));
    refers.body = refers
        .body
        .with(&["annotations".to_owned(), "uid".to_owned()], hole);
    refers.references = BTreeSet::from([Address::new("kubernetes_namespace", "velero")]);
    told.resources.push(refers);
    let mut plan = make(&told).unwrap();
    sense::check(&plan).unwrap();
    plan.steps[0].binds.clear();
    let said = sense::check(&plan).unwrap_err().to_string();
    assert!(said.contains("no step before it tells"), "{said}");
}
