//! SARIF 2.1.0, for code scanning: each drift at the block that declares the resource. What cannot be told is a failure of
//! the check, what a rule bears is a suppressed result.

use super::super::text::parts::{Standing, held_alone, ignored_text, rule_text, standing};
use super::super::text::reason;
use super::happened;
use crate::model::address::Address;
use crate::plan::drift::Drifted;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Where a resource is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File, relative to the configuration directory.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// Rules with their level and what they mean.
const RULES: &[(&str, &str, &str)] = &[
    (
        "drift-changed",
        "warning",
        "A resource differs from its declaration",
    ),
    (
        "drift-missing",
        "error",
        "A declared resource does not exist",
    ),
    (
        "drift-undeclared",
        "warning",
        "A resource of this stack is not declared",
    ),
];

/// The log, for the configuration in this directory. What is nowhere declared is shown at `elsewhere`, since a result without a place is not shown at all.
#[expect(
    clippy::too_many_lines,
    reason = "the log in the order in which it is written"
)]
pub fn sarif(
    found: &Drifted,
    (places, elsewhere): (&BTreeMap<Address, Place>, &Place),
    directory: &str,
) -> Json {
    let plan = &found.plan;
    let result = |rule: usize, address: &Address, message: String| {
        let (id, level, _) = RULES.get(rule).copied().unwrap_or_default();
        let place = places.get(address).unwrap_or(elsewhere);
        json!({
            "ruleId": id,
            "ruleIndex": rule,
            "level": level,
            "message": {"text": format!("{address} {message}")},
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(&place.file), "uriBaseId": "CONFIGURATION"},
                    "region": {"startLine": place.line}
                },
                "logicalLocations": [{"fullyQualifiedName": address, "kind": "resource"}]
            }],
            "partialFingerprints": {"address/v1": address}
        })
    };
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    for node in &plan.nodes {
        let rule = match standing(node) {
            Standing::Changed => 0,
            Standing::Missing => 1,
            Standing::Undeclared => 2,
            Standing::Unknown if plan.is_unreached(node) => continue,
            Standing::Unknown => {
                let text = format!("{} {}", node.address, happened(node));
                notifications.push(json!({"level": "error", "message": {"text": text}}));
                continue;
            }
        };
        results.push(result(rule, &node.address, happened(node)));
    }
    for held in held_alone(plan) {
        results.push(result(
            2,
            &held.address,
            "is not in configuration".to_owned(),
        ));
    }
    for one in &found.ignored {
        let message = format!("has changed: {}", ignored_text(one));
        let mut ignored = result(0, &one.address, message);
        if let Json::Object(members) = &mut ignored {
            let why = json!([{"kind": "external", "status": "accepted", "justification": rule_text(one)}]);
            members.insert("suppressions".to_owned(), why);
        }
        results.push(ignored);
    }
    for place in plan.unswept.iter().filter(|place| place.hides()) {
        let text = format!(
            "{} was not looked at: {}. {}",
            place.place(),
            reason(place),
            place.next
        );
        notifications.push(json!({"level": "error", "message": {"text": text}}));
    }
    let rules = RULES.iter().map(|(id, level, text)| {
        json!({"id": id, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}})
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "sk-dr",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>()
            }},
            "automationDetails": {"id": format!("sk-dr/drift/{}/", plan.stack)},
            "originalUriBaseIds": {"CONFIGURATION": {"uri": format!("file://{}/", uri(directory))}},
            "invocations": [{
                "executionSuccessful": notifications.is_empty(),
                "endTimeUtc": plan.made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "toolExecutionNotifications": notifications
            }],
            "results": results
        }]
    })
}

/// A path as a URI has it.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
