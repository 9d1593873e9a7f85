//! The nearest double of a decimal number, by division of large integers.
//!
//! The standard library is faster, by a table of powers of five that takes a tenth of the module for
//! browsers. Nearly every number of a token is found without either (`Decimal::double`).

use std::cmp::Ordering;

/// Digits of which the nearest double may depend on each (768 of them, and one that says whether
/// anything follows).
const DIGITS: usize = 770;

/// Bits of a double's significand, the first of which is not written in a normal one.
const BITS: i64 = f64::MANTISSA_DIGITS as i64;

/// Powers of ten that fit into a limb.
const LIMB_TENS: i64 = 9;

/// The double nearest to `digits` × 10^`exponent`, of two that are as near the one whose last bit is
/// 0; infinite where it is too large. `digits` are ASCII digits with at most one point among them.
///
/// Apart from what reads JSON, which an engine makes code of with the first token.
#[cold]
#[inline(never)]
pub(super) fn nearest(digits: &str, exponent: i64) -> f64 {
    let (mut over, mut exponent) = (Large::default(), exponent);
    let (mut count, mut behind, mut rest) = (0, 0, 0);
    for byte in digits.bytes() {
        if byte == b'.' {
            behind = 1;
            continue;
        }
        let digit = u32::from(byte.wrapping_sub(b'0'));
        exponent -= behind;
        if count < DIGITS {
            over.multiply(10, digit);
            count += usize::from(!over.is_zero());
        } else {
            exponent += 1;
            rest |= digit;
        }
    }
    over.multiply(10, u32::from(rest != 0));
    exponent -= 1;
    let magnitude = exponent.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
    if over.is_zero() || magnitude < -330 {
        return 0.0;
    }
    if magnitude > 310 {
        return f64::INFINITY;
    }
    let mut under = Large(vec![1]);
    let scaled = if exponent < 0 { &mut under } else { &mut over };
    scaled.multiply_by_tens(exponent.saturating_abs());
    divide(over, under)
}

/// The double nearest to `over` / `under`, neither of which is 0.
fn divide(mut over: Large, mut under: Large) -> f64 {
    // Made so that 1 <= over / under < 2, times a power of two.
    let mut power = over.bits() - under.bits();
    let shifted = if power < 0 { &mut over } else { &mut under };
    shifted.shift(power.saturating_abs());
    if over.compare(&under).is_lt() {
        over.shift(1);
        power -= 1;
    }
    let least = i64::from(f64::MIN_EXP) - 1;
    let bits = BITS - (least - power).max(0);
    let mut significand = 0_u64;
    for _ in 0..bits {
        significand <<= 1;
        if over.compare(&under).is_ge() {
            over.subtract(&under);
            significand |= 1;
        }
        over.shift(1);
    }
    // What is left is compared with half a unit: 1 where a unit is 2. Below half of the smallest
    // double (`bits` < 0) it stays 0.
    let up = match over.compare(&under) {
        Ordering::Less => false,
        Ordering::Equal => bits >= 0 && significand & 1 == 1,
        Ordering::Greater => bits >= 0,
    };
    significand += u64::from(up);
    // The first bit of a normal significand adds 1 to the exponent, and so does a carry.
    let exponent = u64::try_from(power - least).unwrap_or(0).min(0x7fe);
    f64::from_bits(((exponent << (BITS - 1)) + significand).min(f64::INFINITY.to_bits()))
}

/// A natural number in limbs of 32 bits, the lowest first, the highest not 0.
#[derive(Default)]
struct Large(Vec<u32>);

impl Large {
    const fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bits it has.
    fn bits(&self) -> i64 {
        let last = self.0.last().map_or(0, |limb| limb.leading_zeros());
        i64::try_from(self.0.len() * 32).unwrap_or(i64::MAX) - i64::from(last)
    }

