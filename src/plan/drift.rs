//! What of the changes outside is borne by a rule, and what is drift. A rule bears attributes that differ, nothing else:
//! what is missing, not declared or unknown is always told. Pure.

use super::document::{
    Action, FieldChange, Finding, FindingSeverity, Node, NodePart, NodeState, Plan,
};
use crate::model::address::Address;
use crate::model::ignore::IgnoreRule;
use crate::model::resource::Configuration;
use jiff::Timestamp;
use jiff::civil::Date;

/// A change outside that a rule bears.
#[derive(Clone, Debug, PartialEq)]
pub struct Ignored {
    /// The resource.
    pub address: Address,
    /// Key of the object, where the resource is several.
    pub part: Option<String>,
    /// The change.
    pub change: FieldChange,
    /// Name of the rule.
    pub rule: String,
    /// Its reason.
    pub reason: String,
    /// Its last day, UTC.
    pub until: Date,
}

/// What is drift, and what is not because a rule says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// The plan without what is ignored. It is read, never applied: its steps and digest are those of the whole.
    pub plan: Plan,
    /// What is ignored, by address.
    pub ignored: Vec<Ignored>,
}

/// Sets aside what the rules of the configuration bear on this day. A rule that has ended, or that names nothing declared, is a
/// finding.
pub fn set_aside(mut plan: Plan, configuration: &Configuration, now: Timestamp) -> Drifted {
    let rules: Vec<&IgnoreRule> = configuration
        .ignores
        .iter()
        .filter(|rule| !rule.has_ended(now))
        .collect();
    let mut ignored = Vec::new();
    for node in plan.nodes.iter_mut().filter(|node| is_difference(node)) {
        let mut bear = |fields: &mut Vec<FieldChange>, part: Option<String>| {
            for change in std::mem::take(fields) {
                match rule_for(&rules, &node.address, &change) {
                    None => fields.push(change),
                    Some(rule) => ignored.push(Ignored {
                        address: node.address.clone(),
                        part: part.clone(),
                        change,
                        rule: rule.name.clone(),
                        reason: rule.reason.clone(),
                        until: rule.until,
                    }),
                }
            }
        };
        bear(&mut node.fields, None);
        for part in &mut node.parts {
            bear(&mut part.fields, Some(part.key.to_string()));
        }
    }
    let is_borne = |node: &Node| {
        is_difference(node)
            && node.fields.is_empty()
            && node.parts.iter().all(is_quiet)
            && ignored
                .iter()
                .any(|one: &Ignored| one.address == node.address)
    };
    plan.nodes.retain(|node| !is_borne(node));
    plan.findings.extend(findings(configuration, now));
    Drifted { plan, ignored }
}

/// An object of a resource that is there and of whose attributes no difference is left.
fn is_quiet(part: &NodePart) -> bool {
    match part.action {
        Action::Update | Action::NoOp => part.fields.is_empty() && !part.importing,
        Action::Create | Action::Delete | Action::Forget | Action::Replace => false,
    }
}

fn rule_for<'r>(
    rules: &[&'r IgnoreRule],
    address: &Address,
    change: &FieldChange,
) -> Option<&'r IgnoreRule> {
    let mut rules = rules.iter().copied();
    rules.find(|rule| rule.names(address) && rule.covers(&change.path))
}

/// An object that is ours, there, and differs in its attributes.
fn is_difference(node: &Node) -> bool {
    let stands = match node.state {
        NodeState::Planned | NodeState::Deferred | NodeState::HeldBack => true,
        NodeState::Blocked => false,
    };
    stands && node.action == Action::Update && !node.importing && node.previous_address.is_none()
}

fn findings(configuration: &Configuration, now: Timestamp) -> Vec<Finding> {
    let finding = |code: &str, summary: &str, detail: String| Finding {
        code: code.to_owned(),
        severity: FindingSeverity::Warning,
        address: None,
        summary: summary.to_owned(),
        detail,
    };
    let mut all = Vec::new();
    for rule in &configuration.ignores {
        if rule.has_ended(now) {
            all.push(finding(
                "ignore-ended",
                "A rule that ignores drift has ended",
                format!(
                    "drift rule {:?} held until {} and ignores nothing any more. Its reason was: {}. Undo the change, declare it, or give the rule another day.",
                    rule.name, rule.until, rule.reason
                ),
            ));
        } else if !configuration
            .resources
            .iter()
            .any(|resource| rule.names(&resource.address))
        {
            all.push(finding(
                "ignore-unused",
                "A rule that ignores drift names nothing",
                format!(
                    "drift rule {:?} is about {}, and no declared resource has such an address.",
                    rule.name, rule.resource
                ),
            ));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture::{node, plan};
    use serde_json::{Value as Json, json};

    /// What is left and how much is ignored of a plan with these nodes, under a rule about `paused` of every schedule.
    fn check(nodes: Json, left: &[&str], ignored: usize) {
        let mut configuration = Configuration::default();
        configuration.ignores.push(IgnoreRule {
            name: "x".to_owned(),
            resource: "velero_schedule.*".to_owned(),
            attributes: vec![vec!["paused".to_owned()]],
            reason: "x".to_owned(),
            until: "2026-12-31".parse().unwrap(),
        });
        let whole = plan(json!({"nodes": nodes}));
        let now = "2026-12-31T12:00:00Z".parse().unwrap();
        let found = set_aside(whole, &configuration, now);
        let nodes = found.plan.nodes.iter();
        let addresses: Vec<String> = nodes.map(|node| node.address.to_string()).collect();
        assert_eq!(addresses, left);
        assert_eq!(found.ignored.len(), ignored);
    }

    #[test]
    fn a_rule_bears_attributes_and_nothing_else() {
        let paused = json!({"path": ["paused"], "before": true, "after": {"value": false}});
        let ttl = json!({"path": ["ttl"], "before": "1h", "after": {"value": "2h"}});
        check(json!([node(json!({"fields": [paused]}))]), &[], 1);
        let both = json!([node(json!({"fields": [paused, ttl]}))]);
        check(both, &["velero_schedule.shop"], 1);
        for never in [
            json!({"action": "create"}),
            json!({"action": "delete", "fields": [paused]}),
            json!({"action": "no_op", "state": "blocked", "fields": [paused]}),
            json!({"state": "blocked", "fields": [paused]}),
            json!({"importing": true, "fields": [paused]}),
            json!({"fields": []}),
        ] {
            check(json!([node(never)]), &["velero_schedule.shop"], 0);
        }
        let part = |action: &str| {
            json!({"kind": "velero_schedule", "action": action, "fields": [paused],
                "key": {"cluster": {"name": "x"}}})
        };
        let parts = |parts: Json| json!([node(json!({"parts": parts}))]);
        check(parts(json!([part("update")])), &[], 1);
        let gone = json!([part("update"), part("create")]);
        check(parts(gone), &["velero_schedule.shop"], 2);
    }
}
