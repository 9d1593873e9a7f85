//! Powers by Barrett reduction in signed 14-bit digits, four of them in a vector.
//!
//! # Why this way
//!
//! WebAssembly has no multiplication of 64 by 64 bits with all of its result, and its widening
//! multiplication of vectors (`extmul`) costs two shuffles besides the product on x86-64. Its dot
//! product (`i32x4.dot_i16x8_s`, one `pmaddwd`) multiplies eight 16-bit numbers and adds them in
//! pairs in one instruction. Small digits need no carries while they are multiplied, and signed
//! ones need no comparison: a remainder may be negative, and a quotient a little wrong.
//!
//! # Numbers
//!
//! A number is `Σ dₖ Bᵏ` with `B = 2¹⁴` and `|dₖ| ≤ D = 2¹³ + 2⁷`. There is more than one way to
//! write it, and nobody minds. With `n` of `bits` bits, `L` digits are kept, a multiple of four with
//! `14 L ≥ bits + 3`, so that `n < B^L / 8`. The longest reciprocal has `L + 5` digits, and `L` is
//! at most 296 (4096 bits).
//!
//! A product is added up column by column: column `k` is `Σ aᵢ bₖ₋ᵢ`. To have two terms in one
//! step, the left factor is kept as pairs `(aᵢ, aᵢ₊₁)` and the right one as pairs `(bⱼ, bⱼ₋₁)` for
//! every `j` (`number.rs`). Four vectors of four columns each are added at a time (`columns.rs`).
//!
//! # Why nothing overflows
//!
//! * Digits fit in 16 bits, doubled too: `2 D = 16,640`.
//! * A run of 7 steps adds 28 products to a column, at most `28 D² < 1.94 · 10⁹`, on top of what
//!   the last run left, below `2¹⁴`: less than `2³¹ − 1 ≈ 2.147 · 10⁹`. Then the upper part of each
//!   column is set aside.
//! * The upper parts add up to at most `304 D² / 2¹⁴ + 44 < 1.3 · 10⁶`.
//! * When columns become digits, each takes what was set aside of the column below, and passes on
//!   less than `(2¹⁴ + 1.3 · 10⁶ + 2¹³) / 2¹⁴ < 82`. A remainder of its own is at most `2¹³`, so the
//!   digit is at most `2¹³ + 82 < D`.
//!
//! # Why the result is right
//!
//! For `T = a b` with `|a|, |b| ≤ n` let `t` be the largest multiple of four with
//! `14 t ≤ bits − 4`, and `μ = ⌊B^2L / n⌋`. The quotient is `q ≈ (T / Bᵗ) μ / B^(2L−t)`, where
//! `T / Bᵗ` and `q` are cut between digits. How far is `q` from `T / n`?
//!
//! * What is cut off `T` is at most `Bᵗ D / (B − 1) < 0.51 Bᵗ`; times `1 / n ≤ 2^(1−bits)`, at most
//!   0.064. (Where `bits < 60`, `t` is 0 and nothing is cut.)
//! * The fraction of `μ`: at most `|T| / B^2L ≤ 1/64`.
//! * Columns below the four guard columns under the point are not added: less than `2⁻³⁰`.
//! * What is cut off `q`: less than 0.51.
//!
//! Together less than 0.6, so `|T − q n| < 0.6 n < n`: it may go into the next multiplication.
//! Only its lowest `L` digits are computed. They are a number `v ≡ T − q n mod B^L` with
//! `|v| < 0.51 B^L`, and `|T − q n| < 0.6 n < 0.08 B^L`, so the two differ by less than `B^L`, and
//! are equal. No step depends on a comparison; only the end adds `n` once to a negative number.
//!
//! Sources: P. Barrett, *Implementing the Rivest Shamir and Adleman public key encryption algorithm
//! on a standard digital signal processor*, CRYPTO '86 (a processor for dot products, too);
//! A. Menezes, P. van Oorschot, S. Vanstone, *Handbook of Applied Cryptography*, 14.3.3; signed
//! digits as in D. J. Bernstein, *Floating-point arithmetic and message authentication* (2000).

