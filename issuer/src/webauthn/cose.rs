//! Public keys as authenticators write them (COSE, RFC 9052 and RFC 9053; RFC 8230 for RSA), and
//! signatures by them.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use ciborium::Value;

use super::{Fault, cbor};

/// Bytes of an RSA modulus: 2048 to 4096 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// The one public exponent that authenticators use: 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// How a passkey signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, for Windows Hello on older machines.
    Rs256,
}

impl Algorithm {
    /// What is asked for, the best first.
    pub const OFFERED: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// Its number in the registry of COSE.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::EdDsa => -8,
            Self::Es256 => -7,
            Self::Rs256 => -257,
        }
    }

    fn from_number(value: &Value) -> Option<Self> {
        Self::OFFERED.into_iter().find(|offered| Value::from(offered.number()) == *value)
    }
}

/// A key that signatures are checked with.
pub struct PublicKey {
    /// As it came.
    cose: Vec<u8>,
    algorithm: Algorithm,
    parts: Parts,
}

enum Parts {
    Curve(ParsedPublicKey),
    Rsa { modulus: Vec<u8> },
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// The key at the beginning of `bytes`, and what comes after it.
    ///
    /// # Errors
    /// It is broken, of a kind that was not asked for, or says more than it must (Level 2, section
    /// 6.5.1.1).
    pub(super) fn first(bytes: &[u8]) -> Result<(Self, &[u8]), Fault> {
        let (value, rest) = cbor::first(bytes)?;
        let cose = bytes.get(..bytes.len() - rest.len()).unwrap_or_default().to_vec();
        let mut members = Members(value.into_map().map_err(|_| Fault::Key)?);
        let (kind, algorithm) = (members.take(1)?, members.take(3)?);
        let algorithm = Algorithm::from_number(&algorithm).ok_or(Fault::Key)?;
        let parts = match algorithm {
            Algorithm::EdDsa => {
                members.expect(-1, 6)?;
                expect(&kind, 1)?;
                let point = members.bytes(-2)?;
                Parts::Curve(ParsedPublicKey::new(&ED25519, point).map_err(|_| Fault::Key)?)
            }
            Algorithm::Es256 => {
                members.expect(-1, 1)?;
                expect(&kind, 2)?;
                let (x, y) = (members.bytes(-2)?, members.bytes(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Fault::Key);
                }
                let point = [&[4][..], &x, &y].concat();
                // Refuses a point that is not on the curve.
                let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
                Parts::Curve(key.map_err(|_| Fault::Key)?)
            }
            Algorithm::Rs256 => {
                expect(&kind, 3)?;
                let (modulus, exponent) = (members.bytes(-1)?, members.bytes(-2)?);
                let odd = modulus.last().is_some_and(|last| last % 2 == 1);
                let full = modulus.first().is_some_and(|first| *first >= 0x80);
                if !MODULUS.contains(&modulus.len()) || !odd || !full || exponent != EXPONENT {
                    return Err(Fault::Key);
                }
                Parts::Rsa { modulus }
            }
        };
        members.are_all_read()?;
        Ok((Self { cose, algorithm, parts }, rest))
    }

    /// A key that was stored.
    ///
    /// # Errors
    /// It is none.
    pub fn stored(bytes: &[u8]) -> Result<Self, Fault> {
        match Self::first(bytes)? {
            (key, []) => Ok(key),
            _ => Err(Fault::Trailing),
        }
    }

    /// As it came, to be stored.
    #[must_use]
    pub fn as_cose(&self) -> &[u8] {
        &self.cose
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether it signed this. Signatures of ECDSA are in DER (Level 2, section 6.5.6).
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.parts {
            Parts::Curve(key) => key.verify_sig(message, signature).is_ok(),
            Parts::Rsa { modulus } => {
                RsaPublicKeyComponents { n: modulus.as_slice(), e: &EXPONENT[..] }
                    .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                    .is_ok()
            }
        }
    }
}

/// What of a key was not read yet.
struct Members(Vec<(Value, Value)>);

impl Members {
    fn take(&mut self, label: i64) -> Result<Value, Fault> {
        let label = Value::from(label);
        let place = self.0.iter().position(|(name, _)| *name == label).ok_or(Fault::Key)?;
        Ok(self.0.swap_remove(place).1)
    }

    fn bytes(&mut self, label: i64) -> Result<Vec<u8>, Fault> {
        self.take(label)?.into_bytes().map_err(|_| Fault::Key)
    }

    fn expect(&mut self, label: i64, number: i64) -> Result<(), Fault> {
        expect(&self.take(label)?, number)
    }

    fn are_all_read(&self) -> Result<(), Fault> {
        if self.0.is_empty() { Ok(()) } else { Err(Fault::Key) }
    }
}

fn expect(value: &Value, number: i64) -> Result<(), Fault> {
    if *value == Value::from(number) { Ok(()) } else { Err(Fault::Key) }
}
