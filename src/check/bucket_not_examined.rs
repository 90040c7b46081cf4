//! A location is made over a bucket that nobody has looked into (R2, the half that needs S3).

use crate::plan::document::{Action, Finding, Plan};

/// One finding for each location to be created.
pub fn check(plan: &Plan) -> Vec<Finding> {
    plan.nodes
        .iter()
        .filter(|node| node.kind == "velero_backup_storage_location" && node.action == Action::Create)
        .map(|node| Finding {
            code: "bucket-not-examined".to_owned(),
            address: Some(node.address.clone()),
            summary: "Bucket not examined".to_owned(),
            detail: format!(
                "{} will be made without a look into its bucket. If another cluster's Velero wrote there, this one will \
                 import those backups and delete the expired ones with their data. Make sure that the bucket and \
                 prefix are empty or this cluster's own, or declare access_mode = \"ReadOnly\" first.",
                node.address
            ),
        })
        .collect()
}
