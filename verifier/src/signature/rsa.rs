//! RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 sections 8.2 and 8.1).

use rsa::traits::SignatureScheme;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::algorithm::Algorithm;

/// Fewest bits of a modulus (RFC 7518 section 3.3).
pub const MIN_BITS: usize = 2048;
/// Most bits of a modulus: verification time grows with the square.
pub const MAX_BITS: usize = 4096;
/// Most bytes of a public exponent.
const MAX_EXPONENT_BYTES: usize = 5;

/// A public RSA key that has passed every check.
#[derive(Debug, Clone)]
pub struct RsaKey {
    modulus: Vec<u8>,
    key: RsaPublicKey,
}

impl RsaKey {
    /// A key of big-endian `modulus` and `exponent`, without leading zeros.
    ///
    /// # Errors
    /// What is wrong with the key: modulus not odd or not 2048 to 4096 bits, exponent even, below
    /// 3 or at least 2³³.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, &'static str> {
        let (Some((first, _)), Some(last)) = (modulus.split_first(), modulus.last()) else {
            return Err("the modulus is empty");
        };
        if *first == 0 || exponent.first() == Some(&0) {
            return Err("modulus and exponent are written without leading zero bytes");
        }
        let bits = modulus.len() * 8 - first.leading_zeros() as usize;
        if !(MIN_BITS..=MAX_BITS).contains(&bits) {
            return Err("the modulus does not have 2048 to 4096 bits");
        }
        if last % 2 == 0 {
            return Err("the modulus is even");
        }
        let value = exponent.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        if exponent.len() > MAX_EXPONENT_BYTES || value < 3 || value % 2 == 0 || value >> 33 != 0 {
            return Err("the exponent is not odd and between 3 and 2^33");
        }
        let key = RsaPublicKey::new_with_max_size(
            BigUint::from_bytes_be(modulus),
            BigUint::from_bytes_be(exponent),
            MAX_BITS,
        )
        .map_err(|_| "the key is not a usable RSA key")?;
        Ok(Self { modulus: modulus.to_vec(), key })
    }

    /// Whether `signature` is this key's signature of `message`, which is exactly as long as the
    /// modulus and smaller than it. A PSS salt is as long as the hash (RFC 7518 section 3.5).
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        // Two byte strings of one length compare as the big-endian numbers they are.
        if signature.len() != self.modulus.len() || signature >= self.modulus.as_slice() {
            return false;
        }
        let (sha256, sha384) = (|| Sha256::digest(message), || Sha384::digest(message));
        let sha512 = || Sha512::digest(message);
        match algorithm {
            Algorithm::Rs256 => self.holds(Pkcs1v15Sign::new::<Sha256>(), &sha256(), signature),
            Algorithm::Rs384 => self.holds(Pkcs1v15Sign::new::<Sha384>(), &sha384(), signature),
            Algorithm::Rs512 => self.holds(Pkcs1v15Sign::new::<Sha512>(), &sha512(), signature),
            Algorithm::Ps256 => self.holds(Pss::new_with_salt::<Sha256>(32), &sha256(), signature),
            Algorithm::Ps384 => self.holds(Pss::new_with_salt::<Sha384>(48), &sha384(), signature),
            Algorithm::Ps512 => self.holds(Pss::new_with_salt::<Sha512>(64), &sha512(), signature),
            Algorithm::Es256
            | Algorithm::Es384
            | Algorithm::EdDsa
            | Algorithm::Hs256
            | Algorithm::Hs384
            | Algorithm::Hs512 => false,
        }
    }

    fn holds<S: SignatureScheme>(&self, scheme: S, digest: &[u8], signature: &[u8]) -> bool {
        self.key.verify(scheme, digest, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus(bytes: usize) -> Vec<u8> {
        let mut modulus = vec![0x5a; bytes];
        modulus[0] = 0x80;
        modulus[bytes - 1] = 0x01;
        modulus
    }

    #[test]
    fn keys_that_are_too_short_too_long_or_odd_in_shape_are_refused() {
        let f4 = [1, 0, 1];
        assert!(RsaKey::new(&modulus(256), &f4).is_ok());
        assert!(RsaKey::new(&modulus(512), &f4).is_ok());
        assert!(RsaKey::new(&modulus(256), &[3]).is_ok());
        assert!(RsaKey::new(&modulus(256), &[1, 0xff, 0xff, 0xff, 0xff]).is_ok());
        for (modulus, exponent) in [
            (modulus(128), f4.to_vec()),
            (modulus(255), f4.to_vec()),
            (modulus(513), f4.to_vec()),
            ([&[0], modulus(256).as_slice()].concat(), f4.to_vec()),
            (Vec::new(), f4.to_vec()),
            (modulus(256), vec![]),
            (modulus(256), vec![1]),
            (modulus(256), vec![2]),
            (modulus(256), vec![1, 0, 0]),
            (modulus(256), vec![0, 1, 0, 1]),
            (modulus(256), vec![2, 0, 0, 0, 1]),
            (modulus(256), vec![1, 0, 0, 0, 0, 1]),
        ] {
            assert!(RsaKey::new(&modulus, &exponent).is_err(), "{exponent:?}");
        }
        let mut even = modulus(256);
        even[255] = 2;
        assert!(RsaKey::new(&even, &f4).is_err());
        let mut short = modulus(256);
        short[0] = 0x7f;
        assert!(RsaKey::new(&short, &f4).is_err(), "2047 bits");
    }
}
