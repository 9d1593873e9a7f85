//! What the two sizes of words have in common: how a block is worked into the state.
//!
//! Both take their constants from the fractions of roots of the first primes: SHA-256 the first 32
//! bits of each, SHA-512 the first 64. So one table serves them all.

use std::ops::{BitAnd, BitXor};

/// Words of a block.
pub(super) const WORDS: usize = 16;
/// Rounds of the longer words.
const MAX_ROUNDS: usize = 80;

/// Fractions of the cube roots of the first 80 primes (section 4.2.3).
const CUBE_ROOTS: [u64; MAX_ROUNDS] = [
    0x428a_2f98_d728_ae22,
    0x7137_4491_23ef_65cd,
    0xb5c0_fbcf_ec4d_3b2f,
    0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538,
    0x59f1_11f1_b605_d019,
    0x923f_82a4_af19_4f9b,
    0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242,
    0x1283_5b01_4570_6fbe,
    0x2431_85be_4ee4_b28c,
    0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f,
    0x80de_b1fe_3b16_96b1,
    0x9bdc_06a7_25c7_1235,
    0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2,
    0xefbe_4786_384f_25e3,
    0x0fc1_9dc6_8b8c_d5b5,
    0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275,
    0x4a74_84aa_6ea6_e483,
    0x5cb0_a9dc_bd41_fbd4,
    0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab,
    0xa831_c66d_2db4_3210,
    0xb003_27c8_98fb_213f,
    0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2,
    0xd5a7_9147_930a_a725,
    0x06ca_6351_e003_826f,
    0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc,
    0x2e1b_2138_5c26_c926,
    0x4d2c_6dfc_5ac4_2aed,
    0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de,
    0x766a_0abb_3c77_b2a8,
    0x81c2_c92e_47ed_aee6,
    0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364,
    0xa81a_664b_bc42_3001,
    0xc24b_8b70_d0f8_9791,
    0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218,
    0xd699_0624_5565_a910,
    0xf40e_3585_5771_202a,
    0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8,
    0x1e37_6c08_5141_ab53,
    0x2748_774c_df8e_eb99,
    0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63,
    0x4ed8_aa4a_e341_8acb,
    0x5b9c_ca4f_7763_e373,
    0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc,
    0x78a5_636f_4317_2f60,
    0x84c8_7814_a1f0_ab72,
    0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28,
    0xa450_6ceb_de82_bde9,
    0xbef9_a3f7_b2c6_7915,
    0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c,
    0xd186_b8c7_21c0_c207,
    0xeada_7dd6_cde0_eb1e,
    0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba,
    0x0a63_7dc5_a2c8_98a6,
    0x113f_9804_bef9_0dae,
    0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84,
    0x32ca_ab7b_40c7_2493,
    0x3c9e_be0a_15c9_bebc,
    0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6,
    0x597f_299c_fc65_7e2a,
    0x5fcb_6fab_3ad6_faec,
    0x6c44_198c_4a47_5817,
];

/// Fractions of the square roots of the first eight primes (sections 5.3.3 and 5.3.5).
pub(super) const SQUARE_ROOTS: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// And of the next eight (section 5.3.4).
pub(super) const NEXT_SQUARE_ROOTS: [u64; 8] = [
    0xcbbb_9d5d_c105_9ed8,
    0x629a_292a_367c_d507,
    0x9159_015a_3070_dd17,
    0x152f_ecd8_f70e_5939,
    0x6733_2667_ffc0_0b31,
    0x8eb4_4a87_6858_1511,
    0xdb0c_2e0d_64f9_8fa7,
    0x47b5_481d_befa_4fa4,
];

