//! The one writer of a run's journal. What it writes has passed the fold first, so no run writes what no run could read.

use super::outcome::ApplyError;
use crate::journal::record::{Entry, Holder, Record, VERSION};
use crate::journal::status::RunState;
use crate::journal::store::{Append, Store};
use crate::plan::document::Plan;
use jiff::Timestamp;

/// Writes records.
pub struct Writer<'a> {
    /// Where to.
    pub store: &'a mut dyn Store,
    /// The run.
    pub run: String,
    /// Who writes.
    pub holder: Holder,
}

impl Writer<'_> {
    /// Writes entries as one record and takes them into the state. Nothing to write writes nothing.
    ///
    /// # Errors
    /// [`ApplyError::TakenOver`] where another process took the serial: nothing may be sent after that (R42).
    pub fn append(
        &mut self,
        plan: &Plan,
        state: &mut RunState,
        entries: Vec<Entry>,
        at: Timestamp,
    ) -> Result<(), ApplyError> {
        if entries.is_empty() {
            return Ok(());
        }
        let had_effect = state.had_effect();
        let begun = state.opened.is_some();
        let serial = state.next_serial;
        let record = Record {
            version: VERSION,
            run: self.run.clone(),
            serial,
            at,
            holder: self.holder.clone(),
            entries,
        };
        state
            .take_record(plan, &record)
            .map_err(|error| ApplyError::Plan(error.to_string()))?;
        match self.store.append(&record) {
            Ok(Append::Written) => Ok(()),
            Ok(Append::SerialTaken) => Err(ApplyError::TakenOver {
                run: self.run.clone(),
                serial,
                had_effect,
            }),
            Err(error) => Err(ApplyError::Journal {
                run: self.run.clone(),
                begun,
                error,
                had_effect,
            }),
        }
    }
}
