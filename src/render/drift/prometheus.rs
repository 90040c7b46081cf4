//! Prometheus' text format, for the textfile collector of the node exporter: write it beside the file that is collected,
//! then rename it, so that no half of it is read.

use super::super::text::parts::{Standing, held_alone, standing};
use crate::plan::document::{Action, NodeState, Plan};
use crate::plan::drift::Drifted;

/// The metrics, ending in a newline.
#[expect(
    clippy::too_many_lines,
    reason = "a table of metrics, read from top to bottom"
)]
pub fn prometheus(found: &Drifted) -> String {
    let plan = &found.plan;
    let count = |wanted: Standing| {
        plan.nodes
            .iter()
            .filter(|node| standing(node) == wanted)
            .count()
    };
    let blocked = plan.nodes.iter().filter(|node| {
        let is_unknown = node
            .blockers
            .iter()
            .any(|blocker| blocker.code == "unknown");
        node.state == NodeState::Blocked && !is_unknown
    });
    let blocked = blocked.count();
    let standings = [
        ("blocked", blocked),
        ("changed", count(Standing::Changed)),
        ("missing", count(Standing::Missing)),
        ("unchanged", plan.unchanged.len()),
        (
            "undeclared",
            count(Standing::Undeclared) + held_alone(plan).count(),
        ),
        ("unknown", count(Standing::Unknown) - blocked),
    ];
    let acted = |wanted: Action| {
        let nodes = plan.nodes.iter().filter(|node| node.action == wanted);
        nodes
            .filter(|node| match node.state {
                NodeState::Planned | NodeState::Deferred => true,
                NodeState::Blocked | NodeState::HeldBack => false,
            })
            .count()
    };
    let actions = [
        ("create", acted(Action::Create)),
        ("delete", acted(Action::Delete)),
        ("forget", acted(Action::Forget)),
        ("replace", acted(Action::Replace)),
        ("update", acted(Action::Update)),
    ];
    let complete = usize::from(plan.applyable && count(Standing::Unknown) == 0 && !plan.is_blind());
    let mut all = String::new();
    let mut gauge = |name: &str, help: &str, label: &str, values: &[(&str, String)]| {
        all.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
        for (word, value) in values {
            let word = match word.is_empty() {
                true => String::new(),
                false => format!(",{label}=\"{word}\""),
            };
            let stack = escaped(&plan.stack);
            all.push_str(&format!("{name}{{stack=\"{stack}\"{word}}} {value}\n"));
        }
    };
    let numbers = |counts: &[(&'static str, usize)]| -> Vec<(&'static str, String)> {
        let counts = counts.iter();
        counts
            .map(|(word, count)| (*word, count.to_string()))
            .collect()
    };
    gauge(
        "sk_dr_drift_resources",
        "Resources by what the last check found.",
        "standing",
        &numbers(&standings),
    );
    gauge(
        "sk_dr_drift_actions",
        "Resources by what an apply would do.",
        "action",
        &numbers(&actions),
    );
    gauge(
        "sk_dr_drift_ignored_changes",
        "Changes that a rule of the configuration bears.",
        "",
        &numbers(&[("", found.ignored.len())]),
    );
    let stack = escaped(&plan.stack);
    let why = match (complete, reason(plan)) {
        (1, _) => String::new(),
        (_, reason) => format!(",reason=\"{}\"", escaped(&reason)),
    };
    all.push_str(&format!(
        "{COMPLETE}sk_dr_drift_complete{{stack=\"{stack}\"{why}}} {complete}\n"
    ));
    all.push_str(&format!(
        "{LAST_RUN}sk_dr_drift_last_run_timestamp_seconds{{stack=\"{stack}\"}} {}\n",
        plan.made_at.as_second()
    ));
    all
}

/// Head of the metric that says whether all could be told.
pub(super) const COMPLETE: &str = "# HELP sk_dr_drift_complete 1 where everything could be told, else 0 with the reason.\n# TYPE sk_dr_drift_complete gauge\n";
/// Head of the metric that says when the last check was made.
pub(super) const LAST_RUN: &str = "# HELP sk_dr_drift_last_run_timestamp_seconds When the last check was made.\n# TYPE sk_dr_drift_last_run_timestamp_seconds gauge\n";

/// Why not all could be told: the class of the first place that was not looked at, else that something is blocked.
fn reason(plan: &Plan) -> String {
    let mut hidden = plan.unswept.iter().filter(|place| place.hides());
    let class = hidden.find_map(|place| place.class);
    let word = class.and_then(|class| serde_json::to_value(class).ok());
    let word = word.as_ref().and_then(serde_json::Value::as_str);
    word.unwrap_or("blocked").to_owned()
}

/// A label's value.
pub(in crate::render) fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
