//! The signature algorithms, one file for each kind of key. A back end computes (our own are in
//! [`kernel`]); every check of a key stands here, in code that native and wasm builds share.

mod curve;
pub mod ecdsa;
pub mod ed25519;
pub(crate) mod hash;
pub mod hmac;
pub mod kernel;
pub mod rsa;

use crate::algorithm::{Algorithm, Family};

/// Public key material that has passed every check of its kind.
#[derive(Debug, Clone, PartialEq)]
pub enum PublicKey {
    /// RSA, 2048 to 4096 bits.
    Rsa(Box<rsa::RsaKey>),
    /// A point of P-256.
    P256(Box<ecdsa::P256Key>),
    /// A point of P-384.
    P384(Box<ecdsa::P384Key>),
    /// Ed25519.
    Ed25519(Box<ed25519::Ed25519Key>),
}

impl PublicKey {
    /// The algorithms it can be used with.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Rsa(_) => Family::Rsa,
            Self::P256(_) => Family::P256,
            Self::P384(_) => Family::P384,
            Self::Ed25519(_) => Family::Ed25519,
        }
    }

    /// Whether `signature` is this key's signature of `message`. Never with an algorithm of
    /// another family.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if self.family() != algorithm.family() {
            return false;
        }
        match self {
            Self::Rsa(key) => key.verifies(algorithm, message, signature),
            Self::P256(key) => key.verifies(message, signature),
            Self::P384(key) => key.verifies(message, signature),
            Self::Ed25519(key) => key.verifies(message, signature),
        }
    }
}
