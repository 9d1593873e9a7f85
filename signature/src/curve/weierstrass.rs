//! Points of `y² = x³ - 3x + b` in coordinates with two denominators: `(X/ZZ, Y/ZZZ)` where `ZZ³` is
//! `ZZZ²`, with `ZZ = 0` for the point at infinity. Products come in pairs that do not need each
//! other, which [`Field::products`] makes at once.
//!
//! Formulas: the Explicit-Formulas Database, "shortw/xyzz", `dbl-2008-s-1` and `madd-2008-s`, with
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

/// A point in these coordinates over the field `F`.
#[derive(Clone, Copy)]
pub(crate) struct Xyzz<F> {
    pub(crate) x: F,
    pub(crate) y: F,
    pub(crate) zz: F,
    pub(crate) zzz: F,
}

impl<F: Field> Xyzz<F> {
    pub(crate) const INFINITY: Self = Self { x: F::ONE, y: F::ONE, zz: F::ZERO, zzz: F::ZERO };

    pub(crate) const fn affine(x: F, y: F) -> Self {
        Self { x, y, zz: F::ONE, zzz: F::ONE }
    }

    /// Doubles it; infinity stays what it is.
    pub(crate) fn double(&mut self) {
        let Self { x, y, zz, zzz } = self;
        let mut u = *y + *y;
        u.tighten();
        let [v, third] = &F::products((&u, &u), (&(*x - *zz), &(*x + *zz)));
        let m = *third + *third + *third;
        let [w, s] = &F::products((&u, v), (x, v));
        let [square, new_zz] = &F::products((&m, &m), (v, zz));
        zz.put(new_zz);
        x.put(&(*square - (*s + *s)));
        x.tighten();
        let [left, right] = &F::products((&m, &(*s - *x)), (w, y));
        y.put(&(*left - *right));
        zzz.put(&w.times(zzz));
    }

    /// Adds an affine point.
    pub(crate) fn add(&mut self, x2: &F, y2: &F) {
        let Self { x, y, zz, zzz } = self;
        if zz.is_zero() {
            *self = Self::affine(*x2, *y2);
            return;
        }
        let [u, s] = &F::products((x2, zz), (y2, zzz));
        let (p, r) = (*u - *x, *s - *y);
        if p.is_zero() {
            // Both have one x: they are equal, or opposite.
            if r.is_zero() {
                self.double();
            } else {
                *self = Self::INFINITY;
            }
            return;
        }
        let [pp, rr] = &F::products((&p, &p), (&r, &r));
        let [ppp, q] = &F::products((&p, pp), (x, pp));
        x.put(&(*rr - (*ppp + *q + *q)));
        x.tighten();
        let [left, right] = &F::products((&r, &(*q - *x)), (y, ppp));
        y.put(&(*left - *right));
        let [new_zz, new_zzz] = &F::products((zz, pp), (zzz, ppp));
        zz.put(new_zz);
        zzz.put(new_zzz);
    }
}

/// A point of the curve `C`.
#[derive(Clone, Copy)]
pub(crate) struct Point<C: Curve<N>, const N: usize>(pub(crate) Xyzz<Element<C::Prime, N>>);

impl<C: Curve<N>, const N: usize> Point<C, N> {
    /// Of affine coordinates, if they are on the curve.
    pub(crate) fn new(x: Element<C::Prime, N>, y: Element<C::Prime, N>) -> Option<Self> {
        let right = x.square().times(&x) - (x + x + x) + Element::constant(C::B);
        (y.square() == right).then_some(Self(Xyzz::affine(x, y)))
    }

    /// The curve's base point.
    pub(crate) fn base() -> &'static Base<Self> {
        C::base().get_or_init(|| {
            let [x, y] = C::BASE.map(Element::constant);
            Base::new(Self(Xyzz::affine(x, y)))
        })
    }
}

impl<C: Curve<N>, const N: usize> Group for Point<C, N> {
    type Entry = [Element<C::Prime, N>; 2];
    const BITS: usize = 8 * C::BYTES;
    const BLOCKS: usize = C::BLOCKS;
    const NEUTRAL: Self = Self(Xyzz::INFINITY);

    fn double(&mut self) {
        self.0.double();
    }

    fn add(&mut self, [x, y]: &Self::Entry, negative: bool) {
        // Not `y` or `-y` by value: a copy is a call of the engine.
        if negative {
            self.0.add(x, &-*y);
        } else {
            self.0.add(x, y);
        }
    }

    /// Affine coordinates, with one inversion for all (Montgomery's trick).
    fn enter(points: &[Self], entries: &mut Vec<Self::Entry>) {
        let inverses = inverses(points.iter().map(|point| point.0.zzz));
        entries.extend(points.iter().zip(&inverses).map(|(Self(point), inverse)| {
            // ZZ/ZZZ is 1/Z, and its square 1/ZZ.
            let [root, y] = Element::products((&point.zz, inverse), (&point.y, inverse));
            [point.x.times(&root.square()), y]
        }));
    }
}
