//! Numbers against a library of big integers.

use rsa::BigUint;

use super::element::{Element, Field as _};
use super::modulus::{BITS, Modulus};
use super::{edwards, nist};

/// A generator (xorshift64*), so that the cases are the same every time.
pub(crate) struct Cases(pub(crate) u64);

impl Cases {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Bytes at random, of which every other time runs are 0 or 0xff.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..len).map(|_| self.next().to_be_bytes()[0]).collect();
        let mut runs = self.next() % 5;
        while runs > 1 {
            let (from, to) = (self.next() as usize % len, self.next() as usize % len);
            let fill = if self.next() & 1 == 0 { 0 } else { 0xff };
            bytes[from.min(to)..=from.max(to)].fill(fill);
            runs -= 1;
        }
        bytes
    }
}

fn modulus<M: Modulus<N>, const N: usize>() -> BigUint {
    let digits = M::PLAIN.iter().rev();
    digits.fold(BigUint::from(0_u8), |sum, digit| {
        (sum << BITS as usize) + BigUint::from(*digit as u32)
    })
}

fn value<M: Modulus<N>, const N: usize>(element: Element<M, N>) -> BigUint {
    let mut bytes = [0; 64];
    element.write(&mut bytes);
    BigUint::from_bytes_le(&bytes)
}

fn agrees<M: Modulus<N>, const N: usize>() {
    let (m, mut cases) = (modulus::<M, N>(), Cases(N as u64));
    let bytes = m.bits().div_ceil(8);
    for _ in 0..2_000 {
        let [a, b, c] = [0; 3].map(|_| cases.bytes(bytes));
        let [x, y, z] = [&a, &b, &c].map(|bytes| Element::<M, N>::reduced(bytes));
        let [a, b, c] = [a, b, c].map(|bytes| BigUint::from_bytes_le(&bytes) % &m);
        assert_eq!(value(x), a);
        assert_eq!(value(x.times(&y)), &a * &b % &m);
        let both = Element::products((&x, &y), (&y, &z));
        assert_eq!(both.map(value), [&a * &b % &m, &b * &c % &m]);
        let sum = x + y - z;
        let mut tight = sum;
        tight.tighten();
        assert_eq!(value(tight), value(sum));
        assert_eq!(value(sum), (&a + &b + &m - &c) % &m);
        assert_eq!(sum.is_zero(), (&a + &b + &m - &c) % &m == BigUint::from(0_u8));
        let same = Element::reduced(&a.to_bytes_le());
        assert!((x - same).is_zero() && x == same && (x == y) == (a == b));
        let inverse = x.invert();
        assert_eq!(value(inverse.times(&x)), BigUint::from(u8::from(a != BigUint::from(0_u8))));
    }
}

#[test]
fn numbers_modulo_the_primes_are_those_of_a_big_integer_library() {
    agrees::<edwards::Prime, 9>();
    agrees::<nist::P256Prime, 9>();
    agrees::<nist::P384Prime, 14>();
}

#[test]
fn numbers_modulo_the_orders_are_those_of_a_big_integer_library() {
    agrees::<edwards::Order, 9>();
    agrees::<nist::P256Order, 9>();
    agrees::<nist::P384Order, 14>();
}

/// Sums of powers of two, as the standards write them.
#[test]
fn primes_are_those_of_the_standards() {
    let two = |exponent: usize| BigUint::from(1_u8) << exponent;
    assert_eq!(modulus::<edwards::Prime, 9>(), two(255) - 19_u8);
    let p256 = two(256) + two(192) + two(96) - two(224) - 1_u8;
    assert_eq!(modulus::<nist::P256Prime, 9>(), p256);
    let p384 = two(384) + two(32) - two(128) - two(96) - 1_u8;
    assert_eq!(modulus::<nist::P384Prime, 14>(), p384);
    let order = BigUint::parse_bytes(b"27742317777372353535851937790883648493", 10).unwrap();
    assert_eq!(modulus::<edwards::Order, 9>(), two(252) + order);
}

/// The longest way through a number: as many digits as there are, below the modulus and not.
#[test]
fn only_what_is_below_the_modulus_is_canonical() {
    fn check<M: Modulus<N>, const N: usize>() {
        let m = modulus::<M, N>();
        let read = |number: &BigUint, more| {
            Element::<M, N>::canonical(&number.to_bytes_le(), more).map(value)
        };
        let one = BigUint::from(1_u8);
        let most = &m - &one;
        assert_eq!(read(&most, &[0; N]), Some(most.clone()));
        let mut more = [0; N];
        more[0] = 1;
        assert_eq!(read(&(&most - &one), &more), Some(most.clone()));
        for number in [&most, &m, &(&m + &one), &(&m << 1)] {
            assert_eq!(read(number, &more), None);
        }
        assert_eq!(read(&m, &[0; N]), None);
        assert_eq!(read(&BigUint::from(0_u8), &[0; N]), Some(BigUint::from(0_u8)));
    }
    check::<edwards::Prime, 9>();
    check::<edwards::Order, 9>();
    check::<nist::P256Prime, 9>();
    check::<nist::P256Order, 9>();
    check::<nist::P384Prime, 14>();
    check::<nist::P384Order, 14>();
}

/// Full and sparse digits: every way a carry can run.
#[test]
fn digits_of_all_ones_and_single_bits_multiply_rightly() {
    fn check<M: Modulus<N>, const N: usize>() {
        let m = modulus::<M, N>();
        let bits = m.bits();
        let two = |exponent: usize| BigUint::from(1_u8) << exponent;
        let mut numbers = vec![BigUint::from(0_u8), &m - 1_u8, &m - 2_u8, (&m - 1_u8) >> 1];
        for bit in (0..bits).step_by(13).chain((0..N).map(|digit| digit * BITS as usize)) {
            if bit < bits {
                numbers.extend([two(bit) % &m, (two(bit) - 1_u8) % &m, (&m - two(bit) % &m) % &m]);
            }
        }
        let element = |number: &BigUint| Element::<M, N>::reduced(&number.to_bytes_le());
        for a in &numbers {
            for b in &numbers {
                let (x, y) = (element(a), element(b));
                assert_eq!(value(x.times(&y)), a * b % &m);
                assert_eq!(value((x - y).times(&(x + y))), (a + &m - b) * (a + b) % &m);
                assert_eq!(x == y, a == b);
            }
            let inverse = value(element(a).invert());
            assert_eq!(inverse * a % &m, BigUint::from(u8::from(*a != BigUint::from(0_u8))));
        }
    }
    check::<edwards::Prime, 9>();
    check::<edwards::Order, 9>();
    check::<nist::P256Prime, 9>();
    check::<nist::P256Order, 9>();
    check::<nist::P384Prime, 14>();
    check::<nist::P384Order, 14>();
}
