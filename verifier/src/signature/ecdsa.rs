//! ECDSA over P-256 and P-384 (FIPS 186-5 section 6.4, RFC 7518 section 3.4).

use p256::ecdsa::signature::Verifier as _;

/// Makes the key type of one curve.
macro_rules! key {
    ($name:ident, $curve:ident, $bytes:literal, $what:literal) => {
        #[doc = concat!("A public key on ", $what, " that has passed every check.")]
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name($curve::ecdsa::VerifyingKey);

        impl $name {
            /// A key of big-endian coordinates, each in its full length (RFC 7518 section 6.2.1).
            ///
            /// # Errors
            /// What is wrong with the key: the length of a coordinate, or not on the curve.
            pub fn new(x: &[u8], y: &[u8]) -> Result<Self, &'static str> {
                if x.len() != $bytes || y.len() != $bytes {
                    return Err(concat!(
                        "a coordinate of ",
                        $what,
                        " has ",
                        stringify!($bytes),
                        " bytes"
                    ));
                }
                // SEC 1 section 2.3.3: an uncompressed point.
                Self::from_sec1(&[&[4], x, y].concat())
            }

            /// A key of an uncompressed point (SEC 1 section 2.3.3).
            ///
            /// # Errors
            /// As [`Self::new`].
            pub fn from_sec1(point: &[u8]) -> Result<Self, &'static str> {
                if point.len() != 2 * $bytes + 1 || point.first() != Some(&4) {
                    return Err(concat!("not an uncompressed point of ", $what));
                }
                $curve::ecdsa::VerifyingKey::from_sec1_bytes(point)
                    .map(Self)
                    .map_err(|_| concat!("the key is not on ", $what))
            }

            /// Whether `signature`, the two numbers `r` and `s` in their full length, is this
            /// key's signature of `message`. Both are from 1 to below the order of the group.
            #[must_use]
            pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
                $curve::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
            }
        }
    };
}

key!(P256Key, p256, 32, "P-256");
key!(P384Key, p384, 48, "P-384");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::decode;

    /// The key and token of RFC 7515, appendix A.3.
    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const INPUT: &[u8] = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    #[test]
    fn the_example_of_rfc_7515_holds_and_no_bit_of_it_can_change() {
        let key = P256Key::new(&decode(X).unwrap(), &decode(Y).unwrap()).unwrap();
        let signature = decode(SIGNATURE).unwrap();
        assert!(key.verifies(INPUT, &signature));
        for bit in 0..512 {
            let mut flipped = signature.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verifies(INPUT, &flipped), "bit {bit}");
        }
        assert!(!key.verifies(&INPUT[1..], &signature));
        assert!(!key.verifies(INPUT, &signature[..63]));
        assert!(!key.verifies(INPUT, &[&signature[..], &[0]].concat()));
        assert!(!key.verifies(INPUT, &[0; 64]));
        assert!(!key.verifies(INPUT, &[0xff; 64]));
    }

    #[test]
    fn points_off_the_curve_or_in_another_length_are_refused() {
        let (x, mut y) = (decode(X).unwrap(), decode(Y).unwrap());
        assert!(P256Key::new(&x[1..], &y).is_err());
        assert!(P256Key::new(&[&[0], &x[..]].concat(), &y).is_err());
        assert!(P384Key::new(&x, &y).is_err());
        assert!(P256Key::new(&[0; 32], &[0; 32]).is_err());
        assert!(P256Key::from_sec1(&[0]).is_err(), "the point at infinity");
        y[31] ^= 1;
        assert!(P256Key::new(&x, &y).is_err());
    }
}
