//! HMAC with SHA-2 (RFC 2104, RFC 7518 section 3.2): for single-tenant set-ups that ask for it.
//!
//! A secret is a type of its own. It can't come from a key set, and no public key can become one,
//! so a public key is never taken for the secret of an HMAC.

use std::fmt;

use super::hash::{Hash, Hashed, Hasher};
use crate::algorithm::Algorithm;

/// A shared secret that is long enough for its algorithm.
#[derive(Clone)]
pub struct HmacKey {
    pads: Box<Pads>,
    algorithm: Algorithm,
}

/// What a key contributes to both hashes, computed once.
#[derive(Clone)]
struct Pads {
    inner: Hasher,
    outer: Hasher,
}

impl HmacKey {
    /// A secret for `algorithm`, which needs as many bytes as its hash has (RFC 7518 section 3.2).
    ///
    /// # Errors
    /// What is wrong: too short, or not an algorithm of HMAC.
    pub fn new(secret: Vec<u8>, algorithm: Algorithm) -> Result<Self, &'static str> {
        let message = match algorithm {
            Algorithm::Hs256 => "a secret for HS256 has at least 32 bytes",
            Algorithm::Hs384 => "a secret for HS384 has at least 48 bytes",
            Algorithm::Hs512 => "a secret for HS512 has at least 64 bytes",
            _ => return Err("a secret is used with `HS256`, `HS384` or `HS512`"),
        };
        let hash = algorithm.hash();
        if secret.len() < hash.bytes() {
            return Err(message);
        }
        Ok(Self { pads: Box::new(Pads::new(hash, secret)), algorithm })
    }

    /// The one algorithm it is used with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `tag` is the tag of `message`; compared in constant time.
    #[must_use]
    pub fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        is_equal(&self.pads.tag(message), tag)
    }
}

impl Pads {
    /// RFC 2104 section 2: a secret that is longer than a block is hashed first.
    fn new(hash: Hash, mut secret: Vec<u8>) -> Self {
        if secret.len() > hash.block() {
            secret = hash.of(&[&secret]).to_vec();
        }
        secret.resize(hash.block(), 0);
        let pad = |with: u8| {
            let block: Vec<u8> = secret.iter().map(|byte| byte ^ with).collect();
            let mut hasher = Hasher::new(hash);
            hasher.update(&block);
            hasher
        };
        Self { inner: pad(0x36), outer: pad(0x5c) }
    }

    fn tag(&self, message: &[u8]) -> Hashed {
        let (mut inner, mut outer) = (self.inner.clone(), self.outer.clone());
        inner.update(message);
        outer.update(&inner.finish());
        outer.finish()
    }
}

/// In a time that depends on the length alone: how far a guess is right must not show.
fn is_equal(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).fold(0, |all, (left, right)| all | (left ^ right));
    left.len() == right.len() && std::hint::black_box(differences) == 0
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
    fn tags_are_those_of_the_reference_at_every_length_of_secret_and_message() {
        use hmac::Hmac;
        use sha2::{Sha256, Sha384, Sha512};

        fn reference<M: hmac::Mac + hmac::digest::KeyInit>(
            secret: &[u8],
            message: &[u8],
        ) -> Vec<u8> {
            let mac = <M as hmac::digest::KeyInit>::new_from_slice(secret).unwrap();
            mac.chain_update(message).finalize().into_bytes().to_vec()
        }
        for length in (64..270).step_by(3).chain([128, 129]) {
            let secret: Vec<u8> = (0..length).map(|i| (i * 7 % 251) as u8).collect();
            let message = secret.repeat(length % 5);
            for (algorithm, tag) in [
                (Algorithm::Hs256, reference::<Hmac<Sha256>>(&secret, &message)),
                (Algorithm::Hs384, reference::<Hmac<Sha384>>(&secret, &message)),
                (Algorithm::Hs512, reference::<Hmac<Sha512>>(&secret, &message)),
            ] {
                let key = HmacKey::new(secret.clone(), algorithm).unwrap();
                assert!(key.verifies(&message, &tag), "{algorithm} {length}");
                assert!(
                    !key.verifies(&message, &[&tag[..], &[0]].concat()),
                    "{algorithm} {length}"
                );
            }
        }
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
