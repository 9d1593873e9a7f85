//! Honest keys of every kind, and the means to sign what no honest signer would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use rsa::BigUint;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::signing::{TestKey, micro_claims};
use crate::vectors::{ISSUER, NOW};

/// A key of the verifier's set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Key {
    Rs256,
    Ps256,
    Es256,
    Es384,
    EdDsa,
}

impl Key {
    pub(super) const ALL: [Self; 5] =
        [Self::Rs256, Self::Ps256, Self::Es256, Self::Es384, Self::EdDsa];

    pub(super) fn alg(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) fn kid(self) -> &'static str {
        match self {
            Self::Rs256 => "rsa-1",
            Self::Ps256 => "pss",
            Self::Es256 => "p256",
            Self::Es384 => "p384",
            Self::EdDsa => "ed-1",
        }
    }

    /// The public key.
    pub(super) fn jwk(self) -> Value {
        let point = |curve: &str, x: &[u8], y: &[u8]| json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) });
        let mut jwk = match self {
            Self::Rs256 | Self::Ps256 => TestKey::named("rsa-1").public_jwk(),
            Self::EdDsa => TestKey::named("ed-1").public_jwk(),
            Self::Es256 => {
                let key = p256().verifying_key().to_encoded_point(false);
                point("P-256", key.x().expect("x"), key.y().expect("y"))
            }
            Self::Es384 => {
                let key = p384().verifying_key().to_encoded_point(false);
                point("P-384", key.x().expect("x"), key.y().expect("y"))
            }
        };
        jwk["kid"] = json!(self.kid());
        jwk["alg"] = json!(self.alg());
        jwk["use"] = json!("sig");
        jwk
    }

    pub(super) fn header(self) -> Value {
        json!({ "alg": self.alg(), "kid": self.kid(), "typ": "at+jwt" })
    }

    pub(super) fn sign(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rs256 => TestKey::named("rsa-1").sign(message),
            Self::Ps256 => rsa_power(&pss(message, &[7; 32])),
            Self::Es256 => {
                let signature: p256::ecdsa::Signature = p256().sign(message);
                signature.to_bytes().to_vec()
            }
            Self::Es384 => {
                let signature: p384::ecdsa::Signature = p384().sign(message);
                signature.to_bytes().to_vec()
            }
            Self::EdDsa => TestKey::named("ed-1").sign(message),
        }
    }

    /// A token of any header and payload, signed by this key.
    pub(super) fn compact(self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.over(&format!("{}.{}", encode(header), encode(payload)))
    }

    /// A token whose first two segments are this text.
    pub(super) fn over(self, input: &str) -> String {
        format!("{input}.{}", encode(self.sign(input.as_bytes())))
    }

    /// An honest token.
    pub(super) fn token(self) -> String {
        self.compact(self.header().to_string(), claims().to_string())
    }

    /// A token whose signature is what `forge` makes of the honest signing input.
    pub(super) fn forged(self, forge: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let input = signing_input(&self.header());
        let signature = forge(input.as_bytes());
        format!("{input}.{}", encode(signature))
    }

    /// A token with one member of its honest header changed, signed again.
    pub(super) fn with_header(self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.compact(header.to_string(), claims().to_string())
    }

    /// A token with one claim changed, signed again.
    pub(super) fn with_claim(self, name: &str, value: Value) -> String {
        let mut claims = claims();
        claims[name] = value;
        self.compact(self.header().to_string(), claims.to_string())
    }
}

/// Claims of an honest token.
pub(super) fn claims() -> Value {
    micro_claims(ISSUER, NOW)
}

/// Honest claims under this header.
pub(super) fn signing_input(header: &Value) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims().to_string()))
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An object as text, with more members written in front; they may be there already.
pub(super) fn with_text(object: &Value, members: &str) -> String {
    format!("{{{members},{}", &object.to_string()[1..])
}

/// The object without that member.
pub(super) fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("an object").remove(name);
    object
}

fn p256() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[0x25; 32]).expect("a scalar")
}

fn p384() -> p384::ecdsa::SigningKey {
    p384::ecdsa::SigningKey::from_slice(&[0x38; 48]).expect("a scalar")
}

/// The modulus of the RSA keys.
pub(super) fn modulus() -> BigUint {
    TestKey::named("rsa-1").rsa().n().clone()
}

/// What the private key makes of an encoded message of 256 bytes.
pub(super) fn rsa_power(encoded: &[u8]) -> Vec<u8> {
    let key = TestKey::named("rsa-1").rsa();
    padded(&BigUint::from_bytes_be(encoded).modpow(key.d(), key.n()), 256)
}

/// A number in so many bytes.
pub(super) fn padded(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; length - bytes.len()], bytes].concat()
}

/// EMSA-PSS (RFC 8017 section 9.1.1) with SHA-256, for a modulus of 2048 bits.
pub(super) fn pss(message: &[u8], salt: &[u8]) -> Vec<u8> {
    let hash = Sha256::new()
        .chain_update([0; 8])
        .chain_update(Sha256::digest(message))
        .chain_update(salt)
        .finalize();
    let length = 256 - hash.len() - 1;
    let block = [vec![0; length - salt.len() - 1], vec![1], salt.to_vec()].concat();
    let mask = (0_u32..).flat_map(|counter| {
        Sha256::new().chain_update(hash).chain_update(counter.to_be_bytes()).finalize()
    });
    let mut masked: Vec<_> = block.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    masked[0] &= 0x7f;
    [masked, hash.to_vec(), vec![0xbc]].concat()
}
