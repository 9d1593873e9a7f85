//! RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 sections 8.2 and 8.1).

mod encoding;

use std::sync::OnceLock;

use crate::algorithm::Algorithm;
use crate::kernel::{self, ModularPower as _};

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
    bits: usize,
    exponent: u64,
    /// Made when a signature is to be verified: of the keys of a set few are used, and nobody should
    /// wait for the rest.
    prepared: OnceLock<Option<Box<kernel::Rsa>>>,
}

impl PartialEq for RsaKey {
    fn eq(&self, other: &Self) -> bool {
        self.modulus == other.modulus && self.exponent == other.exponent
    }
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
        let prepared = OnceLock::new();
        Ok(Self { modulus: modulus.to_vec(), bits, exponent: value, prepared })
    }

    /// The modulus, big-endian, without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The public exponent.
    #[must_use]
    pub fn exponent(&self) -> u64 {
        self.exponent
    }

    /// Whether `signature` is one in form: as long as the modulus and smaller than it.
    #[must_use]
    pub fn is_form(&self, signature: &[u8]) -> bool {
        // Two byte strings of one length compare as the big-endian numbers they are.
        signature.len() == self.modulus.len() && signature < self.modulus.as_slice()
    }

    /// Whether `signature` is this key's signature of `message`, which is exactly as long as the
    /// modulus and smaller than it. A PSS salt is as long as the hash (RFC 7518 section 3.5).
    #[must_use]
    #[inline(never)]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.is_form(signature) {
            return false;
        }
        let is_pss = match algorithm {
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => false,
            Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => true,
            Algorithm::Es256
            | Algorithm::Es384
            | Algorithm::EdDsa
            | Algorithm::Hs256
            | Algorithm::Hs384
            | Algorithm::Hs512 => return false,
        };
        let prepare = || kernel::Rsa::new(&self.modulus).map(Box::new);
        // Any modulus that `new` takes can be prepared.
        let Some(prepared) = self.prepared.get_or_init(prepare) else {
            return false;
        };
        let encoded = prepared.power(signature, self.exponent);
        let hash = algorithm.hash();
        if is_pss {
            encoding::is_pss(hash, &encoded, message, self.bits)
        } else {
            encoding::is_pkcs1(hash, &encoded, message)
        }
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

    /// The reference library agrees, on every algorithm and at lengths whose encodings differ:
    /// 2049 bits leave a whole byte of a PSS encoding unused.
    #[test]
    fn signatures_of_the_reference_library_hold_and_changed_ones_do_not() {
        use rsa::traits::PublicKeyParts as _;
        use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
        use sha2::{Digest as _, Sha256, Sha384, Sha512};

        let mut random = Xorshift(1);
        for bits in [2048, 2049, 2055, 2056] {
            let private = RsaPrivateKey::new(&mut random, bits).unwrap();
            let (n, e) = (private.n().to_bytes_be(), private.e().to_bytes_be());
            let key = RsaKey::new(&n, &e).unwrap();
            let message = b"the message";
            let (h256, h384, h512) =
                (Sha256::digest(message), Sha384::digest(message), Sha512::digest(message));
            let pkcs1 = |scheme, hash: &[u8]| private.sign(scheme, hash).unwrap();
            let mut pss =
                |scheme, hash: &[u8]| private.sign_with_rng(&mut random, scheme, hash).unwrap();
            let cases = [
                (Algorithm::Rs256, pkcs1(Pkcs1v15Sign::new::<Sha256>(), &h256)),
                (Algorithm::Rs384, pkcs1(Pkcs1v15Sign::new::<Sha384>(), &h384)),
                (Algorithm::Rs512, pkcs1(Pkcs1v15Sign::new::<Sha512>(), &h512)),
                (Algorithm::Ps256, pss(Pss::new_with_salt::<Sha256>(32), &h256)),
                (Algorithm::Ps384, pss(Pss::new_with_salt::<Sha384>(48), &h384)),
                (Algorithm::Ps512, pss(Pss::new_with_salt::<Sha512>(64), &h512)),
            ];
            let short_salt = pss(Pss::new_with_salt::<Sha256>(31), &h256);
            assert!(!key.verifies(Algorithm::Ps256, message, &short_salt));
            for (algorithm, signature) in &cases {
                assert!(key.verifies(*algorithm, message, signature), "{algorithm} {bits}");
                assert!(!key.verifies(*algorithm, b"the massage", signature));
                for (other, _) in cases.iter().filter(|(other, _)| other != algorithm) {
                    assert!(!key.verifies(*other, message, signature), "{algorithm} as {other}");
                }
                for byte in 0..signature.len() {
                    let mut changed = signature.clone();
                    changed[byte] ^= 1 << (byte % 8);
                    assert!(!key.verifies(*algorithm, message, &changed), "{algorithm} {byte}");
                }
            }
        }
    }

    #[test]
    fn signatures_in_another_form_are_refused_before_they_are_computed() {
        let n = modulus(256);
        let key = RsaKey::new(&n, &[1, 0, 1]).unwrap();
        for signature in [&[][..], &[0; 255], &[0; 257], &n, &[0xff; 256]] {
            assert!(!key.verifies(Algorithm::Rs256, b"", signature));
        }
        for signature in [[0; 256], {
            let mut one = [0; 256];
            one[255] = 1;
            one
        }] {
            assert!(!key.verifies(Algorithm::Rs256, b"", &signature), "0 and 1 sign nothing");
            assert!(!key.verifies(Algorithm::Ps256, b"", &signature));
        }
    }

    /// A generator for test keys that are the same every time.
    struct Xorshift(u64);

    impl rsa::rand_core::RngCore for Xorshift {
        fn next_u32(&mut self) -> u32 {
            (self.next_u64() >> 32) as u32
        }

        fn next_u64(&mut self) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
        }

        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.next_u32().to_le_bytes()[3]);
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    impl rsa::rand_core::CryptoRng for Xorshift {}
}
