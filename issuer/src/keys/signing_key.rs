//! One signing key.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Algorithm, KeyError};

/// A private key with what is published of it.
#[derive(Debug)]
pub struct SigningKey {
    kid: String,
    pair: Pair,
    jwk: Value,
    pem: String,
}

#[derive(Debug)]
enum Pair {
    Rsa(rsa::KeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Makes a new key; the second value is its PKCS#8.
    ///
    /// The one place where randomness is not injected: key generation draws from aws-lc's own
    /// generator, which offers no other way.
    ///
    /// # Errors
    /// Key generation failed.
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let pkcs8 = match algorithm {
            Algorithm::Rs256 => {
                let pair = rsa::KeyPair::generate(KeySize::Rsa2048)?;
                let der: Pkcs8V1Der<'_> = pair.as_der()?;
                Zeroizing::new(der.as_ref().to_vec())
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate()?;
                Zeroizing::new(pair.to_pkcs8v1()?.as_ref().to_vec())
            }
        };
        Ok((Self::from_pkcs8(algorithm, &pkcs8)?, pkcs8))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// `pkcs8` is no key of this algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let rejected = |error: aws_lc_rs::error::KeyRejected| KeyError::Unusable(error.to_string());
        let (pair, spki, jwk, thumbprint) = match algorithm {
            Algorithm::Rs256 => {
                let pair = rsa::KeyPair::from_pkcs8(pkcs8).map_err(rejected)?;
                let public = pair.public_key();
                let spki: PublicKeyX509Der<'_> = public.as_der()?;
                let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
                let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
                // RFC 7638 section 3: required members in order, no white space.
                let thumbprint = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
                let jwk = json!({ "kty": "RSA", "n": n, "e": e });
                let spki = spki.as_ref().to_vec();
                (Pair::Rsa(pair), spki, jwk, thumbprint)
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(rejected)?;
                let spki: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let thumbprint = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
                let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
                let spki = spki.as_ref().to_vec();
                (Pair::Ed25519(pair), spki, jwk, thumbprint)
            }
        };
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, thumbprint.as_bytes()));
        let mut jwk = jwk;
        if let Value::Object(members) = &mut jwk {
            members.insert("use".to_owned(), "sig".into());
            members.insert("alg".to_owned(), algorithm.as_str().into());
            members.insert("kid".to_owned(), kid.clone().into());
        }
        Ok(Self { kid, pair, jwk, pem: pem(&spki) })
    }

    /// RFC 7638 thumbprint, the name of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::Rs256,
            Pair::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// The public key as a JWK (RFC 7517).
    #[must_use]
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// The public key as PEM (SubjectPublicKeyInfo).
    #[must_use]
    pub fn public_pem(&self) -> &str {
        &self.pem
    }

    /// Signs `message`: 1.2 ms for RSA, 23 µs for Ed25519, so it runs where it is called.
    ///
    /// # Errors
    /// The library refused.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
            Pair::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.pair {
            Pair::Rsa(pair) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key())
                    .verify(message, signature)
            }
            Pair::Ed25519(pair) => {
                UnparsedPublicKey::new(&ED25519, pair.public_key()).verify(message, signature)
            }
        }
        .is_ok()
    }
}

/// DER as PEM with lines of 64 characters (RFC 7468).
fn pem(der: &[u8]) -> String {
    let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
    for (index, letter) in STANDARD.encode(der).chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pkcs8_and_keeps_its_name() {
        for algorithm in Algorithm::ALL {
            let (key, pkcs8) = SigningKey::generate(algorithm).unwrap();
            let again = SigningKey::from_pkcs8(algorithm, &pkcs8).unwrap();
            assert_eq!(key.kid(), again.kid());
            assert_eq!(again.algorithm(), algorithm);
            let signature = key.sign(b"message").unwrap();
            assert!(again.verifies(b"message", &signature));
            assert!(!again.verifies(b"massage", &signature));
        }
    }

    #[test]
    fn every_flipped_bit_of_a_signature_is_noticed() {
        for algorithm in Algorithm::ALL {
            let (key, _) = SigningKey::generate(algorithm).unwrap();
            let signature = key.sign(b"message").unwrap();
            for bit in 0..signature.len() * 8 {
                let mut flipped = signature.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(!key.verifies(b"message", &flipped), "{algorithm:?} bit {bit}");
            }
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let (_, pkcs8) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        assert!(SigningKey::from_pkcs8(Algorithm::Rs256, &pkcs8).is_err());
    }

    #[test]
    fn nothing_private_is_published() {
        for algorithm in Algorithm::ALL {
            let (key, _) = SigningKey::generate(algorithm).unwrap();
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.jwk().get(private).is_none(), "{algorithm:?} {private}");
            }
            assert!(key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
            assert!(key.public_pem().lines().all(|line| line.len() <= 64));
        }
    }
}
