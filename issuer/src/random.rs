//! Random numbers, drawn in one place.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{digest, rand};
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
#[error("the system's random numbers are not available")]
pub struct RandomError;

/// AWS-LC's generator, which also draws the nonces of signatures: AES-256 in counter mode (NIST SP
/// 800-90A) on each thread, with seeds from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws random numbers")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        rand::fill(bytes).map_err(|_| RandomError)
    }
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

impl From<RandomError> for Problem {
    fn from(error: RandomError) -> Self {
        Self::internal(error)
    }
}
