//! A location changes its bucket or prefix: Velero lets go of every backup of the old place.

use crate::plan::document::{Action, Finding, Plan};

/// One finding for each location that moves.
pub fn check(plan: &Plan) -> Vec<Finding> {
    let moves = |path: &[String]| {
        path.first()
            .is_some_and(|first| first == "bucket" || first == "prefix")
    };
    plan.nodes
        .iter()
        .filter(|node| node.kind == "velero_backup_storage_location" && node.action == Action::Update)
        .filter(|node| node.fields.iter().any(|field| moves(&field.path)))
        .map(|node| Finding {
            code: "location-moves".to_owned(),
            address: Some(node.address.clone()),
            summary: "Location moves".to_owned(),
            detail: format!(
                "{} will point to another place. Backups of the old place stay in the bucket, but Velero no longer \
                 restores from them or expires them, and its Backup objects for them are removed at the next sync.",
                node.address
            ),
        })
        .collect()
}
