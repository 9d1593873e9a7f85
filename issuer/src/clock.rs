//! The time, read in one place.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch, UTC.
pub type UnixSeconds = i64;

/// Where the issuer gets the time from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// How long ago the Unix epoch was, to the clock's own precision.
    fn since_epoch(&self) -> Duration;

    /// The time now.
    fn now(&self) -> UnixSeconds {
        UnixSeconds::try_from(self.since_epoch().as_secs()).unwrap_or(UnixSeconds::MAX)
    }

    /// A reading that only ever grows, to measure how long something took.
    fn monotonic(&self) -> Duration;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn since_epoch(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn at(start: UnixSeconds) -> Self {
        Self(Arc::new(AtomicI64::new(start)))
    }

    /// Moves the clock by `seconds`; back, when negative.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn since_epoch(&self) -> Duration {
        Duration::from_secs(claim_seconds(self.0.load(Ordering::SeqCst)))
    }

    fn monotonic(&self) -> Duration {
        self.since_epoch()
    }
}

/// How far the clocks of replicas may be apart, in seconds.
pub const SKEW: i64 = 60;

/// Whether `moment` was at most `seconds` ago. What lies further ahead than clocks are apart is from
/// before the clock was set back: how long ago it was nobody knows.
#[must_use]
pub fn is_recent(moment: UnixSeconds, now: UnixSeconds, seconds: i64) -> bool {
    (-SKEW..=seconds).contains(&now.saturating_sub(moment))
}

/// A time as the claims of a token write it: never negative.
#[must_use]
pub fn claim_seconds(time: UnixSeconds) -> u64 {
    u64::try_from(time).unwrap_or_default()
}
