//! Numbers modulo a [`Modulus`], in Montgomery's form.
//!
//! A number is a sum of `N` signed digits, `Σ dᵢ·2²⁹ⁱ`, modulo `m`; what it stands for is
//! `d·R⁻¹ mod m` with `R = 2^(29·N)`. A digit is *tight* when it is from -2²⁸ to 2²⁸. Products come
//! out tight; sums and differences are taken digit by digit, without a carry, and grow: the sum of
//! `k` tight numbers has *weight* `k`. This has to hold:
//!
//! * a weight is at most 7, as 7·2²⁸ < 2³¹: a digit is an `i32`;
//! * the weights of two factors multiply to at most 14 with nine digits, 9 with fourteen. A column
//!   of a product then is at most 9·14·2⁵⁶ or 14·9·2⁵⁶, which is 0.99·2⁶³ and leaves 2⁵⁶ for the
//!   multiples of the modulus that reduction adds. Those are at most 14·2⁵⁸ where the digits of the
//!   modulus are not sparse; weights are 1 or 2 there (orders of groups), 2⁶² and 2⁶² together.
//!
//! The value of a product of `a` and `b` lies between `-|ab|/R` and `m + |ab|/R`. That it stays
//! small enough for `N` digits through any number of formulas, and that the weights do, is not
//! argued but computed: the tests of `bounds.rs` run the very formulas on intervals.
//!
//! Sources: P. L. Montgomery, *Modular multiplication without trial division*, Math. Comp. 44
//! (1985); signed digits without carries as in D. J. Bernstein, *Curve25519: new Diffie-Hellman
//! speed records*, PKC 2006.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Neg, Sub};

use super::invert::invert;
use super::modulus::{BITS, MASK, Modulus, Value, digits, plain};
use crate::lanes::Lanes;

/// What a product is made of.
pub(crate) type Factors<'a, F> = (&'a F, &'a F);

/// What the formulas of points are made of. Factors are taken by reference: what goes by value is
/// copied, and a copy costs a call of the engine.
pub(crate) trait Field:
    Copy + Add<Output = Self> + Sub<Output = Self> + Neg<Output = Self>
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Both products, tight: for hardly more than the price of one.
    fn products(one: Factors<'_, Self>, other: Factors<'_, Self>) -> [Self; 2];
    /// `self · other`, tight.
    fn times(&self, other: &Self) -> Self;
    /// Makes it tight, but for the little that a carry can be.
    fn tighten(&mut self);
    /// Whether it is 0.
    fn is_zero(&self) -> bool;
    /// Becomes `other`, without the call of the engine that an assignment is.
    fn put(&mut self, other: &Self);

    /// `self²`, tight.
    #[inline(always)]
    fn square(&self) -> Self {
        self.times(self)
    }
}

/// A number modulo `M`.
#[derive(Clone, Copy)]
pub(crate) struct Element<M, const N: usize>(pub(super) [i32; N], PhantomData<fn() -> M>);

impl<M: Modulus<N>, const N: usize> Element<M, N> {
    pub(super) const fn new(digits: [i32; N]) -> Self {
        Self(digits, PhantomData)
    }

    /// `a·b`, tight, for any modulus.
    pub(super) fn product(a: &Self, b: &Self) -> Self {
        Self::new(product(&M::VALUE, &a.0, &b.0))
    }

    /// A number that a standard writes in big-endian hexadecimal.
    pub(crate) fn constant(hex: &str) -> Self {
        Self::new(plain(digits(hex))).shifted()
    }

    /// The number of little-endian `bytes`, reduced. At most `29·N` bits.
    pub(crate) fn reduced(bytes: &[u8]) -> Self {
        Self::new(digits_of(bytes)).shifted()
    }

    /// The number of little-endian `bytes` plus `more`, if it is below the modulus.
    pub(crate) fn canonical(bytes: &[u8], more: &[i32; N]) -> Option<Self> {
        let mut digits = digits_of(bytes);
        is_canonical(&M::VALUE, &mut digits, more).then(|| Self::new(digits).shifted())
    }

    /// `self · R`: brings a plain number into Montgomery's form.
    fn shifted(&self) -> Self {
        self.times(&Self::new(M::R_SQUARED))
    }

    /// The plain digits, from 0 to below 2²⁹, of the number that this one stands for.
    pub(super) fn digits(&self) -> [i32; N] {
        let mut one = [0; N];
        if let Some(first) = one.first_mut() {
            *first = 1;
        }
        // From 0 to the modulus: |self| is below R, so that the bounds are -1 and m + 1, outside.
        let mut digits = self.times(&Self::new(one)).0;
        make_plain(&M::VALUE, &mut digits);
        digits
    }

