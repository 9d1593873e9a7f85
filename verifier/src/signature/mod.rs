//! The signature algorithms, one file each. A back end computes; every check of a key stands here,
//! in code that native and wasm builds share.

pub mod ed25519;
pub mod rsa;

/// Public key material that has passed every check of its kind.
#[derive(Debug, Clone)]
pub enum PublicKey {
    /// RSA, 2048 to 4096 bits.
    Rsa(Box<rsa::RsaKey>),
    /// Ed25519.
    Ed25519(Box<ed25519::Ed25519Key>),
}

impl PublicKey {
    /// Whether `signature` is this key's signature of `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => key.verifies_pkcs1_sha256(message, signature),
            Self::Ed25519(key) => key.verifies(message, signature),
        }
    }
}
