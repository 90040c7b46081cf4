//! Places among the steps in flight: a step that only waits gives its place to another, and its turn up where the run is
//! asked to stop. Must not know what it waits for.

use std::cell::Cell;
use tokio::sync::Notify;

/// Of those that wait, so many hold no place: each asks a server again and again.
const MOST_RESTING: usize = 100;

/// Who waits, among what is in flight.
#[derive(Debug, Default)]
pub struct Places {
    resting: Cell<usize>,
    freed: Notify,
    is_stopping: Cell<bool>,
    stopping: Notify,
}

/// Held while a step waits.
#[derive(Debug)]
pub struct Resting<'a>(&'a Places);

impl Places {
    /// The step waits from now on, until what is returned is dropped.
    pub fn rest(&self) -> Resting<'_> {
        self.resting.set(self.resting.get() + 1);
        self.freed.notify_one();
        Resting(self)
    }

    /// How many in flight hold no place.
    pub fn free(&self) -> usize {
        self.resting.get().min(MOST_RESTING)
    }

    /// The run is asked to stop: what only waits, and has nothing outside, ends.
    pub fn stop(&self) {
        self.is_stopping.set(true);
        self.stopping.notify_waiters();
    }

    /// Resolves once the run is asked to stop.
    pub async fn stopped(&self) {
        let stopping = self.stopping.notified();
        if !self.is_stopping.get() {
            stopping.await;
        }
    }

    /// Resolves once a place was freed.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.resting.set(self.0.resting.get().saturating_sub(1));
    }
}
