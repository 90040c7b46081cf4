//! Two judgements over one answer: is the ground still what the approver saw (R35), and is the effect of a step already
//! there? Pure. Must not know how an answer is obtained, nor what is done with the judgement.

use crate::kinds::{self, Ownership};
use crate::model::identity::{
    ADDRESS_LABEL, FIELD_MANAGER, Instance, OWNER_ANNOTATION, STACK_LABEL, STEP_ANNOTATION,
};
use crate::model::json_path::{JsonPath, Projection};
use crate::plan::document::{Node, Plan, Step};
use crate::plan::ownership::{Bearer, is_written_by_us, names_bearer};
use crate::plan::recovery::objects::is_record;
use crate::world::ReadVersion;
use crate::world::op::{Ground, KubeOp, KubeVerb, Op};
use crate::world::query::{Answer, Fact, FailureClass, Why};
use serde_json::Value as Json;

/// Whether this run wrote to the object before, so that its fields are no longer what the plan saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It did not.
    First,
    /// An earlier step of it did: only that the object is the same one can still be asked.
    Again,
}

/// What an answer says about an object.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// It is there.
    Object(&'a Json),
    /// It is not.
    Nothing,
}

/// Reads an answer to a question about one object.
///
/// # Errors
/// Where it cannot be told: never read as absent.
pub fn seen(answer: &Answer) -> Result<Seen<'_>, Why> {
    match answer {
        Answer::Present(Fact::Object(object)) => Ok(Seen::Object(object)),
        Answer::Absent => Ok(Seen::Nothing),
        Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_)) => Err(why(
            FailureClass::Malformed,
            "something else was answered where one object was asked for",
        )),
        Answer::NotServed => Err(why(
            FailureClass::NotFound,
            "the API does not serve this type",
        )),
        Answer::Unknown(why) => Err(why.clone()),
    }
}

fn version(object: &Json) -> ReadVersion {
    ReadVersion {
        uid: text(object, "/metadata/uid"),
        resource_version: text(object, "/metadata/resourceVersion"),
    }
}

/// Checks the ground of a step.
///
/// # Errors
/// [`FailureClass::Ground`] with what moved.
pub fn check_ground(
    ground: &Ground,
    found: Seen<'_>,
    touch: Touch,
) -> Result<Option<ReadVersion>, Why> {
    match (ground, found) {
        (
            Ground::Absent
            | Ground::AbsentAtFirstTouch
            | Ground::AbsentOrKept
            | Ground::AnyAtFirstTouch,
            Seen::Nothing,
        ) => Ok(None),
        (Ground::AnyAtFirstTouch | Ground::AbsentOrKept, Seen::Object(object))
            if is_deleting(object) =>
        {
            Err(moved("it is being deleted".to_owned()))
        }
        (Ground::AnyAtFirstTouch | Ground::AbsentOrKept, Seen::Object(object)) => {
            Ok(Some(version(object)))
        }
        (Ground::OfStep(step), _) => Err(moved(format!(
            "it is to be what `{step}` made, and the journal tells of no such object"
        ))),
        (Ground::Absent, Seen::Object(object)) => Err(moved(format!(
            "it did not exist when the plan was made, now it does{}",
            by(object)
        ))),
        (Ground::AbsentAtFirstTouch, Seen::Object(object)) => Err(moved(format!(
            "it exists in a cluster that was to be new{}",
            by(object)
        ))),
        (Ground::Present { .. }, Seen::Nothing) => Err(moved(
            "it existed when the plan was made, now it does not".to_owned(),
        )),
        (
            Ground::Present {
                uid,
                deleting,
                owned,
                projection,
            },
            Seen::Object(object),
        ) => {
            let now = text(object, "/metadata/uid");
            if now != *uid {
                return Err(moved(format!(
                    "it was replaced since the plan: its UID was {uid}, now it is {now}"
                )));
            }
            match (deleting, is_deleting(object)) {
                (false, true) => {
                    return Err(moved(
                        "it is being deleted since the plan was made".to_owned(),
                    ));
                }
                (true, false) => {
                    return Err(moved(
                        "it was being deleted when the plan was made, now it is not".to_owned(),
                    ));
                }
                (true, true) | (false, false) => {}
            }
            if touch == Touch::First && projection.fingerprint(object) != *owned {
                return Err(moved(format!(
                    "its fields changed since the plan was made{}",
                    by(object)
                )));
            }
            Ok(Some(version(object)))
        }
    }
}

