//! The injected clock. Waiting goes through tokio's timer, so a paused runtime makes it virtual.

use jiff::Timestamp;

/// Tells the time. The real one is made in `cli`; the sandbox has a virtual one.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
