//! Inverses by steps of division, in batches that look at the lowest digit only.
//!
//! Source: D. J. Bernstein, B.-Y. Yang, *Fast constant-time gcd computation and modular inversion*,
//! TCHES 2019(3), in variable time: the numbers are public.

use super::modulus::{BITS, Value};

/// The inverse modulo `modulus` of a number in plain digits below the modulus, in tight digits; 0 for 0.
/// Its magnitude is below 32 times the modulus.
///
/// `f` and `g` begin as the modulus and the number and go through the steps of Euclid's algorithm
/// on even and odd numbers, until `g` is 0 and `f` is 1 or -1; `d` and `e` are what `f` and `g` are
/// as multiples of the number, modulo the modulus. A batch of 29 steps is a matrix that depends on the
/// lowest digits alone and divides by 2²⁹: for `f` and `g` exactly, for `d` and `e` with a multiple
/// of the modulus that makes it so. That multiple is at most 2²⁸, hence `d` and `e` grow by half of
/// the modulus a batch, and there are at most 27 batches for 256 bits and 39 for 384 (the bound of
/// the source's theorem 11.2, (49·bits + 57)/17 steps).
pub(super) fn invert<const N: usize>(modulus: &Value<N>, number: [i32; N]) -> [i32; N] {
    let mut one = [0; N];
    if let Some(first) = one.first_mut() {
        *first = 1;
    }
    let (mut f, mut g) = (*modulus.plain, number);
    let (mut d, mut e) = ([0; N], one);
    let mut delta = 1;
    while g != [0; N] {
        let [u, v, q, r] = batch(&mut delta, lowest(&f), lowest(&g));
        let plain = |a, b| combine(modulus, (a, &f), (b, &g), false);
        (f, g) = (plain(u, v), plain(q, r));
        let modulo = |a, b| combine(modulus, (a, &d), (b, &e), true);
        (d, e) = (modulo(u, v), modulo(q, r));
    }
    // The sign of the highest digit that is not 0: digits are tight.
    let negative = f.iter().rev().find(|digit| **digit != 0).is_some_and(|digit| *digit < 0);
    if negative { d.map(|digit| -digit) } else { d }
}

fn lowest(digits: &[i32]) -> i32 {
    digits.first().copied().unwrap_or_default()
}

/// The matrix `(u v; q r)` of 29 steps, times 2²⁹. In each row the magnitudes sum to 2²⁹ at most.
fn batch(delta: &mut i32, mut f: i32, mut g: i32) -> [i32; 4] {
    let [mut u, mut v, mut q, mut r] = [1, 0, 0, 1];
    let mut left = BITS;
    loop {
        // Steps with an even `g`, as many as there are in a row.
        let zeros = (g | -1 << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        *delta += zeros.cast_signed();
        left -= zeros;
        if left == 0 {
            return [u, v, q, r];
        }
        if *delta > 0 {
            *delta = -*delta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, -u);
            (v, r) = (r, -v);
        }
        // What overflows here is above the bits that are looked at.
        g = g.wrapping_add(f);
        q += u;
        r += v;
    }
}

/// `(a·x + b·y) / 2²⁹` in tight digits: exactly, or modulo `modulus`.
#[expect(clippy::cast_possible_truncation, reason = "a digit has 29 bits")]
fn combine<const N: usize>(
    modulus: &Value<N>,
    (a, x): (i32, &[i32; N]),
    (b, y): (i32, &[i32; N]),
    modulo: bool,
) -> [i32; N] {
    let (a, b) = (i64::from(a), i64::from(b));
    let sum = |(x, y): (&i32, &i32)| a * i64::from(*x) + b * i64::from(*y);
    let mut multiple = 0;
    if modulo {
        let low = sum((&lowest(x), &lowest(y))) as i32;
        // From -2²⁸ to below 2²⁸.
        multiple = i64::from(low.wrapping_mul(modulus.inverse) << (32 - BITS) >> (32 - BITS));
    }
    let mut carry = 0;
    let mut made = [0; N];
    let mut digits = made.iter_mut();
    let mut columns = x.iter().zip(y).zip(modulus.plain);
    // The lowest column divides by 2²⁹, and is gone.
    if let Some((pair, m)) = columns.next() {
        carry = (sum(pair) + multiple * i64::from(*m)) >> BITS;
    }
    // No column exceeds 2·2⁵⁸ + 2⁵⁷.
    for ((pair, m), digit) in columns.zip(&mut digits) {
        carry += sum(pair) + multiple * i64::from(*m);
        let above = (carry + (1 << (BITS - 1))) >> BITS;
        *digit = (carry - (above << BITS)) as i32;
        carry = above;
    }
    if let Some(last) = digits.next() {
        *last = carry as i32;
    }
    made
}
