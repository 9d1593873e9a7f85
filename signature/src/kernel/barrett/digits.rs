//! Numbers as plain digits: how they come in and go out.

use super::super::lanes::{Four, Lanes};
use super::{BASE, BITS, BLOCK, MAX_VECTORS, WIDTH};

/// Digits of either sign, the lowest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Digits(Vec<i32>);

impl Digits {
    /// A big-endian number.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self::balanced(unsigned(bytes))
    }

    /// `⌊B^2L / modulus⌋` for `L` digits in `len` vectors, by long division (D. E. Knuth, *The Art of
    /// Computer Programming*, vol. 2, 4.3.1). The modulus is odd, greater than 1, and has no leading
    /// zeros.
    pub(super) fn reciprocal(modulus: &[u8], len: usize) -> Self {
        let mut modulus = unsigned(modulus);
        while modulus.pop_if(|digit| *digit == 0).is_some() {}
        // The power of `B` just below the modulus: the quotient's digits so far are zero.
        let mut remainder = vec![0; modulus.len()];
        if let Some(top) = remainder.last_mut() {
            *top = 1;
        }
        remainder.push(0);
        let divisor = leading(&modulus, 3);
        let mut digits = vec![0; 2 * WIDTH * len + 1 - modulus.len()];
        for digit in digits.iter_mut().rev() {
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
        Self::balanced(digits)
    }

    /// Of the lower halves of pairs.
    pub(super) fn of_pairs(vectors: impl Iterator<Item = [i32; WIDTH]>) -> Self {
        Self(vectors.flatten().map(|pair| pair << 16 >> 16).collect())
    }

    /// Digits from `-B/2` to `B/2 - 1`, of digits from 0 to `B - 1`.
    fn balanced(mut digits: Vec<i32>) -> Self {
        digits.push(0);
        let mut carry = 0;
        for digit in &mut digits {
            *digit += carry;
            carry = i32::from(*digit >= BASE / 2);
            *digit -= carry * BASE;
        }
        while digits.pop_if(|digit| *digit == 0).is_some() {}
        Self(digits)
    }

    pub(super) fn negated(&self) -> Self {
        Self(self.0.iter().map(|digit| -digit).collect())
    }

    /// How many vectors they fill.
    pub(super) fn len(&self) -> usize {
        self.0.len().div_ceil(WIDTH)
    }

    /// The vectors, and zeros after the last digit.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Four> {
        let vector = |at: usize| {
            let digit = |lane| self.0.get(WIDTH * at + lane).copied().unwrap_or(0);
            Lanes::of([digit(0), digit(1), digit(2), digit(3)])
        };
        let blocks = (0..=self.len()).step_by(BLOCK);
        blocks.map(move |at| [vector(at), vector(at + 1), vector(at + 2), vector(at + 3)])
    }

    /// The number, or the number and `modulus` where it is negative: the lowest `len` bytes,
    /// big-endian.
    pub(super) fn to_bytes(&self, modulus: &Self, len: usize) -> Vec<u8> {
        let negative = self.0.iter().fold(0, |carry, digit| (digit + carry) >> BITS) < 0;
        let added = modulus.0.iter().copied().filter(|_| negative);
        let mut bytes = Vec::with_capacity(len + 1);
        let (mut carry, mut bits, mut count) = (0, 0, 0);
        for (digit, added) in self.0.iter().zip(added.chain(std::iter::repeat(0))) {
            let sum = digit + added + carry;
            carry = sum >> BITS;
            bits |= (sum & (BASE - 1)) << count;
            count += BITS;
            while count >= 8 {
                bytes.extend_from_slice(&bits.to_le_bytes()[..1]);
                bits >>= 8;
                count -= 8;
            }
        }
        bytes.resize(len, 0);
        bytes.reverse();
        bytes
    }
}

/// The digits of a big-endian number, from 0 to `B - 1`.
fn unsigned(bytes: &[u8]) -> Vec<i32> {
    let mut digits = Vec::with_capacity(WIDTH * MAX_VECTORS);
    let (mut bits, mut count) = (0, 0);
    for byte in bytes.iter().rev() {
        bits |= i32::from(*byte) << count;
        count += 8;
        if count >= BITS {
            digits.push(bits & (BASE - 1));
            bits >>= BITS;
            count -= BITS;
        }
    }
    digits.push(bits);
    digits
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
