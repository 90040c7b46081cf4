//! The Velero server as an actor, after the source of 1.18.1: locations are validated, schedules fire, backups and
//! restores run, and the server rewrites what it rewrites. A backup that completes leaves its files in the bucket of its location, and
//! backups of a bucket appear in the cluster. Data of volumes are not moved. Each behaviour has a line
//! in [`super::behaviours`]. Must not know requests.

mod backup;
mod bucket;
mod contents;
mod files;
mod flags;
mod location;
mod repository;
pub mod restore;
mod schedule;
mod sync;
#[cfg(test)]
mod tests;
mod volumes;

use super::kubernetes::managed::{Force, Manager, Managers, Operation, Write};
use super::kubernetes::resources::{self, VELERO_GROUP};
use super::state::{Controller, State, Task, VELERO_NAMESPACE, Velero};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub use backup::advance as advance_backup;
pub use restore::advance as advance_restore;
pub use restore::waits_for_volumes;

/// Key of the server's Deployment.
pub const DEPLOYMENT: &str = "deployments.apps/velero/velero";

/// Locations are looked at this often.
const TICK: SignedDuration = SignedDuration::from_secs(10);
/// Schedules and synchronisation are looked at every so many ticks: each minute.
const MINUTE: i64 = 6;
/// Expired backups are looked for every so many ticks: each hour.
const HOUR: i64 = 360;

