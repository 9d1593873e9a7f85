//! Two 64-bit numbers at a time, and the products of 32-bit ones that they hold: `simd128` in
//! WebAssembly, and elsewhere the same operations one by one, as in [`crate::lanes`]. They are modulo
//! 2⁶⁴, so numbers below zero and numbers from 2⁶³ on are one another.

pub(crate) use machine::Wide;

#[cfg(target_feature = "simd128")]
mod machine {
    use core::arch::wasm32 as wasm;

    use crate::lanes::Lanes;

    /// Two 64-bit numbers.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Wide(wasm::v128);

    impl Wide {
        #[inline(always)]
        pub(crate) const fn splat(value: u64) -> Self {
            Self(wasm::u64x2(value, value))
        }

        /// The products of the two lower lanes.
        #[inline(always)]
        pub(crate) fn products_of_low(one: Lanes, other: Lanes) -> Self {
            Self(wasm::i64x2_extmul_low_i32x4(one.0, other.0))
        }

        /// The products of the two upper lanes.
        #[inline(always)]
        pub(crate) fn products_of_high(one: Lanes, other: Lanes) -> Self {
            Self(wasm::i64x2_extmul_high_i32x4(one.0, other.0))
        }

        #[inline(always)]
        pub(crate) fn plus(self, other: Self) -> Self {
            Self(wasm::i64x2_add(self.0, other.0))
        }

        #[inline(always)]
        pub(crate) fn minus(self, other: Self) -> Self {
            Self(wasm::i64x2_sub(self.0, other.0))
        }

        /// The product modulo 2³², in the lower half; the upper half is anything.
        #[inline(always)]
        pub(crate) fn times_below(self, value: i32) -> Self {
            Self(wasm::i32x4_mul(self.0, wasm::i32x4_splat(value)))
        }

        /// The product by a power of two.
        #[inline(always)]
        pub(crate) fn shift_left(self, bits: u32) -> Self {
            Self(wasm::i64x2_shl(self.0, bits))
        }

        /// The quotient by a power of two, rounded down, of numbers without a sign.
        #[inline(always)]
        pub(crate) fn shift_right(self, bits: u32) -> Self {
            Self(wasm::u64x2_shr(self.0, bits))
        }

        /// The lower halves: both of these, then both of `next`.
        #[inline(always)]
        pub(crate) fn halves(self, next: Self) -> Lanes {
            Lanes(wasm::i32x4_shuffle::<0, 2, 4, 6>(self.0, next.0))
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
mod machine {
    use crate::lanes::Lanes;

    /// Two 64-bit numbers.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Wide([u64; 2]);

    fn product(one: i32, other: i32) -> u64 {
        (i64::from(one) * i64::from(other)).cast_unsigned()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
    fn half(number: u64) -> i32 {
        (number as u32).cast_signed()
    }

    impl Wide {
        pub(crate) const fn splat(value: u64) -> Self {
            Self([value; 2])
        }

        /// The products of the two lower lanes.
        pub(crate) fn products_of_low(one: Lanes, other: Lanes) -> Self {
            let ([a, b, ..], [c, d, ..]) = (one.to_array(), other.to_array());
            Self([product(a, c), product(b, d)])
        }

        /// The products of the two upper lanes.
        pub(crate) fn products_of_high(one: Lanes, other: Lanes) -> Self {
            let ([.., a, b], [.., c, d]) = (one.to_array(), other.to_array());
            Self([product(a, c), product(b, d)])
        }

        pub(crate) fn plus(self, other: Self) -> Self {
            let ([a, b], [c, d]) = (self.0, other.0);
            Self([a.wrapping_add(c), b.wrapping_add(d)])
        }

        pub(crate) fn minus(self, other: Self) -> Self {
            let ([a, b], [c, d]) = (self.0, other.0);
            Self([a.wrapping_sub(c), b.wrapping_sub(d)])
        }

        /// The product modulo 2³², in the lower half; the upper half is anything.
        pub(crate) fn times_below(self, value: i32) -> Self {
            let below = |number| half(number).wrapping_mul(value).cast_unsigned();
            Self(self.0.map(|number| u64::from(below(number))))
        }

        /// The product by a power of two.
        pub(crate) fn shift_left(self, bits: u32) -> Self {
            Self(self.0.map(|number| number << bits))
        }

        /// The quotient by a power of two, rounded down, of numbers without a sign.
        pub(crate) fn shift_right(self, bits: u32) -> Self {
            Self(self.0.map(|number| number >> bits))
        }

        /// The lower halves: both of these, then both of `next`.
        pub(crate) fn halves(self, next: Self) -> Lanes {
            let ([a, b], [c, d]) = (self.0, next.0);
            Lanes::of([a, b, c, d].map(half))
        }
    }
}
