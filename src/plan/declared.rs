//! What is decided for one declared resource. One function for each state it can be found in.

mod destroy;
mod others;
mod shared;

use super::cluster;
use super::decision::{Decision, Outcome, Subject, Update, Work, blocker, reason};
use super::document::{Action, Blocker, NodeState, ReasonCode};
use super::former;
use super::found::{Found, Objects, class_words};
use super::ignored::is_ignored;
use super::imports;
use super::input::{Confirmation, Conflicts, Input};
use super::leaving::Leaving;
use super::managers;
use super::marks;
use super::ownership::{Bearer, Standing, is_label_of, standing};
use super::secrets;
use super::types::{self, Definitions};
use super::unswept::unreached_text;
use super::whole::Wholes;
use crate::goal::GoalMode;
use crate::kinds::{Difference, Home, Kind, Obstacle, Ownership, TakesFields};
use crate::model::address::Address;
use crate::model::advice::Advice;
use crate::model::identity::{
    FIELD_MANAGER, Instance, Key, KubeResource, OWNER_ANNOTATION, ProviderRef, STACK_LABEL,
};
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::world::query::Why;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What every decision reads.
pub struct Context<'a> {
    /// The plan's input.
    pub input: &'a Input<'a>,
    /// Addresses that `import` blocks name.
    pub imported: &'a BTreeSet<&'a Address>,
    /// The live objects by key.
    pub objects: &'a Objects<'a>,
    /// The declared resources that are several objects.
    pub wholes: &'a Wholes<'a>,
    /// Types that the plan itself provides.
    pub definitions: &'a Definitions,
}

/// Decides one object. `None`: its kind or key is not known, which `validate` has reported.
pub fn decide<'a>(
    context: &Context<'a>,
    resource: &'a Resource,
    kind: &'static dyn Kind,
) -> Option<Outcome<Decision<'a>>> {
    let subject = Subject {
        address: resource.address.clone(),
        provider: resource.provider.clone(),
        key: kind.key(resource)?,
    };
    Some(match (kind.home(), &resource.provider) {
        (Home::Command, _) => cluster::decide(context, resource, kind, subject),
        (Home::Kube(_) | Home::Declared, None) | (Home::Parts, _) => return None,
        (Home::Kube(_) | Home::Declared, Some(provider)) => {
            let Key::Kube { resource: home, .. } = subject.key.clone() else {
                return None;
            };
            let declared = Declared {
                context,
                resource,
                kind,
                subject,
                home,
                provider,
            };
            if let (Home::Declared, Some(obstacle)) =
                (kind.home(), types::obstacle(resource, &declared.home))
            {
                return Some(declared.stopped(obstacle));
            }
            match context
                .input
                .providers
                .get(provider)
                .map(|found| &found.instance)
            {
                Some(Instance::Known { kube_system_uid }) => declared.found(kube_system_uid),
                Some(instance) if instance.is_deferred() && declared.is_shared() => {
                    declared.not_made()
                }
                Some(Instance::MadeBy(cluster)) => {
                    declared.deferred(format!("{cluster} does not exist yet"))
                }
                Some(Instance::Lost { .. }) => {
                    declared.deferred(format!("absent by declaration: {provider} is lost"))
                }
                // Why, and what to do, is said once for the provider.
                Some(Instance::Unknown { .. }) => {
                    declared.unknown_text(unreached_text(provider), String::new())
                }
                Some(Instance::Store) | None => declared.unknown_text(
                    "It was not asked.".to_owned(),
                    format!("needs: provider {provider}"),
                ),
            }
        }
    })
}

struct Declared<'a, 'c> {
    context: &'c Context<'a>,
    resource: &'a Resource,
    kind: &'static dyn Kind,
    subject: Subject,
    home: KubeResource,
    provider: &'a ProviderRef,
}

