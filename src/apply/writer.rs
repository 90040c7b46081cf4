//! The one writer of a run's journal. What it writes has passed the fold first, so no run writes what no run could read.

use super::outcome::ApplyError;
use crate::journal::record::{Entry, Holder, Record, VERSION};
use crate::journal::status::RunState;
use crate::journal::store::{Append, Store};
use crate::plan::document::Plan;
use futures::future::{FutureExt, LocalBoxFuture};
use jiff::Timestamp;

/// A record on its way to the store.
pub type Write<'a> = LocalBoxFuture<'a, Result<(), ApplyError>>;

/// Writes records.
pub struct Writer<'a> {
    /// Where to.
    pub store: &'a dyn Store,
    /// The run.
    pub run: String,
    /// Who writes.
    pub holder: Holder,
}

impl<'a> Writer<'a> {
    /// Takes entries into the state as its next record, and returns the write of it: what the entries announce may be done
    /// once that has ended well, and the next record begins after that. Nothing to write writes nothing.
    ///
    /// # Errors
    /// Where the entries cannot follow. The write ends with [`ApplyError::TakenOver`] where another process took the serial:
    /// nothing may be sent after that (R42).
    pub fn append(
        &self,
        plan: &Plan,
        state: &mut RunState,
        entries: Vec<Entry>,
        at: Timestamp,
    ) -> Result<Write<'a>, ApplyError> {
        if entries.is_empty() {
            return Ok(std::future::ready(Ok(())).boxed_local());
        }
        let had_effect = state.had_effect();
        let begun = state.opened.is_some();
        let record = Record {
            version: VERSION,
            run: self.run.clone(),
            serial: state.next_serial,
            at,
            holder: self.holder.clone(),
            entries,
        };
        state
            .take_record(plan, &record)
            .map_err(|error| ApplyError::Plan(error.to_string()))?;
        let store = self.store;
        let write = async move {
            match store.append(&record).await {
                Ok(Append::Written) => Ok(()),
                Ok(Append::SerialTaken) => Err(ApplyError::TakenOver {
                    run: record.run,
                    serial: record.serial,
                    had_effect,
                }),
                Err(error) => Err(ApplyError::Journal {
                    run: record.run,
                    begun,
                    error,
                    had_effect,
                }),
            }
        };
        Ok(write.boxed_local())
    }
}
