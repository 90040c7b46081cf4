//! The marks that a write carries (R22), as places and closed expressions.

use crate::model::address::Address;
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{
    ADDRESS_ANNOTATION, ADDRESS_LABEL, Instance, KubeResource, MANAGED_BY, MANAGED_BY_LABEL,
    OWNER_ANNOTATION, ProviderRef, STACK_LABEL, STEP_ANNOTATION, address_label, owner_mark_suffix,
};
use crate::model::json_path::JsonPath;
use crate::plan::document::StepId;

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

/// Marks on every object we own.
pub fn ownership(marked: &Marked<'_>) -> Vec<(JsonPath, Expr)> {
    let mut all = vec![
        (label(STACK_LABEL), Expr::Value(marked.stack.into())),
        (annotation(OWNER_ANNOTATION), owner(marked)),
    ];
    all.extend(address(marked.address));
    all
}

/// Marks that name the address: a label, and an annotation where no label can hold it.
pub fn address(address: &Address) -> Vec<(JsonPath, Expr)> {
    let text = address.to_string();
    let in_label = address_label(address);
    let mut all = vec![(label(ADDRESS_LABEL), Expr::Value(in_label.clone().into()))];
    if in_label != text {
        all.push((annotation(ADDRESS_ANNOTATION), Expr::Value(text.into())));
    }
    all
}

/// Places of the marks that name the address.
pub fn address_places(address: &Address) -> impl Iterator<Item = JsonPath> {
    self::address(address).into_iter().map(|(place, _)| place)
}

/// Marks only on what we create: who made it, and in which step of which run, so that a lost answer can be told from
/// somebody else's object (surface, section 2: 409 AlreadyExists).
pub fn creation(step: &StepId) -> Vec<(JsonPath, Expr)> {
    let run = Expr::Hole(Box::new(Hole {
        source: HoleSource::Run,
        hole_type: HoleType::String,
    }));
    vec![
        (label(MANAGED_BY_LABEL), Expr::Value(MANAGED_BY.into())),
        (
            annotation(STEP_ANNOTATION),
            Expr::Concat(vec![run, Expr::Value(format!("/{step}").into())]),
        ),
    ]
}

fn owner(marked: &Marked<'_>) -> Expr {
    let suffix = owner_mark_suffix(marked.resource, marked.namespace, marked.name);
    match marked.instance {
        Instance::Known { kube_system_uid } => {
            Expr::Value(format!("v1/{kube_system_uid}/{suffix}").into())
        }
        Instance::MadeBy(_) | Instance::Unknown { .. } => Expr::Concat(vec![
            Expr::Value("v1/".into()),
            Expr::Hole(Box::new(Hole {
                source: HoleSource::ProviderIdentity(marked.provider.clone()),
                hole_type: HoleType::String,
            })),
            Expr::Value(format!("/{suffix}").into()),
        ]),
    }
}
