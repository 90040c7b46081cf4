//! Events of a run as messages of the `-json` stream. Must not know where they go.

use super::super::style::clean;
use super::super::text::{EventLines, errored};
use super::stream::{self, Level, Message};
use crate::diag::Severity;
use crate::model::address::Address;
use crate::plan::document::{Action, Plan, StepId};
use crate::plan::event::Event;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Turns events into messages, each with the line that people would read as its `@message`, and as seldom.
#[derive(Debug)]
pub struct EventMessages {
    lines: EventLines,
    /// Provider type of each resource.
    providers: BTreeMap<Address, String>,
}

/// A resource, and what is done to it: half of a replacement, else all.
struct Done<'a> {
    address: &'a Address,
    action: Action,
}

impl EventMessages {
    /// For the run of this plan.
    pub fn new(plan: &Plan) -> Self {
        let provider = |node: &crate::plan::document::Node| {
            let provider = node.provider.as_ref()?;
            Some((node.address.clone(), provider.provider.clone()))
        };
        Self {
            lines: EventLines::new(plan),
            providers: plan.nodes.iter().filter_map(provider).collect(),
        }
    }

    /// The messages of an event; none where it is not worth one.
    pub fn messages(&mut self, event: &Event) -> Vec<Message> {
        let Some(text) = self.lines.line(event) else {
            return Vec::new();
        };
        match self.titled(&text, event) {
            Some(message) => vec![message],
            None => self.untitled(text, event),
        }
    }

    fn untitled(&self, text: String, event: &Event) -> Vec<Message> {
        match event {
            Event::StepStarted { step, address, .. } => {
                let done = self.done(step, address);
                vec![self.hook(text, "apply_start", &done, json!({}))]
            }
            Event::StepWaiting {
                step,
                address,
                text: reason,
                elapsed,
                limit,
            } => vec![
                self.hook(
                    text,
                    "apply_progress",
                    &self.done(step, address),
                    seconds(*elapsed),
                )
                .and(json!({"waiting": clean(reason), "limit_seconds": limit.as_secs()})),
            ],
            Event::StepDone { step, address, .. } => {
                let done = self.done(step, address);
                let elapsed = self.lines.taken(address, done.action);
                vec![self.hook(text, "apply_complete", &done, seconds(elapsed))]
            }
            Event::StepFailed {
                step,
                address,
                message,
                elapsed,
            } => self.failed(&self.done(step, address), message, *elapsed),
            Event::StepSkipped {
                address, because, ..
            } => vec![without_effect(text, "step_skipped", address, because)],
            Event::StepInDoubt {
                address, because, ..
            } => vec![without_effect(text, "step_in_doubt", address, because)],
            Event::RunOpened { run, steps } => vec![Message::log(
                Level::Info,
                text,
                json!({"event": "run_opened", "run": run, "steps": steps}),
            )],
            Event::ProviderIdentified {
                provider,
                kube_system_uid,
            } => vec![identified(text, provider, kube_system_uid)],
            Event::Noticed { .. } => vec![of_run(text, json!({"event": "noticed"}))],
            Event::AlreadyDone { step, by } => {
                let by = by.as_deref().unwrap_or("another run");
                vec![of_step(Level::Info, text, ("already_done", step), by)]
            }
            Event::DoubtResolved { step, finding } => {
                vec![of_step(
                    Level::Info,
                    text,
                    ("doubt_resolved", step),
                    finding,
                )]
            }
            Event::Retrying { step, text: why } => {
                vec![of_step(Level::Warn, text, ("retrying", step), why)]
            }
            Event::Stopping { in_flight } => vec![of_run(
                text,
                json!({"event": "stopping", "in_flight": in_flight}),
            )],
        }
    }

    /// A step with a title is no whole resource, and no hook of Terraform's unless it fails.
    fn titled(&self, text: &str, event: &Event) -> Option<Message> {
        let (kind, step) = match event {
            Event::StepStarted { step, .. } => ("step_started", step),
            Event::StepWaiting { step, .. } => ("step_waiting", step),
            Event::StepDone { step, .. } => ("step_done", step),
            Event::RunOpened { .. }
            | Event::ProviderIdentified { .. }
            | Event::Noticed { .. }
            | Event::DoubtResolved { .. }
            | Event::AlreadyDone { .. }
            | Event::Retrying { .. }
            | Event::StepFailed { .. }
            | Event::StepInDoubt { .. }
            | Event::StepSkipped { .. }
            | Event::Stopping { .. } => return None,
        };
        let title = self.lines.title(step)?;
        Some(of_step(Level::Info, text.to_owned(), (kind, step), title))
    }

    fn done<'a>(&self, step: &StepId, address: &'a Address) -> Done<'a> {
        let action = self.lines.doing(step);
        Done { address, action }
    }

    fn hook(&self, text: String, kind: &'static str, done: &Done<'_>, more: Json) -> Message {
        let Done { address, action } = *done;
        let provider = self.providers.get(address).map(String::as_str);
        let mut hook = json!({
            "resource": stream::resource(address, provider), "action": stream::word(action)
        });
        if let (Json::Object(members), Json::Object(more)) = (&mut hook, more) {
            members.extend(more);
            // What does not exist yet has no id, and what is gone has none any more.
            let has_id = match action {
                Action::Create => kind == "apply_complete",
                Action::Delete => kind == "apply_start",
                Action::Update | Action::Forget | Action::Replace | Action::NoOp => true,
            };
            let key = self.lines.key(address, action);
            if let Some(key) = key.filter(|_| has_id) {
                members.insert("id_key".to_owned(), "id".into());
                members.insert("id_value".to_owned(), key.into());
            }
        }
        Message::new(Level::Info, text, kind, ("hook", hook))
    }

    /// As Terraform does it: that it failed, and why as a diagnostic.
    fn failed(&self, done: &Done<'_>, message: &str, elapsed: Duration) -> Vec<Message> {
        let address = done.address;
        let text = errored(address, done.action, elapsed);
        let diagnostic = json!({
            "severity": Severity::Error, "code": "step-failed", "summary": "Step failed",
            "detail": clean(message), "address": address
        });
        vec![
            self.hook(text, "apply_errored", done, seconds(elapsed)),
            stream::diagnostic(Severity::Error, diagnostic),
        ]
    }
}

fn seconds(duration: Duration) -> Json {
    json!({"elapsed_seconds": duration.as_secs()})
}

fn identified(text: String, provider: &str, kube_system_uid: &str) -> Message {
    Message::log(
        Level::Info,
        text,
        json!({
            "event": "provider_identified", "provider": provider,
            "kube_system_uid": clean(kube_system_uid)
        }),
    )
}

/// Something about the whole run that somebody should read.
fn of_run(text: String, what: Json) -> Message {
    Message::log(Level::Warn, text, what)
}

/// A step that was not begun, or of which it is not known whether it was carried out.
fn without_effect(text: String, event: &str, address: &Address, because: &str) -> Message {
    Message::log(
        Level::Warn,
        text,
        json!({"event": event, "address": address, "because": clean(because)}),
    )
}

fn of_step(level: Level, text: String, (event, step): (&str, &StepId), words: &str) -> Message {
    Message::log(
        level,
        text,
        json!({"event": event, "step": step, "text": clean(words)}),
    )
}
