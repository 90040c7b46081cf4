//! The stream of `-json`: one object per line in the form of Terraform's machine-readable UI, version 1.2. What is ours
//! stands under the key `sk_dr` of each object. Must not know the clock (a message is dated by whoever sends it) nor how
//! a run goes on: that is `progress.rs`.

use super::super::style::clean;
use super::super::text::{Counts, Sums, headline, reason};
use super::super::view::{Sensitive, View};
use crate::diag::Severity;
use crate::model::address::{Address, InstanceKey, ModulePath};
use crate::plan::document::{
    Action, Finding, FindingSeverity, HeldBack, Node, NodeState, Plan, PlannedOutput, ReasonCode,
    Unswept, Weight,
};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Version of Terraform's UI stream that this one follows.
const UI: &str = "1.2";

/// What `@module` says; Terraform's is `terraform.ui`.
const MODULE: &str = "sk-dr.ui";

/// How urgent a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// What goes on.
    Info,
    /// What somebody should know.
    Warn,
    /// What stops something.
    Error,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// One line of the stream, not dated yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    level: Level,
    text: String,
    kind: &'static str,
    members: Map<String, Json>,
}

impl Message {
    /// With one member beside the ones that every message has.
    pub(crate) fn new(
        level: Level,
        text: impl Into<String>,
        kind: &'static str,
        (name, member): (&str, Json),
    ) -> Self {
        Self {
            level,
            text: text.into(),
            kind,
            members: Map::from_iter([(name.to_owned(), member)]),
        }
    }

    /// Of Terraform's type `log`: readers that do not know us show its text.
    pub(crate) fn log(level: Level, text: impl Into<String>, ours: Json) -> Self {
        Self::new(level, text, "log", ("sk_dr", ours))
    }

    /// The same with what is ours.
    #[must_use]
    pub(crate) fn and(mut self, ours: Json) -> Self {
        self.members.insert("sk_dr".to_owned(), ours);
        self
    }

    /// The line, sent at this time.
    pub fn at(&self, now: Timestamp) -> Json {
        let mut line = self.members.clone();
        line.insert("@level".to_owned(), self.level.word().into());
        line.insert("@message".to_owned(), self.text.as_str().into());
        line.insert("@module".to_owned(), MODULE.into());
        let now = now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        line.insert("@timestamp".to_owned(), now.into());
        line.insert("type".to_owned(), self.kind.into());
        Json::Object(line)
    }
}

/// The first line of every stream.
pub fn version(version: &str) -> Message {
    Message::new(
        Level::Info,
        format!("sk-dr {version}"),
        "version",
        ("ui", UI.into()),
    )
    .and(json!({ "version": version }))
}

/// A diagnostic as [`crate::diag::json::one`] makes it.
pub fn diagnostic(severity: Severity, diagnostic: Json) -> Message {
    let (level, word) = match severity {
        Severity::Error => (Level::Error, "Error"),
        Severity::Warning => (Level::Warn, "Warning"),
    };
    let summary = diagnostic["summary"].as_str().unwrap_or_default();
    let text = format!("{word}: {summary}");
    Message::new(level, text, "diagnostic", ("diagnostic", diagnostic))
}

/// A diagnostic without a source.
pub fn words(severity: Severity, summary: &str, detail: &str) -> Message {
    let diagnostic_of =
        json!({"severity": severity, "summary": clean(summary), "detail": clean(detail)});
    diagnostic(severity, diagnostic_of)
}

/// A whole plan: what changed outside, what is planned, what is not done and why, the sum, outputs, warnings.
pub fn plan(plan: &Plan) -> Vec<Message> {
    let mut all: Vec<Message> = plan
        .nodes
        .iter()
        .filter(|node| is_drifted(node))
        .map(drifted)
        .collect();
    let done = plan.nodes.iter().filter(|node| match node.state {
        NodeState::Blocked | NodeState::HeldBack => false,
        NodeState::Planned | NodeState::Deferred => true,
    });
    all.extend(done.map(planned));
    all.extend(plan.unreached().map(unreached));
    all.extend(plan.stuck().flat_map(blockers));
    all.extend(plan.held_back.iter().map(held_back));
    all.push(planned_sum(plan));
    if !plan.outputs.is_empty() {
        all.push(outputs(&plan.outputs, planned_output));
    }
    all.extend(plan.findings.iter().map(finding));
    let is_told = |place: &&Unswept| !place.hides() || place.resource.is_some();
    all.extend(plan.unswept.iter().filter(is_told).map(unswept));
    all
}

