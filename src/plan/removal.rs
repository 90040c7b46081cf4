//! What is decided for an owned object that is to go: by destroy, or because nothing declares it any more. Must not know
//! how it was found to be ours.

use super::decision::{Decision, Subject, Work, blocker, reason};
use super::declared::Context;
use super::document::{Action, HeldBack, Reason, ReasonCode};
use super::losses::{self, Losing};
use super::ownership::Origin;
use crate::kinds::{Kind, Loss};
use crate::model::identity::Key;
use crate::model::resource::Fate;
use crate::world::query::Why;
use serde_json::Value as Json;

/// An owned object that is to go: by destroy, or because nothing declares it any more.
pub struct Removal<'a, 'c> {
    /// What every decision reads.
    pub context: &'c Context<'a>,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// UID of its cluster.
    pub cluster_uid: &'c str,
    /// The object.
    pub live: &'a Json,
    /// Why it goes.
    pub why: Reason,
    /// What a `removed` block wants to become of it; to be deleted, where there is none.
    pub fate: Fate,
}

impl<'a> Removal<'a, '_> {
    /// Created: deleted, with consent where it holds data. Adopted: released (R24).
    pub fn decide(self, subject: Subject, origin: Origin) -> Decision<'a> {
        let never = self.kind.never_deleted(&subject.key);
        let code = match self.fate {
            Fate::Delete => ReasonCode::ReleasedBecauseAdopted,
            Fate::Release => ReasonCode::ReleasedByRemoved,
        };
        let released = match (self.fate, origin, never) {
            (Fate::Release, ..) => Some("a removed block says so"),
            (Fate::Delete, Origin::Created, None) => None,
            (Fate::Delete, Origin::Created, Some(why)) => Some(why),
            (Fate::Delete, Origin::Adopted, _) => {
                Some("it was adopted, so it is released and not deleted")
            }
        };
        let (action, work, why) = match released {
            None => (Action::Delete, Work::Delete, self.why.clone()),
            Some(why) => (Action::Forget, Work::Release, reason(code, why)),
        };
        let mut decision = Decision::new(subject, self.kind, action, why);
        decision.live = Some(self.live);
        decision.was(self.live);
        decision.work = work;
        if action != Action::Delete {
            return decision;
        }
        let Some(provider) = decision.node.provider.clone() else {
            return decision;
        };
        match (
            self.kind.loss(&decision.node.key, self.live),
            &decision.node.key,
        ) {
            (Loss::Nothing, _) | (Loss::Namespace, Key::Cluster { .. } | Key::Composite { .. }) => {
                decision
            }
            (Loss::Objects(type_), _) => {
                let listed = losses::of_type(self.context.input.live, &provider, &type_);
                self.guarded(decision, listed)
            }
            (Loss::Itself(what), _) => self.guarded(decision, Ok(vec![what])),
            (Loss::Namespace, Key::Kube { name, .. }) => {
                let listed = losses::of_namespace(self.context.input.live, &provider, name);
                self.guarded(decision, listed)
            }
        }
    }

    fn guarded(
        &self,
        mut decision: Decision<'a>,
        listed: Result<Vec<String>, Why>,
    ) -> Decision<'a> {
        let consent = |losses: &[String]| {
            let losing = Losing {
                address: &decision.node.address,
                cluster_uid: self.cluster_uid,
                uid: self.live["metadata"]["uid"].as_str().unwrap_or_default(),
                action: Action::Delete,
            };
            losses::consent(&losing, losses)
        };
        let found = listed.map(|losses| (consent(&losses), losses));
        match found {
            Err(why) => decision.blocked(blocker(
                "unknown",
                format!(
                    "What would be lost with it cannot be listed: {}",
                    why.message
                ),
                "An unreadable list is never taken for an empty one.",
            )),
            Ok((consent, _)) if self.context.input.consents.contains(&consent) => decision,
            Ok((consent, losses)) => {
                let held = HeldBack {
                    address: decision.node.address.clone(),
                    action: Action::Delete,
                    reason: match self.kind.loss(&decision.node.key, self.live) {
                        Loss::Nothing | Loss::Namespace => "deleting it loses what is in it",
                        Loss::Objects(_) => "deleting it loses every object of its type",
                        Loss::Itself(_) => "deleting it loses data",
                    }
                    .to_owned(),
                    losses,
                    consent: Some(consent),
                };
                decision.hold_back(held);
                decision
            }
        }
    }
}
