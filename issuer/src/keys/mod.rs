//! Signing keys: made when something needs them, published before they sign, kept wrapped.
//!
//! | module | what lives there |
//! |---|---|
//! | [`algorithm`] | the algorithms this issuer signs with |
//! | [`signing_key`] | one key: sign, verify, its JWK and PEM |
//! | [`snapshot`] | the published keys at one moment, and what is served of them |
//! | [`key_ring`] | the keys of a running issuer: the snapshot of now |
//! | [`rotation`] | which key signs, and since when: by command |
//! | [`schedule`] | the same by schedule |
//! | [`transfer`] | private keys in PEM: taken in, and given away |
//! | [`master_key`] | the key that wraps the others |
//! | [`jws`] | compact serialisation: writing it, and reading back our own |
//! | [`error`] | what can go wrong |

pub mod algorithm;
pub mod error;
pub mod jws;
pub mod key_ring;
pub mod master_key;
pub mod proved;
pub mod rotation;
pub mod schedule;
pub mod signing_key;
pub mod snapshot;
pub mod transfer;

pub use algorithm::Algorithm;
pub use error::KeyError;
pub use key_ring::KeyRing;
pub use master_key::MasterKey;
pub use proved::Proved;
pub use rotation::{
    KeyView, Rotated, ensure, export, import, list, needed, revoke, rotate, token_life,
};
pub use schedule::tend;
pub use signing_key::SigningKey;
pub use snapshot::Keys;

use rotation::new_key;
