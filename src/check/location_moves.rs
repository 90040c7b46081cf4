//! A location changes its bucket or prefix: Velero lets go of every backup of the old place.

use super::scene::{LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::plan::document::Action;

pub(super) const LINT: Lint = Lint {
    code: "location-moves",
    severity: Severity::Danger,
    sight: Sight::Live,
    summary: "Location moves",
    cause: "Bucket or prefix of a location change. Nothing is moved: Velero lets go of every backup of the old place and \
            removes its Backup objects for them at the next sync.",
    cure: "Copy the backups first, or declare a second location for the new place and let the old one run out.",
    blind: "",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let moves = |path: &[String]| {
        path.first()
            .is_some_and(|first| first == "bucket" || first == "prefix")
    };
    scene
        .nodes()
        .filter(|node| node.kind == LOCATION)
        .filter(|node| matches!(node.action, Action::Update | Action::Replace))
        .filter(|node| node.fields.iter().any(|field| moves(&field.path)))
        .map(|node| Hit {
            address: Some(node.address.clone()),
            attribute: "bucket",
            detail: format!(
                "{} will point to another place. Backups of the old place stay in the bucket, but Velero no longer \
                 restores from them or expires them, and its Backup objects for them are removed at the next sync.",
                node.address
            ),
        })
        .collect()
}
