//! What a plan may claim of what is live: that it matches, that nothing is left, that it is complete. A claim needs an
//! answer: no renderer can say so without a [`Compared`], and only a plan whose questions were answered gives one.

use super::{Node, NodeState, Plan};
use crate::goal::GoalMode;
use crate::model::identity::ProviderRef;
use crate::world::query::FailureClass;
use serde::{Deserialize, Serialize};

/// A place that was not looked into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unswept {
    /// Provider.
    pub provider: ProviderRef,
    /// `schedules.velero.io`; none: nothing of this provider was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Why.
    pub reason: String,
    /// Class of the failure; none where nobody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// What it means for the plan.
    pub weight: Weight,
    /// What to do, a full sentence; empty for a note.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next: String,
}

/// What a place that was not looked into means for a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Worth a word: a missing right on a type that was never used here, what `-exclude` left out.
    Note,
    /// Something of the stack may be there and unseen: the plan claims nothing and cannot be applied.
    Error,
}

impl Unswept {
    /// Whether something of the stack may be there and unseen.
    pub fn hides(&self) -> bool {
        match self.weight {
            Weight::Note => false,
            Weight::Error => true,
        }
    }
    /// Whether it is a whole provider that something is hidden by.
    fn is_blind_provider(&self) -> bool {
        self.resource.is_none() && self.hides()
    }
    /// `schedules.velero.io of provider kubernetes`.
    pub fn place(&self) -> String {
        let resource = self.resource.as_deref().unwrap_or("everything");
        format!("{resource} of provider {}", self.provider)
    }
}

/// Proof that what a plan speaks of was held against answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared(());

/// How far a plan has seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight<'p> {
    /// Everything that could hold something of the stack has answered.
    Whole(Compared),
    /// What was asked for has answered; the rest was not looked at: a narrowed plan, a right that was never needed here.
    Part(Compared),
    /// Nothing was asked: no provider is declared, or none of them exists yet.
    Nowhere,
    /// What should have been compared was not; never empty.
    Blind(Vec<&'p Unswept>),
}

