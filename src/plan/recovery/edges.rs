//! Which step of a rebuild waits for which of another node. An edge of `after` is a need: what it leads to must have been
//! done. One of `tried` is an order: it must have ended, so that one application that fails stops no other (R18).

use super::lines::{Line, Lines, own, point};
use super::role::Role;
use crate::goal::graph::Graph;
use crate::model::address::Address;
use crate::model::recovery::Turn;
use crate::plan::document::{Pinned, Step, StepId};
use std::collections::{BTreeMap, BTreeSet};

/// What each step waits for beside the one before it in its line.
#[derive(Default)]
struct Waits {
    after: BTreeMap<StepId, BTreeSet<StepId>>,
    tried: BTreeMap<StepId, BTreeSet<StepId>>,
}

impl Waits {
    fn need<'s>(&mut self, step: Option<&StepId>, needed: impl IntoIterator<Item = &'s StepId>) {
        if let Some(step) = step {
            let after = self.after.entry(step.clone()).or_default();
            after.extend(needed.into_iter().cloned());
        }
    }
    fn order<'s>(&mut self, step: Option<&StepId>, earlier: impl IntoIterator<Item = &'s StepId>) {
        if let Some(step) = step {
            let tried = self.tried.entry(step.clone()).or_default();
            tried.extend(earlier.into_iter().cloned());
        }
    }
}

/// All steps with what they wait for.
pub(super) fn connected(lines: Lines<'_>, graph: &Graph) -> Vec<Step> {
    let mut waits = Waits::default();
    let view = View::of(&lines, graph);
    view.chains(&mut waits);
    view.beginnings(&mut waits);
    view.points(&mut waits);
    view.endings(&mut waits);
    let Lines {
        recovery, others, ..
    } = lines;
    let all = std::iter::once(recovery).chain(others.into_iter().map(|(_, line)| line));
    let linked = |step: Step| {
        let of = |waits: &BTreeMap<StepId, BTreeSet<StepId>>| {
            let found = waits.get(&step.id).into_iter().flatten();
            let others = found.filter(|id| **id != step.id);
            others.cloned().collect::<Vec<_>>()
        };
        let after = of(&waits.after);
        let mut tried = of(&waits.tried);
        tried.retain(|id| !after.contains(id));
        Step {
            after,
            tried,
            ..step
        }
    };
    all.flat_map(|line| line.steps).map(linked).collect()
}

struct View<'l> {
    lines: &'l Lines<'l>,
    graph: &'l Graph,
    by_address: BTreeMap<&'l Address, (&'l Role, &'l Line)>,
}

impl<'l> View<'l> {
    fn of(lines: &'l Lines<'l>, graph: &'l Graph) -> Self {
        let others = lines.others.iter();
        Self {
            lines,
            graph,
            by_address: others
                .map(|(role, line)| (&line.address, (role, line)))
                .collect(),
        }
    }