/// A word of 32 or 64 bits. Sums are modulo its size.
pub(super) trait Word:
    Copy + BitAnd<Output = Self> + BitXor<Output = Self> + Default
{
    const BYTES: usize;
    const ROUNDS: usize;
    /// Bits to rotate by: for Σ₀, Σ₁, σ₀, σ₁, the last of the latter two to shift by (sections
    /// 4.1.2 and 4.1.3).
    const ROTATIONS: [[u32; 3]; 4];
    /// The first bits of a fraction.
    fn fraction(bits: u64) -> Self;
    /// Of the big-endian bytes of a block.
    fn read(block: &[u8]) -> [Self; WORDS];
    fn write(self, bytes: &mut [u8]);
    fn plus(self, other: Self) -> Self;
    fn rotate(self, bits: u32) -> Self;
    fn shift(self, bits: u32) -> Self;

    #[inline(always)]
    fn big_sigma(self, [a, b, c]: [u32; 3]) -> Self {
        self.rotate(a) ^ self.rotate(b) ^ self.rotate(c)
    }

    #[inline(always)]
    fn small_sigma(self, [a, b, c]: [u32; 3]) -> Self {
        self.rotate(a) ^ self.rotate(b) ^ self.shift(c)
    }
}

macro_rules! word {
    ($word:ident, $rounds:literal, $rotations:expr) => {
        impl Word for $word {
            const BYTES: usize = ($word::BITS / 8) as usize;
            const ROUNDS: usize = $rounds;
            const ROTATIONS: [[u32; 3]; 4] = $rotations;

            #[inline(always)]
            fn fraction(bits: u64) -> Self {
                (bits >> (u64::BITS - Self::BITS)) as Self
            }

            fn read(block: &[u8]) -> [Self; WORDS] {
                let mut words = [0; WORDS];
                for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
                    *word = Self::from_be_bytes(*bytes);
                }
                words
            }

            fn write(self, bytes: &mut [u8]) {
                for (to, from) in bytes.iter_mut().zip(self.to_be_bytes()) {
                    *to = from;
                }
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn rotate(self, bits: u32) -> Self {
                self.rotate_right(bits)
            }

            #[inline(always)]
            fn shift(self, bits: u32) -> Self {
                self >> bits
            }
        }
    };
}

word!(u32, 64, [[2, 13, 22], [6, 11, 25], [7, 18, 3], [17, 19, 10]]);
word!(u64, 80, [[28, 34, 39], [14, 18, 41], [1, 8, 7], [19, 61, 6]]);

/// Section 6.2.2 and 6.4.2.
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "every index is a constant below 16")]
pub(super) fn compress<W: Word>(state: &mut [W; 8], block: &[u8]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    // Every index is a constant, so that the words are variables and no part of memory.
    let mut words = W::read(block);
    let (constants, _) = CUBE_ROOTS.as_chunks::<WORDS>();
    let rounds = constants.iter().take(W::ROUNDS / WORDS);
    let mut left = rounds.len();
    for constants in rounds {
        left -= 1;
        // Variables change places rather than contents: after eight rounds they are where they were.
        macro_rules! round {
            ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident $i:expr) => {
                $h = $h.plus($e.big_sigma(W::ROTATIONS[1])).plus($g ^ ($e & ($f ^ $g)));
                $h = $h.plus(W::fraction(constants[$i])).plus(words[$i]);
                $d = $d.plus($h);
                // What the next round takes of its second and third variable.
                let majority = $b ^ (($a ^ $b) & ($b ^ $c));
                $h = $h.plus($a.big_sigma(W::ROTATIONS[0])).plus(majority);
            };
        }
        // A word whose round is over makes place for the one of sixteen rounds later.
        macro_rules! next {
            ($($i:expr),*) => {
                if left > 0 {
                    $({
                        let word = |ago: usize| words[($i + WORDS - ago) % WORDS];
                        let near = word(2).small_sigma(W::ROTATIONS[3]).plus(word(7));
                        words[$i] = near.plus(word(15).small_sigma(W::ROTATIONS[2])).plus(words[$i]);
                    })*
                }
            };
        }
        macro_rules! eight {
            ($i:literal) => {
                round!(a b c d e f g h $i);
                round!(h a b c d e f g $i + 1);
                round!(g h a b c d e f $i + 2);
                round!(f g h a b c d e $i + 3);
                next!($i, $i + 1, $i + 2, $i + 3);
                round!(e f g h a b c d $i + 4);
                round!(d e f g h a b c $i + 5);
                round!(c d e f g h a b $i + 6);
                round!(b c d e f g h a $i + 7);
                next!($i + 4, $i + 5, $i + 6, $i + 7);
            };
        }
        eight!(0);
        eight!(8);
    }
    for (sum, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *sum = sum.plus(word);
    }
}