    /// Times `by`, plus `add`.
    fn multiply(&mut self, by: u32, add: u32) {
        let mut carry = u64::from(add);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(by);
            *limb = low(carry);
            carry >>= 32;
        }
        if carry != 0 {
            self.0.push(low(carry));
        }
    }

    fn multiply_by_tens(&mut self, mut power: i64) {
        while power > 0 {
            let step = power.min(LIMB_TENS);
            self.multiply((0..step).fold(1, |tens, _| tens * 10), 0);
            power -= step;
        }
    }

    /// Times 2^`by`, which is not negative.
    fn shift(&mut self, by: i64) {
        let limbs = usize::try_from(by / 32).unwrap_or(0);
        self.multiply(1 << (by % 32), 0);
        let mut shifted = vec![0; limbs];
        shifted.append(&mut self.0);
        self.0 = shifted;
    }

    fn compare(&self, other: &Self) -> Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Minus `other`, which is not greater.
    fn subtract(&mut self, other: &Self) {
        let mut borrowed = false;
        let others = other.0.iter().chain(std::iter::repeat(&0));
        for (limb, other) in self.0.iter_mut().zip(others) {
            let (less, first) = limb.overflowing_sub(*other);
            let (less, second) = less.overflowing_sub(borrowed.into());
            (*limb, borrowed) = (less, first || second);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// The lower half.
const fn low(limbs: u64) -> u32 {
    limbs as u32
}

#[cfg(test)]
mod tests {
    use super::nearest;

    /// As the standard library has it, which is held against every hard case there is.
    fn check(digits: &str, exponent: i64) {
        let expected: f64 = format!("{digits}e{exponent}").parse().unwrap();
        let found = nearest(digits, exponent);
        assert_eq!(found.to_bits(), expected.to_bits(), "{digits}e{exponent}: {found:e}");
    }

    #[test]
    fn bounds_and_ties() {
        for (digits, exponent) in [
            ("0", 0),
            ("0.000", 7),
            ("1", 0),
            ("9007199254740993", 0),
            ("9007199254740995", 0),
            ("9007199254740993.0000000000000000000000000000000000001", 0),
            ("1.7976931348623157", 308),
            ("1.7976931348623158079372897140", 308),
            ("1.7976931348623158079372897141", 308),
            ("1.7976931348623159", 308),
            ("1", 309),
            ("1", 1 << 30),
            ("1", -(1 << 30)),
            ("2.2250738585072011", -308),
            ("2.2250738585072012", -308),
            ("2.2250738585072014", -308),
            ("4.9406564584124654", -324),
            ("2.4703282292062327208", -324),
            ("2.4703282292062327209", -324),
            ("2.4", -324),
            ("1", -324),
            ("3", -324),
            ("1", -330),
            ("0.000000000000000000000000000000000000000000001", 60),
            ("123456789012345678901234567890", -10),
        ] {
            check(digits, exponent);
        }
    }

    /// Halves between doubles, written out, and a little more or less: 2^-1075 has 752 digits.
    #[test]
    fn halves_written_out() {
        for (power, odd) in
            [(-1075, 1_u64), (-1075, 3), (-1074, 1), (-1060, 16_385), (-60, (1 << 54) - 1)]
        {
            let mut number = super::Large(vec![super::low(odd), super::low(odd >> 32)]);
            while number.0.last() == Some(&0) {
                number.0.pop();
            }
            // odd × 2^-n = odd × 5^n × 10^-n
            for _ in 0..-power {
                number.multiply(5, 0);
            }
            let digits = decimal(number);
            for digits in [digits.clone(), format!("{digits}1"), format!("{digits}{:0>900}", 1)] {
                let length = i64::try_from(digits.len()).unwrap();
                let exponent = i64::from(power) - length;
                check(&format!("0.{digits}"), exponent + length);
                check(&digits, exponent);
            }
        }
    }

    fn decimal(mut number: super::Large) -> String {
        let mut digits = Vec::new();
        while !number.is_zero() {
            let mut rest = 0_u64;
            for limb in number.0.iter_mut().rev() {
                rest = (rest << 32) + u64::from(*limb);
                *limb = u32::try_from(rest / 10).unwrap();
                rest %= 10;
            }
            while number.0.last() == Some(&0) {
                number.0.pop();
            }
            digits.push(char::from(b'0' + u8::try_from(rest).unwrap()));
        }
        digits.iter().rev().collect()
    }

    #[test]
    fn many_of_every_size() {
        // SplitMix64: the same numbers each time, of every magnitude and length.
        let mut state = 0_u64;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        for _ in 0..20_000 {
            let bits = f64::from_bits(next() >> 1);
            if bits.is_finite() {
                let text = format!("{bits:e}");
                let (digits, exponent) = text.split_once('e').unwrap();
                check(digits, exponent.parse().unwrap());
            }
            let digits = format!("{}.{}{}", next() >> (next() % 64), next(), next());
            check(&digits, i64::try_from(next() % 700).unwrap() - 350);
        }
    }
}
