//! What a Laika token says, and what a policy demands of whoever carries it.
//!
//! # Design
//!
//! Everything here is a pure function of its arguments: no cryptography, no I/O, no clock, no
//! randomness. The issuer writes the claim types, the verifier reads them, and both decide with
//! the same [`policy`], so a browser, an edge worker, a proxy and a backend give one answer.
//!
//! | module | what lives there |
//! |---|---|
//! | [`token`] | the claims of micro and main tokens |
//! | [`permission`] | permissions, and grants that cover them |
//! | [`principal`] | who a verified token speaks for |
//! | [`policy`] | the policy document, compiled once, deciding requests |
//! | [`code`] | every error code, and the one table from code to HTTP status and challenge |
//! | [`document`] | what people write, read value by value with the place of each |
//! | [`json`] | JSON read strictly: no duplicate members, bounded depth and size |
//! | [`text`] | foreign text in messages, tokens of HTTP |
//! | [`time`] | points in time as tokens write them |

#![forbid(unsafe_code)]

pub mod code;
pub mod document;
pub mod json;
pub mod permission;
pub mod policy;
pub mod principal;
pub mod text;
pub mod time;
pub mod token;

pub use code::{ErrorCode, IssuerCode};
pub use permission::{Grant, Permission};
pub use policy::{Decision, Policy};
pub use principal::Principal;
pub use time::Timestamp;