/// Whether the server runs, and runs this controller.
fn runs(state: &State, controller: Controller) -> bool {
    state
        .velero
        .as_ref()
        .is_some_and(|velero| velero.started.is_some() && !velero.disabled.contains(&controller))
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn time(object: &Value, pointer: &str) -> Option<Timestamp> {
    text(object, pointer).parse().ok()
}

fn objects(state: &State, plural: &str) -> Vec<(String, Value)> {
    let title = format!("{plural}.{VELERO_GROUP}");
    state
        .list(&title, Some(VELERO_NAMESPACE))
        .map(|(key, object)| (key.clone(), object.clone()))
        .collect()
}

/// An instant written as whole seconds loses its fraction; a duration counted from it must not.
fn after(start: Timestamp, by: SignedDuration) -> Timestamp {
    start.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn ticks_until(started: Timestamp, at: Timestamp) -> i64 {
    let nanoseconds = at.as_nanosecond() - started.as_nanosecond();
    let whole = nanoseconds.div_euclid(TICK.as_nanos())
        + i128::from(nanoseconds.rem_euclid(TICK.as_nanos()) != 0);
    i64::try_from(whole).unwrap_or(i64::MAX).max(0)
}

fn round_up(ticks: i64, to: i64) -> i64 {
    ticks.saturating_add(to - 1) / to * to
}

/// When the server next has something to do at one of its ticks; none where that is later than `until`.
pub fn next_tick(state: &State, until: Timestamp) -> Option<Timestamp> {
    let velero = state.velero.as_ref()?;
    let started = velero.started?;
    let tick = |number: i64| {
        Some(after(
            started,
            TICK.checked_mul(i32::try_from(number).ok()?)?,
        ))
    };
    // A tick that is now was done: only later ones are next.
    let earliest = ticks_until(started, after(state.now, SignedDuration::from_nanos(1)));
    // Nearly every request comes between two ticks: it need not look at all schedules there are.
    tick(earliest).filter(|tick| *tick <= until)?;
    let on_grid = |at: Timestamp, grid: i64| round_up(ticks_until(started, at).max(earliest), grid);
    let locations = objects(state, "backupstoragelocations");
    let validations = locations
        .iter()
        .filter_map(|(_, object)| location::next_validation(object))
        .map(|at| on_grid(at, 1));
    let has = |controller: Controller| !velero.disabled.contains(&controller);
    let syncs = locations
        .iter()
        .filter(|_| has(Controller::BackupSync))
        .filter_map(|(_, object)| location::next_sync(object))
        .map(|at| on_grid(at, MINUTE));
    let schedules = objects(state, "schedules");
    // A run is due strictly after its minute.
    let fires = schedules
        .iter()
        .filter(|_| has(Controller::Schedule))
        .filter_map(|(_, object)| schedule::next_run(object))
        .map(|at| on_grid(after(at, SignedDuration::from_nanos(1)), MINUTE));
    let expiries = backup::next_expiry(state)
        .map(|at| on_grid(after(at, SignedDuration::from_nanos(1)), HOUR));
    let next = validations
        .chain(syncs)
        .chain(fires)
        .chain(expiries)
        .min()?;
    tick(next).filter(|tick| *tick <= until)
}

/// What the server does at a tick.
pub fn tick(state: &mut State, at: Timestamp) {
    let Some(started) = state.velero.as_ref().and_then(|velero| velero.started) else {
        return;
    };
    let number = ticks_until(started, at);
    for (key, object) in objects(state, "backupstoragelocations") {
        if location::next_validation(&object).is_some_and(|due| due <= at) {
            location::reconcile(state, &key);
        }
    }
    if number % MINUTE == 0 {
        for (key, _) in objects(state, "schedules") {
            schedule::reconcile(state, &key);
        }
        for (key, object) in objects(state, "backupstoragelocations") {
            let is_due = location::next_sync(&object).is_some_and(|due| due <= at);
            if is_due && runs(state, Controller::BackupSync) {
                sync::run(state, &key);
            }
        }
    }
    if number % HOUR == 0 {
        backup::collect_expired(state);
    }
}

/// What the server does about an object that is new or whose spec changed.
pub fn reconcile(state: &mut State, key: &str) {
    let running = state
        .velero
        .as_ref()
        .is_some_and(|velero| velero.started.is_some());
    let mut parts = key.split('/');
    let (title, namespace) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if !running || namespace != VELERO_NAMESPACE {
        return;
    }
    match title {
        "backupstoragelocations.velero.io" => location::reconcile(state, key),
        "schedules.velero.io" => schedule::reconcile(state, key),
        "backups.velero.io" => {
            backup::start(state, key);
            backup::collect(state, key);
        }
        "restores.velero.io" => restore::reconcile(state, key),
        _ => {}
    }
}

/// Its Deployment runs what was written: the server starts with the flags that stand there, in place of one that ran.
pub fn start_anew(state: &mut State, deployment: &Value) {
    let Some(flags) = flags::of(deployment) else {
        stop(state);
        return;
    };
    state.velero = Some(Velero {
        default_location: flags.default_location,
        disabled: flags.disabled,
        ..Velero::started(state.now)
    });
    restart(state);
}

/// Ends the server: nothing is done until it starts again.
pub fn stop(state: &mut State) {
    if let Some(velero) = &mut state.velero {
        velero.started = None;
    }
}

/// Ends the server and starts it: the default location is marked, what ran counts as failed, everything is looked at.
pub fn restart(state: &mut State) {
    let now = state.now;
    let Some(velero) = &mut state.velero else {
        return;
    };
    velero.started = Some(now);
    let default = velero.default_location.clone();
    backup::fail_running(state);
    restore::fail_running(state);
    location::mark_default(state, &default);
    for plural in ["backupstoragelocations", "schedules", "backups", "restores"] {
        for (key, _) in objects(state, plural) {
            state.wake_after(super::kubernetes::write::REACTION, Task::Reconcile, &key);
        }
    }
}

/// Stores an object as the server writes it: an ordinary update, so generation moves with status too.
fn write(state: &mut State, key: &str, new: Value) {
    let Some(old) = state.objects.get(key).cloned() else {
        return;
    };
    if old == new {
        return;
    }
    let shape = resources::by_title(key.split('/').next().unwrap_or_default())
        .map(|resource| resource.shape);
    let Some(shape) = shape else { return };
    let time = super::state::stamp(state.now);
    let writer = manager();
    let managers = Managers::of(&old);
    let mut new = new;
    if !managers.is_empty() {
        let update = Write {
            shape,
            time: &time,
            force: Force::No,
        };
        managers
            .updated(&old, &new, &writer, update)
            .write(&mut new);
    }
    let content = |object: &Value| (object.get("spec").cloned(), object.get("status").cloned());
    if content(&old) != content(&new) {
        let generation = old
            .pointer("/metadata/generation")
            .and_then(Value::as_i64)
            .unwrap_or(0);
        new["metadata"]["generation"] = Value::from(generation + 1);
    }
    state.store(key, new);
}

/// Creates an object as the server does.
fn create(state: &mut State, key: &str, object: Value) {
    let shape = resources::by_title(key.split('/').next().unwrap_or_default())
        .map(|resource| resource.shape);
    let Some(shape) = shape else { return };
    let time = super::state::stamp(state.now);
    let mut object = object;
    object["metadata"]["uid"] = Value::from(state.peek_uid());
    object["metadata"]["creationTimestamp"] = Value::from(time.clone());
    object["metadata"]["generation"] = Value::from(1);
    state.take_uid();
    let update = Write {
        shape,
        time: &time,
        force: Force::No,
    };
    Managers::default()
        .updated(&serde_json::json!({}), &object, &manager(), update)
        .write(&mut object);
    state.store(key, object);
    state.wake_after(super::kubernetes::write::REACTION, Task::Reconcile, key);
}

fn manager() -> Manager {
    Manager {
        name: "velero-server".to_owned(),
        operation: Operation::Update,
        api_version: "velero.io/v1".to_owned(),
        subresource: String::new(),
    }
}
