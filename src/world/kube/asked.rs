//! Whether an answer is what was asked for. A proxy in front of another API, a cache, a server that means harm: they
//! answer 200 with an object of another name, another type, another namespace. Such an answer says nothing about what was
//! asked. Must not know what follows.

use crate::model::identity::KubeResource;
use serde_json::Value as Json;

const NAMESPACE: &[&str] = &["metadata", "namespace"];
const NAME: &[&str] = &["metadata", "name"];
const UID: &[&str] = &["metadata", "uid"];

/// What a success has to hold.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The object as it is stored.
    Object(Named),
    /// The object as it would be.
    Rehearsal(Named),
    /// That the object goes: itself, or a Status about it.
    Deletion(Named),
    /// Objects of a type, in one namespace or in all.
    List(KubeResource, Option<String>),
    /// The types of a group and version.
    Types(String),
    /// The groups.
    Groups,
}

/// One object.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its type.
    pub resource: KubeResource,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its UID, where that is known before.
    pub uid: Option<String>,
}

impl Asked {
    /// What is wrong with an answer; nothing where it is what was asked for.
    pub fn mismatch(&self, answer: &Json) -> Option<String> {
        match self {
            Asked::Object(named) => named.mismatch(answer).or_else(|| without_uid(answer)),
            Asked::Rehearsal(named) => named.mismatch(answer),
            Asked::Deletion(named) => named.not_deleted(answer),
            Asked::List(resource, namespace) => {
                let Some(Json::Array(items)) = answer.get("items") else {
                    // Go writes an empty slice as null.
                    let is_empty = answer.get("items").is_some_and(Json::is_null);
                    return (!is_empty).then(|| "the answer is no list".to_owned());
                };
                let version = resource.api_version();
                let wrong = |item| item_of((resource, &version), namespace.as_deref(), item);
                items.iter().find_map(wrong)
            }
            Asked::Types(version) => kind_is("APIResourceList", answer).or_else(|| {
                let answered = text(answer, &["groupVersion"]);
                (answered != version)
                    .then(|| format!("the types are those of {answered:?}, not of {version:?}"))
            }),
            Asked::Groups => kind_is("APIGroupList", answer),
        }
    }
}

impl Named {
    fn mismatch(&self, answer: &Json) -> Option<String> {
        let version = self.resource.api_version();
        let expected = [
            (&["apiVersion"] as &[&str], version.as_str()),
            (&["kind"], &self.resource.kind),
            (NAMESPACE, self.namespace.as_deref().unwrap_or_default()),
            (NAME, &self.name),
        ];
        let uid = self.uid.as_deref().map(|uid| (UID, uid));
        expected.into_iter().chain(uid).find_map(|(place, expected)| {
            let answered = text(answer, place);
            (answered != expected).then(|| {
                let member = place.last().unwrap_or(&"kind");
                format!("the answer is another object: its {member} is {answered:?}, not {expected:?}")
            })
        })
    }

    /// A server that keeps an object for its finalizers answers with it, else with a Status.
    fn not_deleted(&self, answer: &Json) -> Option<String> {
        if text(answer, &["kind"]) != "Status" || self.resource.kind == "Status" {
            return self.mismatch(answer);
        }
        let name = text(answer, &["details", "name"]);
        let uid = text(answer, &["details", "uid"]);
        // One that says no success is no answer, but a failure.
        if !name.is_empty() && name != self.name {
            Some(format!(
                "the answer is about {name:?}, not about {:?}",
                self.name
            ))
        } else if self
            .uid
            .as_deref()
            .is_some_and(|known| !uid.is_empty() && uid != known)
        {
            Some(format!("the answer is about an object of UID {uid:?}"))
        } else {
            None
        }
    }
}

/// Items of a list of a built-in type carry neither apiVersion nor kind; those of a custom one do.
fn item_of(
    (resource, wanted): (&KubeResource, &str),
    namespace: Option<&str>,
    item: &Json,
) -> Option<String> {
    let (version, kind) = (text(item, &["apiVersion"]), text(item, &["kind"]));
    let (place, name) = (text(item, NAMESPACE), text(item, NAME));
    let is_placed = match namespace {
        Some(namespace) if resource.namespaced => place == namespace,
        Some(_) | None => resource.namespaced != place.is_empty(),
    };
    if !item.is_object() {
        Some("a member is no object".to_owned())
    } else if !kind.is_empty() && kind != &*resource.kind {
        Some(format!("a member is a {kind:?}, not a {:?}", resource.kind))
    } else if !version.is_empty() && version != wanted {
        Some(format!("a member is of {version:?}, not of {wanted:?}"))
    } else if name.is_empty() {
        Some("a member has no name".to_owned())
    } else if !is_placed {
        Some(format!(
            "{name:?} is in namespace {place:?}, which was not asked for"
        ))
    } else {
        without_uid(item)
    }
}

fn without_uid(object: &Json) -> Option<String> {
    let name = text(object, NAME);
    text(object, UID)
        .is_empty()
        .then(|| format!("{name:?} has no uid"))
}

fn kind_is(expected: &str, answer: &Json) -> Option<String> {
    let kind = text(answer, &["kind"]);
    (kind != expected).then(|| format!("the answer is of kind {kind:?}, not {expected:?}"))
}

fn text<'a>(value: &'a Json, path: &[&str]) -> &'a str {
    let found = path
        .iter()
        .try_fold(value, |value, member| value.get(member));
    found.and_then(Json::as_str).unwrap_or_default()
}
