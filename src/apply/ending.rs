//! The end of a run in its journal: what it owned, then its last record, then the mark that it is closed. The same for one
//! that ended by itself and for one that is given up.

use super::inventory;
use super::outcome::ApplyError;
use super::writer::Writer;
use crate::journal::record::{Entry, RunOutcome};
use crate::journal::status::RunState;
use crate::plan::document::Plan;
use jiff::Timestamp;

/// Ends a run; `entries` go into its last record. What of it could not be written, and stops nothing, is returned in words.
///
/// # Errors
/// Where its last record cannot be written: it stays open.
pub async fn end(
    writer: &Writer<'_>,
    (plan, state): (&Plan, &mut RunState),
    (mut entries, outcome): (Vec<Entry>, RunOutcome),
    at: Timestamp,
) -> Result<Vec<String>, ApplyError> {
    let mut warnings = Vec::new();
    let previous = writer.store.inventory().await.unwrap_or_else(|error| {
        warnings.push(format!(
            "the last inventory cannot be read, a new one is begun: {error}"
        ));
        None
    });
    let inventory = inventory::after_run(&previous.unwrap_or_default(), plan, state);
    // Before the run is closed: a run killed in between is resumed and writes it again, a closed one would not.
    if let Err(error) = writer.store.write_inventory(&inventory).await {
        warnings.push(format!("the inventory cannot be written: {error}"));
    }
    entries.push(Entry::RunClosed { outcome, inventory });
    writer.append(plan, state, entries, at)?.await?;
    if let Err(error) = writer.store.mark_closed(&writer.run).await {
        warnings.push(format!(
            "the run is closed, but not marked as closed, so later runs take longer to begin: {error}"
        ));
    }
    Ok(warnings)
}
