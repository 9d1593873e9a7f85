//! The general limit on requests: in memory, for this process alone.
//!
//! The same algorithm as in the database, in a table whose size never changes: an address block
//! belongs to a slot by a hash that only this process can compute. Two blocks that share a slot
//! share what it allows; a map from block to bucket would instead grow with every address that
//! somebody can send from, which is what a flood does.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ipnet::IpNet;

use super::block;
use crate::config::limits::{Limits, Rate};
use crate::problem::Problem;
use crate::random::{self, Random, RandomError};

/// Slots; half a megabyte.
const SLOTS: usize = 1 << 16;

/// How far the readings of threads that ask at once may be apart, in microseconds.
const SKEW: u64 = 1_000_000;

/// The general limit.
pub struct Requests {
    rate: Option<Rate>,
    unlimited: Vec<IpNet>,
    secret: [u8; 16],
    /// When each slot will have run empty, in microseconds of the monotonic clock.
    empty_at: Box<[AtomicU64]>,
}

impl Requests {
    /// With nothing counted yet.
    ///
    /// # Errors
    /// There are no random numbers.
    pub fn new(limits: &Limits, random: &dyn Random) -> Result<Self, RandomError> {
        Ok(Self {
            rate: limits.requests,
            unlimited: limits.unlimited.clone(),
            secret: random::bytes(random)?,
            empty_at: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
        })
    }

    /// Takes one from what the block of `address` may ask for. One that is `doubtful` is never among
    /// those that the limit does not hold for: whoever could choose it would have no limit.
    ///
    /// # Errors
    /// 429 `rate_limited` where there is none left.
    pub fn take(
        &self,
        address: Option<IpAddr>,
        doubtful: bool,
        now: Duration,
    ) -> Result<(), Problem> {
        let (Some(rate), Some(address)) = (self.rate, address) else {
            return Ok(());
        };
        if !doubtful && self.unlimited.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        let Some(slot) = self.empty_at.get(self.slot(address)) else {
            return Ok(());
        };
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        let whole = u64::try_from(rate.period).unwrap_or_default().saturating_mul(1_000_000);
        let interval = (whole / u64::try_from(rate.count).unwrap_or(1).max(1)).max(1);
        let open_until = now.saturating_add(whole.saturating_sub(interval));
        let absurd = now.saturating_add(whole).saturating_add(SKEW);
        let next = |empty_at: u64| {
            if empty_at > absurd {
                // Not written under this clock.
                return Some(now.saturating_add(interval));
            }
            (empty_at <= open_until).then(|| empty_at.max(now).saturating_add(interval))
        };
        match slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Ok(_) => Ok(()),
            Err(empty_at) => {
                let wait = empty_at.saturating_sub(open_until) / 1000;
                Err(super::refused(i64::try_from(wait).unwrap_or(i64::MAX)))
            }
        }
    }

    fn slot(&self, address: IpAddr) -> usize {
        let mut hasher = DefaultHasher::new();
        self.secret.hash(&mut hasher);
        block(address).hash(&mut hasher);
        usize::try_from(hasher.finish() % SLOTS as u64).unwrap_or_default()
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("rate", &self.rate).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::config;
    use crate::random::SystemRandom;

    fn requests(rate: &str) -> Requests {
        let variables = [("LAIKA_LIMITS_REQUESTS".to_owned(), rate.to_owned())];
        let settings = config::load(None, variables.into_iter()).unwrap();
        Requests::new(&settings.limits, &SystemRandom).unwrap()
    }

    fn passed(requests: &Requests, address: &str, tries: usize, second: u64) -> usize {
        let address = Some(address.parse().unwrap());
        let now = Duration::from_secs(second);
        (0..tries).filter(|_| requests.take(address, false, now).is_ok()).count()
    }

    #[test]
    fn an_ipv6_64_is_one_client_and_loopback_none() {
        let requests = requests("10/s");
        assert_eq!(passed(&requests, "2001:db8::1", 8, 5), 8);
        assert_eq!(passed(&requests, "2001:db8::2", 8, 5), 2);
        assert_eq!(passed(&requests, "2001:db8::3", 20, 6), 10);
        assert_eq!(passed(&requests, "192.0.2.7", 20, 6), 10);
        assert_eq!(passed(&requests, "127.0.0.1", 2000, 6), 2000);
        let now = Duration::from_secs(6);
        let take = |_: &i32| requests.take(Some(Ipv4Addr::LOCALHOST.into()), true, now).is_ok();
        assert_eq!((0..20).filter(take).count(), 10, "nobody knows whose it is");
    }

    #[test]
    fn threads_that_ask_at_once_do_not_pass_together() {
        let requests = requests("100/m");
        let passed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| passed(&requests, "192.0.2.7", 1000, 9))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 100);
    }
}
