//! HMAC with SHA-2 (RFC 2104, RFC 7518 section 3.2): for single-tenant set-ups that ask for it.
//!
//! A secret is a type of its own. It can't come from a key set, and no public key can become one,
//! so a public key is never taken for the secret of an HMAC.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha384, Sha512};

use crate::algorithm::Algorithm;

/// A shared secret that is long enough for its algorithm.
#[derive(Clone)]
pub struct HmacKey {
    secret: Vec<u8>,
    algorithm: Algorithm,
}

impl HmacKey {
    /// A secret for `algorithm`, which needs as many bytes as its hash has (RFC 7518 section 3.2).
    ///
    /// # Errors
    /// What is wrong: too short, or not an algorithm of HMAC.
    pub fn new(secret: Vec<u8>, algorithm: Algorithm) -> Result<Self, &'static str> {
        let (least, message) = match algorithm {
            Algorithm::Hs256 => (32, "a secret for HS256 has at least 32 bytes"),
            Algorithm::Hs384 => (48, "a secret for HS384 has at least 48 bytes"),
            Algorithm::Hs512 => (64, "a secret for HS512 has at least 64 bytes"),
            _ => return Err("a secret is used with `HS256`, `HS384` or `HS512`"),
        };
        if secret.len() < least { Err(message) } else { Ok(Self { secret, algorithm }) }
    }

    /// The one algorithm it is used with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `tag` is the tag of `message`; compared in constant time.
    #[must_use]
    pub fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        match self.algorithm {
            Algorithm::Hs384 => check::<Hmac<Sha384>>(&self.secret, message, tag),
            Algorithm::Hs512 => check::<Hmac<Sha512>>(&self.secret, message, tag),
            _ => check::<Hmac<Sha256>>(&self.secret, message, tag),
        }
    }
}

fn check<M: Mac + hmac::digest::KeyInit>(secret: &[u8], message: &[u8], tag: &[u8]) -> bool {
    let mac = <M as hmac::digest::KeyInit>::new_from_slice(secret);
    mac.is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok())
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::decode;

    /// RFC 7515, appendix A.1.
    const SECRET: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const INPUT: &[u8] = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const TAG: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_example_of_rfc_7515_holds_and_no_bit_of_it_can_change() {
        let key = HmacKey::new(decode(SECRET).unwrap(), Algorithm::Hs256).unwrap();
        let tag = decode(TAG).unwrap();
        assert!(key.verifies(INPUT, &tag));
        for bit in 0..256 {
            let mut flipped = tag.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verifies(INPUT, &flipped), "bit {bit}");
        }
        assert!(!key.verifies(INPUT, &tag[..31]));
        assert!(!key.verifies(INPUT, &[]));
    }

    #[test]
    fn short_secrets_and_other_algorithms_are_refused_and_none_is_shown() {
        for (algorithm, least) in
            [(Algorithm::Hs256, 32), (Algorithm::Hs384, 48), (Algorithm::Hs512, 64)]
        {
            assert!(HmacKey::new(vec![7; least], algorithm).is_ok());
            assert!(HmacKey::new(vec![7; least - 1], algorithm).is_err());
        }
        assert!(HmacKey::new(vec![7; 64], Algorithm::Rs256).is_err());
        let key = HmacKey::new(vec![0xab; 32], Algorithm::Hs256).unwrap();
        assert!(!format!("{key:?}").contains("171"), "{key:?}");
    }
}