/// What a plan says of the marks of an object that a step changes or removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// It bears ours.
    Ours,
    /// It becomes ours, or only some of its fields are: it bears those of nobody else.
    Nobodys,
}

impl Bearing {
    /// Of the object of a step.
    pub fn of(node: &Node, step: &Step) -> Self {
        // What a recovery takes over may bear a mark that came with a backup (R23).
        if matches!(step.ground, Ground::AnyAtFirstTouch | Ground::AbsentOrKept) {
            return Bearing::Nobodys;
        }
        // A recovery's record is no resource and bears no mark: once it is closed nothing declares it.
        if matches!(&step.op, Op::Kube(op) if is_record(op)) {
            return Bearing::Nobodys;
        }
        let key = step.op.key();
        let part = node
            .parts
            .iter()
            .find(|part| Some(&part.key) == key.as_ref());
        let (kind, importing) = match part {
            Some(part) => (&part.kind, part.importing),
            None => (&node.kind, node.importing),
        };
        let is_shared = kinds::find(kind).is_some_and(|kind| kind.ownership() == Ownership::Fields);
        if importing || is_shared {
            Bearing::Nobodys
        } else {
            Bearing::Ours
        }
    }
}

/// Checks whose an object is, just before it is written (R22): whatever a plan says, what is another's is left alone.
///
/// # Errors
/// [`FailureClass::Ground`] with whose it is.
pub fn check_bearing(bearing: Bearing, plan: &Plan, op: &KubeOp, object: &Json) -> Result<(), Why> {
    let label = text(object, "/metadata/labels/sk-dr.io~1stack");
    let instance = plan.providers.get(&op.provider);
    let is_own = match instance.map(|planned| &planned.instance) {
        Some(Instance::Known { kube_system_uid }) => names_bearer(&Bearer {
            cluster_uid: kube_system_uid,
            resource: &op.resource,
            live: object,
        }),
        // What is there at the first touch of a new cluster is refused as ground.
        Some(
            Instance::MadeBy(_)
            | Instance::Lost { .. }
            | Instance::Store
            | Instance::Unknown { .. },
        )
        | None => true,
    };
    match bearing {
        Bearing::Ours if label == plan.stack && is_own => Ok(()),
        Bearing::Ours if label == plan.stack => {
            Err(moved("its mark was made for another object".to_owned()))
        }
        Bearing::Nobodys if label.is_empty() || label == plan.stack => Ok(()),
        Bearing::Ours | Bearing::Nobodys if label.is_empty() => {
            Err(moved("it does not carry our mark any more".to_owned()))
        }
        Bearing::Ours | Bearing::Nobodys => {
            Err(moved(format!("it carries the mark of stack \"{label}\"")))
        }
    }
}

/// Whether the effect of a step is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence {
    /// It is; what is there now.
    There(Json),
    /// It certainly is not.
    NotThere,
    /// Something else is in its place.
    Other(Why),
}

/// What a step leaves as it is, so that nothing is to be done: what is there already and is kept, and what a restore brought
/// and is gone again, such as a CronJob whose operator makes its own.
pub fn left_alone(step: &Step, found: Seen<'_>) -> Option<Json> {
    let Op::Kube(op) = &step.op else {
        return None;
    };
    match (op.verb, &step.ground, found) {
        (KubeVerb::Remove, Ground::AnyAtFirstTouch, Seen::Nothing) => Some(Json::Null),
        (KubeVerb::Create, Ground::AbsentOrKept, Seen::Object(object)) => Some(object.clone()),
        (_, _, Seen::Nothing | Seen::Object(_)) => None,
    }
}