/// The end of a run. `run` is missing where there was nothing to do.
pub fn outcome(plan: &Plan, sums: &Sums, run: Option<&str>) -> Vec<Message> {
    let complete = sums.open() == 0;
    let operation = headline(plan, sums).1;
    let mut all = vec![
        Message::new(
            if complete { Level::Info } else { Level::Error },
            headline(plan, sums).0,
            "change_summary",
            ("changes", changes(sums.counts, operation)),
        )
        .and(json!({
            "run": run, "complete": complete, "forget": sums.counts.forget,
            "done": sums.done, "in_doubt": sums.in_doubt, "failed": sums.failed, "to_do": sums.to_do
        })),
    ];
    if complete && !plan.outputs.is_empty() {
        all.push(outputs(&plan.outputs, final_output));
    }
    all
}

/// A resource as the stream names it.
pub(crate) fn resource(address: &Address, provider: Option<&str>) -> Json {
    let key = match &address.instance {
        None => Json::Null,
        Some(InstanceKey::Index(index)) => json!(index),
        Some(InstanceKey::Name(name)) => json!(name),
    };
    let inside = Address {
        module: ModulePath::ROOT,
        ..address.clone()
    };
    json!({
        "addr": address, "module": address.module.to_string(), "resource": inside,
        // What is made by a program of ours has no provider.
        "implied_provider": provider.unwrap_or("sk-dr"),
        "resource_type": address.kind, "resource_name": address.name, "resource_key": key
    })
}

fn resource_of(node: &Node) -> Json {
    let provider = node.provider.as_ref();
    resource(
        &node.address,
        provider.map(|provider| provider.provider.as_str()),
    )
}

/// Action words of the stream, which are not those of the plan JSON: a release is `remove`.
pub(crate) fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Forget => "remove",
        Action::Replace => "replace",
        Action::NoOp => "noop",
    }
}

fn planned_word(node: &Node) -> &'static str {
    match node.action {
        Action::Update | Action::NoOp if node.fields.is_empty() && node.importing => "import",
        Action::Update | Action::NoOp
            if node.fields.is_empty() && node.previous_address.is_some() =>
        {
            "move"
        }
        Action::Create
        | Action::Update
        | Action::Delete
        | Action::Forget
        | Action::Replace
        | Action::NoOp => word(node.action),
    }
}

fn change(node: &Node, action: &str) -> Json {
    let mut change = json!({"resource": resource_of(node), "action": action});
    if let Json::Object(members) = &mut change {
        if node.importing {
            let id = json!({"id": clean(&node.key.to_string())});
            members.insert("importing".to_owned(), id);
        }
        if let Some(previous) = &node.previous_address {
            let provider = node.provider.as_ref();
            let provider = provider.map(|provider| provider.provider.as_str());
            members.insert("previous_resource".to_owned(), resource(previous, provider));
        }
        let is_gone = matches!(
            node.reason.code,
            ReasonCode::NotInConfiguration | ReasonCode::Replaced
        );
        if node.action == Action::Replace {
            members.insert("reason".to_owned(), "cannot_update".into());
        } else if is_gone {
            let reason = "delete_because_no_resource_config";
            members.insert("reason".to_owned(), reason.into());
        }
    }
    change
}

fn planned(node: &Node) -> Message {
    let action = planned_word(node);
    let text = format!("{}: Plan to {action}", node.address);
    let reason = json!({"code": node.reason.code, "text": clean(&node.reason.text)});
    Message::new(
        Level::Info,
        text,
        "planned_change",
        ("change", change(node, action)),
    )
    .and(json!({"state": node.state, "reason": reason}))
}

/// Somebody else wrote a field that is ours.
fn is_drifted(node: &Node) -> bool {
    node.action == Action::Update && node.fields.iter().any(|field| field.by.is_some())
}

fn drifted(node: &Node) -> Message {
    let written = node.fields.iter().filter_map(|field| {
        let by = field.by.as_ref()?;
        Some(json!({"path": field.path, "manager": clean(&by.name), "time": by.time}))
    });
    Message::new(
        Level::Info,
        format!("{}: Drift detected (update)", node.address),
        "resource_drift",
        ("change", change(node, "update")),
    )
    .and(json!({"written": written.collect::<Vec<_>>()}))
}

fn blockers(node: &Node) -> Vec<Message> {
    let one = |code: &str, text: &str, cure: &str| {
        let detail = clean(format!("{text} {cure}").trim());
        diagnostic(
            Severity::Error,
            json!({
                "severity": Severity::Error, "code": code, "summary": "Resource is blocked",
                "detail": detail, "address": node.address
            }),
        )
    };
    if node.blockers.is_empty() {
        return vec![one("blocked", &node.reason.text, "")];
    }
    node.blockers
        .iter()
        .map(|blocker| one(&blocker.code, &blocker.text, &blocker.cure))
        .collect()
}

