//! The arithmetic where the time goes, apart from the checks that use it: one trait for each family
//! of algorithms, and for each kind of machine the implementation that is fastest there.
//!
//! Everything in here is public (signatures, public keys), so nothing has to take constant time,
//! and what can be prepared is prepared once for each key. Nothing in here is `unsafe`: the vector
//! instructions of WebAssembly work on values, and arrays of vectors are ordinary arrays.
//!
//! The kernels are public so that tests can hold them against each other and against a big-integer
//! library where they run, inside WebAssembly. They are no part of what a user of the crate needs.

mod barrett;
mod limbs;
mod montgomery;
#[cfg(test)]
mod tests;

pub use barrett::Barrett;
pub use montgomery::Montgomery;

/// Most bytes of a modulus.
pub const MAX_BYTES: usize = 512;

/// Powers modulo a number that is known long before: the public operation of RSA.
pub trait ModularPower: Sized {
    /// What the kernel is called in reports.
    const NAME: &'static str;

    /// Prepares an odd modulus greater than 1, big-endian without leading zeros, of at most
    /// [`MAX_BYTES`]. `None` for what is none.
    fn new(modulus: &[u8]) -> Option<Self>;

    /// `base^exponent mod modulus`, big-endian, as long as `base`. `base` has as many bytes as the
    /// modulus and is smaller; `exponent` is not 0.
    fn power(&self, base: &[u8], exponent: u64) -> Vec<u8>;
}

/// The kernel of RSA on this machine.
#[cfg(target_feature = "simd128")]
pub type Rsa = Barrett;

/// The kernel of RSA on this machine.
#[cfg(not(target_feature = "simd128"))]
pub type Rsa = Montgomery;
