//! The signature algorithms, one file for each kind of key. A back end computes (our own are in
//! [`kernel`], and a [`Host`] may have faster ones); every check of a key and of the form of a
//! signature stands here, in code that native and wasm builds share.
//!
//! All that takes time is in this crate, and a crate is what a profile of cargo names: here the
//! WebAssembly modules are compiled to be fast, and all else to be small.

#![forbid(unsafe_code)]

pub mod algorithm;
pub mod base64url;
mod curve;
pub mod ecdsa;
pub mod ed25519;
pub mod hash;
pub mod hmac;
pub mod kernel;
mod lanes;
pub mod plain;
pub mod rsa;
mod wide;

use std::fmt;

pub use algorithm::{Algorithm, Family};

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

/// Whoever runs this module, where that computes faster than it does: a proxy with a cryptographic
/// library of its own, say.
///
/// It is asked about keys and signatures whose form has been checked, and no more than to compute.
pub trait Host: fmt::Debug + Send + Sync {
    /// Whether `signature` is `key`'s signature of `message`; `None` where it can't say, and our own
    /// code does. See [`plain`] for the form in which most libraries want to have it.
    fn verifies(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool>;
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

    /// As [`PublicKey::verifies`], computed by `host` where there is one and it can.
    #[must_use]
    pub fn verifies_by(
        &self,
        host: Option<&dyn Host>,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let may_ask = self.family() == algorithm.family() && self.is_form(signature);
        let host = host.filter(|_| may_ask);
        let answer = host.and_then(|host| host.verifies(self, algorithm, message, signature));
        answer.unwrap_or_else(|| self.verifies(algorithm, message, signature))
    }

    /// Whether a host may be asked about `signature`: only where nothing but computing is left.
    fn is_form(&self, signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => key.is_form(signature),
            Self::P256(_) => ecdsa::P256Key::is_form(signature),
            Self::P384(_) => ecdsa::P384Key::is_form(signature),
            // Libraries differ in which points and which multiples they accept.
            Self::Ed25519(_) => false,
        }
    }
}
