//! Numbers as plain digits: how they come in and go out.

use super::{BASE, BITS, BLOCK, WIDTH};
use crate::lanes::{Four, Lanes};

/// Digits, the lowest first, in groups that fill a vector.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Digits(Vec<[i32; WIDTH]>);

/// Bytes of the digits of a vector.
const GROUP: usize = 7;

const _: () = assert!(8 * GROUP == WIDTH * BITS as usize);

impl Digits {
    /// A big-endian number, in digits from 0 to `B - 1`.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let groups = bytes.rchunks(GROUP).map(|group| {
            let group = group.iter().fold(0, |group, byte| group << 8 | i64::from(*byte));
            let digit = |at: u32| (group >> (BITS * at)) as i32 & (BASE - 1);
            [digit(0), digit(1), digit(2), digit(3)]
        });
        Self(groups.collect())
    }

    /// `⌊B^2L / modulus⌋` for `L` digits in `len` vectors, by long division (D. E. Knuth, *The Art of
    /// Computer Programming*, vol. 2, 4.3.1), in digits from 0 to `B - 1`. The modulus is odd, greater
    /// than 1, and has no leading zeros.
    pub(super) fn reciprocal(modulus: &[u8], len: usize) -> Self {
        let mut modulus = Self::of_bytes(modulus).0.into_flattened();
        while modulus.pop_if(|digit| *digit == 0).is_some() {}
        // The power of `B` just below the modulus: the quotient's digits so far are zero.
        let mut remainder = vec![0; modulus.len()];
        if let Some(top) = remainder.last_mut() {
            *top = 1;
        }
        remainder.push(0);
        let divisor = leading(&modulus, 3);
        let count = 2 * WIDTH * len + 1 - modulus.len();
        let mut digits = vec![[0; WIDTH]; count.div_ceil(WIDTH)];
        for digit in digits.as_flattened_mut().iter_mut().take(count).rev() {
            // Below the modulus, so its highest digit is a zero, which is pushed out by another.
            remainder.copy_within(..modulus.len(), 1);
            if let Some(lowest) = remainder.first_mut() {
                *lowest = 0;
            }
            // What is cut off the modulus is less than `2⁻²⁸` of it: at most one too many.
            let quotient = (leading(&remainder, 4) / divisor) as i32;
            let negative = subtract(&mut remainder, quotient, &modulus) < 0;
            if negative {
                subtract(&mut remainder, -1, &modulus);
            }
            *digit = quotient - i32::from(negative);
        }
        Self(digits)
    }

    /// Of so many vectors of digits.
    pub(super) fn of_vectors(vectors: &[Lanes], len: usize) -> Self {
        Self(vectors.iter().take(len).map(|vector| vector.to_array()).collect())
    }

    pub(super) fn negated(&self) -> Self {
        Self(self.0.iter().map(|digits| digits.map(|digit| -digit)).collect())
    }

    /// How many vectors they fill when they have either sign: a large one has one above it then.
    pub(super) fn len(&self) -> usize {
        let mut digits = self.0.as_flattened().iter().enumerate();
        digits.rfind(|(_, digit)| **digit != 0).map_or(0, |(last, digit)| {
            (last + 1 + usize::from(digit.abs() >= BASE / 2)).div_ceil(WIDTH)
        })
    }

    /// The vectors, and zeros after the last digit.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Four> {
        let vector = |at: usize| self.0.get(at).map_or(Lanes::ZERO, |digits| Lanes::of(*digits));
        let blocks = (0..=self.0.len()).step_by(BLOCK);
        blocks.map(move |at| [vector(at), vector(at + 1), vector(at + 2), vector(at + 3)])
    }

    /// The number, or the number and `modulus` where it is negative: the lowest `len` bytes,
    /// big-endian.
    pub(super) fn into_bytes(mut self, modulus: &Self, len: usize) -> Vec<u8> {
        let digits = self.0.as_flattened_mut();
        // What is below a digit is less than one of it: the highest has the sign of all.
        if digits.iter().rfind(|digit| **digit != 0).is_some_and(|digit| *digit < 0) {
            let modulus = modulus.0.as_flattened();
            digits.iter_mut().zip(modulus).for_each(|(digit, of_modulus)| *digit += of_modulus);
        }
        let mut bytes = Vec::with_capacity(len + GROUP);
        let mut carry = 0;
        for [a, b, c, d] in self.0.iter().map(|digits| digits.map(i64::from)) {
            let sum = carry + a + (b << BITS) + (c << (2 * BITS)) + (d << (3 * BITS));
            bytes.extend_from_slice(&sum.to_le_bytes()[..GROUP]);
            carry = sum >> (8 * GROUP);
        }
        bytes.resize(len, 0);
        bytes.reverse();
        bytes
    }
}

/// The number that the highest `count` digits are, with zeros below where there are fewer.
fn leading(digits: &[i32], count: usize) -> i64 {
    let digits = digits.iter().rev().chain(std::iter::repeat(&0)).take(count);
    digits.fold(0, |number, digit| number << BITS | i64::from(*digit))
}

/// Takes `modulus` `times` times from `remainder`, which has one digit more; what is carried beyond
/// that is below 0 where the result is.
fn subtract(remainder: &mut [i32], times: i32, modulus: &[i32]) -> i32 {
    let modulus = modulus.iter().chain(&[0]);
    remainder.iter_mut().zip(modulus).fold(0, |carry, (digit, of_modulus)| {
        let difference = *digit - times * of_modulus + carry;
        *digit = difference & (BASE - 1);
        difference >> BITS
    })
}