/// A provider of which nothing was seen is one error, whatever it blocks.
fn unreached((place, nodes): (&Unswept, Vec<&Node>)) -> Message {
    let addresses: Vec<&Address> = nodes.iter().map(|node| &node.address).collect();
    let detail = clean(&format!("{}. {}", reason(place), place.next));
    let one = json!({
        "severity": Severity::Error, "code": "unreached", "detail": detail,
        "summary": format!("Provider {} was not reached", place.provider)
    });
    diagnostic(Severity::Error, one).and(json!({
        "provider": place.provider, "class": place.class, "blocked": addresses
    }))
}

fn held_back(held: &HeldBack) -> Message {
    let losses: Vec<String> = held.losses.iter().map(|loss| clean(loss)).collect();
    Message::log(
        Level::Warn,
        format!("{}: held back: {}", held.address, clean(&held.reason)),
        json!({
            "event": "held_back", "address": held.address, "action": word(held.action),
            "losses": losses, "consent": held.consent
        }),
    )
}

fn planned_sum(plan: &Plan) -> Message {
    let counts = Counts::of(plan);
    let blocked = plan
        .nodes
        .iter()
        .filter(|node| node.state == NodeState::Blocked)
        .count();
    Message::new(
        Level::Info,
        format!("Plan: {}.", counts.planned_words()),
        "change_summary",
        ("changes", changes(counts, "plan")),
    )
    .and(json!({
        "stack": plan.stack, "digest": plan.digest, "applyable": plan.applyable, "forget": counts.forget,
        "held_back": plan.held_back.len(), "blocked": blocked, "unchanged": plan.unchanged.len()
    }))
}

fn changes(counts: Counts, operation: &str) -> Json {
    json!({
        "add": counts.add, "change": counts.change, "import": counts.import, "remove": counts.destroy,
        "operation": operation
    })
}

fn outputs(outputs: &BTreeMap<String, PlannedOutput>, one: fn(&PlannedOutput) -> Json) -> Message {
    let all: Map<String, Json> = outputs
        .iter()
        .map(|(name, output)| (name.clone(), one(output)))
        .collect();
    Message::new(
        Level::Info,
        format!("Outputs: {}", all.len()),
        "outputs",
        ("outputs", Json::Object(all)),
    )
}

/// There is no state, so a known output has no other value before.
fn planned_output(output: &PlannedOutput) -> Json {
    let action = if output.value.known().is_some() {
        "noop"
    } else {
        "create"
    };
    json!({"sensitive": output.sensitive, "action": action})
}

/// What is sensitive or made of a secret has no value here.
fn final_output(output: &PlannedOutput) -> Json {
    let nothing = BTreeSet::new();
    let is_hidden = output.sensitive
        || View::of_expr(&output.value, &mut Vec::new(), Sensitive::new(&nothing)) == View::Hidden;
    match output.value.known().filter(|_| !is_hidden) {
        Some(value) => {
            json!({"sensitive": false, "type": type_of(value), "value": value})
        }
        None => json!({"sensitive": is_hidden}),
    }
}

/// A type in cty's JSON form.
fn type_of(value: &Json) -> Json {
    match value {
        Json::Null => json!("dynamic"),
        Json::Bool(_) => json!("bool"),
        Json::Number(_) => json!("number"),
        Json::String(_) => json!("string"),
        Json::Array(members) => {
            json!(["tuple", members.iter().map(type_of).collect::<Vec<_>>()])
        }
        Json::Object(members) => {
            let members: Map<String, Json> = members
                .iter()
                .map(|(name, member)| (name.clone(), type_of(member)))
                .collect();
            json!(["object", members])
        }
    }
}

fn finding(finding: &Finding) -> Message {
    let mut one = json!({
        "severity": Severity::Warning, "code": finding.code, "summary": clean(&finding.summary),
        "detail": clean(&finding.detail)
    });
    if let (Json::Object(members), Some(address)) = (&mut one, &finding.address) {
        members.insert("address".to_owned(), json!(address));
    }
    let message = diagnostic(Severity::Warning, one);
    match finding.severity {
        FindingSeverity::Danger => message.and(json!({"severity": finding.severity})),
        FindingSeverity::Warning => message,
    }
}

fn unswept(place: &Unswept) -> Message {
    let detail = format!("{}: {} {}", place.place(), place.reason, place.next);
    let severity = match place.weight {
        Weight::Note => Severity::Warning,
        Weight::Error => Severity::Error,
    };
    words(severity, "Not swept for orphans", detail.trim_end())
}
