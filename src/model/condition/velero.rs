//! When what Velero runs has ended: a Restore or a Backup. Must not know what it was to bring.

use super::{Judgement, pending, text};
use serde_json::Value as Json;

/// A Restore. `Completed` is the end of Velero's work and no proof of anything: what came of it is asked afterwards.
pub(super) fn restore(live: &Json) -> Judgement {
    ended(live, "the restore", "itemsRestored")
}

/// A Backup.
pub(super) fn backup(live: &Json) -> Judgement {
    ended(live, "the backup", "itemsBackedUp")
}

fn ended(live: &Json, what: &str, counter: &str) -> Judgement {
    match text(live, "/status/phase") {
        Some("Completed") => Judgement::Ready,
        Some(phase @ ("Failed" | "FailedValidation" | "PartiallyFailed")) => {
            Judgement::Failed(format!("{what} is {phase}: {}", reason(live)))
        }
        None | Some("New") => pending(format!("Velero has not begun {what} yet")),
        Some(phase) => {
            let count = |name: &str| live.pointer("/status/progress")?.get(name)?.as_u64();
            match (count(counter), count("totalItems")) {
                (Some(done), Some(all)) => {
                    pending(format!("{what} is {phase}: {done} of {all} items"))
                }
                (_, _) => pending(format!("{what} is {phase}")),
            }
        }
    }
}

/// Why it failed, in Velero's words as far as the object has them; the rest is in its log in the bucket.
fn reason(live: &Json) -> String {
    let errors = live.pointer("/status/validationErrors");
    let errors = errors.and_then(Json::as_array).into_iter().flatten();
    let errors: Vec<&str> = errors.filter_map(Json::as_str).collect();
    let count = live.pointer("/status/errors").and_then(Json::as_u64);
    match (
        text(live, "/status/failureReason"),
        errors.as_slice(),
        count,
    ) {
        (Some(why), _, _) => why.to_owned(),
        (None, [_, ..], _) => errors.join("; "),
        (None, [], Some(1)) => "1 error; its log in the bucket has it".to_owned(),
        (None, [], Some(count)) => format!("{count} errors; its log in the bucket has them"),
        (None, [], None) => "Velero gives no reason".to_owned(),
    }
}
