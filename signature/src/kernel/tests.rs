//! Both kernels against a big-integer library. `lanes.rs` checks every sum for overflow here.

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
    fn power<K: ModularPower>(modulus: &[u8], base: &[u8], exponent: u64) -> Vec<u8> {
        K::new(modulus).unwrap().power(base, exponent)
    }
    let montgomery = power::<Montgomery>(modulus, base, exponent);
    assert_eq!(montgomery, expected, "{modulus:02x?} {base:02x?} {exponent}");
    let barrett = power::<Barrett>(modulus, base, exponent);
    assert_eq!(barrett, expected, "{modulus:02x?} {base:02x?} {exponent}");
}

#[test]
fn powers_agree_with_a_big_integer_library_at_every_length() {
    let mut cases = Cases(0x9e37_79b9_7f4a_7c15);
    for len in (2..40).chain(256..=512) {
        let mut modulus = cases.bytes(len);
        modulus[0] |= 0x80;
        modulus[len - 1] |= 1;
        let mut base = cases.bytes(len);
        base[0] = 0;
        check(&modulus, &base, if len < 257 { 65_537 } else { 17 });
    }
}

#[test]
fn powers_agree_at_every_number_of_bits_of_the_first_byte() {
    let mut cases = Cases(3);
    for len in [2, 3, 7, 8, 9, 255, 256, 257, 258, 259, 260, 261, 262, 263, 511, 512] {
        for bits in 1..=8 {
            let mut modulus = cases.bytes(len);
            modulus[0] = modulus[0] >> (8 - bits) | 1 << (bits - 1);
            modulus[len - 1] |= 1;
            let mut most = modulus.clone();
            most[len - 1] -= 1;
            check(&modulus, &most, 2);
            check(&modulus, &most, 17);
        }
    }
}

#[test]
fn carries_of_full_and_of_sparse_limbs_are_right() {
    let mut cases = Cases(7);
    for len in [2, 3, 4, 5, 8, 31, 64, 256, 257, 511, 512] {
        let full = vec![0xff; len];
        let mut sparse = vec![0; len];
        sparse[0] = 0x80;
        sparse[len - 1] |= 1;
        let mut less = full.clone();
        less[len - 1] = 0xfe;
        let exponents = [1, 2, 3, 17, 65_537, (1 << 33) - 1];
        // Here the kernel for vectors runs one number at a time, and long powers take long.
        for exponent in exponents.into_iter().take(if len < 100 { 6 } else { 4 }) {
            check(&full, &less, exponent);
            check(&sparse, &vec![0; len], exponent);
            let mut most = sparse.clone();
            most[len - 1] -= 1;
            check(&sparse, &most, exponent);
            let mut base = cases.bytes(len);
            base[0] &= 0x7f;
            check(&sparse, &base, exponent);
        }
        let mut holed = full.clone();
        holed[len / 2] = 0;
        holed[len - 1] = 0xff;
        check(&holed, &sparse, 65_537);
    }
}

/// Digits of 14 bits that are all as large as they can be, of either sign, or stand alone: the
/// patterns repeat every seven bytes, which are four digits.
#[test]
fn the_largest_the_smallest_and_lonely_digits_are_right() {
    let pattern = |digits: [u64; 4], len: usize| -> Vec<u8> {
        let block = digits.iter().rev().fold(0, |block, digit| block << 14 | digit);
        let bytes: Vec<u8> = block.to_le_bytes()[..7].iter().copied().cycle().take(len).collect();
        bytes.into_iter().rev().collect()
    };
    let (half, all) = (1 << 13, (1 << 14) - 1);
    let patterns = [
        [half; 4],
        [half - 1; 4],
        [half, half - 1, half, half - 1],
        [half - 1, half, all, 0],
        [1, 0, 0, 0],
        [0, all, 0, 0],
        [0, 0, half, 0],
        [all, 0, 0, half - 1],
    ];
    for len in [56, 256, 259, 384, 511, 512] {
        for modulus in patterns {
            let mut modulus = pattern(modulus, len);
            modulus[0] |= 0x80;
            modulus[len - 1] |= 1;
            for base in patterns {
                let mut base = pattern(base, len);
                base[0] &= 0x7f;
                check(&modulus, &base, 3);
            }
        }
    }
}

#[test]
fn what_is_no_odd_modulus_above_one_is_refused() {
    for bytes in [&[][..], &[0, 3], &[2], &[1], &[1; 513]] {
        assert!(Montgomery::new(bytes).is_none(), "{bytes:?}");
        assert!(Barrett::new(bytes).is_none(), "{bytes:?}");
    }
}