/// Judges whether the effect of a write is there. `body` is the step's, filled; `run` is this run's id.
pub fn effect_of(step: &Step, op: &KubeOp, body: &Json, found: Seen<'_>) -> Presence {
    let there = |is_there: bool, object: &Json| {
        if is_there {
            Presence::There(object.clone())
        } else {
            Presence::NotThere
        }
    };
    if let Some(kept) = left_alone(step, found) {
        return Presence::There(kept);
    }
    match (op.verb, found) {
        (KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove, Seen::Nothing) => {
            Presence::NotThere
        }
        // Gone: there is nothing left to delete, or to release.
        (KubeVerb::Delete | KubeVerb::Release, Seen::Nothing) => Presence::There(Json::Null),
        (KubeVerb::Create, Seen::Object(object)) if is_ours(body, object) => {
            Presence::There(object.clone())
        }
        (KubeVerb::Create, Seen::Object(_)) if step.ground == Ground::AnyAtFirstTouch => {
            Presence::NotThere
        }
        (KubeVerb::Create, Seen::Object(object)) => Presence::Other(moved(format!(
            "an object with this name exists that this step did not make{}",
            by(object)
        ))),
        (KubeVerb::Apply, Seen::Object(object)) => {
            there(takes_effect(step, op, body, object), object)
        }
        (KubeVerb::Remove, Seen::Object(object)) => {
            there(is_taken_off(step, op, body, object), object)
        }
        (KubeVerb::Delete, Seen::Object(object)) => match &step.ground {
            Ground::Present { uid, .. } if text(object, "/metadata/uid") != *uid => {
                Presence::There(Json::Null)
            }
            Ground::Present { .. }
            | Ground::Absent
            | Ground::AbsentAtFirstTouch
            | Ground::AbsentOrKept
            | Ground::AnyAtFirstTouch
            | Ground::OfStep(_) => there(is_deleting(object), object),
        },
        (KubeVerb::Release, Seen::Object(object)) => there(!bears_marks(object), object),
    }
}

/// The create was ours: the object carries this very run and step, or our mark and everything that we would write.
fn is_ours(body: &Json, object: &Json) -> bool {
    // A mark stands in an annotation or in a label, as its type wants it.
    let mark = |of: &Json, name: &str| {
        let mut maps = ["labels", "annotations"].into_iter();
        maps.find_map(|map| of["metadata"][map][name].as_str().map(str::to_owned))
    };
    let same = |name: &str| {
        let wanted = mark(body, name);
        wanted.is_some() && mark(object, name) == wanted
    };
    // The step's mark alone travels with a backup; together with another owner it is a copy (R23).
    let owner = same(OWNER_ANNOTATION) || mark(body, OWNER_ANNOTATION).is_none();
    owner
        && (same(STEP_ANNOTATION)
            || (same(OWNER_ANNOTATION)
                && is_written_by_us(object)
                && contains(object.get("spec"), body.get("spec"))))
}

/// Every field taken has the value written. A field under `spec` that the fingerprint leaves out is an action, such as
/// `skipImmediately`: its controller consumes it, so its absence proves nothing.
fn takes_effect(step: &Step, op: &KubeOp, body: &Json, object: &Json) -> bool {
    let counts = |path: &&JsonPath| match &step.ground {
        Ground::Present { projection, .. } => {
            path.0.first().is_none_or(|first| first != "spec") || covers(projection, path)
        }
        Ground::Absent
        | Ground::AbsentAtFirstTouch
        | Ground::AbsentOrKept
        | Ground::AnyAtFirstTouch
        | Ground::OfStep(_) => true,
    };
    let same = |path: &JsonPath| match (path.get(object), path.get(body)) {
        (Some(live), Some(wanted)) if live == wanted => true,
        (live, wanted) => is_empty(live) && is_empty(wanted),
    };
    // Whether a secret was written cannot be told here, and writing it once more does no harm.
    let is_secret = |path: &JsonPath| {
        let written = op.body.at(&path.0);
        written.is_some_and(|written| !written.secrets().is_empty())
    };
    if op.takes.iter().any(is_secret) {
        return false;
    }
    let mut counted = op.takes.iter().filter(counts).peekable();
    if counted.peek().is_none() {
        op.takes.iter().all(same)
    } else {
        counted.all(same)
    }
}

