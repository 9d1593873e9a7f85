//! Elliptic curves over prime fields: what ECDSA and EdDSA verify with.
//!
//! Everything here is public (keys, signatures, messages), so nothing has to take constant time,
//! and what can be prepared is prepared once for each key. WebAssembly multiplies 32 by 32 bits to
//! 64 and no more, which decides how numbers are written; and it is loaded through a network, which
//! decides that one code serves all curves.
//!
//! | file | what |
//! |---|---|
//! | `modulus.rs` | primes and orders as digits of 29 bits |
//! | `element.rs` | numbers modulo one of them |
//! | `invert.rs` | their inverses |
//! | `weierstrass.rs`, `nist.rs` | points of P-256 and P-384 |
//! | `edwards.rs` | points of Ed25519 |
//! | `window.rs` | tables of multiples, and sums from them |

#[cfg(test)]
mod bounds;
pub(crate) mod edwards;
pub(crate) mod element;
mod invert;
pub(crate) mod modulus;
pub(crate) mod nist;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod weierstrass;
pub(crate) mod window;
