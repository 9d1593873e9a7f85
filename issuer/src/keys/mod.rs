//! Signing keys: made at first start, kept wrapped, published as a key set.
//!
//! | module | what lives there |
//! |---|---|
//! | [`algorithm`] | the algorithms this issuer signs with |
//! | [`signing_key`] | one key: sign, verify, its JWK and PEM |
//! | [`key_ring`] | all keys of the issuer, loaded from the database |
//! | [`master_key`] | the key that wraps the others |
//! | [`jws`] | compact serialisation: writing it, and reading back our own |

pub mod algorithm;
pub mod jws;
pub mod key_ring;
pub mod master_key;
pub mod signing_key;

pub use algorithm::Algorithm;
pub use key_ring::{KeyError, KeyRing};
pub use signing_key::SigningKey;
