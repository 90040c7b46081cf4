//! What a former attempt at a restore made goes before the next one: the namespaces that a person saw and consented to,
//! each by its UID. Backups, Restores and volumes of other namespaces are none of it. Must not know why an attempt failed.

use super::judgement::{Seen, moved, seen, text};
use super::step::StepTask;
use super::wait::{Subject, wait_for};
use crate::journal::record::Removed;
use crate::model::condition::{Condition, Wait};
use crate::model::expression::{Bindings, Expr};
use crate::model::identity::ProviderRef;
use crate::model::json_path::Projection;
use crate::plan::document::Step;
use crate::plan::event::Event;
use crate::plan::recovery::objects::NAMESPACES;
use crate::world::op::{Ground, KubeOp, KubeVerb, Op};
use crate::world::query::{Effect, Query, Why};
use crate::world::{Bound, ReadVersion};
use serde_json::Value as Json;

/// Seconds for a namespace to go: its finalizers are its owners' business, and are told.
const GONE_S: u64 = 600;

impl StepTask<'_> {
    /// Removes what goes before the write, and waits until it is gone.
    pub(super) async fn clear(&self) -> Result<(), Why> {
        let Some(provider) = self.step.op.provider() else {
            return Ok(());
        };
        for removed in &self.first {
            self.remove(provider, removed).await?;
        }
        Ok(())
    }

    async fn remove(&self, provider: &ProviderRef, removed: &Removed) -> Result<(), Why> {
        let query = Query::Get {
            provider: provider.clone(),
            resource: NAMESPACES,
            namespace: None,
            name: removed.namespace.clone(),
        };
        let answer = self.outside.answer(&query).await;
        let object = match seen(&answer)? {
            Seen::Nothing => return Ok(()),
            // What is there already gets no data of its volumes.
            Seen::Object(object) if text(object, "/metadata/uid") != removed.uid => {
                return Err(moved(format!(
                    "namespace {} was made anew by somebody, and nothing is restored over what is there",
                    removed.namespace
                )));
            }
            Seen::Object(object) => object.clone(),
        };
        let step = self.removal(provider, removed);
        if text(&object, "/metadata/deletionTimestamp").is_empty() {
            let bound = Bound {
                bindings: Bindings::new(),
                read: Some(ReadVersion {
                    uid: removed.uid.clone(),
                    resource_version: text(&object, "/metadata/resourceVersion"),
                }),
                limit: None,
            };
            match self.outside.perform(&step.op, &bound).await {
                // After a lost answer the wait tells.
                Effect::Done(_) | Effect::InDoubt(_) => {}
                Effect::Refused(why) => return Err(why),
            }
        }
        let wait = Wait {
            condition: Condition::Gone,
            limit_s: GONE_S,
        };
        let subject = Subject {
            step: &step,
            query: &query,
            object,
            places: self.places,
        };
        // The row is that of the restore: what it waits for is said with it.
        let telling = |mut event: Event| {
            if let Event::StepWaiting { text, .. } = &mut event {
                *text = format!("namespace {} has to go first: {text}", removed.namespace);
            }
            (self.telling)(event);
        };
        let gone = wait_for(self.outside, &telling, &wait, subject).await;
        gone.map(|_| ()).map_err(|why| Why {
            message: format!(
                "namespace {} does not go: {}",
                removed.namespace, why.message
            ),
            ..why
        })
    }

    /// The same step, as the removal of a namespace: its words stand under the restore that it is for.
    fn removal(&self, provider: &ProviderRef, removed: &Removed) -> Step {
        Step {
            op: Op::Kube(KubeOp {
                provider: provider.clone(),
                verb: KubeVerb::Delete,
                resource: NAMESPACES,
                namespace: None,
                name: removed.namespace.clone(),
                body: Expr::Value(Json::Null),
                takes: Vec::new(),
            }),
            ground: Ground::Present {
                uid: removed.uid.clone(),
                deleting: false,
                owned: String::new(),
                projection: Projection {
                    include: Vec::new(),
                    exclude: Vec::new(),
                },
            },
            guards: Vec::new(),
            wait: None,
            ..self.step.clone().into_owned()
        }
    }
}
