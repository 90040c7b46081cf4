//! How objectives stand in Prometheus' text format, for the textfile collector of the node exporter. Must not decide
//! anything.

use super::drift::escaped;
use super::json::state;
use crate::catalog::velero::status::{Standing, State};
use jiff::Timestamp;
use std::fmt::Write;

const STATES: [&str; 4] = ["breached", "no_objective", "ok", "unknown"];

/// The metrics, ending in a newline. An application without a usable backup has no time of one.
pub fn prometheus(standings: &[Standing<'_>], stack: &str, at: Timestamp) -> String {
    let mut all = String::new();
    let stack = escaped(stack);
    let mut gauge = |name: &str, help: &str, values: Vec<(String, i64)>| {
        // Writing to a text never fails.
        let _ = write!(all, "# HELP {name} {help}\n# TYPE {name} gauge\n");
        for (labels, value) in values {
            let _ = writeln!(all, "{name}{{stack=\"{stack}\"{labels}}} {value}");
        }
    };
    let of = |standing: &Standing<'_>| {
        let address = standing.owner.address.to_string();
        format!(",address=\"{}\"", escaped(&address))
    };
    let each = |value: &dyn Fn(&Standing<'_>) -> Option<i64>| -> Vec<(String, i64)> {
        let all = standings.iter();
        all.filter_map(|one| Some((of(one), value(one)?))).collect()
    };
    gauge(
        "sk_dr_status_last_good_timestamp_seconds",
        "When the newest usable backup ended.",
        each(&|one| Some(one.good.as_ref()?.point.backup.completed?.as_second())),
    );
    gauge(
        "sk_dr_status_last_good_started_timestamp_seconds",
        "When the newest usable backup began: what changed since then is in none.",
        each(&|one| Some(one.good.as_ref()?.point.backup.started?.as_second())),
    );
    gauge(
        "sk_dr_status_rpo_seconds",
        "How old the newest usable backup may be, as declared.",
        each(&|one| Some(one.owner.rpo?.nanoseconds() / 1_000_000_000)),
    );
    let states = standings.iter().flat_map(|one| {
        STATES.map(|word| {
            let labels = format!("{},state=\"{word}\"", of(one));
            (labels, i64::from(state(&one.state) == word))
        })
    });
    gauge(
        "sk_dr_status_state",
        "1 for the state that each objective is in.",
        states.collect(),
    );
    let is_told = |one: &Standing<'_>| match one.state {
        State::Unknown(_) => false,
        State::Ok | State::Breached | State::NoObjective => true,
    };
    let complete = i64::from(standings.iter().all(is_told));
    gauge(
        "sk_dr_status_complete",
        "1 where everything could be told, else 0.",
        vec![(String::new(), complete)],
    );
    gauge(
        "sk_dr_status_last_run_timestamp_seconds",
        "When the last check was made.",
        vec![(String::new(), at.as_second())],
    );
    all
}
