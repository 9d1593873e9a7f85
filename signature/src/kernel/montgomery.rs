//! Powers by Montgomery multiplication in 64-bit limbs, for machines that multiply two of them in
//! one instruction.
//!
//! Sources: P. L. Montgomery, *Modular multiplication without trial division*, Math. Comp. 44
//! (1985); Ç. K. Koç, T. Acar, B. S. Kaliski, *Analyzing and comparing Montgomery multiplication
//! algorithms*, IEEE Micro 16 (1996), the method "CIOS" with its two inner loops in one.

use super::limbs::{self, is_less, subtract};
use super::{MAX_BYTES, ModularPower};

const LIMB_BYTES: usize = 8;
/// Most limbs of a modulus.
const MAX_LIMBS: usize = MAX_BYTES / LIMB_BYTES;

/// A number below the modulus, least significant limb first.
type Limbs = [u64; MAX_LIMBS];

/// An odd modulus, prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct Montgomery {
    limbs: Limbs,
    /// How many limbs it has; those above are zero, here and in every number below.
    len: usize,
    /// `-modulus⁻¹ mod 2⁶⁴`.
    inverse: u64,
    /// `R² mod modulus`, where `R` is 2⁶⁴ to the power of `len`.
    r_squared: Limbs,
}

impl ModularPower for Montgomery {
    const NAME: &'static str = "Montgomery, 64-bit limbs";

    fn new(modulus: &[u8]) -> Option<Self> {
        if !limbs::is_modulus(modulus) {
            return None;
        }
        let limbs = limbs_of(modulus);
        let len = modulus.len().div_ceil(LIMB_BYTES);
        let mut modulus =
            Self { inverse: negative_inverse(limbs[0]), limbs, len, r_squared: limbs };
        modulus.r_squared = modulus.compute_r_squared();
        Some(modulus)
    }

    fn power(&self, base: &[u8], exponent: u64) -> Vec<u8> {
        let base_m = self.multiply(&limbs_of(base), &self.r_squared);
        let mut result = base_m;
        // From the second bit on: the first one is the base itself.
        for bit in (0..exponent.ilog2()).rev() {
            result = self.multiply(&result, &result);
            if exponent >> bit & 1 == 1 {
                result = self.multiply(&result, &base_m);
            }
        }
        let mut one = [0; MAX_LIMBS];
        one[0] = 1;
        bytes_of(&self.multiply(&result, &one), base.len())
    }
}

impl Montgomery {
    /// `a · b · R⁻¹ mod modulus`.
    #[expect(clippy::indexing_slicing, reason = "`len` is at most `MAX_LIMBS`, see `new`")]
    fn multiply(&self, a: &Limbs, b: &Limbs) -> Limbs {
        let (a, b, n) = (&a[..self.len], &b[..self.len], &self.limbs[..self.len]);
        let mut sum = [0; MAX_LIMBS];
        let t = &mut sum[..self.len];
        let mut top = 0_u128;
        for &b in b {
            let b = u128::from(b);
            // No sum can overflow: (2⁶⁴ − 1)² + 2 (2⁶⁴ − 1) = 2¹²⁸ − 1.
            let product = u128::from(t[0]) + u128::from(a[0]) * b;
            let m = u128::from(low(product).wrapping_mul(self.inverse));
            let mut carry_product = product >> 64;
            let mut carry_reduce = (u128::from(low(product)) + m * u128::from(n[0])) >> 64;
            for j in 1..n.len() {
                let product = u128::from(t[j]) + u128::from(a[j]) * b + carry_product;
                carry_product = product >> 64;
                let reduced = u128::from(low(product)) + m * u128::from(n[j]) + carry_reduce;
                carry_reduce = reduced >> 64;
                t[j - 1] = low(reduced);
            }
            top += carry_product + carry_reduce;
            t[n.len() - 1] = low(top);
            top >>= 64;
        }
        // The sum is below twice the modulus.
        if top != 0 || !is_less(t, n) {
            subtract(t, n);
        }
        sum
    }

    /// Doubles 1 as often as `R²` has bits beyond its first.
    #[expect(clippy::indexing_slicing, reason = "`len` is at most `MAX_LIMBS`, see `new`")]
    fn compute_r_squared(&self) -> Limbs {
        let mut value = [0; MAX_LIMBS];
        value[0] = 1;
        for _ in 0..2 * 64 * self.len {
            limbs::double(&mut value[..self.len], &self.limbs[..self.len]);
        }
        value
    }
}

/// `-odd⁻¹ mod 2⁶⁴` by Newton's iteration, each step of which doubles the bits that are right.
fn negative_inverse(odd: u64) -> u64 {
    // Right in its lowest three bits: every odd square is 1 mod 8.
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}

fn low(value: u128) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    let low = value as u64;
    low
}

/// Limbs of a big-endian number of at most [`MAX_BYTES`].
fn limbs_of(bytes: &[u8]) -> Limbs {
    let mut all = [0; MAX_LIMBS];
    for (to, limb) in all.iter_mut().zip(limbs::of_bytes(bytes)) {
        *to = limb;
    }
    all
}

/// The lowest `len` bytes, big-endian.
fn bytes_of(limbs: &Limbs, len: usize) -> Vec<u8> {
    let little_endian = limbs.iter().flat_map(|limb| limb.to_le_bytes());
    let mut bytes: Vec<_> = little_endian.take(len).collect();
    bytes.reverse();
    bytes
}