impl Plan {
    /// What may be claimed.
    pub fn sight(&self) -> Sight<'_> {
        let hidden: Vec<&Unswept> = self.unswept.iter().filter(|place| place.hides()).collect();
        if !hidden.is_empty() {
            return Sight::Blind(hidden);
        }
        let answers = self.providers.values().map(|provider| provider.answers);
        // A cluster that a command makes has no provider: that it is there was an answer too.
        if answers.sum::<usize>() == 0 && self.unchanged.is_empty() {
            return Sight::Nowhere;
        }
        let is_whole = self.goal.target.is_empty() && self.goal.exclude.is_empty();
        match is_whole && self.unswept.is_empty() {
            true => Sight::Whole(Compared(())),
            false => Sight::Part(Compared(())),
        }
    }

    /// Whether too little was seen for anything to be done: something may be hidden, or all is to be destroyed and there is
    /// nowhere to look.
    pub fn is_blind(&self) -> bool {
        match self.sight() {
            Sight::Whole(_) | Sight::Part(_) => false,
            Sight::Nowhere => self.goal.mode == GoalMode::Destroy && self.providers.is_empty(),
            Sight::Blind(_) => true,
        }
    }

    /// Whether a node is blocked for no other reason than that nothing of its provider was looked at: that is one error of
    /// the provider, not one of each resource.
    pub fn is_unreached(&self, node: &Node) -> bool {
        let blind = |provider: &ProviderRef| {
            let mut places = self.unswept.iter();
            places.any(|place| place.is_blind_provider() && place.provider == *provider)
        };
        node.state == NodeState::Blocked
            && node.blockers.iter().all(|one| one.code == "unknown")
            && node.provider.as_ref().is_some_and(blind)
    }

    /// Whole providers of which nothing was seen, each with the nodes that it blocks.
    pub fn unreached(&self) -> impl Iterator<Item = (&Unswept, Vec<&Node>)> {
        let places = self
            .unswept
            .iter()
            .filter(|place| place.is_blind_provider());
        places.map(|place| {
            let blocked = |node: &&Node| {
                node.provider.as_ref() == Some(&place.provider) && self.is_unreached(node)
            };
            (place, self.nodes.iter().filter(blocked).collect())
        })
    }

    /// Blocked nodes, each for a reason of its own.
    pub fn stuck(&self) -> impl Iterator<Item = &Node> {
        let blocked = self.nodes.iter();
        let blocked = blocked.filter(|node| node.state == NodeState::Blocked);
        blocked.filter(|node| !self.is_unreached(node))
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::document::Plan;
    use serde_json::{Value as Json, json};

    fn plan(members: Json) -> Plan {
        let mut whole = json!({
            "format": "sk-dr-plan", "version": 1, "tool": "", "made_at": "2026-11-21T09:00:00Z", "stack": "acme",
            "goal": {"mode": "converge"}, "providers": {}, "secrets": {}, "nodes": [], "steps": [],
            "unchanged": [], "held_back": [], "unswept": [], "consents": [], "findings": [], "outputs": {},
            "applyable": true, "digest": ""
        });
        for (name, member) in members.as_object().unwrap() {
            whole[name] = member.clone();
        }
        serde_json::from_value(whole).unwrap()
    }

    /// `whole`, `part`, `nowhere` or `blind` of a plan with these members, and whether it may be carried out.
    fn check(members: Json, expected: (&str, bool)) {
        let plan = plan(members);
        let sight = match plan.sight() {
            super::Sight::Whole(_) => "whole",
            super::Sight::Part(_) => "part",
            super::Sight::Nowhere => "nowhere",
            super::Sight::Blind(_) => "blind",
        };
        assert_eq!((sight, !plan.is_blind()), expected);
    }

    #[test]
    fn a_claim_needs_an_answer() {
        let provider = |answers: usize| {
            json!({"kubernetes": {"instance": {"known": {"kube_system_uid": "u"}}, "connect": {"value": {}}, "title": "t",
                "answers": answers}})
        };
        let unseen = |weight: &str| json!([{"provider": "kubernetes", "reason": "refused", "class": "unreachable", "weight": weight}]);
        check(json!({"providers": provider(3)}), ("whole", true));
        check(json!({"providers": provider(0)}), ("nowhere", true));
        check(json!({"providers": {}}), ("nowhere", true));
        let destroy = json!({"mode": "destroy"});
        check(
            json!({"providers": {}, "goal": destroy}),
            ("nowhere", false),
        );
        let narrowed = json!({"mode": "converge", "target": ["velero_schedule.shop"]});
        check(
            json!({"providers": provider(3), "goal": narrowed}),
            ("part", true),
        );
        for (weight, expected) in [("note", ("part", true)), ("error", ("blind", false))] {
            let members = json!({"providers": provider(3), "unswept": unseen(weight)});
            check(members, expected);
        }
    }

    #[test]
    fn what_a_dead_provider_blocks_is_told_with_it() {
        let blocked = |address: &str, code: &str| {
            json!({"address": address, "kind": "velero_schedule", "provider": "kubernetes", "key": {"cluster": {"name": "x"}},
                "action": "no_op", "reason": {"code": "unknown", "text": ""}, "before": null, "after": {"value": null},
                "fields": [], "state": "blocked", "blockers": [{"code": code, "text": "x", "cure": ""}]})
        };
        let plan = plan(json!({
            "nodes": [blocked("velero_schedule.a", "unknown"), blocked("velero_schedule.b", "needs-adopt")],
            "unswept": [{"provider": "kubernetes", "reason": "refused", "class": "unreachable", "weight": "error"}]
        }));
        let names = |nodes: Vec<&super::Node>| {
            let names = nodes.into_iter().map(|node| node.address.to_string());
            names.collect::<Vec<_>>()
        };
        let (_, unreached) = plan.unreached().next().unwrap();
        assert_eq!(names(unreached), ["velero_schedule.a"]);
        assert_eq!(names(plan.stuck().collect()), ["velero_schedule.b"]);
    }
}
