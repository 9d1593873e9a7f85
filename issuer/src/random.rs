//! Random numbers, drawn in one place.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest;
use uuid::Uuid;

use crate::problem::Problem;

/// Where the issuer gets random bytes from.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// The source failed; nothing may be made from `bytes` then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The source of random numbers failed.
#[derive(Debug, thiserror::Error)]
#[error("the system's random numbers are not available: {0}")]
pub struct RandomError(String);

/// The operating system's generator. A token needs two short draws, and each question to the kernel
/// takes longer than the bytes: so each thread asks for many at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

/// Bytes that nobody has had; those at the end go first.
struct Fresh {
    bytes: [u8; 512],
    left: usize,
}

thread_local! {
    static FRESH: RefCell<Fresh> = const { RefCell::new(Fresh { bytes: [0; 512], left: 0 }) };
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        FRESH.with_borrow_mut(|fresh| fresh.fill(bytes))
    }
}

impl Fresh {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        if bytes.len() > self.bytes.len() {
            return draw(bytes);
        }
        if bytes.len() > self.left {
            draw(&mut self.bytes)?;
            self.left = self.bytes.len();
        }
        let rest = self.left - bytes.len();
        if let Some(given) = self.bytes.get_mut(rest..self.left) {
            bytes.copy_from_slice(given);
            // Whoever reads this memory later finds nothing of what was given.
            given.fill(0);
        }
        self.left = rest;
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that draws random numbers")]
fn draw(bytes: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(bytes).map_err(|error| RandomError(error.to_string()))
}

/// A reproducible sequence, for tests; never for a service, since who knows the seed knows all.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// The sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for chunk in bytes.chunks_mut(32) {
            let mut input = self.seed.to_be_bytes().to_vec();
            input.extend(self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            let block = digest::digest(&digest::SHA256, &input);
            for (to, from) in chunk.iter_mut().zip(block.as_ref()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

/// `N` random bytes.
///
/// # Errors
/// See [`Random::fill`].
pub fn bytes<const N: usize>(random: &dyn Random) -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

/// A random UUID (version 4).
///
/// # Errors
/// See [`Random::fill`].
pub fn uuid(random: &dyn Random) -> Result<Uuid, RandomError> {
    Ok(uuid::Builder::from_random_bytes(bytes(random)?).into_uuid())
}

/// A UUID that sorts after those of moments before `since_epoch`, down to a quarter of a microsecond
/// (version 7; RFC 9562, sections 5.7 and 6.2, method 3).
///
/// # Errors
/// See [`Random::fill`].
pub fn uuid_in_order(since_epoch: Duration, random: &dyn Random) -> Result<Uuid, RandomError> {
    let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    let [high, low] = fraction_of_a_millisecond(since_epoch).to_be_bytes();
    let [a, b, c, d, e, f, g, h] = bytes(random)?;
    let rest = [high, low, a, b, c, d, e, f, g, h];
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
}

/// In 4096ths.
fn fraction_of_a_millisecond(since_epoch: Duration) -> u16 {
    let nanoseconds = since_epoch.subsec_nanos() % 1_000_000;
    u16::try_from(u64::from(nanoseconds) * 4096 / 1_000_000).unwrap_or_default()
}

impl From<RandomError> for Problem {
    fn from(error: RandomError) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_sort_as_their_moments_do() {
        let start = Duration::from_micros(1_795_851_403_999_900);
        let ids = (0..400).map(|i| {
            let moment = start + Duration::from_nanos(i * 500);
            uuid_in_order(moment, &SystemRandom).unwrap()
        });
        let ids: Vec<_> = ids.collect();
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn no_byte_is_given_twice_or_kept() {
        let mut seen = HashSet::new();
        for size in (16..40).cycle().take(2000) {
            let mut bytes = vec![0; size];
            SystemRandom.fill(&mut bytes).unwrap();
            for piece in bytes.chunks_exact(8) {
                assert!(seen.insert(piece.to_vec()), "eight bytes came twice");
            }
            FRESH.with_borrow(|fresh| {
                let (left, given) = fresh.bytes.split_at(fresh.left);
                assert!(given.iter().all(|byte| *byte == 0));
                assert!(left.len() < 16 || left.iter().any(|byte| *byte != 0));
            });
        }
    }

    #[test]
    fn any_number_of_bytes_can_be_had() {
        for size in [0, 1, 511, 512, 513, 5000] {
            let mut bytes = vec![0; size];
            SystemRandom.fill(&mut bytes).unwrap();
            assert!(size < 16 || bytes.chunks_exact(16).all(|piece| piece != [0; 16]), "{size}");
        }
    }
}
