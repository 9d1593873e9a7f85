//! Points of `y² = x³ - 3x + b` in Jacobian coordinates: `(X/Z², Y/Z³)`, with `Z = 0` for the point
//! at infinity.
//!
//! Formulas: the Explicit-Formulas Database, "shortw/jacobian-3", `dbl-2001-b` and `madd`, with
//! their exceptions taken care of here.

use std::sync::OnceLock;

use super::element::{Element, Field, inverses};
use super::modulus::Modulus;
use super::window::{Base, Group};

/// A curve of prime order, its numbers `N` digits wide.
pub(crate) trait Curve<const N: usize>: Copy + 'static {
    /// The prime of the field.
    type Prime: Modulus<N>;
    /// The number of points.
    type Order: Modulus<N>;
    /// Bytes of a coordinate and of a scalar.
    const BYTES: usize;
    /// The coefficient `b`, big-endian in hexadecimal.
    const B: &'static str;
    /// The coordinates of the base point, likewise.
    const BASE: [&'static str; 2];
    /// Blocks of a key's table, see [`Group::BLOCKS`].
    const BLOCKS: usize;
    /// Where the base point is kept. It is made when it is first needed.
    fn base() -> &'static OnceLock<Base<Point<Self, N>>>;
}

/// A point in Jacobian coordinates over the field `F`.
#[derive(Clone, Copy)]
pub(crate) struct Jacobian<F> {
    pub(crate) x: F,
    pub(crate) y: F,
    pub(crate) z: F,
}

impl<F: Field> Jacobian<F> {
    pub(crate) const INFINITY: Self = Self { x: F::ONE, y: F::ONE, z: F::ZERO };

    /// `2·self`; infinity stays what it is.
    pub(crate) fn double(&self) -> Self {
        let Self { x, y, z } = self;
        let delta = z.square();
        let gamma = y.square();
        let product = (*x - delta).times(&(*x + delta));
        let alpha = product + product + product;
        let twice = *x + *x;
        let beta4 = (twice + twice).times(&gamma);
        let x = alpha.square_plus(&-(beta4 + beta4));
        let z = (*y + *y).times(z);
        let gamma_squared4 = (gamma + gamma).square();
        let y = alpha.times_plus(&(beta4 - x), &-(gamma_squared4 + gamma_squared4));
        Self { x, y, z }
    }

    /// `self + other`, where `other` is affine.
    pub(crate) fn add(&self, x2: &F, y2: &F) -> Self {
        let Self { x: x1, y: y1, z: z1 } = self;
        if z1.is_zero() {
            return Self { x: *x2, y: *y2, z: F::ONE };
        }
        let z1z1 = z1.square();
        let h = x2.times(&z1z1) - *x1;
        let r = y2.times(&z1.times(&z1z1)) - *y1;
        if h.is_zero() {
            // Both have one x: they are equal, or opposite.
            return if r.is_zero() { self.double() } else { Self::INFINITY };
        }
        let h_squared = h.square();
        let h_cubed = h.times(&h_squared);
        let v = x1.times(&h_squared);
        let x = r.square_plus(&-(h_cubed + v + v));
        let y = r.times_plus(&(v - x), &-y1.times(&h_cubed));
        let z = z1.times(&h);
        Self { x, y, z }
    }
}

impl<M: Modulus<N>, const N: usize> Jacobian<Element<M, N>> {
    #[inline(always)]
    fn put(&mut self, other: &Self) {
        self.x.put(&other.x);
        self.y.put(&other.y);
        self.z.put(&other.z);
    }
}

/// A point of the curve `C`.
#[derive(Clone, Copy)]
pub(crate) struct Point<C: Curve<N>, const N: usize>(pub(crate) Jacobian<Element<C::Prime, N>>);

impl<C: Curve<N>, const N: usize> Point<C, N> {
    /// Of affine coordinates, if they are on the curve.
    pub(crate) fn new(x: Element<C::Prime, N>, y: Element<C::Prime, N>) -> Option<Self> {
        let right = x.square().times(&x) - (x + x + x) + Element::constant(C::B);
        (y.square() == right).then_some(Self(Jacobian { x, y, z: Field::ONE }))
    }

    /// The curve's base point.
    pub(crate) fn base() -> &'static Base<Self> {
        C::base().get_or_init(|| {
            let [x, y] = C::BASE.map(Element::constant);
            Base::new(Self(Jacobian { x, y, z: Field::ONE }))
        })
    }
}

impl<C: Curve<N>, const N: usize> Group for Point<C, N> {
    type Entry = [Element<C::Prime, N>; 2];
    const BITS: usize = 8 * C::BYTES;
    const BLOCKS: usize = C::BLOCKS;
    const NEUTRAL: Self = Self(Jacobian::INFINITY);

    fn double_assign(&mut self) {
        self.0.put(&self.0.double());
    }

    fn add_assign(&mut self, [x, y]: &Self::Entry, negative: bool) {
        // Not `y` or `-y` by value: a copy is a call of the engine.
        if negative {
            self.0.put(&self.0.add(x, &-*y));
        } else {
            self.0.put(&self.0.add(x, y));
        }
    }

    /// Affine coordinates, with one inversion for all (Montgomery's trick).
    fn enter(points: &[Self], entries: &mut Vec<Self::Entry>) {
        let inverses = inverses(points.iter().map(|point| point.0.z));
        entries.extend(points.iter().zip(&inverses).map(|(Self(point), inverse)| {
            let square = inverse.square();
            [point.x.times(&square), point.y.times(&square.times(inverse))]
        }));
    }
}
