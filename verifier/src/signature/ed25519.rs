//! EdDSA over Ed25519 (RFC 8032), in its strict reading: encodings are canonical, neither key nor
//! `R` has small order, `S` is below the order of the group.

use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Signature, VerifyingKey};

/// A public Ed25519 key that has passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Ed25519Key(VerifyingKey);

impl Ed25519Key {
    /// A key of 32 bytes.
    ///
    /// # Errors
    /// What is wrong with the key: its length, not a point, not canonical, small order.
    pub fn new(bytes: &[u8]) -> Result<Self, &'static str> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| "an Ed25519 key has 32 bytes")?;
        let point = CompressedEdwardsY(bytes).decompress().ok_or("the key is not on the curve")?;
        if point.compress().0 != bytes {
            return Err("the key is not in canonical form");
        }
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| "the key is not on the curve")?;
        if key.is_weak() {
            return Err("the key has small order");
        }
        Ok(Self(key))
    }

    /// Whether `signature` is this key's signature of `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_second_vector_of_rfc_8032_holds_and_no_bit_of_it_can_change() {
        let key = Ed25519Key::new(&bytes(
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ))
        .unwrap();
        let signature = bytes(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert!(key.verifies(&[0x72], &signature));
        for bit in 0..512 {
            let mut flipped = signature.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verifies(&[0x72], &flipped), "bit {bit}");
        }
        assert!(!key.verifies(&[0x73], &signature));
        assert!(!key.verifies(&[0x72], &signature[..63]));
    }

    #[test]
    fn keys_of_small_order_or_in_another_spelling_are_refused() {
        for hex in [
            // Order 1, 2, 4 and 8.
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            // y = p + 3, a second spelling of y = 3.
            "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            assert!(Ed25519Key::new(&bytes(hex)).is_err(), "{hex}");
        }
        assert!(Ed25519Key::new(&[7; 31]).is_err());
    }
}
