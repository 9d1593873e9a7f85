//! Sums of multiples of two points, `a·P + b·Q`, from tables.
//!
//! A scalar is written in digits of seven bits from -63 to 64, `Σ dᵢ·128ⁱ`, and a multiple is the sum
//! of `dᵢ·128ⁱ·P`. A table has one or more *blocks*; each holds the multiples from 1 to 64 of
//! `128^(stride·block)·P`, so that the sum takes seven doublings for each digit of a stride but one,
//! and one addition for each digit of the scalar. A single block has the stride of a whole scalar,
//! and is Horner's rule; thirteen blocks have a stride of three digits, hence fourteen doublings
//! instead of 252. More blocks cost memory and buy time, in one and the same code.
//!
//! Source: C. H. Lim, P. J. Lee, *More flexible exponentiation with precomputation*, CRYPTO '94,
//! with windows for its combs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// Bits of a digit of a scalar.
const WIDTH: usize = 7;
/// Entries of a block: the magnitudes of a digit that are not 0.
pub(crate) const BLOCK: usize = 1 << (WIDTH - 1);
/// Digits that a scalar has at most: 384 bits and the carry of the signed digits.
const MAX_DIGITS: usize = 384 / WIDTH + 1;

/// Points, as sums are made of them.
pub(crate) trait Group: Copy + 'static {
    /// A point as a table holds it.
    type Entry: Copy + Send + Sync + 'static;
    /// Bits of a scalar.
    const BITS: usize;
    /// Blocks of the table of a long-lived key. Its size is [`BLOCK`] entries each.
    const BLOCKS: usize;
    /// Of no point.
    const NEUTRAL: Self;

    /// Doubles it.
    fn double(&mut self);
    /// Adds an entry, or takes it away.
    fn add(&mut self, entry: &Self::Entry, negative: bool);
    /// Entries of points, none of which is neutral, appended.
    fn enter(points: &[Self], entries: &mut Vec<Self::Entry>);
}

/// Multiples of a point.
pub(crate) struct Table<G: Group> {
    stride: usize,
    entries: Vec<G::Entry>,
}

impl<G: Group> Table<G> {
    /// So many blocks of it.
    pub(crate) fn new(point: G, blocks: usize) -> Self {
        let stride = (G::BITS / WIDTH + 1).div_ceil(blocks);
        let mut entries = Vec::with_capacity(blocks * BLOCK);
        let (mut base, mut multiples) = (point, Vec::with_capacity(BLOCK));
        for block in 0..blocks {
            if block > 0 {
                (0..WIDTH * stride).for_each(|_| base.double());
            }
            let mut step = Vec::with_capacity(1);
            G::enter(&[base], &mut step);
            let mut multiple = base;
            multiples.clear();
            multiples.push(multiple);
            for entry in step.iter().cycle().take(BLOCK - 1) {
                multiple.add(entry, false);
                multiples.push(multiple);
            }
            G::enter(&multiples, &mut entries);
        }
        Self { stride, entries }
    }

    /// Adds `Σ dᵢ·128^(i - step)·P` over the digits `i` that are `step` from the end of a block.
    fn add(&self, sum: &mut G, digits: &Digits, step: usize) {
        if step >= self.stride {
            return;
        }
        let digits = digits.0.get(step..).unwrap_or_default().chunks(self.stride);
        let digits = digits.filter_map(<[_]>::first);
        for (digit, block) in digits.zip(self.entries.chunks_exact(BLOCK)) {
            let magnitude = usize::from(digit.unsigned_abs());
            if let Some(entry) = magnitude.checked_sub(1).and_then(|index| block.get(index)) {
                sum.add(entry, *digit < 0);
            }
        }
    }
}

/// A scalar in digits from -63 to 64, least significant first.
pub(crate) struct Digits([i8; MAX_DIGITS]);

impl Digits {
    /// Of little-endian bytes.
    pub(crate) fn new(scalar: &[u8]) -> Self {
        let (mut held, mut bits, mut bytes) = (0_u32, 0, scalar.iter());
        let mut carry = 0_u8;
        Self([0; MAX_DIGITS].map(|_: i8| {
            if bits < WIDTH {
                held |= u32::from(bytes.next().copied().unwrap_or_default()) << bits;
                bits += 8;
            }
            let [low, ..] = held.to_le_bytes();
            let digit = low % (1 << WIDTH) + carry;
            held >>= WIDTH;
            bits -= WIDTH;
            carry = u8::from(usize::from(digit) > BLOCK);
            digit.wrapping_sub(carry << WIDTH).cast_signed()
        }))
    }
}

/// `a·P + b·Q`.
pub(crate) fn sum<G: Group>(p: &Table<G>, a: &Digits, q: &Table<G>, b: &Digits) -> G {
    let mut sum = G::NEUTRAL;
    let steps = p.stride.max(q.stride);
    for step in (0..steps).rev() {
        if step + 1 < steps {
            (0..WIDTH).for_each(|_| sum.double());
        }
        p.add(&mut sum, a, step);
        q.add(&mut sum, b, step);
    }
    sum
}

/// A point that many sums are made with.
pub(crate) struct Base<G: Group> {
    pub(crate) point: G,
    uses: AtomicU8,
    small: OnceLock<Table<G>>,
    large: OnceLock<Table<G>>,
}

impl<G: Group> Base<G> {
    /// Sums with a point before it gets its large table: about as many as have to be spared to pay
    /// for it.
    const PATIENCE: u8 = 8;

    /// The tables are made when they are needed.
    pub(crate) const fn new(point: G) -> Self {
        Self { point, uses: AtomicU8::new(0), small: OnceLock::new(), large: OnceLock::new() }
    }

    /// The table for what is known of the point: one block at first, the large one when it has
    /// been used a few times.
    pub(crate) fn table(&self) -> &Table<G> {
        if let Some(table) = self.large.get() {
            return table;
        }
        // No more than a hint: threads that count at one time may count once.
        let uses = self.uses.load(Ordering::Relaxed);
        if uses >= Self::PATIENCE {
            return self.large.get_or_init(|| Table::new(self.point, G::BLOCKS));
        }
        self.uses.store(uses + 1, Ordering::Relaxed);
        self.small.get_or_init(|| Table::new(self.point, 1))
    }
}
