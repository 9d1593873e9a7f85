//! Verifies micro tokens and decides requests, offline.
//!
//! # Design
//!
//! * **One call proves everything.** [`Verifier::verify`] checks signature, then payload, then
//!   every claim, in the order that `docs/contract/verifier.md` fixes. The only way to a
//!   [`VerifiedToken`] leads through it.
//! * **The key chooses the algorithm**, never the token's header.
//! * **Sans I/O.** Nothing here reads a clock, draws a random number or opens a connection. `now`
//!   is a parameter; a key set or status list that is to be fetched is named by [`Verifier::fetches`], fetched by
//!   the host in its own way, and handed back. So every face has the same behaviour, and tests
//!   script time and network.
//! * **Strict.** Unknown options, duplicate JSON members, non-canonical base64url, keys that are
//!   too short: refused, with an error that names the thing and how to mend it.
//!
//! ```
//! use laika_verifier::{Options, Timestamp, Verifier};
//!
//! let options = Options::from_json(r#"{
//!     "issuers": [{
//!         "issuer": "https://id.example.com",
//!         "audience": "orders",
//!         "jwks": { "keys": [{
//!             "kty": "OKP", "crv": "Ed25519", "kid": "1",
//!             "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
//!         }] }
//!     }]
//! }"#)?;
//! let verifier = Verifier::new(options);
//! let now = Timestamp::from_seconds(1_800_000_000.0).ok_or("not a time")?;
//! let error = verifier.verify("e30.e30.", now).unwrap_err();
//! assert_eq!(error.code().as_str(), "token_malformed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`verifier`] | [`Verifier`]: issuers, keys and policy behind the two calls |
//! | [`options`] | its options, one struct for every face |
//! | [`jws`] | the compact form of a token, read strictly |
//! | [`keys`] | keys and key sets, and the state machine of remote ones |
//! | [`status`] | revocation: status lists, and their state machine |
//! | [`fetch`] | what a host fetches, and the pace of it |
//! | [`signature`] | the signature algorithms, a crate of their own |
//! | [`checks`] | the claims, in their fixed order |
//! | [`id_token`] | ID tokens, for a client that has somebody log in elsewhere |
//! | [`bearer`] | tokens in HTTP headers, and denials as HTTP answers |
//! | `client` | an HTTP client for fetches (feature `client`) |
//! | `tower` | the layer for Rust backends (feature `tower`) |

#![forbid(unsafe_code)]

pub mod bearer;
pub mod checks;
#[cfg(feature = "client")]
pub mod client;
pub mod error;
pub mod fetch;
pub mod id_token;
pub mod jws;
pub mod keys;
pub mod options;
pub mod status;
#[cfg(feature = "tower")]
pub mod tower;
pub mod verified;
pub mod verifier;

mod cache;
mod headers;
mod issuer;
mod may_assert;
mod place;
mod profile;
mod uri;

pub use cache::{Counts, Generation, Serials, Texts};
pub use error::{OptionsError, VerifyError};
pub use fetch::{Fetch, FetchFailure, Inflate, Landed, Response};
pub use laika_claims::policy::{Policy, Request};
pub use laika_claims::{ErrorCode, Permission, Principal, Timestamp};
pub use laika_signature as signature;
pub use laika_signature::{Algorithm, algorithm};
pub use options::Options;
pub use verified::VerifiedToken;
pub use verifier::{Authorization, Stats, Verifier};
