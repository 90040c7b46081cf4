//! Whether another run has done a step already: a second apply of one plan, or a resume after somebody applied in
//! between. Nothing is written then, and nothing failed. Pure. Must not know how an answer is obtained.

use super::judgement::{Presence, Seen, covers, effect_of, is_bare, is_deleting, text};
use crate::model::identity::{FIELD_MANAGER, STACK_LABEL, STEP_ANNOTATION};
use crate::model::json_path::JsonPath;
use crate::plan::document::Step;
use crate::world::op::{Ground, KubeOp, KubeVerb};
use serde_json::Value as Json;

/// What is there, where it is the target of the step, and ours; `body` is the step's, filled. What cannot be told (a
/// secret was to be written) is not there.
pub fn already(
    step: &Step,
    op: &KubeOp,
    (body, stack): (&Json, &str),
    found: Seen<'_>,
) -> Option<Json> {
    match (op.verb, found) {
        (KubeVerb::Delete, Seen::Nothing) => Some(Json::Null),
        // What is to stay and is gone was not released.
        (
            KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove | KubeVerb::Release,
            Seen::Nothing,
        ) => None,
        (KubeVerb::Delete, Seen::Object(object)) => {
            (is_same(step, object) && is_deleting(object)).then(|| object.clone())
        }
        (KubeVerb::Release, Seen::Object(object)) => {
            (is_same(step, object) && is_bare(object)).then(|| object.clone())
        }
        (KubeVerb::Create, Seen::Object(object)) => {
            let is_whole = op.body.secrets().is_empty() && holds(object, body);
            let takes = |path: &JsonPath| path.get(body).is_some_and(|wanted| !wanted.is_null());
            (is_whole && is_ours(object, stack, takes)).then(|| object.clone())
        }
        (KubeVerb::Apply | KubeVerb::Remove, Seen::Object(object)) => {
            let is_owned = |path: &JsonPath| match &step.ground {
                Ground::Present { projection, .. } => covers(projection, path),
                Ground::Absent
                | Ground::AbsentAtFirstTouch
                | Ground::AbsentOrKept
                | Ground::AnyAtFirstTouch
                | Ground::OfStep(_) => true,
            };
            if !is_same(step, object) || !is_ours(object, stack, is_owned) {
                return None;
            }
            match effect_of(step, op, body, found) {
                Presence::There(object) => Some(object),
                Presence::NotThere | Presence::Other(_) => None,
            }
        }
    }
}

/// The run that made an object.
pub fn maker(object: &Json) -> Option<String> {
    let mark = |map: &str| object["metadata"][map][STEP_ANNOTATION].as_str();
    // An annotation holds the address behind the run, a label a digest of it.
    let (run, _) = match mark("annotations") {
        Some(step) => step.split_once('/')?,
        None => mark("labels")?.rsplit_once('.')?,
    };
    Some(run.to_owned())
}

/// The object that the plan saw.
fn is_same(step: &Step, object: &Json) -> bool {
    match &step.ground {
        Ground::Present { uid, .. } => text(object, "/metadata/uid") == *uid,
        Ground::Absent
        | Ground::AbsentAtFirstTouch
        | Ground::AbsentOrKept
        | Ground::AnyAtFirstTouch
        | Ground::OfStep(_) => false,
    }
}

/// It carries this stack's mark, or a field of ours where a kind has no mark, it stays, and nobody but us has written
/// a field that is ours since we did. A controller writes others: the status, and what it consumes.
fn is_ours(object: &Json, stack: &str, is_owned: impl Fn(&JsonPath) -> bool) -> bool {
    let entries = || {
        let entries = object.pointer("/metadata/managedFields");
        entries.and_then(Json::as_array).into_iter().flatten()
    };
    let is_by_us = |entry: &&Json| text(entry, "/manager") == FIELD_MANAGER;
    let labels = object.pointer("/metadata/labels");
    let is_marked = match labels.and_then(|labels| labels.get(STACK_LABEL)) {
        Some(owner) => owner == stack,
        None => entries().any(|entry| is_by_us(&entry)),
    };
    let last = entries()
        .filter(is_by_us)
        .map(|entry| text(entry, "/time"))
        .max();
    let takes_ours = |entry: &Json| {
        let mut written = Vec::new();
        leaves(&entry["fieldsV1"], &mut Vec::new(), &mut written);
        written.iter().any(&is_owned)
    };
    let mut others = entries().filter(|entry| !is_by_us(entry));
    let is_last = others.all(|entry| last >= Some(text(entry, "/time")) || !takes_ours(entry));
    is_marked && is_last && !is_deleting(object)
}

/// Places that a manager wrote; of lists the list.
fn leaves(fields: &Json, path: &mut Vec<String>, found: &mut Vec<JsonPath>) {
    let members = fields.as_object().into_iter().flatten();
    let mut is_leaf = true;
    for (key, inner) in members {
        if let Some(name) = key.strip_prefix("f:") {
            is_leaf = false;
            path.push(name.to_owned());
            leaves(inner, path, found);
            path.pop();
        }
    }
    if is_leaf && !path.is_empty() {
        found.push(JsonPath(path.clone()));
    }
}