    /// The number in little-endian bytes, as many as there is room for; the rest is 0.
    pub(crate) fn write(&self, bytes: &mut [u8]) {
        write(&self.digits(), bytes);
    }

    /// `1 / self`, and 0 for 0.
    pub(crate) fn invert(&self) -> Self {
        Self::new(invert(&M::VALUE, self.digits())).shifted()
    }

    /// `self^exponent`, the exponent in little-endian bytes.
    pub(crate) fn power(&self, exponent: &[u8]) -> Self {
        let mut result = Self::new(M::ONE);
        for byte in exponent.iter().rev() {
            for bit in (0..8).rev() {
                result = result.square();
                if byte >> bit & 1 == 1 {
                    result = result.times(self);
                }
            }
        }
        result
    }
}

impl<M: Modulus<N>, const N: usize> Field for Element<M, N> {
    const ZERO: Self = Self::new([0; N]);
    const ONE: Self = Self::new(M::ONE);

    #[inline(always)]
    fn products(one: Factors<'_, Self>, other: Factors<'_, Self>) -> [Self; 2] {
        M::products(one, other)
    }

    #[inline(always)]
    fn times(&self, other: &Self) -> Self {
        M::product(self, other)
    }

    fn tighten(&mut self) {
        tighten(&mut self.0);
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "`repeat` stops at what there is")]
    fn put(&mut self, other: &Self) {
        let (to, last) = self.0.as_chunks_mut();
        let (from, last_of_it) = other.0.as_chunks();
        repeat!(i < N / 4, { Lanes::of(from[i]).store(&mut to[i]) });
        repeat!(i < N % 4, { last[i] = last_of_it[i] });
    }

    fn is_zero(&self) -> bool {
        // A multiple j·m of the modulus, |j| < 16, shows j (up to its sign) in its lowest digit:
        // one in 2²⁴ of the other numbers get past this, and are looked at closely.
        const MOST: i32 = 16;
        let lowest = self.0.first().copied().unwrap_or_default();
        let j = lowest.wrapping_mul(M::INVERSE).wrapping_add(MOST) & MASK;
        j <= 2 * MOST && self.digits() == [0; N]
    }
}

/// `a·b`, tight, for any modulus.
#[inline(never)]
#[expect(clippy::cast_possible_truncation, reason = "a digit has 29 bits")]
pub(super) fn product<const N: usize>(modulus: &Value<N>, a: &[i32; N], b: &[i32; N]) -> [i32; N] {
    let mut columns = [0_i64; N];
    let lowest_of_b = i64::from(b.first().copied().unwrap_or_default());
    for a in a {
        let a = i64::from(*a);
        let lowest = columns.first().copied().unwrap_or_default() + a * lowest_of_b;
        // The multiple of the modulus that makes the lowest digit 0.
        let multiple = i64::from((lowest as i32).wrapping_mul(modulus.inverse) & MASK);
        let mut above = 0;
        for ((column, b), m) in columns.iter_mut().zip(b).zip(modulus.digits).rev() {
            let sum = *column + a * i64::from(*b) + multiple * m;
            // One digit down.
            *column = above;
            above = sum;
        }
        if let Some(first) = columns.first_mut() {
            *first += above >> BITS;
        }
    }
    let mut digits = [0; N];
    let mut carry = 0;
    for (digit, column) in digits.iter_mut().zip(columns) {
        let sum = column + carry;
        carry = (sum + (1 << (BITS - 1))) >> BITS;
        *digit = (sum - (carry << BITS)) as i32;
    }
    debug_assert_eq!(carry, 0);
    digits
}

/// What comes of the digits of two numbers, four at a time.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "`repeat` stops at what there is")]
fn zip<const N: usize>(
    one: &[i32; N],
    other: &[i32; N],
    f: impl Fn(Lanes, Lanes) -> Lanes,
) -> [i32; N] {
    let mut made = [0; N];
    let ((one, last_of_one), (other, last_of_other)) = (one.as_chunks(), other.as_chunks());
    let (to, last) = made.as_chunks_mut();
    repeat!(i < N / 4, { f(Lanes::of(one[i]), Lanes::of(other[i])).store(&mut to[i]) });
    repeat!(i < N % 4, {
        let alone = |digit| Lanes::of([digit, 0, 0, 0]);
        [last[i], ..] = f(alone(last_of_one[i]), alone(last_of_other[i])).to_array();
    });
    made
}

