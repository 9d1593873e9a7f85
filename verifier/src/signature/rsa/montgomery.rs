//! The public RSA operation, `base^exponent mod modulus`, by Montgomery multiplication.
//!
//! Everything here is public (a signature, a public key), so nothing has to take constant time, and
//! what can be prepared is prepared once for each key. Limbs have 32 bits: WebAssembly multiplies
//! two of them in one instruction, and has none for 64 by 64 bits.
//!
//! Sources: P. L. Montgomery, *Modular multiplication without trial division*, Math. Comp. 44
//! (1985); Ç. K. Koç, T. Acar, B. S. Kaliski, *Analyzing and comparing Montgomery multiplication
//! algorithms*, IEEE Micro 16 (1996), the method "CIOS" with its two inner loops in one.

/// Most limbs of a modulus: 4096 bits.
pub(super) const MAX_LIMBS: usize = 128;
const LIMB_BYTES: usize = 4;

/// A number below the modulus, least significant limb first.
type Limbs = [u32; MAX_LIMBS];

/// An odd modulus, prepared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Modulus {
    limbs: Limbs,
    /// How many limbs it has; those above are zero, here and in every number below.
    len: usize,
    /// `-modulus⁻¹ mod 2³²`.
    inverse: u32,
    /// `R² mod modulus`, where `R` is 2³² to the power of `len`.
    r_squared: Limbs,
}

impl Modulus {
    /// Prepares an odd modulus, big-endian without leading zeros, of at most 512 bytes. `None` for
    /// what is none.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let odd = bytes.last().is_some_and(|last| last % 2 == 1);
        let leads = bytes.first().is_some_and(|first| *first != 0);
        if !odd || !leads || bytes.len() > MAX_LIMBS * LIMB_BYTES {
            return None;
        }
        let limbs = limbs_of(bytes);
        let len = bytes.len().div_ceil(LIMB_BYTES);
        let mut modulus =
            Self { inverse: negative_inverse(limbs[0]), limbs, len, r_squared: limbs };
        modulus.r_squared = modulus.compute_r_squared();
        Some(modulus)
    }

    /// `base^exponent mod modulus`, big-endian, as long as `base`. `base` has as many bytes as the
    /// modulus and is smaller; `exponent` is not 0.
    pub(super) fn power(&self, base: &[u8], exponent: u64) -> Vec<u8> {
        let base_m = self.multiply(&limbs_of(base), &self.r_squared);
        let mut result = base_m;
        // From the second bit on: the first one is the base itself.
        for bit in (0..exponent.ilog2()).rev() {
            result = self.multiply(&result, &result);
            if exponent >> bit & 1 == 1 {
                result = self.multiply(&result, &base_m);
            }
        }
        let mut one = [0; MAX_LIMBS];
        one[0] = 1;
        bytes_of(&self.multiply(&result, &one), base.len())
    }

    /// `a · b · R⁻¹ mod modulus`.
    #[expect(clippy::indexing_slicing, reason = "`len` is at most `MAX_LIMBS`, see `new`")]
    fn multiply(&self, a: &Limbs, b: &Limbs) -> Limbs {
        let (a, b, n) = (&a[..self.len], &b[..self.len], &self.limbs[..self.len]);
        let mut sum = [0_u32; MAX_LIMBS];
        let t = &mut sum[..self.len];
        let mut top = 0_u64;
        for &b in b {
            let b = u64::from(b);
            // No sum can overflow: (2³² − 1)² + 2 (2³² − 1) = 2⁶⁴ − 1.
            let product = u64::from(t[0]) + u64::from(a[0]) * b;
            let m = u64::from(low(product).wrapping_mul(self.inverse));
            let mut carry_product = product >> 32;
            let mut carry_reduce = (u64::from(low(product)) + m * u64::from(n[0])) >> 32;
            for j in 1..n.len() {
                let product = u64::from(t[j]) + u64::from(a[j]) * b + carry_product;
                carry_product = product >> 32;
                let reduced = u64::from(low(product)) + m * u64::from(n[j]) + carry_reduce;
                carry_reduce = reduced >> 32;
                t[j - 1] = low(reduced);
            }
            top += carry_product + carry_reduce;
            t[n.len() - 1] = low(top);
            top >>= 32;
        }
        // The sum is below twice the modulus.
        if top != 0 || !is_less(t, n) {
            subtract(t, n);
        }
        sum
    }

    /// Doubles 1 as often as `R²` has bits beyond its first.
    fn compute_r_squared(&self) -> Limbs {
        let mut value = [0; MAX_LIMBS];
        value[0] = 1;
        for _ in 0..2 * 32 * self.len {
            self.double(&mut value);
        }
        value
    }

    /// `2 · value mod modulus`.
    #[expect(clippy::indexing_slicing, reason = "`len` is at most `MAX_LIMBS`, see `new`")]
    fn double(&self, value: &mut Limbs) {
        let (value, n) = (&mut value[..self.len], &self.limbs[..self.len]);
        let mut carry = 0;
        for limb in value.iter_mut() {
            let next = *limb >> 31;
            *limb = *limb << 1 | carry;
            carry = next;
        }
        if carry != 0 || !is_less(value, n) {
            subtract(value, n);
        }
    }
}

