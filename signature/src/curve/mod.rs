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
//! | `pair.rs` | their products, two at a time |
//! | `invert.rs` | their inverses |
//! | `weierstrass.rs`, `nist.rs` | points of P-256 and P-384 |
//! | `edwards.rs` | points of Ed25519 |
//! | `window.rs` | tables of multiples, and sums from them |

/// Repeats a block for `$i` from 0 to below `$n`, which is 14 at most, written out: WebAssembly is compiled
/// for size, where the compiler unrolls no loop. What it does to all digits becomes vectors then.
macro_rules! repeat {
    ($i:ident < $n:expr, $body:block) => {
        repeat!(@ $i $n, $body 0 1 2 3 4 5 6 7 8 9 10 11 12 13);
    };
    (@ $i:ident $n:expr, $body:block $($k:literal)*) => {
        $(if $k < $n { let $i = $k; $body })*
    };
}

#[cfg(test)]
mod bounds;
pub(crate) mod edwards;
pub(crate) mod element;
mod invert;
pub(crate) mod modulus;
pub(crate) mod nist;
mod pair;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod weierstrass;
pub(crate) mod window;
