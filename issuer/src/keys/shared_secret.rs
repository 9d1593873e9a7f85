//! The secret of HS256 (RFC 7518 section 3.2): for the one service of a set-up that asks for it.
//!
//! It is a type of its own, so that it can't get into a key set, a PEM or the table of keys, and no
//! public key can become one. It comes from the settings and is never rotated by the issuer: the
//! service has it from elsewhere.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::config::secret::known_word;
use crate::secret::Secret;

/// Bytes that it has at least: as many as the hash (RFC 7518 section 3.2).
const LEAST: usize = 32;

/// Different bytes that it has at least. Of 32 random ones about 30 are; fewer than 16 are so in less
/// than one case of 10¹⁶.
const LEAST_DIFFERENT: usize = 16;

/// How to make one that is good.
const HELP: &str = "make one with `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='`";

/// A secret that nobody guesses.
#[derive(Clone)]
pub struct SharedSecret(hmac::Key);

impl SharedSecret {
    /// Reads a secret in base64url, as verifiers take it.
    ///
    /// # Errors
    /// It is written in another way, too short, or one that could be guessed; a sentence that does
    /// not show it, and says how to mend it.
    pub fn parse(written: &Secret) -> Result<Self, String> {
        let refused = |why: &str| Err(format!("{why}; {HELP}"));
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(written.reveal()) else {
            return refused("not written in base64url without padding");
        };
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < LEAST {
            return refused(&format!("{} bytes, and at least {LEAST} are needed", bytes.len()));
        }
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        if let Some(word) = known_word(written.reveal()).or_else(|| known_word(&text)) {
            return refused(&format!("weak: it holds `{word}`, which everybody tries"));
        }
        if bytes.iter().collect::<BTreeSet<_>>().len() < LEAST_DIFFERENT {
            return refused("weak: it repeats the same few bytes");
        }
        let steps = bytes.windows(2).filter_map(|pair| match pair {
            [one, next] => Some(next.wrapping_sub(*one)),
            _ => None,
        });
        if steps.collect::<BTreeSet<_>>().len() < LEAST_DIFFERENT / 2 {
            return refused("weak: each of its bytes follows from the one before");
        }
        Ok(Self(hmac::Key::new(HMAC_SHA256, &bytes)))
    }

    /// The tag of `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.0, message).as_ref().to_vec()
    }

    /// Whether `tag` is the tag of `message`; compared in constant time.
    #[must_use]
    pub fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, appendix A.1.
    const GOOD: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const INPUT: &[u8] = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const TAG: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn parse(text: &str) -> Result<SharedSecret, String> {
        SharedSecret::parse(&Secret::from(text.to_owned()))
    }

    #[test]
    fn the_example_of_rfc_7515_is_made_and_no_bit_of_it_can_change() {
        let secret = parse(GOOD).unwrap();
        let tag = secret.sign(INPUT);
        assert_eq!(URL_SAFE_NO_PAD.encode(&tag), TAG);
        assert!(secret.verifies(INPUT, &tag));
        for bit in 0..tag.len() * 8 {
            let mut flipped = tag.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!secret.verifies(INPUT, &flipped), "{bit}");
        }
        assert!(!secret.verifies(INPUT, &tag[..31]) && !secret.verifies(INPUT, &[]));
        assert_eq!(format!("{secret:?}"), "SharedSecret(..)");
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused_and_not_shown() {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let counting: Vec<u8> = (100..164).collect();
        let down: Vec<u8> = (0..64).map(|n| 255 - 3 * n).collect();
        for (written, why) in [
            (encode(&[7; 31]), "31 bytes"),
            (String::new(), "0 bytes"),
            ("not base64url!".to_owned(), "base64url"),
            (format!("{GOOD}=="), "base64url"),
            (encode(&[0; 32]), "same few bytes"),
            (encode(&b"orbit57".repeat(8)), "same few bytes"),
            (encode(&counting), "follows from the one before"),
            (encode(&down), "follows from the one before"),
            (encode(b"your-256-bit-secret your-256-bit-secret"), "`256-bit`"),
            (encode(b"CHANGEME please, before you go to production"), "`changeme`"),
            ("my-Secret-my-Secret-my-Secret-my-Secret-my-Secre".to_owned(), "`secret`"),
        ] {
            let refused = parse(&written).unwrap_err();
            assert!(refused.contains(why) && refused.contains("openssl rand"), "{refused}");
            assert!(written.is_empty() || !refused.contains(&written), "{refused}");
        }
    }
}
