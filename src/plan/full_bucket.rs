//! A location that is about to be made writable where backups are already (R2): Velero would take them over and delete those
//! that have expired, with their data. It may be a loss, or another cluster's; who knows better says so. Must not know how
//! a bucket is found or asked.

use super::decision::{Resolution, Work, blocker};
use super::document::{Action, Node};
use super::input::Input;
use super::losses::{self, Losing};
use crate::goal::GoalMode;
use crate::model::advice::Advice;
use crate::model::expression::Expr;
use crate::world::query::{Answer, Blobs, Fact};
use serde_json::json;

/// Kind of what is made over a bucket.
const LOCATION: &str = "velero_backup_storage_location";

/// Whether a node makes a location that backups may be written to and expire in.
pub fn makes_writable(node: &Node) -> bool {
    let mode = node.after.member("access_mode");
    node.kind == LOCATION
        && node.halves().contains(&Action::Create)
        && mode != Some(Expr::Value(json!("ReadOnly")))
}

/// What is in the bucket of a node; none where nobody looked, or it cannot be told.
pub(super) fn found<'a>(input: &Input<'a>, node: &Node) -> Option<&'a Blobs> {
    match input.live.answer(input.buckets.get(&node.address)?)? {
        Answer::Present(Fact::Blobs(blobs)) => Some(blobs),
        Answer::Present(Fact::Object(_) | Fact::List(_) | Fact::Bytes(_))
        | Answer::Absent
        | Answer::NotServed
        | Answer::Unknown(_) => None,
    }
}

/// Stops what would be made over backups, unless somebody who saw how many agreed.
pub(super) fn block(resolutions: &mut [Resolution<'_>], input: &Input<'_>) {
    match input.goal.mode {
        GoalMode::Converge => {}
        GoalMode::Destroy | GoalMode::Recover => return,
    }
    for resolution in resolutions {
        let creates = resolution
            .objects
            .iter()
            .any(|object| matches!(object.work, Work::Create));
        let node = &resolution.node;
        let Some(blobs) = found(input, node).filter(|_| creates && makes_writable(node)) else {
            continue;
        };
        let Some(newest) = blobs.names.iter().max() else {
            continue;
        };
        let losing = Losing {
            address: &node.address,
            cluster_uid: "",
            uid: "",
            action: node.action,
        };
        let consent = losses::consent(&losing, &blobs.names);
        if input.consents.contains(&consent) {
            continue;
        }
        let text = format!(
            "Its bucket holds {} backups that this cluster did not make, such as {newest}. Velero would take them over and delete those that have expired. This looks like a loss.",
            blobs.names.len()
        );
        let cure = format!(
            "Where the cluster that made them is lost, plan a recovery: see docs/recovery.md. To read them only, declare access_mode = \"ReadOnly\". Where they are to be this cluster's, {} takes them over.",
            Advice::consent(&consent)
        );
        resolution.block(blocker("loss", text, cure));
    }
}
