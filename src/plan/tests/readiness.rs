//! What is declared, there, and not ready: a finding at every plan, and a gate for what needs it.

use super::*;
use crate::model::guard::Guard;
use crate::plan::document::FindingSeverity;

fn with_status(declared: &Resource, status: Json) -> (&'static str, Json) {
    let (kind, mut object) = applied(declared);
    object["metadata"]["creationTimestamp"] = json!("2026-11-20T00:00:00Z");
    object["status"] = status;
    (kind, object)
}

fn available(phase: &str) -> Json {
    json!({"phase": phase, "lastValidationTime": "2026-11-20T01:00:00Z", "message": "no such bucket"})
}

/// Who is said not to be ready.
fn unready(plan: &Plan) -> Vec<String> {
    let findings = plan.findings.iter();
    findings
        .filter(|one| one.code == "not-ready")
        .map(|one| format!("{:?} {}", one.severity, one.address.as_ref().unwrap()))
        .collect()
}

#[test]
fn what_is_not_ready_is_said_at_every_plan() {
    let main = location("main");
    let told = |phase: &str| Story {
        resources: vec![main.clone()],
        objects: vec![with_status(&main, available(phase))],
        ..story()
    };
    assert!(unready(&make(&told("Available")).unwrap()).is_empty());
    let bad = make(&told("Unavailable")).unwrap();
    let danger = FindingSeverity::Danger;
    let expected = format!("{danger:?} velero_backup_storage_location.main");
    assert_eq!(unready(&bad), [expected]);
    assert!(bad.steps.is_empty() && bad.applyable, "{bad:?}");
    // Nobody's object is nobody's promise.
    let mut foreign = told("Unavailable");
    foreign.objects[0].1["metadata"]["labels"] = json!({});
    assert!(unready(&make(&foreign).unwrap()).is_empty());
    let mut gone = told("Unavailable");
    gone.goal.mode = GoalMode::Destroy;
    assert!(unready(&make(&gone).unwrap()).is_empty());
}

#[test]
fn a_refused_schedule_is_not_ready() {
    let shop = schedule("shop");
    let status = json!({"phase": "FailedValidation", "validationErrors": ["invalid schedule"]});
    let told = Story {
        objects: vec![with_status(&shop, status)],
        resources: vec![shop],
        ..story()
    };
    let made = make(&told).unwrap();
    assert_eq!(unready(&made), ["Danger velero_schedule.shop"]);
    let finding = made.findings.iter().find(|one| one.code == "not-ready");
    let detail = &finding.unwrap().detail;
    assert!(detail.contains("invalid schedule"), "{detail}");
}

#[test]
fn what_needs_it_waits_for_it() {
    let main = location("main");
    let mut shop = schedule("shop");
    shop.body = shop
        .body
        .with(&["storage_location".to_owned()], Expr::Value(json!("main")));
    let told = |phase: &str| Story {
        resources: vec![main.clone(), shop.clone(), namespace("wiki")],
        objects: vec![with_status(&main, available(phase))],
        ..story()
    };
    let gates = |plan: &Plan| -> Vec<(String, usize)> {
        let gated = plan.steps.iter().map(|step| {
            let gates = step.guards.iter();
            let gates = gates.filter(|guard| matches!(guard, Guard::Ready { .. }));
            (step.id.to_string(), gates.count())
        });
        gated.collect()
    };
    let step = |id: &str, gates: usize| (id.to_owned(), gates);
    let steps = ["kubernetes_namespace.wiki#1", "velero_schedule.shop#1"];
    assert_eq!(
        gates(&make(&told("Available")).unwrap()),
        steps.map(|id| step(id, 0))
    );
    assert_eq!(
        gates(&make(&told("Unavailable")).unwrap()),
        [step(steps[0], 0), step(steps[1], 1)]
    );
}