impl<'a> Declared<'a, '_> {
    fn decision(&self, action: Action, code: ReasonCode, text: impl Into<String>) -> Decision<'a> {
        let mut decision =
            Decision::new(self.subject.clone(), self.kind, action, reason(code, text));
        decision.declare(self.resource);
        decision
    }

    fn place(&self) -> (Option<&str>, &str) {
        match &self.subject.key {
            Key::Kube {
                namespace, name, ..
            } => (namespace.as_deref(), name),
            Key::Cluster { name } | Key::Composite { name, .. } => (None, name),
        }
    }

    fn destroying(&self) -> bool {
        self.context.input.goal.mode == GoalMode::Destroy
    }

    fn is_shared(&self) -> bool {
        self.kind.ownership() == Ownership::Fields
    }

    /// Its provider's cluster is made by this plan, or lost: nothing is asked, the diff comes from the configuration (R31).
    fn deferred(&self, why: String) -> Outcome<Decision<'a>> {
        if self.destroying() {
            return Outcome::Nothing;
        }
        let mut decision = self.decision(Action::Create, ReasonCode::ProviderDeferred, why);
        decision.becomes(&self.resource.body);
        decision.node.state = NodeState::Deferred;
        decision.work = Work::Create;
        Outcome::Decided(Box::new(decision))
    }

    fn found(&self, cluster_uid: &str) -> Outcome<Decision<'a>> {
        let (namespace, name) = self.place();
        match self
            .context
            .objects
            .find(self.provider, &self.home, namespace, name)
        {
            Found::Present(live) => self.present(cluster_uid, live),
            Found::Absent if self.is_shared() => self.not_made(),
            Found::Absent => self.absent(cluster_uid),
            Found::NotServed => match self.context.definitions.maker(self.provider, &self.home) {
                Some(maker) => self.deferred(format!("{maker} does not exist yet")),
                None => self.not_served(),
            },
            Found::Unknown(why) => self.unknown(why),
            Found::NotAsked => self.unknown_text(
                "It was not asked.".to_owned(),
                format!("needs: {}", self.home.title()),
            ),
        }
    }

    fn absent(&self, cluster_uid: &str) -> Outcome<Decision<'a>> {
        if self.destroying() {
            return Outcome::Nothing;
        }
        let mut decision = self.decision(Action::Create, ReasonCode::Absent, "it does not exist");
        decision.becomes(&self.resource.body);
        decision.work = Work::Create;
        if self.belongs_to_another_cluster(cluster_uid) {
            decision = decision.blocked(blocker(
                "loss",
                "Earlier runs made this object in another cluster: creating it here, empty, would be taken for the original.",
                format!(
                    "If the old cluster is lost, recover it; if this cluster replaces it on purpose, write {} in the provider block.",
                    Advice::identity(cluster_uid)
                ),
            ));
        }
        Outcome::Decided(Box::new(decision))
    }

    /// R2, the half that the inventory can answer: the record shows this key in a cluster with another identity, and
    /// the configuration does not name the new one.
    fn belongs_to_another_cluster(&self, cluster_uid: &str) -> bool {
        let Some(inventory) = self.context.input.inventory else {
            return false;
        };
        let recorded = inventory.clusters.get(self.provider);
        let named = super::declared_identity(self.context.input.configuration, self.provider);
        recorded.is_some_and(|uid| uid != cluster_uid)
            && named.as_deref() != Some(cluster_uid)
            && inventory.owned.iter().any(|owned| {
                owned.provider.as_ref() == Some(self.provider) && owned.key == self.subject.key
            })
    }

    /// It cannot be looked for at all.
    fn stopped(&self, obstacle: Blocker) -> Outcome<Decision<'a>> {
        if self.destroying() && obstacle.code != "unknown" {
            return Outcome::Nothing;
        }
        let why = "sk-dr cannot tell whether it exists";
        let decision = self.decision(Action::NoOp, ReasonCode::Unknown, why);
        Outcome::Decided(Box::new(decision.blocked(obstacle)))
    }

    fn not_served(&self) -> Outcome<Decision<'a>> {
        if self.destroying() {
            return Outcome::Nothing;
        }
        let decision = self
            .decision(
                Action::Create,
                ReasonCode::Unknown,
                format!("the API server does not serve {}", self.home.title()),
            )
            .blocked(blocker(
                "not-served",
                format!("The API server does not serve {}.", self.home.title()),
                types::cure_for_not_served(&self.home),
            ));
        Outcome::Decided(Box::new(decision))
    }

    fn unknown(&self, why: &Why) -> Outcome<Decision<'a>> {
        self.unknown_text(
            format!("{}: {}", class_words(why.class), why.message),
            format!(
                "needs: list on {}, see docs/permissions.md",
                self.home.title()
            ),
        )
    }

    fn unknown_text(&self, text: String, cure: String) -> Outcome<Decision<'a>> {
        let decision = self
            .decision(
                Action::NoOp,
                ReasonCode::Unknown,
                "sk-dr cannot tell whether it exists",
            )
            .blocked(blocker("unknown", text, cure));
        Outcome::Decided(Box::new(decision))
    }

    fn present(&self, cluster_uid: &str, live: &'a Json) -> Outcome<Decision<'a>> {
        let stack = &self.context.input.configuration.settings.stack;
        let bearer = Bearer {
            cluster_uid,
            resource: &self.home,
            live,
        };
        let whose = standing(&bearer, stack);
        if self.is_shared() {
            return self.shared(cluster_uid, live, whose);
        }
        if self.destroying() {
            return self.destroy(cluster_uid, live, whose);
        }
        if let Some(leaving) = Leaving::of(live) {
            return self.terminating(live, &leaving);
        }
        match whose {
            Standing::Ours { address_label, .. } => self.ours(live, &address_label),
            Standing::OtherStack(other) => self.refused(
                live,
                "other-stack",
                format!("It carries the mark of stack \"{other}\"."),
                self.handed_over(live, &other),
            ),
            Standing::Unmarked => self.foreign(
                live,
                "needs-adopt",
                "It exists and is not marked as ours.".to_owned(),
            ),
            Standing::Copy(copied) => self.foreign(live, "copy", format!("Its mark {copied}.")),
            Standing::Damaged => self.foreign(
                live,
                "damaged-mark",
                "Its mark is damaged and proves nothing.".to_owned(),
            ),
        }
    }

    /// It must not be made anew while it goes, nor be changed.
    fn terminating(&self, live: &'a Json, leaving: &Leaving<'_>) -> Outcome<Decision<'a>> {
        let mut decision = self
            .decision(Action::NoOp, ReasonCode::Unknown, "it is being deleted")
            .blocked(blocker(
                "terminating",
                leaving.words(),
                "Plan again once it is gone.",
            ));
        decision.was(live);
        Outcome::Decided(Box::new(decision))
    }

    fn ours(&self, live: &'a Json, address_label: &str) -> Outcome<Decision<'a>> {
        let (ignored, taken) = self.differences(live);
        let renamed = !is_label_of(address_label, &self.resource.address);
        let mut marks = self.stale_records(live);
        let misplaced = marks::misplaced(&self.home, live);
        if taken.is_empty() && marks.is_empty() && misplaced.is_empty() && !renamed {
            return Outcome::Unchanged;
        }
        let why = match (taken.is_empty(), renamed) {
            (false, _) => reason(ReasonCode::Differs, "it differs from the configuration"),
            (true, true) => reason(ReasonCode::Renamed, format!("renamed from {address_label}")),
            (true, false) if misplaced.is_empty() => reason(
                ReasonCode::Recorded,
                "what sk-dr notes on it for later changes",
            ),
            (true, false) => reason(
                ReasonCode::Recorded,
                "its mark moves from annotations, which travel to Backups, to labels",
            ),
        };
        let mut decision = Decision::new(self.subject.clone(), self.kind, Action::Update, why);
        if renamed {
            let moves = &self.context.input.configuration.moves;
            decision.node.previous_address = former::address(moves, &self.resource.address, live);
        }
        if renamed {
            marks.extend(marks::address_places(&self.home, &self.resource.address));
        }
        Outcome::Decided(Box::new(self.update(
            decision,
            live,
            Update {
                taken,
                ignored,
                marks,
                misplaced,
            },
        )))
    }

    /// Notes of the kind on the object that are not as they should be.
    fn stale_records(&self, live: &Json) -> Vec<JsonPath> {
        let records = self.kind.records(self.resource).into_iter();
        records
            .filter(|(place, value)| place.get(live) != Some(value))
            .map(|(place, _)| place)
            .collect()
    }

    fn update(&self, mut decision: Decision<'a>, live: &'a Json, update: Update) -> Decision<'a> {
        decision.declare(self.resource);
        decision.live = Some(live);
        decision.was(live);
        decision.becomes(&self.resource.body);
        decision.differs(&update.taken, live);
        let conflict = self.conflict(live, &update.taken);
        let fixed = self.kind.cannot_change(live, &update.taken);
        decision.work = Work::Update(update);
        if let Some(Confirmation::Refused(text)) = self.confirmation() {
            return decision.blocked(blocker(
                "refused",
                format!("The server would refuse this change: {text}"),
                "Mend the configuration; the words are the server's.",
            ));
        }
        if let Some(Obstacle { text, cure }) = fixed {
            return decision.blocked(blocker("immutable", text, cure));
        }
        match conflict {
            Some(text) => decision.blocked(blocker(
                "conflict",
                text,
                format!(
                    "Change it there, leave it out with ignore_changes, or take it with {}.",
                    Advice::force_conflicts()
                ),
            )),
            None => decision,
        }
    }

    fn confirmation(&self) -> Option<&Confirmation> {
        let object = (self.resource.address.clone(), self.subject.key.clone());
        self.context.input.confirmations.get(&object)
    }

    /// A field that another *Apply* manager holds would be set back by it at its next sync: Argo CD and Flux win that
    /// game. An *Update* manager (kubectl edit) does not come back.
    fn conflict(&self, live: &Json, taken: &[Difference]) -> Option<String> {
        let takes = self.kind.takes_fields(self.resource);
        if self.context.input.conflicts == Conflicts::Force || takes == TakesFields::FromAppliers {
            return None;
        }
        let held: Vec<String> = taken
            .iter()
            .flat_map(|difference| {
                managers::others(live, &difference.place)
                    .into_iter()
                    .filter(|manager| manager.operation == "Apply" && manager.name != FIELD_MANAGER)
                    .map(|manager| {
                        format!(
                            "{} is applied by \"{}\"",
                            difference.attribute.join("."),
                            manager.name
                        )
                    })
            })
            .collect();
        (!held.is_empty()).then(|| format!("{}.", held.join("; ")))
    }

    /// Exists without our mark: adopted only when named (R24), with the full difference shown either way.
    fn foreign(&self, live: &'a Json, code: &str, text: String) -> Outcome<Decision<'a>> {
        let (ignored, taken) = self.differences(live);
        let mut marks = self.stale_records(live);
        marks.extend([
            marks::label(STACK_LABEL),
            marks::place(&self.home, OWNER_ANNOTATION),
        ]);
        marks.extend(marks::address_places(&self.home, &self.resource.address));
        let mut misplaced = marks::misplaced(&self.home, live);
        misplaced.extend(marks::of_a_creation(&self.home, live));
        let asked = imports::asked(self.context, &self.resource.address);
        let is_asked = asked.is_some();
        let unmarked = || reason(ReasonCode::Unknown, "it exists and is not marked as ours");
        let why = asked.unwrap_or_else(unmarked);
        let mut decision = Decision::new(self.subject.clone(), self.kind, Action::Update, why);
        decision.node.importing = true;
        let update = Update {
            taken,
            ignored,
            marks,
            misplaced,
        };
        decision = self.update(decision, live, update);
        if !is_asked {
            decision = decision.blocked(blocker(
                code,
                text,
                format!("{} makes it ours.", Advice::adopt(&self.resource.address)),
            ));
        }
        Outcome::Decided(Box::new(decision))
    }

    fn differences(&self, live: &Json) -> (Vec<Difference>, Vec<Difference>) {
        let stands = |difference: &Difference| {
            let comparisons = self.context.input.comparisons;
            let of = (&self.resource.address, &self.subject.key);
            secrets::is_difference(of, difference, comparisons)
        };
        self.kind
            .differences(self.resource, live)
            .into_iter()
            .filter(stands)
            .partition(|difference| is_ignored(self.kind, self.resource, &difference.attribute))
    }
}
