//! Products, column by column.

use std::ops::Range;

use super::number::{Factor, Number, Pair};
use super::{BITS, BLOCK};
use crate::lanes::{Four, Lanes, map, zip};

/// Vectors of the left factor after which the upper parts of the columns are set aside: four
/// products each.
const RUN: usize = 7;

/// The columns of `left · right` in a range of vectors, and perhaps some above, on top of the
/// digits of `start` (or of zeros where it ends), as a number whose lowest vector is `origin`.
#[inline(never)]
pub(super) fn product(
    left: &[Pair],
    right: &Factor,
    columns: Range<usize>,
    start: &[Lanes],
    origin: usize,
    to: &mut Number,
) {
    let mut carries = Carries::NONE;
    for column in columns.step_by(BLOCK) {
        let start = start.get(column..).and_then(<[_]>::first_chunk);
        let mut sum = Sum { low: *start.unwrap_or(&Lanes::FOUR_ZEROS), high: Lanes::FOUR_ZEROS };
        let from = column.saturating_sub(right.len);
        sum.add(left, right, column, from..left.len().min(column + BLOCK));
        to.put(column, origin, carries.settle(sum));
    }
}

/// Digits of either sign, of digits from `1 - B` to `B - 1`, which come in blocks.
pub(super) fn balance(blocks: impl Iterator<Item = Four>, to: &mut Number) {
    let mut carries = Carries::NONE;
    for (block, low) in blocks.enumerate() {
        to.put(BLOCK * block, 0, carries.settle(Sum { low, high: Lanes::FOUR_ZEROS }));
    }
}

/// All columns of `x²`, for an `x` that is `factor` too.
#[inline(never)]
pub(super) fn square(x: &Number, factor: &Factor, to: &mut Number) {
    let mut carries = Carries::NONE;
    for column in (0..2 * factor.len).step_by(BLOCK) {
        to.put(column, 0, carries.settle(Sum::square(x, factor, column)));
    }
}

/// The pairs of a vector, each in all lanes.
#[inline(always)]
fn splat([p, q]: &Pair) -> [Lanes; 2] {
    [Lanes::splat(*p), Lanes::splat(*q)]
}

/// A block of columns, in two parts: `low + 2¹⁴ high`.
#[derive(Clone, Copy)]
struct Sum {
    low: Four,
    high: Four,
}

impl Sum {
    /// Adds what those vectors of the left factor contribute.
    #[inline(always)]
    fn add(&mut self, left: &[Pair], right: &Factor, column: usize, vectors: Range<usize>) {
        let from = vectors.start;
        let Some(left) = left.get(vectors).filter(|left| !left.is_empty()) else { return };
        let mut windows = right.windows(column, from, left.len()).array_windows::<BLOCK>();
        for run in left.chunks(RUN) {
            let mut low = self.low;
            for (pair, w) in run.iter().zip(&mut windows) {
                let [p, q] = splat(pair);
                let first = [w[3][0], w[2][0], w[1][0], w[0][0]];
                let second = [w[3][1], w[2][1], w[1][1], w[0][1]];
                low = zip(low, first, |low, window| low.plus(p.dot(window)));
                low = zip(low, second, |low, window| low.plus(q.dot(window)));
            }
            self.low = low;
            self.set_aside();
        }
    }

    /// Moves the upper parts of the columns to `high`.
    #[inline(always)]
    fn set_aside(&mut self) {
        let upper = map(self.low, |low| low.shift_right(BITS));
        self.high = zip(self.high, upper, Lanes::plus);
        self.low = zip(self.low, upper, |low, upper| low.minus(upper.shift_left(BITS)));
    }

    /// A block of columns of `x²`: products of two digits once and doubled, squares of one digit
    /// once. `column` is even, in vectors.
    #[inline(always)]
    fn square(x: &Number, factor: &Factor, column: usize) -> Self {
        let mut sum = Self { low: Lanes::FOUR_ZEROS, high: Lanes::FOUR_ZEROS };
        let half = column / 2;
        let left = x.pairs(0, half + 2);
        // Vectors whose digits all are below their partners, in every column.
        sum.add(left, factor, column, column.saturating_sub(factor.len)..half);
        // The two in the middle. Their windows, of columns 3, 2, 1, 0 for the lower one, are of
        // columns 4, 3, 2, 1 for the upper one.
        let (Some([p, q]), Some(&[[e3, o3], [e2, o2], [e1, o1], [e0, _]])) =
            (left.last_chunk(), factor.windows(column, half, 1).first_chunk())
        else {
            return sum;
        };
        let ([p0, p1], [q0, q1]) = (splat(p), splat(q));
        let [first, second, third, fourth] = sum.low;
        sum.low = [
            first,
            second.plus(p0.dot(e1)),
            third.plus(p0.dot(e2)).plus(p1.dot(o2)),
            fourth.plus(p0.dot(e3)).plus(p1.dot(o3)).plus(q0.dot(e2)),
        ];
        // Where pair and window are of the same digits, (a, b) · ((a, ·), (b, a), (c, b), (d, c)):
        // a², 2 ab, 2 ac + b², 2 ad + 2 bc.
        let times = Lanes::of([1, 2, 1 << 16 | 2, 2 << 16 | 2]);
        let middle =
            zip([p0, p1, q0, q1], [e0, o1, e1, o2], |pair, w| pair.dot(w.times_halves(times)));
        sum.low = zip(map(sum.low, |low| low.plus(low)), middle, Lanes::plus);
        sum.high = map(sum.high, |high| high.plus(high));
        sum.set_aside();
        sum
    }
}

/// What passes from one block of columns to the next.
struct Carries {
    /// What was set aside of the last column.
    high: Lanes,
    /// What the last column was too large for a digit.
    carry: Lanes,
}

impl Carries {
    const NONE: Self = Self { high: Lanes::ZERO, carry: Lanes::ZERO };

    /// Makes digits of columns.
    #[inline(always)]
    fn settle(&mut self, Sum { low, high }: Sum) -> Four {
        let [a, b, c, last] = high;
        let sum = zip(low, zip(high, [self.high, a, b, c], Lanes::after), Lanes::plus);
        self.high = last;
        // The lowest bits with the highest of them as sign, so that digits have either.
        const OTHERS: u32 = i32::BITS - BITS;
        let digits = map(sum, |sum| sum.shift_left(OTHERS).shift_right(OTHERS));
        let carry = zip(sum, digits, |sum, digits| sum.minus(digits).shift_right(BITS));
        let [a, b, c, last] = carry;
        let passed_on = zip(carry, [self.carry, a, b, c], Lanes::after);
        self.carry = last;
        zip(digits, passed_on, Lanes::plus)
    }
}
