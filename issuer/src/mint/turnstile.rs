//! The issue delay of anonymous tokens: each waits for its own turn.
//!
//! A delay that every request waits for by itself is no delay to whoever sends a hundred at once.
//! Here a request reserves the next free moment of its address block, so that a hundred wait one
//! after the other; who would wait too long is told when to come back. Each process keeps its own
//! queue, in memory.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Most address blocks that are kept; beyond that, blocks whose turn has passed are forgotten.
const MAX_BLOCKS: usize = 10_000;

/// The next free moment of each address block, as readings of the monotonic clock.
#[derive(Debug, Default)]
pub struct Turnstile(Mutex<HashMap<IpAddr, Duration>>);

impl Turnstile {
    /// Reserves the next turn of the block of `address`: how long to wait for it.
    ///
    /// # Errors
    /// It is further away than `most`: how long until one is not.
    pub fn reserve(
        &self,
        address: IpAddr,
        now: Duration,
        delay: Duration,
        most: Duration,
    ) -> Result<Duration, Duration> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let block = block(address);
        if turns.len() >= MAX_BLOCKS && !turns.contains_key(&block) {
            turns.retain(|_, last| *last > now);
            if turns.len() >= MAX_BLOCKS {
                return Err(delay);
            }
        }
        let last = turns.get(&block).copied().unwrap_or_default().max(now);
        let wait = last.saturating_add(delay).saturating_sub(now);
        if wait > most {
            return Err(wait.saturating_sub(most));
        }
        turns.insert(block, now.saturating_add(wait));
        Ok(wait)
    }
}

/// What one household or machine has: an IPv4 address, or an IPv6 /64.
fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn requests_at_once_wait_one_after_the_other() {
        let turnstile = Turnstile::default();
        let reserve = |address: &str, now: u32| {
            turnstile.reserve(address.parse().unwrap(), SECOND * now, SECOND * 2, SECOND * 6)
        };
        for turn in 1..=3 {
            assert_eq!(reserve("192.0.2.7", 100), Ok(SECOND * 2 * turn));
        }
        assert_eq!(reserve("192.0.2.7", 100), Err(SECOND * 2), "the queue is full");
        assert_eq!(reserve("::ffff:192.0.2.7", 101), Err(SECOND), "another way to write it");
        assert_eq!(reserve("192.0.2.8", 100), Ok(SECOND * 2), "others don't wait for it");
        assert_eq!(reserve("192.0.2.7", 102), Ok(SECOND * 6), "a place became free");
        assert_eq!(reserve("192.0.2.7", 1000), Ok(SECOND * 2), "and all are");
        assert_eq!(reserve("2001:db8::1", 5), Ok(SECOND * 2));
        assert_eq!(reserve("2001:db8::ffff", 5), Ok(SECOND * 4), "one /64 is one block");
        assert_eq!(reserve("2001:db8:0:1::1", 5), Ok(SECOND * 2));
    }

    #[test]
    fn the_table_does_not_grow_without_bound() {
        let turnstile = Turnstile::default();
        let reserve = |n: u32, now: Duration| {
            turnstile.reserve(IpAddr::V4(n.into()), now, SECOND, SECOND * 6)
        };
        for n in 0..10_000 {
            reserve(n, SECOND).unwrap();
        }
        assert!(reserve(10_000, SECOND).is_err());
        assert!(reserve(10_000, SECOND * 3).is_ok());
    }
}