/// `-odd⁻¹ mod 2³²` by Newton's iteration, each step of which doubles the bits that are right.
fn negative_inverse(odd: u32) -> u32 {
    // Right in its lowest three bits: every odd square is 1 mod 8.
    let mut inverse = odd;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}

fn is_less(left: &[u32], right: &[u32]) -> bool {
    left.iter().rev().lt(right.iter().rev())
}

/// Takes `right` from `left`; what is borrowed beyond the last limb is the caller's carry.
fn subtract(left: &mut [u32], right: &[u32]) {
    let mut borrow = false;
    for (left, right) in left.iter_mut().zip(right) {
        let (difference, first) = left.overflowing_sub(*right);
        let (difference, second) = difference.overflowing_sub(u32::from(borrow));
        *left = difference;
        borrow = first || second;
    }
}

fn low(value: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    let low = value as u32;
    low
}

/// Limbs of a big-endian number of at most 512 bytes.
fn limbs_of(bytes: &[u8]) -> Limbs {
    let mut limbs = [0; MAX_LIMBS];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks(LIMB_BYTES)) {
        *limb = chunk.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte));
    }
    limbs
}

/// The lowest `len` bytes, big-endian.
fn bytes_of(limbs: &Limbs, len: usize) -> Vec<u8> {
    let little_endian = limbs.iter().flat_map(|limb| limb.to_le_bytes());
    let mut bytes: Vec<_> = little_endian.take(len).collect();
    bytes.reverse();
    bytes
}

#[cfg(test)]
mod tests {
    use rsa::BigUint;

    use super::*;

    /// A small generator (xorshift64*), so that the cases are the same every time.
    struct Cases(u64);

    impl Cases {
        fn bytes(&mut self, len: usize) -> Vec<u8> {
            let mut next = || {
                self.0 ^= self.0 >> 12;
                self.0 ^= self.0 << 25;
                self.0 ^= self.0 >> 27;
                self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
            };
            (0..len).map(|_| next()).collect()
        }
    }

    fn check(modulus: &[u8], base: &[u8], exponent: u64) {
        let n = BigUint::from_bytes_be(modulus);
        let expected = BigUint::from_bytes_be(base).modpow(&BigUint::from(exponent), &n);
        let mut expected = expected.to_bytes_be();
        while expected.len() < base.len() {
            expected.insert(0, 0);
        }
        let power = Modulus::new(modulus).unwrap().power(base, exponent);
        assert_eq!(power, expected, "{modulus:02x?} {base:02x?} {exponent}");
    }

    #[test]
    fn powers_agree_with_a_big_integer_library_at_every_length() {
        let mut cases = Cases(0x9e37_79b9_7f4a_7c15);
        for len in 256..=512 {
            let mut modulus = cases.bytes(len);
            modulus[0] |= 0x80;
            modulus[len - 1] |= 1;
            let mut base = cases.bytes(len);
            base[0] = 0;
            check(&modulus, &base, 65_537);
        }
    }

    #[test]
    fn carries_of_full_and_of_sparse_limbs_are_right() {
        let mut cases = Cases(7);
        for len in [1, 3, 4, 5, 8, 31, 64, 256, 257, 511, 512] {
            let mut full = vec![0xff; len];
            let mut sparse = vec![0; len];
            sparse[0] = 0x80;
            sparse[len - 1] |= 1;
            let mut less = full.clone();
            less[len - 1] = 0xfe;
            for exponent in [1, 2, 3, 17, 65_537, (1 << 33) - 1] {
                check(&full, &less, exponent);
                check(&sparse, &vec![0; len], exponent);
                let mut most = sparse.clone();
                most[len - 1] -= 1;
                check(&sparse, &most, exponent);
                let mut base = cases.bytes(len);
                base[0] &= 0x7f;
                check(&sparse, &base, exponent);
            }
            full[len / 2] = 0;
            full[0] = 0xff;
            full[len - 1] = 0xff;
            check(&full, &sparse, 65_537);
        }
    }

    #[test]
    fn what_is_no_odd_modulus_is_refused() {
        for bytes in [&[][..], &[0, 3], &[2], &[1; 513]] {
            assert!(Modulus::new(bytes).is_none(), "{bytes:?}");
        }
    }
}
