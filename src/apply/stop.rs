//! Two levels of stopping: the first finishes what is in flight, the second stops now and says what is in doubt.

use tokio::sync::watch;

/// How far a run is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Not at all.
    GoOn,
    /// What is in flight is finished, nothing new begins.
    Finish,
    /// Now.
    Now,
}

/// Asks a run to stop; kept by whoever hears Ctrl-C.
#[derive(Debug)]
pub struct Stopper {
    sender: watch::Sender<StopLevel>,
}

/// Hears it; kept by the run.
#[derive(Clone, Debug)]
pub struct StopSignal {
    receiver: watch::Receiver<StopLevel>,
}

/// Both ends.
pub fn stop_pair() -> (Stopper, StopSignal) {
    let (sender, receiver) = watch::channel(StopLevel::GoOn);
    (Stopper { sender }, StopSignal { receiver })
}

impl Stopper {
    /// One level further.
    pub fn press(&self) {
        self.sender.send_modify(|level| {
            *level = match level {
                StopLevel::GoOn => StopLevel::Finish,
                StopLevel::Finish | StopLevel::Now => StopLevel::Now,
            }
        });
    }
}

impl StopSignal {
    /// How far, now.
    pub fn level(&self) -> StopLevel {
        *self.receiver.borrow()
    }

    /// Resolves when the level is above `seen`; never, where nobody can press any more.
    pub async fn above(&mut self, seen: StopLevel) -> StopLevel {
        match self
            .receiver
            .wait_for(|level| *level > seen)
            .await
            .map(|level| *level)
        {
            Ok(level) => level,
            Err(_) => std::future::pending().await,
        }
    }
}
