//! Points of the twisted Edwards curve `-x² + y² = 1 + d·x²·y²` of Ed25519 in extended coordinates:
//! `(X/Z, Y/Z)` and `T = XY/Z`. Its formulas have no exceptions (`d` is no square).
//!
//! Formulas: H. Hisil, K. K.-H. Wong, G. Carter, E. Dawson, *Twisted Edwards curves revisited*,
//! ASIACRYPT 2008; in the Explicit-Formulas Database "twisted/extended-1", `dbl-2008-hwcd` and
//! `madd-2008-hwcd-3`.

use std::sync::OnceLock;

use super::element::{Element, Factors, Field, inverses};
use super::modulus::{BITS, Modulus, digits};
use super::pair::{self, Columns, InPairs};
use super::window::{Base, Group};
use crate::wide::Wide;

/// 2²⁵⁵ - 19.
#[derive(Clone, Copy)]
pub(crate) struct Prime;

impl Modulus<9> for Prime {
    const DIGITS: [i64; 9] = [-19, 0, 0, 0, 0, 0, 0, 0, 1 << 23];

    fn product(a: &Fe, b: &Fe) -> Fe {
        pair::product(a, b)
    }

    fn products(one: Factors<'_, Fe>, other: Factors<'_, Fe>) -> [Fe; 2] {
        pair::products(one, other)
    }
}

impl InPairs for Prime {
    #[inline(always)]
    fn reduce(columns: &mut Columns) -> Wide {
        // With 35 bits of 0 below it.
        let multiple = columns[0].times_below(Self::INVERSE).shift_left(u64::BITS - BITS);
        let times = |power: u32| multiple.shift_right(u64::BITS - BITS - power);
        columns[8] = columns[8].plus(times(23));
        // 19 times the multiple has the lowest digit of the column: what is above them is the
        // difference.
        let times_19 = times(4).plus(times(1).plus(times(0)));
        columns[0].shift_right(BITS).minus(times_19.shift_right(BITS))
    }
}

/// The order of the base point, 2²⁵² + 27742317777372353535851937790883648493 (RFC 8032 section 5.1).
#[derive(Clone, Copy)]
pub(crate) struct Order;

impl Modulus<9> for Order {
    const DIGITS: [i64; 9] =
        digits("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
}

/// A number of the field.
pub(crate) type Fe = Element<Prime, 9>;

/// A point in extended coordinates over the field `F`.
#[derive(Clone, Copy)]
pub(crate) struct Extended<F> {
    pub(crate) x: F,
    pub(crate) y: F,
    pub(crate) z: F,
    pub(crate) t: F,
}

impl<F: Field> Extended<F> {
    pub(crate) const NEUTRAL: Self = Self { x: F::ZERO, y: F::ONE, z: F::ONE, t: F::ZERO };

    /// Doubles it.
    pub(crate) fn double(&mut self) {
        let Self { x, y, z, .. } = self;
        let sum = *x + *y;
        let [a, b] = &F::products((x, x), (y, y));
        let [c, square] = &F::products((z, z), (&sum, &sum));
        let (g, h) = (*b - *a, -(*a + *b));
        self.finish(&(*square + h), &(g - (*c + *c)), &g, &h);
    }

    /// Adds a point, of which `plus` is `y + x`, `minus` is `y - x` and `product` is `2d·x·y`.
    pub(crate) fn add(&mut self, plus: &F, minus: &F, product: &F) {
        let Self { x, y, z, t } = self;
        let [a, b] = &F::products((&(*y - *x), minus), (&(*y + *x), plus));
        let (c, d) = (t.times(product), *z + *z);
        self.finish(&(*b - *a), &(d - c), &(d + c), &(*b + *a));
    }

