//! Numbers in the forms in which a column is added up.
//!
//! What is read and written by position is within bounds by construction; where it were not, the
//! number would be left as it is, and the signature not hold.

use super::columns::balance;
use super::digits::Digits;
use super::{BLOCK, MAX_VECTORS, WIDTH};
use crate::lanes::{Four, Lanes, zip};

/// Vectors of a number: those of a product, and room for a block on either side.
const VECTORS: usize = BLOCK + 2 * MAX_VECTORS + 2 * BLOCK;

/// Vectors of a right factor: those of a number, the one above in which its last digit is a second
/// time, and zeros on either side for blocks that are half outside.
const FACTOR: usize = MAX_VECTORS + 1 + 3 * BLOCK;
/// Where the lowest vector stands.
const LOWEST: usize = FACTOR - BLOCK;

/// The first and the second pair of digits of a vector, `(a₀, a₁)` and `(a₂, a₃)`, the first digit of
/// a pair in its lower half.
pub(super) type Pair = [i32; 2];

/// A number: its digits, and its pairs for when it is a left factor.
#[derive(Debug)]
pub(super) struct Number {
    digits: [Lanes; VECTORS],
    pairs: [Pair; VECTORS],
}

impl Default for Number {
    fn default() -> Self {
        Self { digits: [Lanes::ZERO; _], pairs: [[0; 2]; _] }
    }
}

impl Number {
    /// Of digits from `1 - B` to `B - 1`.
    pub(super) fn of(digits: &Digits) -> Self {
        let mut number = Self::default();
        balance(digits.blocks(), &mut number);
        number
    }

    /// Puts digits where vector `at` is, of a number whose lowest vector is `origin`, at most one
    /// block above.
    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, origin: usize, digits: Four) {
        let at = BLOCK + at - origin;
        let pairs = self.pairs.get_mut(at..).and_then(<[_]>::first_chunk_mut);
        let places = self.digits.get_mut(at..).and_then(<[_]>::first_chunk_mut);
        if let (Some(pairs), Some(places)) = (pairs, places) {
            let [low, high] = pack(digits);
            let ([a, b, c, d], [e, f, g, h]) = (low.to_array(), high.to_array());
            *pairs = [[a, b], [c, d], [e, f], [g, h]];
            *places = digits;
        }
    }

    /// Forgets the vector below the lowest.
    pub(super) fn clear_below(&mut self) {
        self.pairs[BLOCK - 1] = [0; 2];
    }

    /// So many vectors of pairs, from the given one on.
    #[inline(always)]
    pub(super) fn pairs(&self, from: usize, len: usize) -> &[Pair] {
        self.pairs.get(BLOCK + from..BLOCK + from + len).unwrap_or_default()
    }

    /// The vectors, the lowest above so many of zeros, of at most a block.
    #[inline(always)]
    pub(super) fn above(&self, zeros: usize) -> &[Lanes] {
        self.digits.get(BLOCK - zeros..).unwrap_or_default()
    }
}

/// The digits of a block, in 16 bits each.
#[inline(always)]
fn pack([a, b, c, d]: Four) -> [Lanes; 2] {
    [a.packed(b), c.packed(d)]
}

/// Pairs of a digit and the one below it, for each of the digits of a vector, and for each of the
/// digits two below: `(b₀, b₋₁), (b₁, b₀), …` and `(b₋₂, b₋₃), (b₋₁, b₋₂), …`.
pub(super) type Window = [Lanes; 2];

/// A right factor, its highest vector first, so that it is walked in the direction in which a left
/// one is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factor {
    windows: [Window; FACTOR],
    /// How many vectors it has, the one above not counted.
    pub(super) len: usize,
}

impl Factor {
    /// Room for a number of so many vectors.
    pub(super) fn new(len: usize) -> Self {
        Self { windows: [[Lanes::ZERO; 2]; _], len }
    }

    /// A number, above so many vectors of zeros.
    pub(super) fn of(digits: &Digits, zeros: usize) -> Self {
        let mut factor = Self::new(digits.len() + zeros);
        factor.set(&Number::of(digits), zeros);
        factor
    }

    /// Becomes a number, above so many vectors of zeros.
    #[inline(never)]
    pub(super) fn set(&mut self, number: &Number, zeros: usize) {
        // The last digits, and their last pairs.
        let (mut last, mut last_pairs) = (Lanes::ZERO, Lanes::ZERO);
        let blocks = number.above(zeros).as_chunks::<BLOCK>().0;
        for (block, digits) in blocks.iter().take(self.len / BLOCK + 1).enumerate() {
            let [low, high] = pack(*digits);
            let [w, x] = low.below(low.half_after(last));
            let [y, z] = high.below(high.half_after(low));
            let [p, q, r, s] = zip([w, x, y, z], [last_pairs, w, x, y], Lanes::two_after);
            let highest = LOWEST + 1 - BLOCK - BLOCK * block;
            let to = self.windows.get_mut(highest..).and_then(<[_]>::first_chunk_mut);
            if let Some(to) = to {
                *to = [[z, s], [y, r], [x, q], [w, p]];
            }
            (last, last_pairs) = (high, z);
        }
    }

    /// What meets the vectors of the left factor, from the given one on, in a block of columns:
    /// for each vector four windows, that of the highest column first.
    #[inline(always)]
    pub(super) fn windows(&self, column: usize, from: usize, len: usize) -> &[Window] {
        let highest = LOWEST + 1 + from - column - BLOCK;
        self.windows.get(highest..highest + len + BLOCK - 1).unwrap_or_default()
    }
}

const _: () = assert!(WIDTH == 4, "a vector is two pairs");
