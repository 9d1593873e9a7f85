//! One signing key.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaSignatureEncoding, VerificationAlgorithm,
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
    algorithm: Algorithm,
    pair: Pair,
    public: ParsedPublicKey,
    jwk: Value,
    pem: String,
}

#[derive(Debug)]
enum Pair {
    Rsa(rsa::KeyPair, &'static RsaSignatureEncoding),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// What a key pair shows of itself.
struct Shown {
    pair: Pair,
    /// Its public key in the form that the library verifies with.
    bytes: Vec<u8>,
    spki: Vec<u8>,
    jwk: Value,
    /// What RFC 7638 hashes: the required members, in order, without white space.
    thumbed: String,
}

impl SigningKey {
    /// Makes a new key; the second value is its PKCS#8. An RSA key takes a tenth of a second, so
    /// this belongs on a thread that may block.
    ///
    /// The one place where randomness is not injected: key generation draws from aws-lc's own
    /// generator, which offers no other way.
    ///
    /// # Errors
    /// Key generation failed.
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let pair = match algorithm {
            Algorithm::Rs256 => {
                Pair::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048)?, &RSA_PKCS1_SHA256)
            }
            Algorithm::Ps256 => {
                Pair::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048)?, &RSA_PSS_SHA256)
            }
            Algorithm::Es256 => {
                Pair::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?)
            }
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate()?),
        };
        let pkcs8 = pair.pkcs8()?;
        Ok((Self::from_pkcs8(algorithm, &pkcs8)?, pkcs8))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// `pkcs8` is no key of this algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let shown = match algorithm {
            Algorithm::Rs256 => read_rsa(pkcs8, &RSA_PKCS1_SHA256)?,
            Algorithm::Ps256 => read_rsa(pkcs8, &RSA_PSS_SHA256)?,
            Algorithm::Es256 => read_p256(pkcs8)?,
            Algorithm::EdDsa => read_ed25519(pkcs8)?,
        };
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, shown.thumbed.as_bytes()));
        let mut jwk = shown.jwk;
        if let Value::Object(members) = &mut jwk {
            members.insert("use".to_owned(), "sig".into());
            members.insert("alg".to_owned(), algorithm.as_str().into());
            members.insert("kid".to_owned(), kid.clone().into());
        }
        let public = ParsedPublicKey::new(verification(algorithm), &shown.bytes)
            .map_err(|error| KeyError::Unusable(error.to_string()))?;
        Ok(Self { kid, algorithm, pair: shown.pair, public, jwk, pem: pem(&shown.spki) })
    }

    /// RFC 7638 thumbprint, the name of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
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

    /// The private key as PKCS#8.
    ///
    /// # Errors
    /// The library refused.
    pub fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.pair.pkcs8()
    }

    /// Signs `message`: 1.2 ms for RSA, some 30 µs for the curves, so it runs where it is called.
    ///
    /// # Errors
    /// The library refused.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
            Pair::P256(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

impl Pair {
    fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ok(Zeroizing::new(match self {
            Self::Rsa(pair, _) => {
                let der: Pkcs8V1Der<'_> = pair.as_der()?;
                der.as_ref().to_vec()
            }
            Self::P256(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
            Self::Ed25519(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
        }))
    }
}

fn verification(algorithm: Algorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::EdDsa => &ED25519,
    }
}

fn read_rsa(pkcs8: &[u8], encoding: &'static RsaSignatureEncoding) -> Result<Shown, KeyError> {
    let pair = rsa::KeyPair::from_pkcs8(pkcs8).map_err(rejected)?;
    let public = pair.public_key();
    let spki: PublicKeyX509Der<'_> = public.as_der()?;
    let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
    let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
    Ok(Shown {
        thumbed: format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        jwk: json!({ "kty": "RSA", "n": n, "e": e }),
        spki: spki.as_ref().to_vec(),
        bytes: public.as_ref().to_vec(),
        pair: Pair::Rsa(pair, encoding),
    })
}

fn read_p256(pkcs8: &[u8]) -> Result<Shown, KeyError> {
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(rejected)?;
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let bytes = pair.public_key().as_ref().to_vec();
    // SEC 1 section 2.3.3: 4, then both coordinates.
    let halves = bytes.get(1..).and_then(|point| point.split_at_checked(point.len() / 2));
    let (x, y) = halves.ok_or_else(|| KeyError::Unusable("its point has no form".to_owned()))?;
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    Ok(Shown {
        thumbed: format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
        jwk: json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }),
        spki: spki.as_ref().to_vec(),
        bytes,
        pair: Pair::P256(pair),
    })
}

fn read_ed25519(pkcs8: &[u8]) -> Result<Shown, KeyError> {
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(rejected)?;
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    Ok(Shown {
        thumbed: format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        jwk: json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
        spki: spki.as_ref().to_vec(),
        bytes: pair.public_key().as_ref().to_vec(),
        pair: Pair::Ed25519(pair),
    })
}

fn rejected(error: aws_lc_rs::error::KeyRejected) -> KeyError {
    KeyError::Unusable(error.to_string())
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
            // JWS wants r and s of ECDSA side by side (RFC 7518 section 3.4), not DER.
            let length = if key.jwk()["kty"] == "RSA" { 256 } else { 64 };
            assert_eq!(signature.len(), length, "{algorithm:?}");
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
        for other in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256] {
            assert!(SigningKey::from_pkcs8(other, &pkcs8).is_err(), "{other:?}");
        }
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
