//! One issue per stack: what a job that runs every night needs to open it, to bring it up to date, and to close it. The
//! members `title`, `body` and `state` are those of GitHub's API, so that the whole can be sent as it is.

use super::super::markdown;
use super::super::text::Drift;
use super::super::text::parts::sum_words;
use super::fingerprint;
use crate::plan::drift::Drifted;
use serde_json::{Value as Json, json};

/// The issue; its body takes at most `budget` bytes.
pub fn issue(found: &Drifted, budget: usize) -> Json {
    let plan = &found.plan;
    let drift = Drift::of(plan);
    let is_whole = drift.unknown == 0 && !plan.is_blind();
    let mut issue = json!({
        "title": format!("Drift in {}: {}", plan.stack, sum_words(drift, found.ignored.len())),
        "body": markdown::drift(found, budget),
        "marker": markdown::drift_marker(&plan.stack),
        "fingerprint": fingerprint(found)
    });
    // A check that could not look everywhere proves no end of drift: then nothing is said about opening or closing.
    let state = match (drift.is_there(), is_whole) {
        (true, _) => Some("open"),
        (false, true) => Some("closed"),
        (false, false) => None,
    };
    if let (Json::Object(members), Some(state)) = (&mut issue, state) {
        members.insert("state".to_owned(), json!(state));
    }
    issue
}
