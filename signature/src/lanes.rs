//! Four 32-bit numbers at a time: `simd128` in WebAssembly, and elsewhere the same operations one
//! by one, so that tests on any machine run the same kernel. There every sum and product is checked
//! for overflow in a debug build, which holds the bounds in [`crate::kernel`] against numbers.

pub(crate) use machine::Lanes;

/// Four vectors: as many columns as a kernel adds up at a time.
pub(crate) type Four = [Lanes; 4];

/// Written out, because the optimiser for size would leave a loop over memory.
#[inline(always)]
pub(crate) fn map<T>([a, b, c, d]: Four, f: impl Fn(Lanes) -> T) -> [T; 4] {
    [f(a), f(b), f(c), f(d)]
}

/// Likewise.
#[inline(always)]
pub(crate) fn zip(a: Four, b: Four, f: impl Fn(Lanes, Lanes) -> Lanes) -> Four {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

impl Lanes {
    pub(crate) const FOUR_ZEROS: Four = [Self::ZERO; 4];
}

impl PartialEq for Lanes {
    fn eq(&self, other: &Self) -> bool {
        self.to_array() == other.to_array()
    }
}

#[cfg(target_feature = "simd128")]
mod machine {
    use core::arch::wasm32 as wasm;

    /// Four 32-bit numbers, or eight 16-bit halves of them.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Lanes(pub(crate) wasm::v128);

    #[inline(always)]
    const fn lanes(vector: wasm::v128) -> Lanes {
        Lanes(vector)
    }

    impl Lanes {
        pub(crate) const ZERO: Self = Self::of([0; 4]);

        #[inline(always)]
        pub(crate) const fn of([a, b, c, d]: [i32; 4]) -> Self {
            lanes(wasm::i32x4(a, b, c, d))
        }

        #[inline(always)]
        pub(crate) fn splat(value: i32) -> Self {
            lanes(wasm::i32x4_splat(value))
        }

        /// Lane by lane, which the compiler makes one instruction of; of an array it would make two.
        #[inline(always)]
        pub(crate) fn store(self, four: &mut [i32; 4]) {
            let [a, b, c, d] = four;
            *a = wasm::i32x4_extract_lane::<0>(self.0);
            *b = wasm::i32x4_extract_lane::<1>(self.0);
            *c = wasm::i32x4_extract_lane::<2>(self.0);
            *d = wasm::i32x4_extract_lane::<3>(self.0);
        }

        pub(crate) fn to_array(self) -> [i32; 4] {
            [
                wasm::i32x4_extract_lane::<0>(self.0),
                wasm::i32x4_extract_lane::<1>(self.0),
                wasm::i32x4_extract_lane::<2>(self.0),
                wasm::i32x4_extract_lane::<3>(self.0),
            ]
        }

        /// The products of the 16-bit halves, the two of each lane added.
        #[inline(always)]
        pub(crate) fn dot(self, other: Self) -> Self {
            lanes(wasm::i32x4_dot_i16x8(self.0, other.0))
        }

        /// The products of the 16-bit halves, which fit in 16 bits.
        #[inline(always)]
        pub(crate) fn times_halves(self, other: Self) -> Self {
            lanes(wasm::i16x8_mul(self.0, other.0))
        }

        #[inline(always)]
        pub(crate) fn plus(self, other: Self) -> Self {
            lanes(wasm::i32x4_add(self.0, other.0))
        }

        #[inline(always)]
        pub(crate) fn minus(self, other: Self) -> Self {
            lanes(wasm::i32x4_sub(self.0, other.0))
        }

        /// The product by a power of two, of which the bits that do not fit are lost.
        #[inline(always)]
        pub(crate) fn shift_left(self, bits: u32) -> Self {
            lanes(wasm::i32x4_shl(self.0, bits))
        }

        /// The quotient by a power of two, rounded down.
        #[inline(always)]
        pub(crate) fn shift_right(self, bits: u32) -> Self {
            lanes(wasm::i32x4_shr(self.0, bits))
        }

        /// Bits of which exactly one is set.
        #[inline(always)]
        pub(crate) fn xor(self, other: Self) -> Self {
            lanes(wasm::v128_xor(self.0, other.0))
        }

        /// The two lower lanes, twice.
        #[inline(always)]
        pub(crate) fn low_twice(self) -> Self {
            lanes(wasm::i64x2_shuffle::<0, 0>(self.0, self.0))
        }

        /// The two upper lanes, twice.
        #[inline(always)]
        pub(crate) fn high_twice(self) -> Self {
            lanes(wasm::i64x2_shuffle::<1, 1>(self.0, self.0))
        }

        /// The lanes by turns, of these and of `other`.
        #[inline(always)]
        pub(crate) fn woven(self, other: Self) -> [Self; 2] {
            [
                lanes(wasm::i32x4_shuffle::<0, 4, 1, 5>(self.0, other.0)),
                lanes(wasm::i32x4_shuffle::<2, 6, 3, 7>(self.0, other.0)),
            ]
        }

        /// The first and third lane of these, then of `next`.
        #[inline(always)]
        pub(crate) fn evens(self, next: Self) -> Self {
            lanes(wasm::i32x4_shuffle::<0, 2, 4, 6>(self.0, next.0))
        }

        /// The second and fourth lane of these, then of `next`.
        #[inline(always)]
        pub(crate) fn odds(self, next: Self) -> Self {
            lanes(wasm::i32x4_shuffle::<1, 3, 5, 7>(self.0, next.0))
        }

        /// One lane up: the last one of `before`, then three of these.
        #[inline(always)]
        pub(crate) fn after(self, before: Self) -> Self {
            lanes(wasm::i32x4_shuffle::<3, 4, 5, 6>(before.0, self.0))
        }

        /// Two lanes up: the last two of `before`, then two of these.
        #[inline(always)]
        pub(crate) fn two_after(self, before: Self) -> Self {
            lanes(wasm::i32x4_shuffle::<2, 3, 4, 5>(before.0, self.0))
        }

        /// Eight halves: these numbers, which fit in 16 bits, and then those of `high`.
        #[inline(always)]
        pub(crate) fn packed(self, high: Self) -> Self {
            lanes(wasm::i16x8_narrow_i32x4(self.0, high.0))
        }

        /// One half up: the last one of `before`, then seven of these.
        #[inline(always)]
        pub(crate) fn half_after(self, before: Self) -> Self {
            lanes(wasm::i16x8_shuffle::<7, 8, 9, 10, 11, 12, 13, 14>(before.0, self.0))
        }

        /// Each half below the same one of `above`.
        #[inline(always)]
        pub(crate) fn below(self, above: Self) -> [Self; 2] {
            [
                lanes(wasm::i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(self.0, above.0)),
                lanes(wasm::i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(self.0, above.0)),
            ]
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
mod machine {
    /// Four 32-bit numbers, or eight 16-bit halves of them.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Lanes([i32; 4]);

    fn zip([a, b, c, d]: [i32; 4], other: [i32; 4], f: impl Fn(i32, i32) -> i32) -> Lanes {
        let [p, q, r, s] = other;
        Lanes([f(a, p), f(b, q), f(c, r), f(d, s)])
    }

    /// The two 16-bit numbers in one of 32.
    fn halves(lane: i32) -> [i32; 2] {
        [lane << 16 >> 16, lane >> 16]
    }

    fn join(low: i32, high: i32) -> i32 {
        debug_assert!([low, high].iter().all(|half| *half == half << 16 >> 16), "{low} {high}");
        low & 0xffff | high << 16
    }

    impl Lanes {
        pub(crate) const ZERO: Self = Self::of([0; 4]);

        pub(crate) const fn of(lanes: [i32; 4]) -> Self {
            Self(lanes)
        }

        pub(crate) fn splat(value: i32) -> Self {
            Self([value; 4])
        }

        pub(crate) fn store(self, four: &mut [i32; 4]) {
            *four = self.0;
        }

        pub(crate) fn to_array(self) -> [i32; 4] {
            self.0
        }

        /// The products of the 16-bit halves, the two of each lane added.
        pub(crate) fn dot(self, other: Self) -> Self {
            zip(self.0, other.0, |one, other| {
                let ([a, b], [c, d]) = (halves(one), halves(other));
                a * c + b * d
            })
        }

        /// The products of the 16-bit halves, which fit in 16 bits.
        pub(crate) fn times_halves(self, other: Self) -> Self {
            zip(self.0, other.0, |one, other| {
                let ([a, b], [c, d]) = (halves(one), halves(other));
                join(a * c, b * d)
            })
        }

        pub(crate) fn plus(self, other: Self) -> Self {
            zip(self.0, other.0, |one, other| one + other)
        }

        pub(crate) fn minus(self, other: Self) -> Self {
            zip(self.0, other.0, |one, other| one - other)
        }

        /// The product by a power of two, of which the bits that do not fit are lost.
        pub(crate) fn shift_left(self, bits: u32) -> Self {
            Self(self.0.map(|lane| lane << bits))
        }

        /// The quotient by a power of two, rounded down.
        pub(crate) fn shift_right(self, bits: u32) -> Self {
            Self(self.0.map(|lane| lane >> bits))
        }

        /// Bits of which exactly one is set.
        pub(crate) fn xor(self, other: Self) -> Self {
            zip(self.0, other.0, |one, other| one ^ other)
        }

        /// The two lower lanes, twice.
        pub(crate) fn low_twice(self) -> Self {
            let [a, b, ..] = self.0;
            Self([a, b, a, b])
        }

        /// The two upper lanes, twice.
        pub(crate) fn high_twice(self) -> Self {
            let [.., c, d] = self.0;
            Self([c, d, c, d])
        }

        /// The lanes by turns, of these and of `other`.
        pub(crate) fn woven(self, other: Self) -> [Self; 2] {
            let ([a, b, c, d], [p, q, r, s]) = (self.0, other.0);
            [Self([a, p, b, q]), Self([c, r, d, s])]
        }

        /// The first and third lane of these, then of `next`.
        pub(crate) fn evens(self, next: Self) -> Self {
            let ([a, _, c, _], [p, _, r, _]) = (self.0, next.0);
            Self([a, c, p, r])
        }

        /// The second and fourth lane of these, then of `next`.
        pub(crate) fn odds(self, next: Self) -> Self {
            let ([_, b, _, d], [_, q, _, s]) = (self.0, next.0);
            Self([b, d, q, s])
        }

        /// One lane up: the last one of `before`, then three of these.
        pub(crate) fn after(self, before: Self) -> Self {
            let ([.., last], [a, b, c, _]) = (before.0, self.0);
            Self([last, a, b, c])
        }

        /// Two lanes up: the last two of `before`, then two of these.
        pub(crate) fn two_after(self, before: Self) -> Self {
            let ([.., y, z], [a, b, ..]) = (before.0, self.0);
            Self([y, z, a, b])
        }

        /// Eight halves: these numbers, which fit in 16 bits, and then those of `high`.
        pub(crate) fn packed(self, high: Self) -> Self {
            let ([a, b, c, d], [e, f, g, h]) = (self.0, high.0);
            Self([join(a, b), join(c, d), join(e, f), join(g, h)])
        }

        /// One half up: the last one of `before`, then seven of these.
        pub(crate) fn half_after(self, before: Self) -> Self {
            zip(self.0, self.after(before).0, |lane, before| join(before >> 16, lane << 16 >> 16))
        }

        /// Each half below the same one of `above`.
        pub(crate) fn below(self, above: Self) -> [Self; 2] {
            let below = |lane, above| {
                let ([a, b], [c, d]) = (halves(lane), halves(above));
                [join(a, c), join(b, d)]
            };
            let ([a, b, c, d], [e, f, g, h]) = (self.0, above.0);
            let ([p, q], [r, s]) = (below(a, e), below(b, f));
            let ([t, u], [v, w]) = (below(c, g), below(d, h));
            [Self([p, q, r, s]), Self([t, u, v, w])]
        }
    }
}
