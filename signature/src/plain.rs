//! A signature check as the cryptographic libraries take it: the name of a hash, the key as
//! SubjectPublicKeyInfo (RFC 5280), an ECDSA signature in DER (RFC 3279 section 2.2.3).

use super::PublicKey;
use crate::algorithm::Algorithm;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// `rsaEncryption` with its parameters, NULL (RFC 3279 section 2.3.1).
const RSA: [u8; 13] =
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// `id-ecPublicKey` with the curve (RFC 5480 section 2.1.1).
const EC_P256: [u8; 19] = [
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07,
];
const EC_P384: [u8; 16] = [
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
];

/// What is asked of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// `sha256`, `sha384` or `sha512`.
    pub hash: &'static str,
    /// The key.
    pub key: Vec<u8>,
    /// The signature: of RSA as it is, of ECDSA in DER.
    pub signature: Vec<u8>,
}

/// The check of `signature`, whose form has been checked; `None` for what libraries have no common
/// form of, or do not agree on: PSS with its parameters, and Ed25519.
#[must_use]
pub fn plain(key: &PublicKey, algorithm: Algorithm, signature: &[u8]) -> Option<Plain> {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => "sha256",
        Algorithm::Rs384 | Algorithm::Es384 => "sha384",
        Algorithm::Rs512 => "sha512",
        Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512
        | Algorithm::EdDsa
        | Algorithm::Hs256
        | Algorithm::Hs384
        | Algorithm::Hs512 => return None,
    };
    let (key, signature) = match key {
        PublicKey::Rsa(key) => {
            let exponent = key.exponent().to_be_bytes();
            let numbers = [integer(key.modulus()), integer(&exponent)].concat();
            (spki(&RSA, &value(SEQUENCE, &numbers)), signature.to_vec())
        }
        PublicKey::P256(key) => (spki(&EC_P256, &key.to_sec1()), numbers(signature)),
        PublicKey::P384(key) => (spki(&EC_P384, &key.to_sec1()), numbers(signature)),
        PublicKey::Ed25519(_) => return None,
    };
    Some(Plain { hash, key, signature })
}

fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let key = value(BIT_STRING, &[&[0], key].concat());
    value(SEQUENCE, &[value(SEQUENCE, algorithm), key].concat())
}

/// `r` and `s`, which stand one behind the other in one length.
fn numbers(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    value(SEQUENCE, &[integer(r), integer(s)].concat())
}

/// A number above 0, big-endian.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(zeros..).unwrap_or_default();
    // A first bit that is set would make it negative.
    let sign: &[u8] = if digits.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    value(INTEGER, &[sign, digits].concat())
}

/// A value of less than 64 KiB, its length in the shortest form.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length: &[u8] = match (high, low) {
        (0, 0..=0x7f) => &[low],
        (0, _) => &[0x81, low],
        _ => &[0x82, high, low],
    };
    [&[tag], length, content].concat()
}

#[cfg(test)]
mod tests {
    use rsa::pkcs8::DecodePublicKey as _;

    use super::*;
    use crate::ecdsa::{P256Key, P384Key};
    use crate::rsa::RsaKey;

    #[test]
    fn numbers_are_as_short_as_they_can_be_and_positive() {
        for (bytes, der) in [
            (&[0, 0, 1][..], &[2, 1, 1][..]),
            (&[0x7f], &[2, 1, 0x7f]),
            (&[0, 0x80], &[2, 2, 0, 0x80]),
            (&[0, 0], &[2, 1, 0]),
        ] {
            assert_eq!(integer(bytes), der);
        }
        assert_eq!(numbers(&[0, 1, 0, 0x80]), [0x30, 7, 2, 1, 1, 2, 2, 0, 0x80]);
    }

    #[test]
    fn foreign_libraries_read_the_keys_as_they_are() {
        use rsa::traits::PublicKeyParts as _;

        let mut modulus = vec![0xab; 256];
        modulus[255] = 1;
        let key = PublicKey::Rsa(Box::new(RsaKey::new(&modulus, &[1, 0, 1]).unwrap()));
        let plain = plain(&key, Algorithm::Rs384, b"x").unwrap();
        assert_eq!((plain.hash, plain.signature.as_slice()), ("sha384", b"x".as_slice()));
        let read = rsa::RsaPublicKey::from_public_key_der(&plain.key).unwrap();
        assert_eq!((read.n().to_bytes_be(), read.e().to_bytes_be()), (modulus, vec![1, 0, 1]));
        assert_eq!(super::plain(&key, Algorithm::Ps256, b"x"), None);

        let private = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let point = private.verifying_key().to_encoded_point(false);
        assert_eq!(P256Key::from_sec1(point.as_bytes()).unwrap().to_sec1(), point.as_bytes());
        let private = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
        let point = private.verifying_key().to_encoded_point(false);
        assert_eq!(P384Key::from_sec1(point.as_bytes()).unwrap().to_sec1(), point.as_bytes());
    }
}
