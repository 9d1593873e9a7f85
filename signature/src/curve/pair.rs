//! Two products at a time, modulo a prime of nine digits: one in each half of a vector, so that an
//! instruction does for both what it would do for one. The formulas of points have two products to
//! make at nearly every step.
//!
//! The method is that of [`super::element`], by Montgomery, a digit of the left factor after the other.
//! WebAssembly has no shift of two 64-bit numbers that keeps their sign (engines make one of several
//! instructions), so columns are 2⁶³ more than they are, hence never negative, until their digit is
//! taken: then a shift makes 2³⁴ too much of what it carries, which the next column lacks.
#![expect(clippy::indexing_slicing, reason = "`repeat` stops at nine")]

use super::element::{Element, Factors, Field};
use super::modulus::{BITS, Modulus};
use crate::lanes::Lanes;
use crate::wide::Wide;

/// A number modulo such a prime.
type Number<M> = Element<M, 9>;

/// Sums of products, one column for each digit; of two numbers.
pub(super) type Columns = [Wide; 9];

/// A prime of which products are made in pairs.
pub(super) trait InPairs: Modulus<9> {
    /// Adds the multiple of the prime that makes the lowest digit 0, and answers what is carried out of
    /// the lowest column then, which is no longer used: 2⁻²⁹ of it.
    fn reduce(columns: &mut Columns) -> Wide;
}

/// What columns have too much, so that none is negative.
const BIAS: u64 = 1 << 63;
/// The same, where what is carried there has some of it.
const BIAS_ABOVE: u64 = BIAS - (BIAS >> BITS);
/// Half of a digit: digits are rounded to the nearest and not down.
const HALF: u64 = 1 << (BITS - 1);

/// `a·b`, tight.
#[inline(always)]
pub(super) fn product<M: InPairs>(a: &Number<M>, b: &Number<M>) -> Number<M> {
    let [product, _] = products((a, b), (&Field::ZERO, &Field::ZERO));
    product
}

/// `a·b` and `c·d`, tight.
#[inline(never)]
pub(super) fn products<M: InPairs>(
    (a, b): Factors<'_, Number<M>>,
    (c, d): Factors<'_, Number<M>>,
) -> [Number<M>; 2] {
    let (left, right) = (woven(&a.0, &c.0), woven(&b.0, &d.0));
    let mut columns = [Wide::splat(0); 9];
    repeat!(i < 9, {
        let left = left[i / 2];
        let left = if i % 2 == 0 { left.low_twice() } else { left.high_twice() };
        repeat!(j < 9, {
            let right = right[j / 2];
            let product = match j % 2 {
                0 => Wide::products_of_low(left, right),
                _ => Wide::products_of_high(left, right),
            };
            columns[j] = match (i, j) {
                (0, 0) => product.plus(Wide::splat(BIAS)),
                (0, _) => product.plus(Wide::splat(BIAS_ABOVE)),
                (_, 8) => product,
                _ => columns[j].plus(product),
            };
        });
        // One digit down.
        let carry = M::reduce(&mut columns);
        repeat!(j < 8, { columns[j] = columns[j + 1] });
        columns[8] = Wide::splat(0);
        columns[0] = columns[0].plus(carry);
    });
    repeat!(i < 8, {
        columns[i] = columns[i].plus(Wide::splat(BIAS_ABOVE + HALF));
        columns[i + 1] = columns[i + 1].plus(columns[i].shift_right(BITS));
    });
    // The lowest 29 bits less a half; of the last column all, whose bias they don't reach.
    let half = Lanes::splat(1 << (BITS - 1));
    let rounded = |digits: Lanes| digits.xor(half).shift_left(32 - BITS).shift_right(32 - BITS);
    let [p, q, r, s, t, u, v, w, last] = columns;
    let [p, r, t, v] = [p.halves(q), r.halves(s), t.halves(u), v.halves(w)].map(rounded);
    let [last_of_one, last_of_other, ..] = last.halves(last).to_array();
    [number(p.evens(r), t.evens(v), last_of_one), number(p.odds(r), t.odds(v), last_of_other)]
}

/// The digits of two numbers by turns, four at a time.
#[inline(always)]
fn woven(one: &[i32; 9], other: &[i32; 9]) -> [Lanes; 5] {
    let ([a, b, c], [d, e, f]) = (lanes(one), lanes(other));
    let ([p, q], [r, s], [t, _]) = (a.woven(d), b.woven(e), c.woven(f));
    [p, q, r, s, t]
}

#[inline(always)]
fn lanes(digits: &[i32; 9]) -> [Lanes; 3] {
    let ([low, high], [last]) = digits.as_chunks() else { return [Lanes::ZERO; 3] };
    [Lanes::of(*low), Lanes::of(*high), Lanes::of([*last, 0, 0, 0])]
}

#[inline(always)]
fn number<M: InPairs>(low: Lanes, high: Lanes, last: i32) -> Number<M> {
    let mut digits = [0, 0, 0, 0, 0, 0, 0, 0, last];
    if let ([to_low, to_high], _) = digits.as_chunks_mut() {
        low.store(to_low);
        high.store(to_high);
    }
    Element::new(digits)
}
