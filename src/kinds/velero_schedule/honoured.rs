//! A live Schedule as Velero honours it: what the server reads from elsewhere stands where it would be declared. Read in
//! Velero 1.18.1, `BackupBuilder.FromSchedule` and `prepareBackupRequest`. Must not know what is declared.

use super::object::SCHEDULE_NAME_LABEL;
use crate::kinds::{Difference, table};
use crate::model::expression::Expr;
use crate::model::identity::{MANAGED_BY, MANAGED_BY_LABEL, MARK_PREFIX};
use crate::model::json_path::JsonPath;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

const LABELS: &str = "spec.template.metadata.labels";
const FILES: &str = "spec.template.defaultVolumesToFsBackup";
/// The older name: true overrules the newer one, anything else is passed over.
const RESTIC: &str = "spec.template.defaultVolumesToRestic";

/// What to make of marks of ours among labels that travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bearing {
    /// Labels of a Schedule with marks stand for none of its Backups: they have to be written, or the marks travel.
    AsItIs,
    /// What its Backups would carry without the marks.
    WithoutMarks,
}

/// The Schedule as it is honoured; itself where nothing is said elsewhere.
pub(super) fn schedule(live: &Json, bearing: Bearing) -> Cow<'_, Json> {
    let restic = JsonPath::dotted(RESTIC);
    let labels = copied_labels(live, bearing);
    if restic.get(live).is_none() && labels.is_none() {
        return Cow::Borrowed(live);
    }
    let mut honoured = live.clone();
    if restic.get(live) == Some(&Json::Bool(true)) {
        JsonPath::dotted(FILES).set(&mut honoured, true.into());
    }
    restic.remove(&mut honoured);
    if let Some(labels) = labels {
        JsonPath::dotted(LABELS).set(&mut honoured, labels.into());
    }
    Cow::Owned(honoured)
}

/// The labels that Velero copies from the Schedule itself to its Backups; `None`: the template says which.
fn copied_labels(live: &Json, bearing: Bearing) -> Option<Map<String, Json>> {
    let says = JsonPath::dotted(LABELS)
        .get(live)
        .is_some_and(|labels| !table::is_empty(labels));
    if says {
        return None;
    }
    let metadata = live.get("metadata")?;
    // An empty map is none to copy for Velero, and as good as no map to whoever rewrites the object from Go.
    let is_given = JsonPath::dotted(LABELS)
        .get(live)
        .is_some_and(Json::is_object);
    let own = metadata.get("labels").and_then(Json::as_object);
    let is_marked = own.is_some_and(|own| own.iter().any(is_mark));
    match bearing {
        Bearing::AsItIs if is_marked => return None,
        Bearing::AsItIs | Bearing::WithoutMarks => {}
    }
    let own = own.filter(|_| !is_given).into_iter().flatten();
    let others = own.filter(|entry| !is_mark(*entry));
    let mut labels: Map<String, Json> = others
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if labels.is_empty() {
        let name = metadata.get("name").cloned().unwrap_or_default();
        labels.insert(SCHEDULE_NAME_LABEL.to_owned(), name);
    }
    Some(labels)
}

fn is_mark((key, value): (&String, &Json)) -> bool {
    key.starts_with(MARK_PREFIX) || (key == MANAGED_BY_LABEL && value == MANAGED_BY)
}

/// Differences to the honoured Schedule as writes to the live one.
pub(super) fn write_as_it_is(found: &mut Vec<Difference>, body: &Expr, live: &Json) {
    labels_as_one(found, body, live);
    let is_restic = JsonPath::dotted(RESTIC).get(live) == Some(&Json::Bool(true));
    let changed = found
        .iter()
        .position(|difference| difference.attribute == ["default_volumes_to_fs_backup"]);
    if let (true, Some(at)) = (is_restic, changed) {
        let overruling = Difference {
            attribute: vec!["default_volumes_to_restic".to_owned()],
            place: JsonPath::dotted(RESTIC),
            before: Some(true.into()),
            after: None,
            write: None,
            note: Some("the older name, which would overrule the newer one".into()),
        };
        found.insert(at + 1, overruling);
    }
}

/// Labels that are only copied have no place of their own yet: they are written whole.
fn labels_as_one(found: &mut Vec<Difference>, body: &Expr, live: &Json) {
    let Some(copied) = copied_labels(live, Bearing::WithoutMarks) else {
        return;
    };
    let is_label = |difference: &Difference| {
        difference
            .attribute
            .first()
            .is_some_and(|name| name == "backup_labels")
    };
    let Some(at) = found.iter().position(is_label) else {
        return;
    };
    found.retain(|difference| !is_label(difference));
    let is_only_the_name = copied.len() == 1 && copied.contains_key(SCHEDULE_NAME_LABEL);
    let declared = body.member("backup_labels");
    let whole = Difference {
        attribute: vec!["backup_labels".to_owned()],
        place: JsonPath::dotted(LABELS),
        before: (!is_only_the_name).then(|| copied.into()),
        after: declared.clone(),
        write: declared,
        note: None,
    };
    found.insert(at, whole);
}
