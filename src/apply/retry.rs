//! A restore that failed is made once more, by consent (R6): over what a failed one left Velero brings no volume data, so
//! what it made goes first. Here that is looked at and written into the journal; it is carried out as the step is. Must not
//! ask anybody, nor print.

use super::close::reach;
use super::judgement::{Seen, seen, text};
use super::outside::Outside;
use crate::journal::record::{Entry, Removed};
use crate::journal::status::{RunState, StepStatus};
use crate::model::address::Address;
use crate::model::guard::Guard;
use crate::model::identity::KubeResource;
use crate::model::recovery::Turn;
use crate::plan::document::{Pinned, Plan, Step, StepId};
use crate::plan::queries::list_for;
use crate::plan::recovery::objects::{self, BACKUPS, NAMESPACES, RESTORES};
use crate::world::op::{KubeOp, KubeVerb, Op};
use crate::world::query::{Answer, Fact, FailureClass, Query, Why};
use jiff::Timestamp;
use serde_json::Value as Json;

/// Last phases of a Restore: behind them Velero does nothing more for it.
const ENDED: [&str; 4] = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"];
/// The one of a restore that brought most of it.
const PARTLY: &str = "PartiallyFailed";

/// Types that are told by name, or looked at by themselves.
const CLAIMS: &str = "persistentvolumeclaims";
const VOLUMES: &str = "persistentvolumes";

/// Which of an application's steps is done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is restored, after what the attempt before made is gone.
    Restore,
    /// It is restored over what is there, which has neither Pods nor volumes.
    Rest,
    /// It is back, and its fresh backup failed.
    Backup,
}

/// What is to be done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// Which of them it is.
    pub what: What,
    /// Its step.
    pub step: StepId,
    /// The backup that is restored, or that failed.
    pub backup: String,
    /// Which attempt comes next.
    pub attempt: u32,
    /// What the last one made.
    pub left: Vec<Left>,
}

/// A namespace that an attempt made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its name and UID.
    pub removed: Removed,
    /// When it was made.
    pub made: Timestamp,
    /// Its claims.
    pub claims: Vec<String>,
    /// How many objects of the backup's types are in it.
    pub objects: usize,
}

/// Why a restore is not made once more, or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing of this address is restored.
    #[error("nothing of {0} is restored by this run: name one of the applications in its plan")]
    NotRestored(Address),
    /// It is done.
    #[error("the restore of {0} is done: nothing of it is to be made once more")]
    Done(Address),
    /// It did not fail.
    #[error(
        "the restore of {of} is {status}, it has not failed: go on with the run without a flag, which gives it its turn"
    )]
    NotFailed {
        /// The application.
        of: Address,
        /// Where its step stands.
        status: StepStatus,
    },
    /// Something that comes after it is in doubt.
    #[error("step {0} is in doubt: go on with the run first, which settles it")]
    InDoubt(StepId),
    /// Velero may be at work.
    #[error(
        "Velero has not ended its restore {restore}, which is {phase}: nothing is removed under its hands. Restart its server, which ends it as Failed"
    )]
    AtWork {
        /// The Restore.
        restore: String,
        /// Its phase.
        phase: String,
    },
    /// A disk came back with it, and is bound to a claim that would go.
    #[error(
        "PersistentVolume {volume} of claim {claim} is a disk that outlived its cluster, and what is on it is in no backup. See that its reclaim policy is Retain, so that the disk stays; delete its namespace and then it by hand; then retry: it comes back as before"
    )]
    HasDisk {
        /// The PersistentVolume.
        volume: String,
        /// `NAMESPACE/CLAIM`.
        claim: String,
    },
    /// A namespace is none of its making.
    #[error(
        "namespace {namespace} {why}, so it is none of what the restore made, and nothing is restored over what is there. If it may go, delete it by hand and retry"
    )]
    NotItsOwn {
        /// The namespace.
        namespace: String,
        /// Why that is known.
        why: &'static str,
    },
    /// What ended is nothing that can be accepted.
    #[error(
        "the restore of {of} {phase}, and only one that ended {PARTLY} or Completed brought what can be accepted: retry it"
    )]
    NotAcceptable {
        /// The application.
        of: Address,
        /// How its Restore ended.
        phase: String,
    },
    /// The cluster was found to serve everything, or nobody has looked.
    #[error(
        "this run did not fail because of types that the cluster does not serve: there is nothing to accept"
    )]
    NothingUnserved,
    /// It cannot be told.
    #[error("it cannot be told what is there: {}", .0.message)]
    Unknown(Why),
}