/// Everything that a create would write is there; but for the note which run and step made it.
fn holds(object: &Json, body: &Json) -> bool {
    let mut wanted = body.clone();
    for map in ["labels", "annotations"] {
        let note = ["metadata", map, STEP_ANNOTATION];
        JsonPath(note.map(str::to_owned).to_vec()).remove(&mut wanted);
    }
    super::judgement::contains(Some(object), Some(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step(verb: &str, ground: Json, body: Json) -> Step {
        serde_json::from_value(json!({
            "id": "velero_schedule.shop#1", "node": "velero_schedule.shop", "ground": ground,
            "op": {"kube": {
                "provider": "kubernetes", "verb": verb, "namespace": "velero", "name": "shop", "body": {"value": body},
                "takes": [["spec", "paused"]],
                "resource": {"group": "velero.io", "version": "v1", "plural": "schedules", "kind": "Schedule", "namespaced": true}
            }}
        }))
        .unwrap()
    }

    fn live(change: fn(&mut Json)) -> Json {
        let mut object = json!({
            "metadata": {
                "name": "shop", "uid": "u1", "labels": {"sk-dr.io/stack": "acme"},
                "annotations": {"sk-dr.io/step": "20261121-1/velero_schedule.shop#1"},
                "managedFields": [
                    {"manager": "sk-dr", "time": "2026-11-21T09:00:00Z", "fieldsV1": {"f:spec": {}}},
                    {"manager": "velero-server", "time": "2026-11-21T10:00:00Z", "fieldsV1": {"f:status": {}}}
                ]
            },
            "spec": {"schedule": "0 1 * * *", "paused": true}
        });
        change(&mut object);
        object
    }

    /// Whether a step with this verb is done already where this is live.
    fn check(verb: &str, found: Option<Json>, expected: bool) {
        let present = json!({"present": {"uid": "u1", "deleting": false, "owned": "other",
            "projection": {"include": [["spec"]], "exclude": []}}});
        let ground = match verb {
            "create" => json!("absent"),
            _ => present,
        };
        let body = json!({
            "metadata": {"name": "shop", "labels": {"sk-dr.io/stack": "acme"}, "annotations": {"sk-dr.io/step": "later/x#1"}},
            "spec": {"schedule": "0 1 * * *", "paused": true}
        });
        let step = step(verb, ground, body.clone());
        let crate::world::op::Op::Kube(op) = &step.op else {
            panic!("{step:?}")
        };
        let seen = found.as_ref().map_or(Seen::Nothing, Seen::Object);
        let is_done = already(&step, op, (&body, "acme"), seen).is_some();
        assert_eq!(is_done, expected, "{verb}: {found:?}");
    }

    #[test]
    fn what_is_ours_and_as_wanted_is_done() {
        for verb in ["create", "apply"] {
            check(verb, Some(live(|_| {})), true);
            check(verb, None, false);
            let not: [fn(&mut Json); 5] = [
                |one| one["spec"]["paused"] = json!(false),
                |one| one["metadata"]["labels"]["sk-dr.io/stack"] = json!("other"),
                |one| one["metadata"]["deletionTimestamp"] = json!("2026-11-21T11:00:00Z"),
                // As wanted, and yet somebody else had a hand in it.
                |one| {
                    one["metadata"]["managedFields"][1] = json!({"manager": "kubectl-edit", "time": "2026-11-21T10:00:00Z",
                        "fieldsV1": {"f:spec": {"f:schedule": {}}}})
                },
                |one| {
                    one["metadata"]["labels"] = json!({});
                    one["metadata"]["managedFields"] = json!([]);
                },
            ];
            for change in not {
                check(verb, Some(live(change)), false);
            }
        }
        check(
            "apply",
            Some(live(|one| one["metadata"]["uid"] = json!("u2"))),
            false,
        );
        assert_eq!(maker(&live(|_| {})).as_deref(), Some("20261121-1"));
    }

    #[test]
    fn what_is_gone_needs_no_delete_and_is_no_release() {
        check("delete", None, true);
        check("delete", Some(live(|_| {})), false);
        check("release", None, false);
        check("release", Some(live(|_| {})), false);
        let going: fn(&mut Json) =
            |one| one["metadata"]["deletionTimestamp"] = json!("2026-11-21T11:00:00Z");
        check("delete", Some(live(going)), true);
        let other: fn(&mut Json) = |one| {
            one["metadata"]["deletionTimestamp"] = json!("2026-11-21T11:00:00Z");
            one["metadata"]["uid"] = json!("u2");
        };
        check("delete", Some(live(other)), false);
        let bare: fn(&mut Json) = |one| one["metadata"] = json!({"name": "shop", "uid": "u1"});
        check("release", Some(live(bare)), true);
    }
}
