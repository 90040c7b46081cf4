//! How often a request is tried, and how long is waited before the next try. Must not know what may be repeated.

use sha2::Digest;
use std::time::Duration;

/// Attempts at one request.
pub(super) const MAX_TRIES: u32 = 5;
/// First pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// No pause is longer, whatever the server's Retry-After asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The pause after so many tries. Exponential, times 0.5 to 1.5 by a draw from seed, request and try: the same run pauses
/// the same, and one request more elsewhere does not reshuffle the others. What the server asked for is a lower bound.
pub(super) fn pause(seed: u64, title: &str, tries: u32, asked: Duration) -> Duration {
    let mut hash = sha2::Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(tries.to_be_bytes());
    hash.update(title);
    let draw = hash
        .finalize()
        .first()
        .copied()
        .map_or(0.5, |byte| f64::from(byte) / 255.0);
    let own = FIRST_PAUSE
        .saturating_mul(1 << tries.saturating_sub(1).min(16))
        .mul_f64(0.5 + draw);
    own.max(asked).min(LONGEST_PAUSE)
}

/// What a `Retry-After` in seconds asks for.
pub(super) fn retry_after(value: Option<&str>) -> Option<Duration> {
    let seconds = value?.trim().parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds))
}
