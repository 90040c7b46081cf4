//! A location is made over a bucket that nobody has looked into (R2, the half that needs S3).

use super::scene::{LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::plan::document::Action;

pub(super) const LINT: Lint = Lint {
    code: "bucket-not-examined",
    severity: Severity::Danger,
    sight: Sight::Live,
    summary: "Bucket not examined",
    cause: "A location is about to be made. If another cluster's Velero wrote to that place, this one imports its backups \
            and deletes the expired ones with their data, within a minute.",
    cure: "Make sure that the bucket and prefix are empty or this cluster's own, or declare access_mode = \"ReadOnly\" first.",
    blind: "Where a provider block reads the bucket it is looked into, and this is not said.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .nodes()
        .filter(|node| node.kind == LOCATION && node.halves().contains(&Action::Create))
        .map(|node| Hit {
            address: Some(node.address.clone()),
            attribute: "bucket",
            detail: format!(
                "{} will be made without a look into its bucket. If another cluster's Velero wrote there, this one will \
                 import those backups and delete the expired ones with their data.",
                node.address
            ),
        })
        .collect()
}
