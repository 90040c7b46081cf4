//! What is decided for an object of which only some fields are declared (R25): another makes and owns it. It is never made,
//! marked or deleted; what is ours is told by field manager. Must not know which fields those are.

use super::Declared;
use crate::model::advice::Advice;
use crate::model::identity::Key;
use crate::plan::decision::{Decision, Outcome, Update, blocker, reason};
use crate::plan::document::{Action, ReasonCode};
use crate::plan::leaving::Leaving;
use crate::plan::managers;
use crate::plan::ownership::{Origin, Standing};
use serde_json::Value as Json;

impl<'a> Declared<'a, '_> {
    /// It is there.
    pub(super) fn shared(
        &self,
        cluster_uid: &str,
        live: &'a Json,
        whose: Standing,
    ) -> Outcome<Decision<'a>> {
        if self.destroying() {
            return self.given_up(cluster_uid, live, whose);
        }
        if let Some(leaving) = Leaving::of(live) {
            return self.terminating(live, &leaving);
        }
        if let Some(text) = marked(&whose) {
            return self.refused(
                live,
                "declared-whole",
                text,
                "Say these fields in the resource that declares it.".to_owned(),
            );
        }
        let (ignored, taken) = self.differences(live);
        if taken.is_empty() {
            return Outcome::Unchanged;
        }
        let why = reason(ReasonCode::Differs, "it differs from the configuration");
        let decision = Decision::new(self.subject.clone(), self.kind, Action::Update, why);
        let update = Update {
            taken,
            ignored,
            marks: Vec::new(),
            misplaced: Vec::new(),
        };
        Outcome::Decided(Box::new(self.update(decision, live, update)))
    }

    /// It is not there, or cannot be there yet.
    pub(super) fn not_made(&self) -> Outcome<Decision<'a>> {
        if self.destroying() {
            return Outcome::Nothing;
        }
        let type_ = match &self.subject.key {
            Key::Kube { resource, .. } => resource.kind.as_ref(),
            Key::Cluster { .. } | Key::Composite { .. } => "object",
        };
        let why = "what others make is not there";
        let decision = self.decision(Action::NoOp, ReasonCode::Absent, why);
        Outcome::Decided(Box::new(decision.blocked(blocker(
            "not-made",
            format!(
                "There is no {type_} {}, and it is not ours to make.",
                self.subject.key
            ),
            format!(
                "Plan again once it is there, or leave this out: {}.",
                Advice::leave_out_flag(&self.resource.address)
            ),
        ))))
    }

    /// Our fields are released; without any there is nothing to do.
    fn given_up(
        &self,
        cluster_uid: &str,
        live: &'a Json,
        whose: Standing,
    ) -> Outcome<Decision<'a>> {
        if let Some(text) = marked(&whose) {
            return Outcome::LeftAlone(text);
        }
        if !managers::holds_ours(live) {
            return Outcome::Nothing;
        }
        let ours = Standing::Ours {
            address_label: String::new(),
            origin: Origin::Created,
        };
        self.destroy(cluster_uid, live, ours)
    }
}

/// Why it cannot be shared: it carries a mark, so that our field manager may hold fields that another resource says.
fn marked(whose: &Standing) -> Option<String> {
    Some(match whose {
        Standing::Unmarked => return None,
        Standing::Ours { address_label, .. } => {
            format!("it carries the mark of {address_label}, which declares it whole")
        }
        Standing::OtherStack(other) => {
            format!("it carries the mark of stack \"{other}\", which declares it whole")
        }
        Standing::Copy(copied) => format!("it carries a mark that {copied}"),
        Standing::Damaged => "it carries a damaged mark".to_owned(),
    })
}
