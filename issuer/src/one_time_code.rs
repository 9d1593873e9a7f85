//! Opaque codes for links: random, typed by a prefix, stored only as a hash.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::{self, Random, RandomError};

/// What an invitation begins with, so that a code that turns up somewhere says what it opens.
pub const INVITATION_PREFIX: &str = "laika_inv_";

/// A fresh code: `prefix` and 192 random bits as base64url.
///
/// # Errors
/// The source of random numbers failed.
pub fn generate(prefix: &str, random: &dyn Random) -> Result<String, RandomError> {
    let bytes: [u8; 24] = random::bytes(random)?;
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// What is stored of a code: its SHA-256 in hexadecimal. A fast hash is right here, since there is
/// nothing to guess in 192 random bits.
#[must_use]
pub fn hash(code: &str) -> String {
    sha256_hex(code.as_bytes())
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// `bytes` in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(value + if value < 10 { b'0' } else { b'a' - 10 });
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn codes_differ_and_carry_their_prefix() {
        let one = generate(INVITATION_PREFIX, &SystemRandom).unwrap();
        let two = generate(INVITATION_PREFIX, &SystemRandom).unwrap();
        assert!(one.starts_with("laika_inv_") && one.len() == 42);
        assert_ne!(one, two);
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
