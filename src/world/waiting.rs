//! What a person is told while something makes them wait that is no step: a credential plugin, a program of a secret.
//! Must not know who listens.

use std::fmt;
use std::sync::Arc;

/// Tells somebody, or nobody.
#[derive(Clone)]
pub struct Waiting(Arc<dyn Fn(&str) + Send + Sync>);

impl Waiting {
    /// Each sentence goes there.
    pub fn told_to(listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Tells it.
    pub fn tell(&self, sentence: &str) {
        (self.0)(sentence);
    }
}

impl Default for Waiting {
    /// Nobody listens.
    fn default() -> Self {
        Self::told_to(|_| {})
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Waiting")
    }
}
