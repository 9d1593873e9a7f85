//! That no digit overflows: the formulas of points on intervals in place of numbers.
//!
//! An interval holds how large digits can be and what values a number can have, in units of the
//! modulus. The formulas run on them from what a table and a start can hold, and again from what
//! came out, until nothing grows any more: then it holds for any number of steps. Every operation
//! checks what `element.rs` asks for.

use std::fmt;
use std::ops::{Add, Neg, Sub};

use super::edwards::{self, Extended};
use super::element::{Factors, Field};
use super::modulus::{BITS, Modulus};
use super::nist::{P256Prime, P384Prime};
use super::weierstrass::Xyzz;

/// What numbers of `M` can be at one place of a formula.
struct Interval<M, const N: usize> {
    /// Digits are at most this many times 2²⁸.
    weight: f64,
    /// Least and greatest value, in units of the modulus.
    low: f64,
    high: f64,
    modulus: std::marker::PhantomData<M>,
}

impl<M, const N: usize> fmt::Debug for Interval<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weight {}, values from {} to {}", self.weight, self.low, self.high)
    }
}

impl<M, const N: usize> Clone for Interval<M, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, const N: usize> Copy for Interval<M, N> {}

impl<M: Modulus<N>, const N: usize> Interval<M, N> {
    const fn of(weight: f64, low: f64, high: f64) -> Self {
        Self { weight, low, high, modulus: std::marker::PhantomData }
    }

    /// The modulus as a number.
    fn modulus() -> f64 {
        M::PLAIN.iter().rev().fold(0.0, |sum, digit| sum * Self::digit() + f64::from(*digit))
    }

    fn digit() -> f64 {
        f64::from(1 << BITS)
    }

    fn checked(self) -> Self {
        // A digit is an `i32`.
        assert!(self.weight <= 7.0, "{self:?}");
        self
    }

    /// What is tight: the highest digit as well.
    fn settled(self) -> Self {
        let most = self.high.max(-self.low) * Self::modulus();
        let highest = most / Self::digit().powi(N as i32 - 1) + 2.0;
        assert!(highest < Self::digit() / 2.0, "{self:?}");
        // `is_zero` knows multiples up to the sixteenth of what is at most the sum of a few of these.
        assert!(self.high.max(-self.low) < 5.0, "{self:?}");
        self
    }

    /// Either of both.
    fn or(self, other: Self) -> Self {
        Self::of(self.weight.max(other.weight), self.low.min(other.low), self.high.max(other.high))
    }
}

impl<M: Modulus<N>, const N: usize> Add for Interval<M, N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let weight = self.weight + other.weight;
        Self::of(weight, self.low + other.low, self.high + other.high).checked()
    }
}

impl<M: Modulus<N>, const N: usize> Sub for Interval<M, N> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl<M: Modulus<N>, const N: usize> Neg for Interval<M, N> {
    type Output = Self;

    fn neg(self) -> Self {
        Self::of(self.weight, -self.high, -self.low)
    }
}

impl<M: Modulus<N>, const N: usize> Field for Interval<M, N> {
    const ZERO: Self = Self::of(0.0, 0.0, 0.0);
    const ONE: Self = Self::of(1.0, 0.0, 1.0);

    fn products(one: Factors<'_, Self>, other: Factors<'_, Self>) -> [Self; 2] {
        [one, other].map(|(a, b)| a.times(b))
    }

    fn times(&self, other: &Self) -> Self {
        // A column: N products, at most N multiples of digits of the modulus, a carry.
        let half = Self::digit() / 2.0;
        let digits: f64 = M::DIGITS.iter().map(|digit| (*digit as f64).abs()).sum();
        let products = N as f64 * (self.weight * half) * (other.weight * half);
        let column = products + Self::digit() * digits + 2_f64.powi(36);
        assert!(column < 2_f64.powi(63), "{self:?} {other:?}");
        // (a·b + multiple·m)/R, the multiple from 0 to below R, in units of m.
        let ends = [self.low, self.high].map(|a| [a * other.low, a * other.high]);
        let ends = ends.as_flattened();
        let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
        let high = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scale = Self::modulus() / Self::digit().powi(N as i32);
        // Squares are not negative, which matters: a square is told by where it stands.
        let low = if std::ptr::eq(self, other) { low.max(0.0) } else { low };
        Self::of(1.0, low * scale, high * scale + 1.0).settled()
    }

    fn tighten(&mut self) {
        // A carry is at most half of the weight, rounded up.
        let carry = (self.weight / 2.0).ceil();
        *self = Self::of(1.0 + carry / (Self::digit() / 2.0), self.low, self.high).settled();
    }

    fn put(&mut self, other: &Self) {
        *self = *other;
    }

    fn is_zero(&self) -> bool {
        assert!(self.high.max(-self.low) < 16.0, "{self:?}");
        false
    }
}

/// Runs steps until what comes out has been there before.
fn settles<T: Copy, const K: usize>(start: T, values: fn(T) -> [[f64; 3]; K], step: fn(T) -> T) {
    let mut now = start;
    for _ in 0..200 {
        let next = step(now);
        let (before, after) = (values(now), values(next));
        let mut pairs = before.as_flattened().iter().zip(after.as_flattened());
        if pairs.all(|(before, after)| (before - after).abs() < 1e-9) {
            return;
        }
        now = next;
    }
    panic!("numbers grow without end");
}

fn ends<M, const N: usize>(interval: Interval<M, N>) -> [f64; 3] {
    [interval.weight, interval.low, interval.high]
}

fn weierstrass<M: Modulus<N>, const N: usize>() {
    type Point<M, const N: usize> = Xyzz<Interval<M, N>>;
    settles(
        Xyzz::affine(Interval::ONE, Interval::ONE),
        |Point::<M, N> { x, y, zz, zzz }| [ends(x), ends(y), ends(zz), ends(zzz)],
        |point| {
            // What a table holds: products, and negated ones.
            let x = Interval::of(1.0, -0.2, 1.2);
            let y = x.or(-x);
            let (mut sum, mut double) = (point, point);
            sum.add(&x, &y);
            double.double();
            let or = |a: Interval<M, N>, b: Interval<M, N>, c: Interval<M, N>| a.or(b).or(c);
            Xyzz {
                x: or(point.x, sum.x, double.x),
                y: or(point.y, sum.y, double.y),
                zz: or(point.zz, sum.zz, double.zz),
                zzz: or(point.zzz, sum.zzz, double.zzz),
            }
        },
    );
}

#[test]
fn no_digit_overflows_in_any_number_of_steps() {
    weierstrass::<P256Prime, 9>();
    weierstrass::<P384Prime, 14>();
    type Fe = Interval<edwards::Prime, 9>;
    settles(
        Extended::<Fe>::NEUTRAL,
        |Extended { x, y, z, t }| [ends(x), ends(y), ends(z), ends(t)],
        |point| {
            let entry = Fe::of(2.0, -1.2, 2.2);
            let product = Fe::of(1.0, -0.1, 1.1);
            let (mut sum, mut double) = (point, point);
            sum.add(&entry, &entry, &product.or(-product));
            double.double();
            Extended {
                x: point.x.or(sum.x).or(double.x),
                y: point.y.or(sum.y).or(double.y),
                z: point.z.or(sum.z).or(double.z),
                t: point.t.or(sum.t).or(double.t),
            }
        },
    );
}