mod columns;
mod digits;
mod number;

use super::{MAX_BYTES, ModularPower, limbs};
use columns::{product, square};
use digits::Digits;
use number::{Factor, Number};

/// Bits of a digit.
const BITS: u32 = 14;
/// What a digit counts to.
const BASE: i32 = 1 << BITS;
/// Digits of a vector.
const WIDTH: usize = 4;
/// Vectors of columns that are added up at a time.
const BLOCK: usize = 4;
/// Most vectors of a number below the modulus, and of its reciprocal: `⌈(4096 + 3) / 14⌉` and five
/// digits more.
const MAX_VECTORS: usize = 76;

const _: () = assert!(WIDTH * MAX_VECTORS >= (8 * MAX_BYTES + 3).div_ceil(BITS as usize) + 3 + 5);

/// An odd modulus, prepared: some 7 kB.
#[derive(Debug, Clone, PartialEq)]
pub struct Barrett {
    /// `L / 4`.
    len: usize,
    /// `t / 4`.
    cut: usize,
    /// How many vectors of zeros are put below a remainder, so that its columns are whole blocks.
    /// They stand below and not above, where columns are longest.
    shift: usize,
    modulus: Digits,
    /// `-modulus`, above `shift` vectors of zeros.
    negative: Factor,
    /// `μ`.
    reciprocal: Factor,
}

impl ModularPower for Barrett {
    const NAME: &'static str = "Barrett, 14-bit digits";

    fn new(modulus: &[u8]) -> Option<Self> {
        let first = modulus.first().filter(|_| limbs::is_modulus(modulus))?;
        let bits = 8 * modulus.len() - first.leading_zeros() as usize;
        let len = (bits + 3).div_ceil(BITS as usize * WIDTH);
        let shift = len.next_multiple_of(BLOCK) - len;
        let digits = Digits::of_bytes(modulus);
        let reciprocal = Digits::reciprocal(modulus, len);
        Some(Self {
            len,
            cut: bits.saturating_sub(4) / (BITS as usize * WIDTH),
            shift,
            negative: Factor::of(&digits.negated(), shift),
            reciprocal: Factor::of(&reciprocal, 0),
            modulus: digits,
        })
    }

    fn power(&self, base: &[u8], exponent: u64) -> Vec<u8> {
        let first = Number::of(&Digits::of_bytes(base));
        let mut factor = Factor::new(self.len);
        factor.set(&first, 0);
        let (mut x, mut wide, mut quotient) =
            (Number::default(), Number::default(), Number::default());
        let mut current = &first;
        // From the second bit on: the first one is the base itself.
        for bit in (0..exponent.ilog2()).rev() {
            square(current, &factor, &mut wide);
            self.reduce(&wide, &mut quotient, &mut x, &mut factor);
            if exponent >> bit & 1 == 1 {
                product(first.pairs(0, self.len), &factor, 0..2 * self.len, &[], 0, &mut wide);
                self.reduce(&wide, &mut quotient, &mut x, &mut factor);
            }
            current = &x;
        }
        Digits::of_vectors(current.above(0), self.len).into_bytes(&self.modulus, base.len())
    }
}

impl Barrett {
    /// `wide mod modulus`, between `-modulus` and `modulus`, in both forms. `quotient` is room to
    /// work in.
    fn reduce(
        &self,
        wide: &Number,
        quotient: &mut Number,
        remainder: &mut Number,
        factor: &mut Factor,
    ) {
        let upper = wide.pairs(self.cut, 2 * self.len - self.cut);
        // The quotient's point, and one vector of guard columns below it.
        let point = upper.len();
        let columns = point - 1..point + self.len;
        product(upper, &self.reciprocal, columns, &[], point, quotient);
        quotient.clear_below();
        let quotient = quotient.pairs(0, self.len);
        let columns = 0..self.len + self.shift;
        product(quotient, &self.negative, columns, wide.above(self.shift), self.shift, remainder);
        factor.set(remainder, 0);
    }
}
