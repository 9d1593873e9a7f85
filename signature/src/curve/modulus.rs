//! Moduli in digits of 29 bits, and what multiplication needs to know of them.
#![expect(
    clippy::indexing_slicing,
    reason = "computed by the compiler, which refuses an index out of bounds"
)]

use super::element::{Element, Factors};

/// Bits of a digit. Nine of them hold 256 bits with five to spare, fourteen hold 384 bits.
pub(crate) const BITS: u32 = 29;
/// The lowest [`BITS`] bits.
pub(super) const MASK: i32 = (1 << BITS) - 1;

/// An odd number that others are reduced by, in `N` digits.
pub(crate) trait Modulus<const N: usize>: Copy + 'static {
    /// Its digits, least significant first, each below 2²⁹ in magnitude. A digit may be negative,
    /// so that a modulus which is a sum of few powers of two has few digits other than 0, and
    /// those are powers of two: then the compiler makes shifts of multiplications.
    const DIGITS: [i64; N];

    /// `-modulus⁻¹ mod 2²⁹`.
    const INVERSE: i32 = negative_inverse(Self::DIGITS);
    /// Its digits again, each from 0 to below 2²⁹.
    const PLAIN: [i32; N] = plain(Self::DIGITS);
    /// `R mod modulus`, where `R` is 2²⁹ to the power of `N`: 1 in Montgomery's form. Here and
    /// below digits are from -2²⁸ to below 2²⁸.
    const ONE: [i32; N] = tight(power_of_two(N * BITS as usize, Self::PLAIN));
    /// `R² mod modulus`, which brings a number into Montgomery's form.
    const R_SQUARED: [i32; N] = tight(power_of_two(2 * N * BITS as usize, Self::PLAIN));

    /// What is known of it, as a value.
    const VALUE: Value<N> =
        Value { digits: &Self::DIGITS, plain: &Self::PLAIN, inverse: Self::INVERSE };

    /// `a·b`, tight.
    fn product(a: &Element<Self, N>, b: &Element<Self, N>) -> Element<Self, N> {
        Element::product(a, b)
    }

    /// Both products, tight. Primes of which points are made override both, see [`super::pair`].
    fn products(
        one: Factors<'_, Element<Self, N>>,
        other: Factors<'_, Element<Self, N>>,
    ) -> [Element<Self, N>; 2] {
        [Element::product(one.0, one.1), Element::product(other.0, other.1)]
    }
}

/// A modulus where it is a value and no type, so that there is one code for all of one length: for
/// everything but the products that make up points.
pub(crate) struct Value<const N: usize> {
    /// [`Modulus::DIGITS`].
    pub(super) digits: &'static [i64; N],
    /// [`Modulus::PLAIN`].
    pub(super) plain: &'static [i32; N],
    /// [`Modulus::INVERSE`].
    pub(super) inverse: i32,
}

/// Digits of a number that the standards write in big-endian hexadecimal.
pub(crate) const fn digits<const N: usize>(hex: &str) -> [i64; N] {
    let hex = hex.as_bytes();
    let mut digits = [0; N];
    let mut bit = 0;
    while bit < 4 * hex.len() {
        let letter = hex[hex.len() - 1 - bit / 4];
        let value = if letter <= b'9' { letter - b'0' } else { letter - b'a' + 10 };
        if value >> (bit % 4) & 1 == 1 {
            digits[bit / BITS as usize] |= 1 << (bit % BITS as usize);
        }
        bit += 1;
    }
    digits
}

/// By Newton's iteration, each step of which doubles the bits that are right.
#[expect(clippy::cast_possible_truncation, reason = "a digit has 29 bits")]
const fn negative_inverse<const N: usize>(modulus: [i64; N]) -> i32 {
    let odd = modulus[0] as i32;
    // Right in its lowest three bits: every odd square is 1 mod 8.
    let mut inverse = odd;
    let mut step = 0;
    while step < 4 {
        inverse = inverse.wrapping_mul(2_i32.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg() & MASK
}

#[expect(clippy::cast_possible_truncation, reason = "a digit has 29 bits")]
pub(super) const fn plain<const N: usize>(digits: [i64; N]) -> [i32; N] {
    let mut plain = [0; N];
    let (mut carry, mut i) = (0, 0);
    while i < N {
        carry += digits[i];
        plain[i] = carry as i32 & MASK;
        carry >>= BITS;
        i += 1;
    }
    assert!(carry == 0, "the modulus is negative or too long");
    plain
}

/// `2^exponent` modulo a modulus in plain digits, by doubling.
const fn power_of_two<const N: usize>(exponent: usize, modulus: [i32; N]) -> [i32; N] {
    let mut value = [0; N];
    value[0] = 1;
    let mut step = 0;
    while step < exponent {
        let (mut double, mut less) = ([0; N], [0; N]);
        let (mut carry, mut borrow, mut i) = (0, 0, 0);
        while i < N {
            carry += 2 * value[i];
            double[i] = carry & MASK;
            carry >>= BITS;
            borrow += double[i] - modulus[i];
            less[i] = borrow & MASK;
            borrow >>= BITS;
            i += 1;
        }
        value = if carry + borrow < 0 { double } else { less };
        step += 1;
    }
    value
}

/// From plain digits.
const fn tight<const N: usize>(plain: [i32; N]) -> [i32; N] {
    let mut tight = [0; N];
    let (mut carry, mut i) = (0, 0);
    while i < N {
        let sum = plain[i] + carry;
        carry = (sum + (1 << (BITS - 1))) >> BITS;
        tight[i] = sum - (carry << BITS);
        i += 1;
    }
    tight
}