/// Carries all that is above a tight digit to the next one, at once, so that a digit is at most 2²⁸ then
/// and what one of them can be.
#[inline(never)]
fn tighten<const N: usize>(digits: &mut [i32; N]) {
    let half = 1 << (BITS - 1);
    let (fours, rest) = digits.as_chunks_mut();
    let mut below = Lanes::ZERO;
    for four in fours {
        let digits = Lanes::of(*four);
        let carries = digits.plus(Lanes::splat(half)).shift_right(BITS);
        digits.minus(carries.shift_left(BITS)).plus(carries.after(below)).store(four);
        below = carries;
    }
    let [.., mut carry] = below.to_array();
    let mut left = rest.len();
    for digit in rest {
        left -= 1;
        // What is above the highest digit stays there.
        let above = if left > 0 { (*digit + half) >> BITS } else { 0 };
        *digit += carry - (above << BITS);
        carry = above;
    }
}

/// Adds `more` to plain digits, and says whether the number is below the modulus.
fn is_canonical<const N: usize>(
    modulus: &Value<N>,
    digits: &mut [i32; N],
    more: &[i32; N],
) -> bool {
    let mut carry = 0;
    // Of the highest digit that differs.
    let mut less = false;
    for ((digit, more), most) in digits.iter_mut().zip(more).zip(modulus.plain) {
        carry += *digit + more;
        *digit = carry & MASK;
        carry >>= BITS;
        if *digit != *most {
            less = *digit < *most;
        }
    }
    less
}

/// Makes the digits of a number from 0 to the modulus plain, below it.
fn make_plain<const N: usize>(modulus: &Value<N>, digits: &mut [i32; N]) {
    let mut carry = 0;
    for digit in &mut *digits {
        carry += *digit;
        *digit = carry & MASK;
        carry >>= BITS;
    }
    if digits == modulus.plain {
        digits.fill(0);
    }
}

/// Writes plain digits in little-endian bytes, as many as there is room for; the rest is 0.
fn write(digits: &[i32], bytes: &mut [u8]) {
    let (mut held, mut bits, mut next) = (0_u64, 0, digits.iter());
    for byte in bytes {
        if bits < 8 {
            let digit = next.next().copied().unwrap_or_default();
            held |= u64::from(digit.cast_unsigned()) << bits;
            bits += BITS;
        }
        *byte = held.to_le_bytes()[0];
        held >>= 8;
        bits -= 8;
    }
}

impl<M: Modulus<N>, const N: usize> Add for Element<M, N> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self::new(zip(&self.0, &other.0, Lanes::plus))
    }
}

impl<M: Modulus<N>, const N: usize> Sub for Element<M, N> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self::new(zip(&self.0, &other.0, Lanes::minus))
    }
}

impl<M: Modulus<N>, const N: usize> Neg for Element<M, N> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl<M: Modulus<N>, const N: usize> PartialEq for Element<M, N> {
    fn eq(&self, other: &Self) -> bool {
        (*self - *other).is_zero()
    }
}

impl<M: Modulus<N>, const N: usize> fmt::Debug for Element<M, N> {
    /// The number in big-endian hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 56];
        self.write(&mut bytes);
        f.write_str("0x")?;
        bytes
            .iter()
            .rev()
            .skip_while(|byte| **byte == 0)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The lowest `N` digits of a number in little-endian bytes.
pub(super) fn digits_of<const N: usize>(bytes: &[u8]) -> [i32; N] {
    let (mut held, mut bits, mut bytes) = (0_u64, 0, bytes.iter());
    [0; N].map(|_: i32| {
        while bits < BITS {
            held |= u64::from(bytes.next().copied().unwrap_or_default()) << bits;
            bits += 8;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a digit has 29 bits")]
        let digit = held as i32 & MASK;
        held >>= BITS;
        bits -= BITS;
        digit
    })
}

/// The inverses of numbers, none of which is 0, for the price of one (Montgomery's trick): from
/// the product of all back to the first.
pub(crate) fn inverses<M: Modulus<N>, const N: usize>(
    numbers: impl Iterator<Item = Element<M, N>>,
) -> Vec<Element<M, N>> {
    // Each number, and the product of those before it.
    let mut product = Element::<M, N>::ONE;
    let mut made: Vec<_> = numbers
        .map(|number| {
            let before = product;
            product = product.times(&number);
            (number, before)
        })
        .collect();
    let mut inverse = product.invert();
    for (number, before) in made.iter_mut().rev() {
        [*before, inverse] = Element::products((before, &inverse), (&inverse, number));
    }
    made.into_iter().map(|(_, inverse)| inverse).collect()
}
