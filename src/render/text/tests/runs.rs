//! What a run says while it goes on and at its end, and values by themselves.

use super::super::{EventLines, Outcome, RunRow, RunState, StepOutcome, held, literal, runs};
use crate::model::advice::Advice;
use crate::model::command_line::JournalLine;
use crate::plan::document::{Action, Plan, StepId};
use crate::plan::event::Event;
use crate::render::fixture::{node, plan, step};
use crate::render::style::Dress;
use insta::assert_snapshot;
use serde_json::json;
use std::time::Duration;

#[test]
fn values_as_hcl() {
    assert_snapshot!(literal(&json!({"a": [1, true, null, "x\"y"], "long name": {}, "é": []})), @r#"
{
  a           = [
    1,
    true,
    null,
    "x\"y",
  ]
  "long name" = {}
  é           = []
}
"#);
    assert_snapshot!(literal(&json!("EOT\nline\n")), @r"
<<EOT_
EOT
line
EOT_
");
    assert_snapshot!(literal(&json!("a\rb\n%{c}")), @r#""a\rb\n%%{c}""#);
}

#[test]
fn events_in_lines() {
    let plan = plan(json!({"nodes": [node(json!({}))]}));
    let mut lines = EventLines::new(&plan);
    let (step, address) = (
        StepId("velero_schedule.shop#1".into()),
        plan.nodes[0].address.clone(),
    );
    let wait = |seconds| Event::StepWaiting {
        step: step.clone(),
        address: address.clone(),
        text: "for phase Enabled: it is New".into(),
        elapsed: Duration::from_secs(seconds),
        limit: Duration::from_secs(120),
    };
    let events = [
        Event::RunOpened {
            run: "2026-11-22T03-14-07Z-7f3a".into(),
            steps: 1,
        },
        Event::StepStarted {
            step: step.clone(),
            address: address.clone(),
            action: Action::Create,
        },
        wait(3),
        wait(10),
        wait(12),
        wait(25),
        Event::StepDone {
            step: step.clone(),
            address: address.clone(),
            action: Action::Create,
            elapsed: Duration::from_millis(26_900),
        },
        Event::StepFailed {
            step: step.clone(),
            address: address.clone(),
            message: "422 Invalid".into(),
            elapsed: Duration::ZERO,
        },
        Event::StepSkipped {
            step: step.clone(),
            address,
            because: "it needs velero_schedule.other".into(),
        },
        Event::Stopping {
            in_flight: vec![step],
        },
    ];
    let told: Vec<String> = events
        .iter()
        .filter_map(|event| lines.line(event))
        .collect();
    assert_snapshot!(told.join("\n"), @r"
Run 2026-11-22T03-14-07Z-7f3a: 1 step
velero_schedule.shop: Creating...
velero_schedule.shop: Still creating... [10s elapsed] for phase Enabled: it is New (limit 2m0s)
velero_schedule.shop: Still creating... [20s elapsed] (limit 2m0s)
velero_schedule.shop: Creation complete after 26s [id=velero/shop]
velero_schedule.shop: failed: 422 Invalid
velero_schedule.shop: skipped: it needs velero_schedule.other
Stopping: finishing velero_schedule.shop; no new step begins. Interrupt again to stop at once and leave these in doubt.
");
}

#[test]
fn a_resource_of_two_steps_begins_once_and_is_complete_once() {
    let plan = plan(json!({
        "nodes": [node(json!({}))],
        "steps": [step("velero_schedule.shop", 1), step("velero_schedule.shop", 2)]
    }));
    let mut lines = EventLines::new(&plan);
    let address = || plan.nodes[0].address.clone();
    let events = plan.steps.iter().flat_map(|step| {
        [
            Event::StepStarted {
                step: step.id.clone(),
                address: address(),
                action: Action::Update,
            },
            Event::DoubtResolved {
                step: step.id.clone(),
                finding: "the effect is there".into(),
            },
            Event::StepDone {
                step: step.id.clone(),
                address: address(),
                action: Action::Update,
                elapsed: Duration::from_millis(1500),
            },
        ]
    });
    let told: Vec<String> = events.filter_map(|event| lines.line(&event)).collect();
    assert_snapshot!(told.join("\n"), @"
velero_schedule.shop: Modifying... [id=velero/shop]
velero_schedule.shop: in doubt: it was sent, and no answer is recorded; the effect is there
velero_schedule.shop: in doubt: it was sent, and no answer is recorded; the effect is there
velero_schedule.shop: Modifications complete after 3s [id=velero/shop]
");
}

#[test]
fn the_end_of_a_run() {
    let two = plan(json!({
        "nodes": [node(json!({"action": "create"})), node(json!({"address": "velero_schedule.wiki", "action": "create"}))],
        "steps": [step("velero_schedule.shop", 1), step("velero_schedule.shop", 2), step("velero_schedule.wiki", 1)]
    }));
    let end = |standings: [Option<StepOutcome>; 3]| {
        let ids = two.steps.iter().map(|step| step.id.clone());
        let outcome: Outcome = ids
            .zip(standings)
            .filter_map(|(id, standing)| Some((id, standing?)))
            .collect();
        let resume = Advice::resume(&JournalLine::bare(), "run-1");
        super::super::outcome(&two, &outcome, (Some(&resume), Dress::default()))
    };
    let done = || Some(StepOutcome::Done);
    assert_snapshot!(end([done(), done(), done()]), @"Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    assert_snapshot!(end([done(), Some(StepOutcome::Failed("422 Invalid".into())), Some(StepOutcome::Skipped("stopped".into()))]), @r"
Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed.

  done 1 · in doubt 0 · failed 1 · to do 1
  failed: velero_schedule.shop: 422 Invalid
  skipped: velero_schedule.wiki: stopped

Nothing is in doubt. Mend what failed, then plan and apply again.
");
    assert_snapshot!(end([done(), Some(StepOutcome::InDoubt("it was sent, no answer was recorded".into())), None]), @r"
Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed.

  done 1 · in doubt 1 · to do 1
  in doubt: velero_schedule.shop: begun; whether it had its effect is not known

1 step in doubt. To go on: sk-dr resume run-1
");
}

#[test]
fn runs_in_a_table() {
    let row = RunRow {
        recovery: None,
        run: "2026-11-22T03-14-07Z-7f3a".into(),
        state: RunState::Held,
        holder: "laptop-a".into(),
        silent_for: Duration::from_secs(372),
        serial: 57,
        done: 16,
        in_doubt: 1,
        failed: 0,
        to_do: 14,
    };
    let killed = RunRow {
        recovery: None,
        state: RunState::Killed,
        silent_for: Duration::from_secs(9),
        ..row.clone()
    };
    assert_snapshot!(held(&row, &JournalLine::bare()), @r"
Run 2026-11-22T03-14-07Z-7f3a is held by laptop-a, silent for 6m, at serial 57.
To take it over:  sk-dr resume -takeover=57 2026-11-22T03-14-07Z-7f3a

  done 16 · in doubt 1 · to do 14
");
    assert_snapshot!(held(&killed, &JournalLine::bare()), @r"
Run 2026-11-22T03-14-07Z-7f3a was left by laptop-a, silent for 9s, at serial 57.
To go on with it:  sk-dr resume 2026-11-22T03-14-07Z-7f3a
To give it up:     sk-dr runs close 2026-11-22T03-14-07Z-7f3a

  done 16 · in doubt 1 · to do 14
");
    assert_snapshot!(runs(&[row, killed]), @r"
RUN                         STATE    HOLDER     LAST RECORD   SERIAL   STEPS
2026-11-22T03-14-07Z-7f3a   held     laptop-a   6m ago        57       done 16 · in doubt 1 · to do 14
2026-11-22T03-14-07Z-7f3a   killed   laptop-a   9s ago        57       done 16 · in doubt 1 · to do 14
");
    assert_snapshot!(runs(&[]), @"No runs are recorded in this journal.");
}

#[test]
fn a_recovery_is_told_as_one() {
    let row = RunRow {
        recovery: Some("total_loss".into()),
        run: "2026-11-22T03-14-07Z-7f3a".into(),
        state: RunState::Open,
        holder: "laptop-a".into(),
        silent_for: Duration::from_secs(372),
        serial: 57,
        done: 16,
        in_doubt: 0,
        failed: 1,
        to_do: 14,
    };
    assert_snapshot!(held(&row, &JournalLine::bare()), @r#"
Run 2026-11-22T03-14-07Z-7f3a of recovery "total_loss" was left by laptop-a, silent for 6m, at serial 57.
To go on with it:  sk-dr resume 2026-11-22T03-14-07Z-7f3a
To give it up:     sk-dr runs close 2026-11-22T03-14-07Z-7f3a

  done 16 · in doubt 0 · failed 1 · to do 14
"#);
    assert_snapshot!(runs(&[row]), @r"
RUN                         STATE              HOLDER     LAST RECORD   SERIAL   STEPS
2026-11-22T03-14-07Z-7f3a   open, total_loss   laptop-a   6m ago        57       done 16 · in doubt 0 · failed 1 · to do 14
");
    let plan = plan(json!({
        "goal": {"mode": "recover"}, "nodes": [node(json!({}))],
        "steps": [step("velero_schedule.shop", 1), step("velero_schedule.shop", 2)]
    }));
    let id = |number: usize| StepId(format!("velero_schedule.shop#{number}"));
    let end = |plan: &Plan, first: StepOutcome| {
        let failed = StepOutcome::Failed("403 Forbidden".into());
        let outcome = Outcome::from([(id(1), first), (id(2), failed)]);
        let resume = Advice::resume(&JournalLine::bare(), "run-1");
        let text = super::super::outcome(plan, &outcome, (Some(&resume), Dress::default()));
        text.lines().last().unwrap().to_owned()
    };
    assert_snapshot!(end(&plan, StepOutcome::Done), @"Nothing is in doubt. The recovery stays open. Mend what failed, then go on with: sk-dr resume run-1");
    const OVER: &str = "Nothing is in doubt. Mend what failed, then plan and apply again.";
    assert_eq!(
        end(&plan, StepOutcome::Failed("403 Forbidden".into())),
        OVER
    );
    // What was only looked at leaves no run open.
    let mut proven = plan.clone();
    let proof =
        json!({"await": {"provider": "kubernetes", "text": "it is as planned", "limit_s": 60}});
    proven.steps[0].op = serde_json::from_value(proof).unwrap();
    assert_eq!(end(&proven, StepOutcome::Done), OVER);
}

/// A resource that is made, changed later by a step with a title, and waited for; what a run tells of that.
fn with_titles() -> (Plan, Vec<Event>) {
    let shop = "velero_schedule.shop";
    let mut titled = step(shop, 2);
    titled["title"] = json!("read-write again");
    let mut gate = step(shop, 3);
    gate["op"] =
        json!({"await": {"provider": "kubernetes", "text": "backups are listed", "limit_s": 60}});
    let plan = plan(json!({
        "nodes": [node(json!({"action": "create"}))], "steps": [step(shop, 1), titled, gate]
    }));
    let address = plan.nodes[0].address.clone();
    let started = |number: usize| Event::StepStarted {
        step: StepId(format!("{shop}#{number}")),
        address: address.clone(),
        action: Action::Create,
    };
    let done = |number: usize| Event::StepDone {
        step: StepId(format!("{shop}#{number}")),
        address: address.clone(),
        action: Action::Create,
        elapsed: Duration::from_secs(2),
    };
    let waiting = Event::StepWaiting {
        step: StepId(format!("{shop}#3")),
        address: address.clone(),
        text: "Backup velero/shop-1 does not exist".into(),
        elapsed: Duration::from_secs(10),
        limit: Duration::from_secs(60),
    };
    let failed = Event::StepFailed {
        step: StepId(format!("{shop}#3")),
        address: address.clone(),
        message: "not done within 60s".into(),
        elapsed: Duration::from_secs(60),
    };
    let told = vec![
        started(1),
        done(1),
        started(2),
        done(2),
        started(3),
        waiting,
        failed,
    ];
    (plan, told)
}

/// A step with a title is more than the making of its resource, which begins once and is complete once beside it.
#[test]
fn steps_with_a_title_are_told_by_it() {
    let (plan, told) = with_titles();
    let mut lines = EventLines::new(&plan);
    let lines: Vec<String> = told.iter().filter_map(|event| lines.line(event)).collect();
    assert_snapshot!(lines.join("\n"), @r"
velero_schedule.shop: Creating...
velero_schedule.shop: Creation complete after 2s [id=velero/shop]
velero_schedule.shop: read-write again...
velero_schedule.shop: read-write again: done after 2s
velero_schedule.shop: backups are listed...
velero_schedule.shop: backups are listed, still waiting... [10s elapsed] Backup velero/shop-1 does not exist (limit 1m0s)
velero_schedule.shop: backups are listed: failed: not done within 60s
");
}

#[test]
fn steps_with_a_title_are_no_hooks() {
    let (plan, told) = with_titles();
    // Terraform's hooks are of whole resources: what has a title is a message of ours, unless it fails.
    let mut messages = crate::render::json::EventMessages::new(&plan);
    let now = "2026-11-21T09:00:00Z".parse().unwrap();
    let events: Vec<serde_json::Value> = told
        .iter()
        .flat_map(|event| messages.messages(event))
        .map(|message| message.at(now))
        .map(|message| json!([message["type"], message["sk_dr"]["event"]]))
        .collect();
    assert_eq!(
        events,
        [
            json!(["apply_start", null]),
            json!(["apply_complete", null]),
            json!(["log", "step_started"]),
            json!(["log", "step_done"]),
            json!(["log", "step_started"]),
            json!(["log", "step_waiting"]),
            json!(["apply_errored", null]),
            json!(["diagnostic", null]),
        ]
    );
}
