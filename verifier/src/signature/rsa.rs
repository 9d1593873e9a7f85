//! RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).

use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use rsa::{BigUint, RsaPublicKey};
use sha2::Sha256;

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
    pkcs1_sha256: VerifyingKey<Sha256>,
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
        let value = exponent
            .iter()
            .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        if exponent.len() > MAX_EXPONENT_BYTES || value < 3 || value % 2 == 0 || value >> 33 != 0 {
            return Err("the exponent is not odd and between 3 and 2^33");
        }
        let key = RsaPublicKey::new_with_max_size(
            BigUint::from_bytes_be(modulus),
            BigUint::from_bytes_be(exponent),
            MAX_BITS,
        )
        .map_err(|_| "the key is not a usable RSA key")?;
        Ok(Self {
            modulus: modulus.to_vec(),
            pkcs1_sha256: VerifyingKey::new(key),
        })
    }

    /// RS256. The signature is exactly as long as the modulus and smaller than it.
    #[must_use]
    pub fn verifies_pkcs1_sha256(&self, message: &[u8], signature: &[u8]) -> bool {
        // Two byte strings of one length compare as the big-endian numbers they are.
        signature.len() == self.modulus.len()
            && signature < self.modulus.as_slice()
            && Signature::try_from(signature)
                .is_ok_and(|signature| self.pkcs1_sha256.verify(message, &signature).is_ok())
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
