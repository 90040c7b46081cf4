//! The steps of each node of a rebuild, in their order; what they wait for beyond their node is said elsewhere.

use super::super::decision::Resolution;
use super::super::document::{NodeState, Pinned, PinnedObject, Step, StepId};
use super::super::steps::{Maker, step_id};
use super::objects::{self, Place, Run, STILL_S};
use super::role::Role;
use super::{Rebuild, address, gates, heading, stage};
use crate::kinds;
use crate::model::address::Address;
use crate::model::condition::{Condition, Wait};
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::model::identity::{Key, ProviderRef};
use crate::world::op::{Await, Ground, Op};
use std::collections::BTreeMap;

/// Seconds for Velero to take a backup over from the bucket: it looks every minute.
const SYNC_S: u64 = 900;
/// Seconds for a cluster to serve what was just defined there, and to answer.
const SERVED_S: u64 = 60;
/// Seconds for what a restore brought to be there: Velero has said that it is.
const SETTLE_S: u64 = 300;
/// The steps of one node.
pub(super) struct Line {
    pub(super) address: Address,
    pub(super) provider: Option<ProviderRef>,
    pub(super) steps: Vec<Step>,
    /// The one after which others may use what it makes.
    pub(super) usable: usize,
    /// Of an application: the last step before its Schedules, its fresh backup.
    pub(super) fresh: Option<usize>,
}

impl Line {
    pub(super) fn at(&self, number: usize) -> Option<&StepId> {
        self.steps.get(number).map(|step| &step.id)
    }
    /// The fresh backup of an application.
    pub(super) fn fresh(&self) -> Option<&StepId> {
        self.at(self.fresh?)
    }
    /// The first of an application's Schedules.
    pub(super) fn schedules(&self) -> Option<&StepId> {
        self.at(self.fresh? + 1)
    }
    pub(super) fn last(&self) -> Option<&StepId> {
        self.steps.last().map(|step| &step.id)
    }
}

/// Steps of an application's line, by place: they come before those of its Schedules.
pub(super) mod point {
    pub(in super::super) const SYNCED: usize = 0;
    pub(in super::super) const RESTORE: usize = 1;
    pub(in super::super) const RESTORED: usize = 2;
    pub(in super::super) const DONE: usize = 3;
    /// What comes once everything was tried: CronJobs are woken, each by a step, then the fresh backup.
    pub(in super::super) const NORMAL: usize = 4;
}

/// Steps of the recovery's own line, by place; the last one closes it.
pub(super) mod own {
    pub(in super::super) const PROOF: usize = 0;
    pub(in super::super) const NAMESPACE: usize = 1;
    pub(in super::super) const RECORD: usize = 2;
    pub(in super::super) const CHANGES: usize = 3;
    pub(in super::super) const SERVED: usize = 4;
    pub(in super::super) const CLOSE: usize = 5;
}

/// All lines.
pub(super) struct Lines<'a> {
    pub(super) recovery: Line,
    pub(super) others: Vec<(Role, Line)>,
    pub(super) pins: &'a [Pinned],
    /// Numbers of the pins in the order in which they are restored: by turn, as declared, and the smallest first, since most
    /// are back soonest so.
    pub(super) queue: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(rebuild: &'a Rebuild<'a>) -> Self {
        let pins = &rebuild.recovering.pins;
        let mut queue: Vec<usize> = (0..pins.len()).collect();
        queue.sort_by_key(|at| {
            let pin = pins.get(*at)?;
            Some((pin.turn, rebuild.order(pin), pin.bytes, &pin.of))
        });
        let acts = |one: &&Resolution<'_>| match one.node.state {
            NodeState::Planned | NodeState::Deferred => true,
            NodeState::Blocked | NodeState::HeldBack => false,
        };
        let others = rebuild.resolutions.iter().filter(acts);
        Self {
            recovery: rebuild.own_line(),
            others: others.map(|one| rebuild.line(one)).collect(),
            pins,
            queue,
        }
    }
}

/// One step, to be linked.
pub(super) struct Draft<'a> {
    pub(super) node: &'a Address,
    pub(super) number: usize,
    pub(super) stage: &'static str,
    pub(super) title: String,
}

impl Draft<'_> {
    fn id(&self) -> StepId {
        step_id(self.node, self.number)
    }

    pub(super) fn step(self, op: Op, ground: Ground) -> Step {
        Step {
            id: self.id(),
            node: self.node.clone(),
            op,
            after: Vec::new(),
            tried: Vec::new(),
            stage: Some(self.stage.to_owned()),
            title: Some(self.title),
            ground,
            guards: Vec::new(),
            wait: None,
            alternatives: Vec::new(),
            binds: BTreeMap::new(),
        }
    }

    fn gate(self, provider: &ProviderRef, limit_s: u64, guards: Vec<Guard>) -> Step {
        let op = Op::Await(Await {
            provider: provider.clone(),
            text: self.title.clone(),
            limit_s,
        });
        Step {
            guards,
            ..self.step(op, Ground::AnyAtFirstTouch)
        }
    }
}

