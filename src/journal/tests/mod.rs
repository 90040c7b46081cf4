//! Tests of the journal: the fold over every small journal, and a directory that is damaged in every way.

mod bucket;
pub mod cases;
mod local;
mod lock;
mod runs;
mod status;

use super::record::{Binding, Entry, Holder, Record, RunOutcome, VERSION};
use crate::model::inventory::Inventory;
use crate::plan::document::{Plan, StepId};
use crate::world::query::FailureClass;
use futures::FutureExt;
use serde_json::json;

/// A directory answers at once.
pub trait Now: Future + Sized {
    fn now(self) -> Self::Output {
        self.now_or_never().expect("it waits")
    }
}

impl<F: Future> Now for F {}

/// A plan of the steps `x.a#1` and `x.b#1`, which needs it.
pub fn plan() -> Plan {
    let step = |id: &str, after: &[&str]| {
        json!({"id": id, "node": id.trim_end_matches("#1"), "after": after, "ground": "absent", "op": {"local": {
            "command": [], "kubeconfig": {"value": "k"}}}})
    };
    let mut plan: Plan = serde_json::from_value(json!({
        "format": "sk-dr-plan", "version": 1, "tool": "test", "made_at": "2026-11-21T09:00:00Z", "stack": "test",
        "goal": {"mode": "converge"}, "secrets": {}, "nodes": [], "unchanged": [],
        "providers": {"kubernetes": {"instance": {"made_by": "x.a"}, "connect": {"value": {}}, "title": "t"}},
        "steps": [step("x.a#1", &[]), step("x.b#1", &["x.a#1"])],
        "held_back": [], "unswept": [], "consents": [], "findings": [], "outputs": {}, "applyable": true, "digest": "",
    }))
    .unwrap();
    plan.digest = plan.compute_digest().unwrap();
    plan
}

pub fn a() -> StepId {
    StepId("x.a#1".to_owned())
}

pub fn b() -> StepId {
    StepId("x.b#1".to_owned())
}

pub fn holder(pid: u32) -> Holder {
    Holder {
        host: "here".to_owned(),
        boot: "boot".to_owned(),
        pid,
        nonce: None,
    }
}

pub fn record(serial: u64, pid: u32, entries: Vec<Entry>) -> Record {
    let at = "2026-11-21T10:00:00Z".parse().unwrap();
    Record {
        version: VERSION,
        run: "run-1".to_owned(),
        serial,
        at,
        holder: holder(pid),
        entries,
    }
}

pub fn opened() -> Entry {
    Entry::RunOpened {
        plan_digest: plan().digest,
        directory: None,
    }
}

pub fn started(step: StepId, attempt: u32) -> Entry {
    Entry::StepStarted {
        step,
        attempt,
        alternative: 0,
    }
}

pub fn done(step: StepId) -> Entry {
    Entry::StepDone {
        step,
        bindings: Vec::<Binding>::new(),
        uid: None,
    }
}

pub fn failed(step: StepId) -> Entry {
    Entry::StepFailed {
        step,
        class: FailureClass::Invalid,
        message: "no".to_owned(),
    }
}

pub fn skipped(step: StepId) -> Entry {
    Entry::StepSkipped {
        step,
        because: "no".to_owned(),
    }
}

pub fn retried(step: StepId, attempt: u32) -> Entry {
    Entry::Retried {
        step,
        attempt,
        removed: Vec::new(),
    }
}

pub fn accepted(step: StepId) -> Entry {
    Entry::Accepted {
        step,
        reason: "it is enough".to_owned(),
    }
}

pub fn taken_over(from_serial: u64) -> Entry {
    Entry::TakenOver { from_serial }
}

pub fn closed(outcome: RunOutcome) -> Entry {
    Entry::RunClosed {
        outcome,
        inventory: Inventory::default(),
    }
}