impl From<Why> for Refusal {
    fn from(why: Why) -> Self {
        Self::Unknown(why)
    }
}

impl Again {
    /// What is written before anything is removed.
    pub fn entry(&self) -> Entry {
        let removed = self.left.iter().map(|left| left.removed.clone());
        Entry::Retried {
            step: self.step.clone(),
            attempt: self.attempt,
            removed: removed.collect(),
        }
    }
}

/// Namespaces that have to go before another attempt. Stage *infra* brings neither Pods nor volumes: another attempt keeps
/// what is there and brings the rest, and nothing has to go that everything else needs.
fn goes_first(pin: &Pinned) -> &[String] {
    match pin.turn {
        Turn::Infra => &[],
        Turn::Applications | Turn::Quiet => &pin.namespaces,
    }
}

/// A point's restore, as far as the plan says.
struct Point<'a> {
    pin: &'a Pinned,
    restore: &'a Step,
    op: &'a KubeOp,
    /// The gate behind it.
    gate: &'a Step,
}

fn point<'a>(plan: &'a Plan, address: &Address) -> Option<Point<'a>> {
    let pin = plan.pinned.iter().find(|pin| pin.of == *address)?;
    let mut own = plan.steps.iter().filter(|step| step.node == *address);
    let (restore, op) = own.find_map(|step| match &step.op {
        Op::Kube(op) if op.verb == KubeVerb::Create && op.resource == RESTORES => Some((step, op)),
        Op::Kube(_) | Op::Local(_) | Op::Await(_) => None,
    })?;
    let gate = own.find(|step| matches!(step.op, Op::Await(_)))?;
    Some(Point {
        pin,
        restore,
        op,
        gate,
    })
}

/// Who asks, and of which run.
pub struct Looking<'a> {
    /// The outside; only asked.
    pub outside: &'a dyn Outside,
    /// The run's plan, as it was stored.
    pub plan: &'a Plan,
    /// Where it stands.
    pub state: &'a RunState,
}

