//! P-256 and P-384 (SP 800-186 sections 3.2.1.3 and 3.2.1.4).

use std::sync::OnceLock;

use super::element::{Element, Factors};
use super::modulus::{BITS, Modulus, digits};
use super::pair::{self, Columns, InPairs};
use super::weierstrass::{Curve, Point};
use super::window::Base;
use crate::wide::Wide;

/// P-256.
#[derive(Clone, Copy)]
pub(crate) struct P256;

/// 2²⁵⁶ - 2²²⁴ + 2¹⁹² + 2⁹⁶ - 1.
#[derive(Clone, Copy)]
pub(crate) struct P256Prime;

impl Modulus<9> for P256Prime {
    const DIGITS: [i64; 9] = [-1, 0, 0, 1 << 9, 0, 0, 1 << 18, -(1 << 21), 1 << 24];

    fn product(a: &Element<Self, 9>, b: &Element<Self, 9>) -> Element<Self, 9> {
        pair::product(a, b)
    }

    fn products(
        one: Factors<'_, Element<Self, 9>>,
        other: Factors<'_, Element<Self, 9>>,
    ) -> [Element<Self, 9>; 2] {
        pair::products(one, other)
    }
}

impl InPairs for P256Prime {
    #[inline(always)]
    fn reduce(columns: &mut Columns) -> Wide {
        // The multiple is what stands in the lowest digit, here with 35 bits of 0 below it. The digit
        // of -1 takes it away there.
        let multiple = columns[0].shift_left(u64::BITS - BITS);
        let times = |power: u32| multiple.shift_right(u64::BITS - BITS - power);
        columns[3] = columns[3].plus(times(9));
        columns[6] = columns[6].plus(times(18));
        columns[7] = columns[7].minus(times(21));
        columns[8] = columns[8].plus(times(24));
        columns[0].shift_right(BITS)
    }
}

/// The number of points of P-256.
#[derive(Clone, Copy)]
pub(crate) struct P256Order;

impl Modulus<9> for P256Order {
    const DIGITS: [i64; 9] =
        digits("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
}

impl Curve<9> for P256 {
    type Prime = P256Prime;
    type Order = P256Order;
    const BYTES: usize = 32;
    const B: &'static str = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b";
    const BASE: [&'static str; 2] = [
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ];
    const BLOCKS: usize = 13;

    fn base() -> &'static OnceLock<Base<Point<Self, 9>>> {
        static BASE: OnceLock<Base<Point<P256, 9>>> = OnceLock::new();
        &BASE
    }
}

/// P-384.
#[derive(Clone, Copy)]
pub(crate) struct P384;

/// 2³⁸⁴ - 2¹²⁸ - 2⁹⁶ + 2³² - 1.
#[derive(Clone, Copy)]
pub(crate) struct P384Prime;

impl Modulus<14> for P384Prime {
    const DIGITS: [i64; 14] =
        [-1, 1 << 3, 0, -(1 << 9), -(1 << 12), 0, 0, 0, 0, 0, 0, 0, 0, 1 << 7];
}

/// The number of points of P-384.
#[derive(Clone, Copy)]
pub(crate) struct P384Order;

impl Modulus<14> for P384Order {
    const DIGITS: [i64; 14] = digits(
        "ffffffffffffffffffffffffffffffffffffffffffffffff\
         c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    );
}

impl Curve<14> for P384 {
    type Prime = P384Prime;
    type Order = P384Order;
    const BYTES: usize = 48;
    const B: &'static str = "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe814112\
                             0314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef";
    const BASE: [&'static str; 2] = [
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b98\
         59f741e082542a385502f25dbf55296c3a545e3872760ab7",
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147c\
         e9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    ];
    const BLOCKS: usize = 11;

    fn base() -> &'static OnceLock<Base<Point<Self, 14>>> {
        static BASE: OnceLock<Base<Point<P384, 14>>> = OnceLock::new();
        &BASE
    }
}