    fn with(&self, is: impl Fn(&Role) -> bool) -> impl Iterator<Item = &'l Line> {
        let others = self.lines.others.iter();
        others
            .filter(move |(role, _)| is(role))
            .map(|(_, line)| line)
    }

    fn pin(&self, number: usize) -> Option<&'l Pinned> {
        self.lines.pins.get(number)
    }

    fn point(&self, number: usize) -> Option<&'l Line> {
        self.with(|role| *role == Role::Point(number)).next()
    }

    fn fresh_backups(&self) -> Vec<&'l StepId> {
        let points = self.with(|role| matches!(role, Role::Point(_)));
        points.filter_map(Line::fresh).collect()
    }

    /// The steps of a node follow one another.
    fn chains(&self, waits: &mut Waits) {
        let others = self.lines.others.iter().map(|(_, line)| line);
        for line in std::iter::once(&self.lines.recovery).chain(others) {
            for pair in line.steps.windows(2) {
                if let [before, step] = pair {
                    waits.need(Some(&step.id), [&before.id]);
                }
            }
        }
    }

    /// When a line may begin: after the proof, in a rebuilt cluster after its record, and after what it needs.
    fn beginnings(&self, waits: &mut Waits) {
        let recovery = &self.lines.recovery;
        let clusters = self.with(|role| *role == Role::Cluster);
        waits.need(recovery.at(own::NAMESPACE), clusters.filter_map(Line::last));
        waits.order(recovery.at(own::SERVED), self.before_restores());
        for (role, line) in &self.lines.others {
            let first = line.at(0);
            waits.need(first, recovery.at(own::PROOF));
            if line.provider.is_some() && line.provider == recovery.provider {
                waits.need(first, recovery.at(own::RECORD));
            }
            for need in self.graph.needs.get(&line.address).into_iter().flatten() {
                if let Some((needed, by)) = self.by_address.get(need)
                    && !turned_round(role, needed)
                {
                    waits.need(first, by.at(by.usable));
                }
            }
            self.beginning(waits, role, line);
        }
    }

    fn beginning(&self, waits: &mut Waits, role: &Role, line: &Line) {
        let first = line.at(0);
        let usable = |line: &'l Line| line.at(line.usable);
        match role {
            Role::Cluster | Role::Component | Role::Server => {}
            Role::Location => {
                let servers = self.with(|role| *role == Role::Server);
                waits.need(first, servers.filter_map(usable));
            }
            Role::Held(numbers) => {
                let points = numbers.iter().filter_map(|number| self.point(*number));
                waits.need(first, points.filter_map(|line| line.at(point::RESTORE)));
            }
            Role::Behind(numbers) => {
                let points = numbers.iter().filter_map(|number| self.point(*number));
                waits.need(first, points.filter_map(|line| line.at(point::RESTORED)));
            }
            Role::Point(number) => {
                let location = self.pin(*number).map(|pin| &pin.location);
                let location = location.and_then(|address| self.by_address.get(address));
                waits.need(first, location.and_then(|(_, line)| usable(line)));
                waits.need(first, self.lines.recovery.at(own::SERVED));
                self.turn(waits, *number, first);
            }
            Role::Last => {
                waits.order(first, self.fresh_backups());
                let servers = self.with(|role| *role == Role::Server);
                waits.need(first, servers.filter_map(usable));
            }
        }
    }

    /// Nothing begins before all of stage *infra* is back; and what acts on others sleeps until each of them is, since it
    /// makes anew what it does not find (R4). A failed application keeps it asleep: it is to be restored once more.
    fn turn(&self, waits: &mut Waits, number: usize, first: Option<&StepId>) {
        let Some(turn) = self.pin(number).map(|pin| pin.turn) else {
            return;
        };
        let earlier = self.of_pins(|other| other.turn < turn);
        waits.need(
            first,
            earlier.iter().filter_map(|line| line.at(point::DONE)),
        );
        if turn == Turn::Quiet {
            waits.order(first, earlier.iter().filter_map(|line| line.fresh()));
            let locations = self.with(|role| *role == Role::Location);
            waits.order(first, locations.filter_map(Line::last));
        }
    }

    /// Lines of such points.
    fn of_pins(&self, is: impl Fn(&Pinned) -> bool) -> Vec<&'l Line> {
        let pins = self.lines.pins.iter().enumerate();
        let of_such = pins.filter(|(_, pin)| is(pin));
        of_such.filter_map(|(at, _)| self.point(at)).collect()
    }

    /// What is in no backup is there before the first Restore, but for what builds on something that one brings.
    fn before_restores(&self) -> Vec<&'l StepId> {
        let brought: BTreeSet<Address> = self
            .with(|role| matches!(role, Role::Held(_) | Role::Behind(_) | Role::Point(_)))
            .map(|line| line.address.clone())
            .collect();
        let behind = self.graph.with_dependents(&brought);
        let components = self.with(|role| *role == Role::Component);
        components
            .filter(|line| !behind.contains(&line.address))
            .filter_map(Line::last)
            .collect()
    }

    /// One Restore at a time, in the order of the queue: Velero has one worker, and holds it until the volumes are back.
    fn points(&self, waits: &mut Waits) {
        for pair in self.lines.queue.windows(2) {
            if let [before, next] = pair {
                let before = self
                    .point(*before)
                    .and_then(|line| line.at(point::RESTORED));
                let next = self.point(*next).and_then(|line| line.at(point::SYNCED));
                waits.order(next, before);
            }
        }
        // What a point holds and is declared is converged before anybody looks whether all of it is there (R9).
        for (role, line) in &self.lines.others {
            let Role::Held(numbers) = role else { continue };
            for number in numbers {
                let gate = self
                    .point(*number)
                    .and_then(|line| line.at(point::RESTORED));
                waits.order(gate, line.last());
            }
        }
    }

    /// A location turns writable once everything on it was tried; then fresh backups, then Schedules, then the end.
    fn endings(&self, waits: &mut Waits) {
        let locations: Vec<&Line> = self.with(|role| *role == Role::Location).collect();
        for location in &locations {
            let is_set_back = location.steps.len() > location.usable + 1;
            let is_on_it = |pin: &Pinned| pin.location == location.address;
            if is_set_back {
                // What sleeps until the others have a fresh backup is not waited for.
                let tried = self.of_pins(|pin| is_on_it(pin) && pin.turn != Turn::Quiet);
                let done = tried.iter().filter_map(|line| line.at(point::DONE));
                waits.order(location.last(), done);
                for line in self.of_pins(is_on_it) {
                    waits.need(line.at(point::NORMAL), location.last());
                }
            }
        }
        // CronJobs work on what others bring back too.
        let usual = self.of_pins(|pin| pin.turn != Turn::Quiet);
        for line in self.of_pins(|pin| !pin.cron_jobs.is_empty()) {
            let done = usual.iter().filter_map(|line| line.at(point::DONE));
            waits.order(line.at(point::NORMAL), done);
        }
        let fresh = self.fresh_backups();
        let writable: Vec<&StepId> = locations.iter().filter_map(|line| line.last()).collect();
        for line in self.with(|role| matches!(role, Role::Point(_))) {
            waits.order(line.schedules(), fresh.iter().chain(&writable).copied());
        }
        for line in self.with(|role| *role == Role::Last) {
            waits.order(line.at(0), writable.iter().copied());
        }
        let all = self.lines.others.iter();
        let ends = all.filter_map(|(_, line)| line.last());
        waits.need(self.lines.recovery.at(own::CLOSE), ends);
    }
}

/// An application does not wait for what its own Restore brings: there the edge is turned round.
fn turned_round(role: &Role, needed: &Role) -> bool {
    let brings = |numbers: &BTreeSet<usize>| match role {
        Role::Point(number) => numbers.contains(number),
        Role::Cluster
        | Role::Component
        | Role::Server
        | Role::Location
        | Role::Held(_)
        | Role::Behind(_)
        | Role::Last => false,
    };
    match needed {
        Role::Held(numbers) | Role::Behind(numbers) => brings(numbers),
        Role::Cluster
        | Role::Component
        | Role::Server
        | Role::Location
        | Role::Point(_)
        | Role::Last => false,
    }
}
