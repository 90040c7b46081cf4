//! `drift -json`: the JSON of a plan, whole, and beside it what of it is drift and what a rule bears.

use super::super::drift::fingerprint;
use super::super::text::Drift;
use crate::model::ignore::attribute_text;
use crate::plan::document::Plan;
use crate::plan::drift::{Drifted, Ignored};
use serde_json::{Value as Json, json};

/// The drift in the form of a plan, with a member `sk_dr_drift`.
///
/// # Errors
/// Where the plan cannot be written as JSON.
pub fn drift(whole: &Plan, found: &Drifted) -> Result<Json, serde_json::Error> {
    let mut json = super::plan(whole)?;
    let drift = Drift::of(&found.plan);
    let ignored = |one: &Ignored| {
        json!({
            "address": one.address, "part": one.part, "attribute": attribute_text(&one.change.path), "by": one.change.by,
            "rule": one.rule, "reason": one.reason, "until": one.until.to_string()
        })
    };
    let is_whole = drift.unknown == 0 && found.plan.applyable && !found.plan.is_blind();
    let told = json!({
        "outcome": match is_whole { true => "complete", false => "incomplete" },
        "changed": drift.changed,
        "missing": drift.missing,
        "undeclared": drift.undeclared,
        "unknown": drift.unknown,
        "fingerprint": fingerprint(found),
        "ignored": found.ignored.iter().map(ignored).collect::<Vec<_>>(),
        "findings": found.plan.findings
    });
    if let Json::Object(members) = &mut json {
        members.insert("sk_dr_drift".to_owned(), told);
    }
    Ok(json)
}