/// Every field is gone, every list as written but for what the server fills in. Fields that are as they were prove that
/// nothing was done, where a list may look right with a member too much.
fn is_taken_off(step: &Step, op: &KubeOp, body: &Json, object: &Json) -> bool {
    let holds_lists = !is_empty(Some(body));
    let is_untouched = match &step.ground {
        Ground::Present {
            owned, projection, ..
        } => projection.fingerprint(object) == *owned,
        Ground::Absent
        | Ground::AbsentAtFirstTouch
        | Ground::AbsentOrKept
        | Ground::AnyAtFirstTouch
        | Ground::OfStep(_) => false,
    };
    let is_done = |path: &JsonPath| match path.get(body) {
        None | Some(Json::Null) => is_empty(path.get(object)),
        written => contains(path.get(object), written),
    };
    !(holds_lists && is_untouched) && op.takes.iter().all(is_done)
}

pub(super) fn covers(projection: &Projection, path: &JsonPath) -> bool {
    let within = |outer: &JsonPath| path.0.starts_with(&outer.0) || outer.0.starts_with(&path.0);
    projection.include.iter().any(within)
        && !projection
            .exclude
            .iter()
            .any(|outer| path.0.starts_with(&outer.0))
}

/// Everything in `part` is in `whole`; null, `[]` and `{}` are as good as absent.
pub(super) fn contains(whole: Option<&Json>, part: Option<&Json>) -> bool {
    match (whole, part) {
        (_, part) if is_empty(part) => true,
        (Some(Json::Object(whole)), Some(Json::Object(part))) => part
            .iter()
            .all(|(name, part)| contains(whole.get(name), Some(part))),
        (Some(Json::Array(whole)), Some(Json::Array(part))) => {
            let pairs = || whole.iter().zip(part);
            whole.len() == part.len()
                && pairs().all(|(whole, part)| contains(Some(whole), Some(part)))
        }
        (whole, part) => whole == part,
    }
}

fn is_empty(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null) => true,
        Some(Json::Array(members)) => members.is_empty(),
        Some(Json::Object(members)) => members.is_empty(),
        Some(Json::Bool(_) | Json::Number(_) | Json::String(_)) => false,
    }
}

/// Whether nothing on an object says that it is ours.
pub fn is_bare(object: &Json) -> bool {
    !bears_marks(object)
}

fn bears_marks(object: &Json) -> bool {
    let has = |place: &str, key: &str| object.pointer(place).and_then(|all| all.get(key)).is_some();
    let managed = object
        .pointer("/metadata/managedFields")
        .and_then(Json::as_array);
    let marks = [
        STACK_LABEL,
        ADDRESS_LABEL,
        OWNER_ANNOTATION,
        STEP_ANNOTATION,
    ];
    let mut marks = marks.iter();
    marks.any(|mark| has("/metadata/labels", mark) || has("/metadata/annotations", mark))
        || managed
            .into_iter()
            .flatten()
            .any(|entry| entry.get("manager").and_then(Json::as_str) == Some(FIELD_MANAGER))
}

/// Whether an object is being deleted.
pub fn is_deleting(object: &Json) -> bool {
    object
        .pointer("/metadata/deletionTimestamp")
        .is_some_and(|time| !time.is_null())
}

/// A text in an object; empty where there is none.
pub fn text(object: &Json, pointer: &str) -> String {
    object
        .pointer(pointer)
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// `, last written by kubectl-edit`: whom to ask.
fn by(object: &Json) -> String {
    let entries = object
        .pointer("/metadata/managedFields")
        .and_then(Json::as_array);
    let newest = entries
        .into_iter()
        .flatten()
        .max_by_key(|entry| text(entry, "/time"));
    newest
        .map(|entry| format!(", last written by {}", text(entry, "/manager")))
        .unwrap_or_default()
}

/// The ground moved.
pub fn moved(message: String) -> Why {
    Why {
        class: FailureClass::Ground,
        message,
    }
}

fn why(class: FailureClass, message: &str) -> Why {
    Why {
        class,
        message: message.to_owned(),
    }
}
