//! The marks that a write carries (R22), as places and closed expressions.

use crate::model::address::Address;
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{
    ADDRESS_ANNOTATION, ADDRESS_LABEL, Instance, KubeResource, MANAGED_BY, MANAGED_BY_LABEL,
    MARK_PREFIX, MarkPlace, OWNER_ANNOTATION, ProviderRef, STACK_LABEL, STEP_ANNOTATION,
    address_label, address_parts, owner_label_suffix, owner_mark_suffix, short_digest,
};
use crate::model::json_path::JsonPath;
use crate::plan::document::StepId;
use serde_json::Value as Json;

/// The object that is marked.
pub struct Marked<'a> {
    /// Stack that owns it.
    pub stack: &'a str,
    /// Where it is declared.
    pub address: &'a Address,
    /// Its provider.
    pub provider: &'a ProviderRef,
    /// Which real thing that is.
    pub instance: &'a Instance,
    /// Its type.
    pub resource: &'a KubeResource,
    /// Its namespace.
    pub namespace: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
}

/// Place of a label.
pub fn label(name: &str) -> JsonPath {
    JsonPath(vec![
        "metadata".to_owned(),
        "labels".to_owned(),
        name.to_owned(),
    ])
}

/// Place of an annotation.
pub fn annotation(name: &str) -> JsonPath {
    JsonPath(vec![
        "metadata".to_owned(),
        "annotations".to_owned(),
        name.to_owned(),
    ])
}

/// Place of a mark of a type: a label where its annotations would travel.
pub fn place(resource: &KubeResource, name: &str) -> JsonPath {
    match resource.mark_place() {
        MarkPlace::Annotations => annotation(name),
        MarkPlace::Labels => label(name),
    }
}

/// Marks on every object we own.
pub fn ownership(marked: &Marked<'_>) -> Vec<(JsonPath, Expr)> {
    let mut all = vec![
        (label(STACK_LABEL), Expr::Value(marked.stack.into())),
        (place(marked.resource, OWNER_ANNOTATION), owner(marked)),
    ];
    all.extend(address(marked.resource, marked.address));
    all
}

/// Marks that name the address: a label, and beside it the whole where that label cannot hold it.
pub fn address(resource: &KubeResource, address: &Address) -> Vec<(JsonPath, Expr)> {
    let text = address.to_string();
    let in_label = address_label(address);
    let mut all = vec![(label(ADDRESS_LABEL), Expr::Value(in_label.clone().into()))];
    match resource.mark_place() {
        _ if in_label == text => {}
        MarkPlace::Annotations => {
            all.push((annotation(ADDRESS_ANNOTATION), Expr::Value(text.into())));
        }
        MarkPlace::Labels => {
            let parts = address_parts(address).into_iter();
            all.extend(parts.map(|(key, part)| (label(&key), Expr::Value(part.into()))));
        }
    }
    all
}

/// Places of the marks that name the address.
pub fn address_places(
    resource: &KubeResource,
    address: &Address,
) -> impl Iterator<Item = JsonPath> {
    self::address(resource, address)
        .into_iter()
        .map(|(place, _)| place)
}

/// Marks on an object that stand where they travel: earlier versions put them into annotations of every type.
pub fn misplaced(resource: &KubeResource, live: &Json) -> Vec<JsonPath> {
    match resource.mark_place() {
        MarkPlace::Annotations => Vec::new(),
        MarkPlace::Labels => {
            let annotations = live["metadata"]["annotations"].as_object();
            let keys = annotations.into_iter().flatten().map(|(key, _)| key);
            keys.filter(|key| key.starts_with(MARK_PREFIX))
                .map(|key| annotation(key))
                .collect()
        }
    }
}

/// Marks only on what we create: who made it, and in which step of which run, so that a lost answer can be told from
/// somebody else's object (surface, section 2: 409 AlreadyExists).
pub fn creation(resource: &KubeResource, step: &StepId) -> Vec<(JsonPath, Expr)> {
    let run = Expr::Hole(Box::new(Hole {
        source: HoleSource::Run,
        hole_type: HoleType::String,
    }));
    let step = match resource.mark_place() {
        MarkPlace::Annotations => format!("/{step}"),
        // No label takes an address.
        MarkPlace::Labels => format!(".{}", short_digest(&step.to_string(), 10)),
    };
    vec![
        (label(MANAGED_BY_LABEL), Expr::Value(MANAGED_BY.into())),
        (
            place(resource, STEP_ANNOTATION),
            Expr::Concat(vec![run, Expr::Value(step.into())]),
        ),
    ]
}

/// Places of the marks of a creation on an object that is not ours: a copy carries them along. What is adopted is released
/// and never deleted (R24), so they come off.
pub fn of_a_creation(resource: &KubeResource, live: &Json) -> Vec<JsonPath> {
    let created = label(MANAGED_BY_LABEL);
    let step = place(resource, STEP_ANNOTATION);
    match created.get(live).and_then(Json::as_str) {
        Some(MANAGED_BY) => [created]
            .into_iter()
            .chain(step.get(live).is_some().then_some(step))
            .collect(),
        Some(_) | None => Vec::new(),
    }
}

fn owner(marked: &Marked<'_>) -> Expr {
    let suffix = owner_mark_suffix(marked.resource, marked.namespace, marked.name);
    let (separator, suffix) = match marked.resource.mark_place() {
        MarkPlace::Annotations => ('/', suffix),
        MarkPlace::Labels => ('.', owner_label_suffix(&suffix)),
    };
    match marked.instance {
        Instance::Known { kube_system_uid } => {
            Expr::Value(format!("v1{separator}{kube_system_uid}{separator}{suffix}").into())
        }
        Instance::MadeBy(_)
        | Instance::Lost { .. }
        | Instance::Store
        | Instance::Unknown { .. } => Expr::Concat(vec![
            Expr::Value(format!("v1{separator}").into()),
            Expr::Hole(Box::new(Hole {
                source: HoleSource::ProviderIdentity(marked.provider.clone()),
                hole_type: HoleType::String,
            })),
            Expr::Value(format!("{separator}{suffix}").into()),
        ]),
    }
}
