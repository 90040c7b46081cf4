//! What is decided for a declared object where destroy is asked for. Must not know what converging makes of it.

use super::Declared;
use crate::model::resource::Fate;
use crate::plan::decision::{Decision, Outcome, reason};
use crate::plan::document::{HeldBack, ReasonCode};
use crate::plan::leaving::Leaving;
use crate::plan::ownership::Standing;
use crate::plan::removal::Removal;
use serde_json::Value as Json;

impl<'a> Declared<'a, '_> {
    /// What is ours goes, what is not is left alone.
    pub(super) fn destroy(
        &self,
        cluster_uid: &str,
        live: &'a Json,
        whose: Standing,
    ) -> Outcome<Decision<'a>> {
        let removal = Removal {
            context: self.context,
            kind: self.kind,
            cluster_uid,
            live,
            why: reason(ReasonCode::DestroyRequested, "destroy was asked for"),
            fate: Fate::Delete,
        };
        match whose {
            Standing::Ours { origin, .. } => {
                if let Some(leaving) = Leaving::of(live) {
                    return Outcome::Leaving(leaving.words());
                }
                let mut decision = removal.decide(self.subject.clone(), origin);
                decision.resource = Some(self.resource);
                if self.resource.lifecycle.prevent_destroy {
                    let held = HeldBack {
                        address: self.resource.address.clone(),
                        action: decision.node.action,
                        reason: "its lifecycle says prevent_destroy".to_owned(),
                        losses: Vec::new(),
                        consent: None,
                    };
                    decision.hold_back(held);
                }
                Outcome::Decided(Box::new(decision))
            }
            Standing::Unmarked => Outcome::LeftAlone("it carries no mark of ours".to_owned()),
            Standing::OtherStack(other) => {
                Outcome::LeftAlone(format!("it belongs to stack \"{other}\""))
            }
            Standing::Copy(copied) => Outcome::LeftAlone(format!("its mark {copied}")),
            Standing::Damaged => Outcome::LeftAlone("its mark is damaged".to_owned()),
        }
    }
}