    /// What both formulas end with.
    #[inline(always)]
    fn finish(&mut self, e: &F, f: &F, g: &F, h: &F) {
        let [x, y] = &F::products((e, f), (g, h));
        let [z, t] = &F::products((f, g), (e, h));
        self.x.put(x);
        self.y.put(y);
        self.z.put(z);
        self.t.put(t);
    }
}

/// A point of the curve.
pub(crate) type Point = Extended<Fe>;

impl Point {
    /// The point of an encoding (RFC 8032 section 5.1.3), `None` if there is none. Spellings that
    /// are not canonical are read as well.
    pub(crate) fn decode(bytes: &[u8; 32]) -> Option<Self> {
        let mut bytes = *bytes;
        let negative = bytes[31] >> 7 == 1;
        bytes[31] &= 0x7f;
        let y = Fe::reduced(&bytes);
        let square = y.square();
        let (u, v) = (square - Fe::ONE, d().times(&square) + Fe::ONE);
        // (u/v)^((p+3)/8) = u·v³·(u·v⁷)^((p-5)/8), which may need the root of -1 as a factor.
        let v3 = v.square().times(&v);
        let root = u.times(&v3.square()).times(&v).power(&EIGHTH);
        let mut x = u.times(&v3).times(&root);
        let rest = v.times(&x.square());
        if rest != u {
            if rest != -u {
                return None;
            }
            x = x.times(&(Fe::ONE + Fe::ONE).power(&QUARTER));
        }
        if x.is_odd() != negative {
            x = -x;
        }
        Some(Self { x, y, z: Fe::ONE, t: x.times(&y) })
    }

    /// The one canonical encoding (RFC 8032 section 5.1.2).
    pub(crate) fn encode(&self) -> [u8; 32] {
        let inverse = self.z.invert();
        let mut bytes = [0; 32];
        self.y.times(&inverse).write(&mut bytes);
        bytes[31] |= u8::from(self.x.times(&inverse).is_odd()) << 7;
        bytes
    }

    /// Whether eight times the point is the neutral one, which is whether the order of twice the
    /// point divides 4. Such points have x = 0 or y = 0, and twice `(x, y)` has multiples of `x·y`
    /// and of `x² + y²` there.
    pub(crate) fn has_small_order(&self) -> bool {
        let Self { x, y, .. } = self;
        x.times(y).times(&(x.square() + y.square())).is_zero()
    }

    pub(crate) fn negate(&self) -> Self {
        Self { x: -self.x, t: -self.t, ..*self }
    }

    /// The base point, y = 4/5 with an even x. It is made when it is first needed.
    pub(crate) fn base() -> &'static Base<Self> {
        static BASE: OnceLock<Base<Point>> = OnceLock::new();
        BASE.get_or_init(|| {
            let mut bytes = [0x66; 32];
            bytes[0] = 0x58;
            Base::new(Self::decode(&bytes).unwrap_or(Self::NEUTRAL))
        })
    }
}

impl Fe {
    fn is_odd(&self) -> bool {
        let mut bytes = [0];
        self.write(&mut bytes);
        bytes[0] & 1 == 1
    }
}

/// (p - 5) / 8.
const EIGHTH: [u8; 32] = exponent(0xfd, 0x0f);
/// (p - 1) / 4: 2 to that power is a root of -1.
const QUARTER: [u8; 32] = exponent(0xfb, 0x1f);

const fn exponent(lowest: u8, highest: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = lowest;
    bytes[31] = highest;
    bytes
}

/// The coefficient, -121665/121666.
fn d() -> Fe {
    let [numerator, denominator] = [121_665_u32, 121_666].map(|n| Fe::reduced(&n.to_le_bytes()));
    -numerator.times(&denominator.invert())
}

impl Group for Point {
    type Entry = [Fe; 3];
    const BITS: usize = 256;
    const BLOCKS: usize = 13;
    const NEUTRAL: Self = Self::NEUTRAL;

    fn double(&mut self) {
        self.double();
    }

    fn add(&mut self, [plus, minus, product]: &Self::Entry, negative: bool) {
        if negative {
            self.add(minus, plus, &-*product);
        } else {
            self.add(plus, minus, product);
        }
    }

    fn enter(points: &[Self], entries: &mut Vec<Self::Entry>) {
        let d = d();
        let inverses = inverses(points.iter().map(|point| point.z));
        entries.extend(points.iter().zip(&inverses).map(|(point, inverse)| {
            let [x, y] = Fe::products((&point.x, inverse), (&point.y, inverse));
            [y + x, y - x, (x + x).times(&y).times(&d)]
        }));
    }
}
