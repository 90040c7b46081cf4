//! Schedules: validation, `skipImmediately`, firing.

use super::{objects, text, time, write};
use crate::model::cron::Cron;
use crate::sandbox::state::{Controller, State, VELERO_NAMESPACE, stamp};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn cron(object: &Value) -> Result<Cron, String> {
    let expression = text(object, "/spec/schedule");
    if expression.is_empty() {
        return Err("Schedule must be a non-empty valid Cron expression".to_owned());
    }
    expression
        .parse::<Cron>()
        .map_err(|why| format!("invalid schedule: {why}"))
}

fn is_true(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer) == Some(&json!(true))
}

/// When the next backup is due: counted from the last one, else from the creation, or from a later skip.
pub fn next_run(object: &Value) -> Option<Timestamp> {
    if is_true(object, "/spec/paused") || text(object, "/status/phase") != "Enabled" {
        return None;
    }
    due(object, &cron(object).ok()?)
}

fn due(object: &Value, cron: &Cron) -> Option<Timestamp> {
    let last = time(object, "/status/lastBackup")
        .or_else(|| time(object, "/metadata/creationTimestamp"))?;
    let from = time(object, "/status/lastSkipped").map_or(last, |skipped| skipped.max(last));
    cron.next(from, &TimeZone::UTC)
}

/// Looks at a schedule. A paused one is not looked at: its status and its skipImmediately stay as they are.
pub fn reconcile(state: &mut State, key: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    if !super::runs(state, Controller::Schedule) {
        return;
    }
    if is_true(&object, "/spec/paused") {
        return;
    }
    if is_true(&object, "/spec/skipImmediately") {
        object["status"]["lastSkipped"] = json!(stamp(state.now));
    }
    // Absent is written too: the server puts its own default there.
    object["spec"]["skipImmediately"] = json!(false);
    let cron = cron(&object);
    match &cron {
        Ok(_) => {
            object["status"]["phase"] = json!("Enabled");
            if let Some(Value::Object(status)) = object.get_mut("status") {
                status.remove("validationErrors");
            }
        }
        Err(why) => {
            object["status"]["phase"] = json!("FailedValidation");
            object["status"]["validationErrors"] = json!([why]);
        }
    }
    write(state, key, object.clone());
    let Ok(cron) = cron else { return };
    let is_due = due(&object, &cron).is_some_and(|due| state.now > due);
    if is_due && !runs(state, text(&object, "/metadata/name")) {
        submit(state, key, &object);
    }
}

/// Whether a backup of the schedule has not got further than InProgress.
fn runs(state: &State, schedule: &str) -> bool {
    objects(state, "backups").iter().any(|(_, backup)| {
        let label = backup
            .pointer("/metadata/labels")
            .and_then(|labels| labels.get("velero.io/schedule-name"));
        label == Some(&json!(schedule))
            && matches!(text(backup, "/status/phase"), "" | "New" | "InProgress")
    })
}

fn submit(state: &mut State, key: &str, schedule: &Value) {
    let now = state.now;
    let name = format!(
        "{}-{}",
        text(schedule, "/metadata/name"),
        now.strftime("%Y%m%d%H%M%S")
    );
    let backup_key = format!("backups.velero.io/{VELERO_NAMESPACE}/{name}");
    if !state.objects.contains_key(&backup_key) {
        super::create(state, &backup_key, backup(schedule, &name));
    }
    if let Some(mut object) = state.objects.get(key).cloned() {
        object["status"]["lastBackup"] = json!(stamp(now));
        write(state, key, object);
    }
}

/// Labels of the template if it has any map of them, else all of the schedule's; annotations always.
fn backup(schedule: &Value, name: &str) -> Value {
    let template = schedule
        .pointer("/spec/template")
        .cloned()
        .unwrap_or_else(|| json!({}));
    let template_labels = template
        .pointer("/metadata/labels")
        .filter(|labels| labels.is_object());
    // An empty map in the template is no map to Go's decoder only if it is missing; `{}` still counts as given.
    let own = schedule.pointer("/metadata/labels");
    let mut labels = template_labels
        .or(own)
        .cloned()
        .unwrap_or_else(|| json!({}));
    labels["velero.io/schedule-name"] = schedule["metadata"]["name"].clone();
    let mut metadata = json!({"name": name, "namespace": VELERO_NAMESPACE, "labels": labels});
    if let Some(annotations) = schedule.pointer("/metadata/annotations") {
        metadata["annotations"] = annotations.clone();
    }
    if is_true(schedule, "/spec/useOwnerReferencesInBackup") {
        metadata["ownerReferences"] = json!([{
            "apiVersion": "velero.io/v1", "kind": "Schedule", "controller": true,
            "name": schedule["metadata"]["name"], "uid": schedule["metadata"]["uid"],
        }]);
    }
    json!({"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": metadata, "spec": template})
}
