//! Signing keys: made when something needs them, published before they sign, kept wrapped.
//!
//! | module | what lives there |
//! |---|---|
//! | [`algorithm`] | the algorithms this issuer signs with |
//! | [`family`] | what tokens and their status lists are signed with: key pairs, or a secret |
//! | [`signing_key`] | one key: sign, verify, its JWK and PEM |
//! | [`shared_secret`] | the secret of HS256, for the one service that asks for it |
//! | [`snapshot`] | the published keys at one moment, and what is served of them |
//! | [`key_ring`] | the keys of a running issuer: the snapshot of now |
//! | [`rotation`] | which key signs, and since when: by command |
//! | [`schedule`] | the same by schedule |
//! | [`steps`] | what both are made of |
//! | [`view`] | keys as people see them |
//! | [`transfer`] | private keys in PEM: taken in, and given away |
//! | [`master_key`] | the key that wraps the others |
//! | [`jws`] | compact serialisation: writing it, and reading back our own |
//! | [`error`] | what can go wrong |

pub mod algorithm;
pub mod error;
pub mod family;
pub mod jws;
pub mod key_ring;
pub mod master_key;
pub mod proved;
pub mod rotation;
pub mod schedule;
pub mod shared_secret;
pub mod signing_key;
pub mod snapshot;
pub mod steps;
pub mod transfer;
pub mod view;

pub use algorithm::Algorithm;
pub use error::KeyError;
pub use family::Family;
pub use key_ring::KeyRing;
pub use proved::Proved;
pub use rotation::{export, import, revoke, rotate};
pub use schedule::tend;
pub use shared_secret::SharedSecret;
pub use signing_key::SigningKey;
pub use snapshot::Keys;
pub use steps::{ensure, needed, token_life};
pub use view::{KeyView, Revoked, Rotated, list};

use steps::new_key;