impl Rebuild<'_> {
    pub(super) fn run(&self) -> Run<'_> {
        let settings = &self.input.configuration.settings;
        Run {
            stack: &settings.stack,
            recovery: &self.recovering.block.name,
            incarnation: &self.recovering.incarnation,
            journal: settings.journal.as_ref(),
        }
    }

    pub(super) fn place(&self) -> Option<Place<'_>> {
        Some(Place {
            provider: self.provider()?,
            namespace: self.velero(),
        })
    }

    /// Place of an application among those of its turn, as declared.
    fn order(&self, pin: &Pinned) -> i64 {
        let declared = self.input.configuration.resources.iter();
        let mut declared = declared.filter(|resource| resource.address == pin.of);
        declared.next().map_or(0, kinds::restore_order)
    }

    /// Proof, Velero's namespace, the record, a look at what is served, the end.
    fn own_line(&self) -> Line {
        let address = address(&self.recovering.block.name);
        let steps = self.place().map(|place| self.own_steps(place, &address));
        Line {
            provider: self.provider().cloned(),
            steps: steps.unwrap_or_default(),
            usable: own::RECORD,
            fresh: None,
            address,
        }
    }

    fn own_steps(&self, place: Place<'_>, address: &Address) -> Vec<Step> {
        let draft = |at: usize, stage, title: &str| Draft {
            node: address,
            number: at + 1,
            stage,
            title: title.to_owned(),
        };
        let pins = &self.recovering.pins;
        let Some(store) = pins.first().map(|pin| &pin.store) else {
            return Vec::new();
        };
        let proof = draft(
            own::PROOF,
            stage::PROOF,
            "check that the restore points are as planned",
        );
        let namespace = draft(
            own::NAMESPACE,
            stage::CLUSTER,
            "make the namespace of Velero",
        );
        let record = draft(
            own::RECORD,
            stage::CLUSTER,
            "write the record of this recovery",
        );
        let changes = draft(
            own::CHANGES,
            stage::CLUSTER,
            "write what Velero changes in what it restores",
        );
        let served = draft(
            own::SERVED,
            stage::COMPONENTS,
            "check that the cluster serves every type that is restored",
        );
        let close = draft(own::CLOSE, stage::NORMAL, "close the recovery");
        let (namespace_id, record_id) = (namespace.id(), record.id());
        let changes_id = changes.id();
        let made = Ground::OfStep(record_id.0.clone());
        vec![
            proof.gate(store, 0, pins.iter().map(gates::pinned).collect()),
            namespace.step(
                objects::namespace(place, &namespace_id),
                Ground::AnyAtFirstTouch,
            ),
            record.step(
                objects::record(place, self.run(), &record_id, pins),
                Ground::AbsentAtFirstTouch,
            ),
            changes.step(
                objects::changes(place, &changes_id, pins),
                Ground::AbsentAtFirstTouch,
            ),
            served.gate(place.provider, SERVED_S, vec![gates::served(pins)]),
            close.step(
                objects::entry(place, "state".to_owned(), "closed".to_owned()),
                made,
            ),
        ]
    }

    /// Steps of a resource, and what it is to the rebuild.
    fn line(&self, resolution: &Resolution<'_>) -> (Role, Line) {
        let node = &resolution.node;
        let role = self.role(resolution);
        let before = match role {
            Role::Point(number) => self.point_steps(resolution, number),
            Role::Cluster
            | Role::Component
            | Role::Server
            | Role::Location
            | Role::Held(_)
            | Role::Behind(_)
            | Role::Last => Vec::new(),
        };
        let maker = Maker {
            stack: self.run().stack,
            instance: node
                .provider
                .as_ref()
                .and_then(|provider| Some(&self.input.providers.get(provider)?.instance)),
            node,
        };
        let made = maker.steps_from(before.len() + 1, &resolution.objects);
        let mut steps: Vec<Step> = made.into_iter().flatten().collect();
        for step in &mut steps {
            step.stage = Some(role.stage(&self.recovering.pins).to_owned());
            if self.may_be_there(&role, step) {
                step.ground = Ground::AnyAtFirstTouch;
            }
        }
        let fresh = before.len().checked_sub(1);
        steps = before.into_iter().chain(steps).collect();
        let usable = match &role {
            Role::Point(number) => {
                steps.extend(self.put_back(*number, &node.address, steps.len()));
                point::DONE
            }
            Role::Location => {
                let usable = steps.len().saturating_sub(1);
                steps.extend(self.set_back(&node.address, steps.len() + 1));
                usable
            }
            Role::Cluster
            | Role::Component
            | Role::Server
            | Role::Held(_)
            | Role::Behind(_)
            | Role::Last => steps.len().saturating_sub(1),
        };
        let line = Line {
            address: node.address.clone(),
            provider: node.provider.clone(),
            steps,
            usable,
            fresh,
        };
        (role, line)
    }

    /// The CronJobs of a point that go on, each by a step.
    fn wakes(&self, place: Place<'_>, pin: &Pinned, behind: usize) -> Vec<Step> {
        let jobs = pin.cron_jobs.iter().filter_map(|job| job.split_once('/'));
        let jobs = jobs.filter(|(namespace, name)| !self.is_to_sleep(namespace, name));
        let wake = |(at, (namespace, name)): (usize, (&str, &str))| {
            let draft = Draft {
                node: &pin.of,
                number: behind + at + 1,
                stage: stage::NORMAL,
                title: format!("wake CronJob {namespace}/{name}"),
            };
            let op = objects::wake(place, namespace, name);
            draft.step(op, Ground::AnyAtFirstTouch)
        };
        jobs.enumerate().map(wake).collect()
    }

    /// Whether a CronJob is declared as suspended: what is declared comes from the configuration (R9).
    fn is_to_sleep(&self, namespace: &str, name: &str) -> bool {
        let place = ["spec".to_owned(), "suspend".to_owned()];
        let declared = self.resolutions.iter().flat_map(|one| &one.objects);
        let mut own = declared.filter(|object| {
            matches!(&object.key, Key::Kube { resource, namespace: Some(within), name: own }
                if *resource == objects::CRON_JOBS && within == namespace && own == name)
        });
        own.any(|object| {
            let said = object
                .resource
                .and_then(|resource| object.kind.object(resource).at(&place));
            said == Some(Expr::Value(true.into()))
        })
    }

    /// What stands before Services, the last of all.
    fn put_back(&self, number: usize, node: &Address, behind: usize) -> Vec<Step> {
        let Some(place) = self.place() else {
            return Vec::new();
        };
        let pin = self.recovering.pins.get(number);
        let objects = pin.into_iter().flat_map(|pin| &pin.afterwards).enumerate();
        let step = |(at, object): (usize, &PinnedObject)| {
            let draft = Draft {
                node,
                number: behind + at + 1,
                stage: stage::NORMAL,
                title: format!("put {} {} back", object.resource.kind, object.name),
            };
            let op = objects::put_back(place, &draft.id(), object);
            Step {
                guards: gates::answers(object),
                ..draft.step(op, Ground::AbsentOrKept)
            }
        };
        objects.map(step).collect()
    }

    /// Synced, restored, looked at, recorded, awake, backed up.
    fn point_steps(&self, resolution: &Resolution<'_>, number: usize) -> Vec<Step> {
        let (Some(place), Some(pin)) = (self.place(), self.recovering.pins.get(number)) else {
            return Vec::new();
        };
        let node = &resolution.node.address;
        let draft = |at: usize, stage, title: String| Draft {
            node,
            number: at + 1,
            stage,
            title,
        };
        let apps = heading(pin.turn);
        let synced = draft(
            point::SYNCED,
            apps,
            format!("wait until Velero knows backup {}", pin.backup),
        );
        let restore = draft(
            point::RESTORE,
            apps,
            format!("restore {} into {}", pin.backup, pin.namespaces.join(", ")),
        );
        let restored = draft(point::RESTORED, apps, gates::restored_title(pin));
        let done = draft(point::DONE, apps, "record it as done".to_owned());
        let restore_id = restore.id();
        let record =
            Ground::OfStep(step_id(&address(&self.recovering.block.name), own::RECORD + 1).0);
        let mut steps = vec![
            synced.gate(place.provider, SYNC_S, vec![gates::synced(pin)]),
            ended(
                restore.step(
                    objects::restore(place, self.run(), &restore_id, pin),
                    Ground::AbsentAtFirstTouch,
                ),
                Condition::RestoreEnded,
            ),
            restored.gate(
                place.provider,
                SETTLE_S,
                vec![gates::restored(pin, &self.recovering.incarnation)],
            ),
            done.step(
                objects::entry(
                    place,
                    objects::point_key("done", &pin.of),
                    format!("{}/{}", self.recovering.incarnation, pin.backup),
                ),
                record,
            ),
        ];
        steps.extend(self.wakes(place, pin, steps.len()));
        let fresh = draft(steps.len(), stage::NORMAL, "make a fresh backup".to_owned());
        let (id, at) = (fresh.id(), self.input.made_at);
        let mut declared = self.input.configuration.resources.iter();
        let declared = declared.find(|resource| resource.address == *node);
        let backup = declared.and_then(|resource| objects::backup(place, resource, &id, at));
        steps.extend(backup.map(|op| {
            ended(
                fresh.step(op, Ground::AbsentAtFirstTouch),
                Condition::BackupEnded,
            )
        }));
        steps
    }
}

fn ended(step: Step, condition: Condition) -> Step {
    Step {
        wait: Some(Wait {
            condition,
            limit_s: STILL_S,
        }),
        ..step
    }
}
