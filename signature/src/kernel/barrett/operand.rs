//! Numbers in the two forms in which a column is added up.
//!
//! What is read and written by position is within bounds by construction; where it were not, the
//! number would be left as it is, and the signature not hold.

use super::super::lanes::{Four, Lanes, zip};
use super::columns::balance;
use super::digits::Digits;
use super::{BLOCK, MAX_VECTORS, WIDTH};

/// Vectors of a left factor: those of a product, and room for a block on either side.
const PAIRS: usize = BLOCK + 2 * MAX_VECTORS + 2 * BLOCK;

/// Vectors of a right factor: those of a number, the one above in which its last digit is a second
/// time, and zeros on either side for blocks that are half outside.
const FACTOR: usize = MAX_VECTORS + 1 + 3 * BLOCK;
/// Where the lowest vector stands.
const LOWEST: usize = FACTOR - BLOCK;

/// The digits of a block, in 16 bits each.
type Packed = [Lanes; 2];

#[inline(always)]
fn pack([a, b, c, d]: Four) -> Packed {
    [a.packed(b), c.packed(d)]
}

/// The first and the second pair of digits of a vector, `(a₀, a₁)` and `(a₂, a₃)`, the first digit of
/// a pair in its lower half.
pub(super) type Pair = [i32; 2];

/// A left factor.
#[derive(Debug, Clone)]
pub(super) struct Pairs([Pair; PAIRS]);

impl Default for Pairs {
    fn default() -> Self {
        Self([[0; 2]; PAIRS])
    }
}

impl Pairs {
    /// Puts digits where vector `at` is, of a number whose lowest vector is `origin`, at most one
    /// block above.
    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, origin: usize, digits: Four) {
        self.put_packed(at, origin, pack(digits));
    }

    #[inline(always)]
    fn put_packed(&mut self, at: usize, origin: usize, packed: Packed) {
        let to = self.0.get_mut(BLOCK + at - origin..);
        if let Some(to) = to.and_then(<[_]>::first_chunk_mut) {
            let [[a, b, c, d], [e, f, g, h]] = [packed[0].to_array(), packed[1].to_array()];
            *to = [[a, b], [c, d], [e, f], [g, h]];
        }
    }

    /// Forgets the vector below the lowest.
    pub(super) fn clear_below(&mut self) {
        self.0[BLOCK - 1] = [0; 2];
    }

    /// So many vectors, from the given one on.
    #[inline(always)]
    pub(super) fn vectors(&self, from: usize, len: usize) -> &[Pair] {
        self.0.get(BLOCK + from..BLOCK + from + len).unwrap_or_default()
    }
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
    /// A number, above so many vectors of zeros.
    pub(super) fn of(digits: &Digits, shift: usize) -> Self {
        let mut factor = Self { windows: [[Lanes::ZERO; 2]; FACTOR], len: digits.len() + shift };
        let mut writer = FactorWriter::new(&mut factor);
        balance(digits.blocks(), |at, digits| writer.put(at + shift, 0, pack(digits)));
        factor
    }

    /// The digits, which are the lower halves of their pairs.
    pub(super) fn digits(&self, len: usize) -> Digits {
        let vectors = self.windows.get(..=LOWEST).into_iter().flatten().rev().take(len);
        Digits::of_vectors(vectors.map(|[first, _]| first.shift_left(16).shift_right(16)))
    }

    /// What meets the vectors of the left factor, from the given one on, in a block of columns:
    /// for each vector four windows, that of the highest column first.
    #[inline(always)]
    pub(super) fn windows(&self, column: usize, from: usize, len: usize) -> &[Window] {
        let highest = LOWEST + 1 + from - column - BLOCK;
        self.windows.get(highest..highest + len + BLOCK - 1).unwrap_or_default()
    }
}

/// Writes a right factor, lowest vectors first.
pub(super) struct FactorWriter<'a> {
    to: &'a mut Factor,
    /// The last digits, and their last pairs.
    last: Window,
}

impl<'a> FactorWriter<'a> {
    #[inline(always)]
    fn new(to: &'a mut Factor) -> Self {
        Self { to, last: [Lanes::ZERO; 2] }
    }

    /// Puts digits where vector `at` is, of a number whose lowest vector is `origin`.
    #[inline(always)]
    fn put(&mut self, at: usize, origin: usize, [low, high]: Packed) {
        let [last, last_pairs] = self.last;
        let [w, x] = low.below(low.half_after(last));
        let [y, z] = high.below(high.half_after(low));
        let [p, q, r, s] = zip([w, x, y, z], [last_pairs, w, x, y], Lanes::two_after);
        let highest = (LOWEST + 1 + origin).checked_sub(at + BLOCK);
        let to = highest.and_then(|highest| self.to.windows.get_mut(highest..));
        if let Some(to) = to.and_then(<[_]>::first_chunk_mut) {
            *to = [[z, s], [y, r], [x, q], [w, p]];
        }
        self.last = [high, z];
    }
}

/// A number as either factor.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) pairs: Pairs,
    pub(super) factor: Factor,
}

impl Operand {
    /// A number that `len` vectors hold.
    pub(super) fn of(digits: &Digits, len: usize) -> Self {
        let mut factor = Factor { windows: [[Lanes::ZERO; 2]; FACTOR], len };
        let mut pairs = Pairs::default();
        let mut writer = Writer { pairs: &mut pairs, factor: FactorWriter::new(&mut factor) };
        balance(digits.blocks(), |at, digits| writer.put(at, 0, digits));
        Self { pairs, factor }
    }

    #[inline(always)]
    pub(super) fn writer(&mut self) -> Writer<'_> {
        Writer { pairs: &mut self.pairs, factor: FactorWriter::new(&mut self.factor) }
    }
}

/// Writes a number in both forms, lowest vectors first.
pub(super) struct Writer<'a> {
    pairs: &'a mut Pairs,
    factor: FactorWriter<'a>,
}

impl Writer<'_> {
    /// Puts digits where vector `at` is, of a number whose lowest vector is `origin`, at most one
    /// block above.
    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, origin: usize, digits: Four) {
        let packed = pack(digits);
        self.pairs.put_packed(at, origin, packed);
        self.factor.put(at, origin, packed);
    }

    /// Puts the last digit a second time, above.
    #[inline(always)]
    pub(super) fn end(&mut self, len: usize) {
        self.factor.put(len, 0, [Lanes::ZERO; 2]);
    }
}

const _: () = assert!(WIDTH == 4, "a vector is two pairs");