impl Looking<'_> {
    /// What another attempt at an application's restore would remove first. Writes nothing.
    ///
    /// # Errors
    /// Where there is none to be made, or what is there is not its own, or it cannot be told.
    pub async fn again(&self, address: &Address) -> Result<Again, Refusal> {
        if let Some((step, op)) = self.failed_backup(address) {
            let made = self.state.retries.get(&step.id);
            return Ok(Again {
                what: What::Backup,
                step: step.id.clone(),
                backup: op.name.clone(),
                attempt: made.map_or(1, |retry| retry.attempt) + 1,
                left: Vec::new(),
            });
        }
        let point = self.failed(address)?;
        reach(self.outside, self.plan, self.state, point.restore).await?;
        self.no_disk(&point).await?;
        let id = &point.restore.id;
        let made = self.state.retries.get(id).map_or(1, |retry| retry.attempt);
        let first = self.restore(&point, 1).await?;
        let last = match made {
            1 => first.clone(),
            _ => self.restore(&point, made).await?,
        };
        if let Some(last) = &last {
            at_rest(last)?;
        }
        let begun = first.as_ref().map(made_at).transpose()?;
        let mut left = Vec::new();
        for namespace in goes_first(point.pin) {
            left.extend(self.left(&point, namespace, begun).await?);
        }
        Ok(Again {
            what: match point.pin.turn {
                Turn::Infra => What::Rest,
                Turn::Applications | Turn::Quiet => What::Restore,
            },
            step: id.clone(),
            backup: point.pin.backup.clone(),
            attempt: made + 1,
            left,
        })
    }

    /// The steps that are gone on past where somebody accepts what a restore brought: itself, and the look behind it.
    ///
    /// # Errors
    /// Where nothing of it failed, or it brought nothing that could be accepted.
    pub async fn acceptable(&self, address: &Address) -> Result<Vec<StepId>, Refusal> {
        let point = self.failed(address)?;
        reach(self.outside, self.plan, self.state, point.restore).await?;
        let retry = self.state.retries.get(&point.restore.id);
        let restore = self
            .restore(&point, retry.map_or(1, |retry| retry.attempt))
            .await?;
        let phase = restore.map_or_else(String::new, |one| text(&one, "/status/phase"));
        if !matches!(phase.as_str(), PARTLY | "Completed") {
            let phase = match phase.as_str() {
                "" => "has no end".to_owned(),
                phase => format!("ended {phase}"),
            };
            let of = address.clone();
            return Err(Refusal::NotAcceptable { of, phase });
        }
        let steps = [point.restore, point.gate].into_iter();
        let open = steps.filter(|step| self.state.status(&step.id) != StepStatus::Done);
        Ok(open.map(|step| step.id.clone()).collect())
    }

    /// The step that is gone on past where somebody accepts that not every type of the backups is served.
    ///
    /// # Errors
    /// Where it did not fail.
    pub fn unserved(&self) -> Result<StepId, Refusal> {
        let is_look = |step: &&Step| {
            let mut guards = step.guards.iter();
            guards.any(|guard| matches!(guard, Guard::Serves { .. }))
        };
        let mut steps = self.plan.steps.iter().filter(is_look);
        let failed = steps.find(|step| self.state.status(&step.id) == StepStatus::Failed);
        let failed = failed.ok_or(Refusal::NothingUnserved)?;
        Ok(failed.id.clone())
    }

    /// The point of an application whose restore failed, or what it brought.
    fn failed(&self, address: &Address) -> Result<Point<'_>, Refusal> {
        let point =
            point(self.plan, address).ok_or_else(|| Refusal::NotRestored(address.clone()))?;
        let behind = self.state.behind(&point.restore.id);
        let mut doubts = behind.iter();
        let is_in_doubt = |id: &&StepId| self.state.status(id) == StepStatus::InDoubt;
        if let Some(doubt) = doubts.find(is_in_doubt) {
            return Err(Refusal::InDoubt(doubt.clone()));
        }
        match (
            self.state.status(&point.restore.id),
            self.state.status(&point.gate.id),
        ) {
            (StepStatus::Failed, _) | (StepStatus::Done, StepStatus::Failed) => Ok(point),
            (StepStatus::Done, StepStatus::Done) => Err(Refusal::Done(address.clone())),
            (status, _) => Err(Refusal::NotFailed {
                of: address.clone(),
                status,
            }),
        }
    }

    /// The fresh backup of an application, where it failed: nothing of it stands in the way of another.
    fn failed_backup(&self, address: &Address) -> Option<(&Step, &KubeOp)> {
        let own = self.plan.steps.iter();
        let own = own.filter(|step| step.node == *address);
        let mut backups = own.filter_map(|step| match &step.op {
            Op::Kube(op) if op.resource == BACKUPS => Some((step, op)),
            Op::Kube(_) | Op::Local(_) | Op::Await(_) => None,
        });
        backups.find(|(step, _)| self.state.status(&step.id) == StepStatus::Failed)
    }

    /// The Restore of an attempt; none where it was never made.
    async fn restore(&self, point: &Point<'_>, attempt: u32) -> Result<Option<Json>, Why> {
        let recovery = self.plan.goal.recovery.as_ref();
        let incarnation = recovery.map_or("", |recovery| recovery.incarnation.as_str());
        self.get(
            point,
            RESTORES,
            point.op.namespace.clone(),
            objects::restore_name(point.pin, incarnation, attempt),
        )
        .await
    }

    async fn get(
        &self,
        point: &Point<'_>,
        resource: KubeResource,
        namespace: Option<String>,
        name: String,
    ) -> Result<Option<Json>, Why> {
        let query = Query::Get {
            provider: point.op.provider.clone(),
            resource,
            namespace,
            name,
        };
        match seen(&self.outside.answer(&query).await)? {
            Seen::Nothing => Ok(None),
            Seen::Object(object) => Ok(Some(object.clone())),
        }
    }

    /// Whether every disk that came back with the claims of a point is let go of: a namespace that goes takes its claims
    /// along, and only a person sees what that does to what no backup holds.
    async fn no_disk(&self, point: &Point<'_>) -> Result<(), Refusal> {
        let resource = point.pin.types.get(VOLUMES);
        for disk in &point.pin.disks {
            let Some(resource) = resource.cloned() else {
                return Err(malformed("the plan does not say what a volume is".to_owned()).into());
            };
            let volume = disk.volume.clone();
            if self.get(point, resource, None, volume).await?.is_some() {
                return Err(Refusal::HasDisk {
                    volume: disk.volume.clone(),
                    claim: disk.claim.clone(),
                });
            }
        }
        Ok(())
    }

    /// What of a namespace is there; it has to be of the restore's making.
    async fn left(
        &self,
        point: &Point<'_>,
        name: &str,
        begun: Option<Timestamp>,
    ) -> Result<Option<Left>, Refusal> {
        let Some(object) = self.get(point, NAMESPACES, None, name.to_owned()).await? else {
            return Ok(None);
        };
        let not_its_own = |why| Refusal::NotItsOwn {
            namespace: name.to_owned(),
            why,
        };
        let recovery = self.plan.goal.recovery.as_ref();
        if recovery.is_some_and(|recovery| recovery.may_exist.contains(name)) {
            return Err(not_its_own("may be there by declaration"));
        }
        let made = made_at(&object)?;
        match begun {
            Some(begun) if begun <= made => {}
            Some(_) => return Err(not_its_own("is older than it")),
            None => return Err(not_its_own("is there, and no Restore was made")),
        }
        let (mut objects, mut claims) = (0, Vec::new());
        for (type_, resource) in point.pin.types.iter().filter(|(_, one)| one.namespaced) {
            let found = self.list(point, resource, name).await?;
            objects += found.len();
            if type_ == CLAIMS {
                claims = found;
            }
        }
        Ok(Some(Left {
            removed: Removed {
                namespace: name.to_owned(),
                uid: text(&object, "/metadata/uid"),
            },
            made,
            claims: claims
                .iter()
                .map(|claim| text(claim, "/metadata/name"))
                .collect(),
            objects,
        }))
    }

    async fn list(
        &self,
        point: &Point<'_>,
        resource: &KubeResource,
        namespace: &str,
    ) -> Result<Vec<Json>, Why> {
        let query = list_for(&point.op.provider, resource, Some(namespace));
        match self.outside.answer(&query).await {
            Answer::Present(Fact::List(objects)) => Ok(objects.to_vec()),
            // Of a type that is not served there is nothing.
            Answer::NotServed | Answer::Absent => Ok(Vec::new()),
            Answer::Unknown(why) => Err(why),
            Answer::Present(Fact::Object(_) | Fact::Blobs(_) | Fact::Bytes(_)) => Err(malformed(
                format!("the list of {} was not answered", resource.plural),
            )),
        }
    }
}

fn at_rest(restore: &Json) -> Result<(), Refusal> {
    let phase = text(restore, "/status/phase");
    match ENDED.contains(&phase.as_str()) {
        true => Ok(()),
        false => Err(Refusal::AtWork {
            restore: text(restore, "/metadata/name"),
            phase: match phase.as_str() {
                "" => "New".to_owned(),
                phase => phase.to_owned(),
            },
        }),
    }
}

fn made_at(object: &Json) -> Result<Timestamp, Why> {
    let made = text(object, "/metadata/creationTimestamp");
    made.parse()
        .map_err(|_| malformed(format!("{made:?} is no time of creation")))
}

fn malformed(message: String) -> Why {
    Why {
        class: FailureClass::Malformed,
        message,
    }
}
