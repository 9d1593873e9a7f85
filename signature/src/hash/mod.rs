//! SHA-256, SHA-384 and SHA-512 (FIPS 180-4), written once for both sizes of word.

mod words;

use std::ops::Deref;

use self::words::{NEXT_SQUARE_ROOTS, SQUARE_ROOTS, WORDS, Word, compress};

/// Bytes of the longest hash.
const MAX_BYTES: usize = 64;
/// Bytes of a block of the longer words.
const MAX_BLOCK: usize = 128;

/// Words of a hash in the making.
#[derive(Clone)]
struct State<W> {
    state: [W; 8],
    /// What is there of a block.
    block: [u8; MAX_BLOCK],
    /// Bytes so far.
    length: u64,
}

impl<W: Word> State<W> {
    const BLOCK: usize = WORDS * W::BYTES;

    fn new(fractions: &[u64; 8]) -> Self {
        Self { state: fractions.map(W::fraction), block: [0; MAX_BLOCK], length: 0 }
    }

    fn update(&mut self, mut bytes: &[u8]) {
        #[expect(clippy::cast_possible_truncation, reason = "less than a block")]
        let filled = (self.length % Self::BLOCK as u64) as usize;
        self.length += bytes.len() as u64;
        if filled > 0 {
            let room = self.block.get_mut(filled..Self::BLOCK).unwrap_or_default();
            let (fits, rest) = bytes.split_at(room.len().min(bytes.len()));
            for (to, from) in room.iter_mut().zip(fits) {
                *to = *from;
            }
            if fits.len() < room.len() {
                return;
            }
            compress(&mut self.state, &self.block);
            bytes = rest;
        }
        let mut blocks = bytes.chunks_exact(Self::BLOCK);
        for block in &mut blocks {
            compress(&mut self.state, block);
        }
        for (to, from) in self.block.iter_mut().zip(blocks.remainder()) {
            *to = *from;
        }
    }

    /// Section 5.1: a bit, zeros, and the length in bits, which ends a block.
    fn finish(mut self) -> [u8; MAX_BYTES] {
        let bits = 8 * self.length;
        self.update(&[0x80]);
        // The length has two words, of which the higher is 0 in one of 64 bits.
        let length = 2 * W::BYTES as u64;
        let block = Self::BLOCK as u64;
        #[expect(clippy::cast_possible_truncation, reason = "less than a block")]
        let zeros = ((2 * block - length - self.length % block) % block) as usize;
        const ZEROS: [u8; MAX_BLOCK + 8] = [0; MAX_BLOCK + 8];
        let zeros = ZEROS.get(..zeros + 2 * W::BYTES - 8).unwrap_or_default();
        self.update(zeros);
        self.update(&bits.to_be_bytes());
        let mut hash = [0; MAX_BYTES];
        for (bytes, word) in hash.chunks_mut(W::BYTES).zip(self.state) {
            word.write(bytes);
        }
        hash
    }
}

/// A hash function. A value and no type parameter, so that what is made of hashes (HMAC, the
/// encodings of RSA) is there once for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Bytes of a hash.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Bytes of a block, which HMAC asks for.
    pub(crate) const fn block(self) -> usize {
        match self {
            Self::Sha256 => State::<u32>::BLOCK,
            Self::Sha384 | Self::Sha512 => State::<u64>::BLOCK,
        }
    }

    /// The hash of `parts`, one after the other.
    #[must_use]
    pub fn of(self, parts: &[&[u8]]) -> Hashed {
        let mut hasher = Hasher::new(self);
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finish()
    }
}

/// The SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Hash::Sha256.of(&[bytes]).first_chunk().copied().unwrap_or_default()
}

/// What a hash function makes of a text.
#[derive(Debug, Clone, Copy)]
pub struct Hashed {
    bytes: [u8; MAX_BYTES],
    hash: Hash,
}

impl Deref for Hashed {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.hash.bytes()).unwrap_or_default()
    }
}

/// A hash in the making.
#[derive(Clone)]
pub(crate) struct Hasher {
    state: Words,
    hash: Hash,
}

#[derive(Clone)]
enum Words {
    Short(State<u32>),
    Long(State<u64>),
}

impl Hasher {
    /// Of nothing as yet.
    pub(crate) fn new(hash: Hash) -> Self {
        let state = match hash {
            Hash::Sha256 => Words::Short(State::new(&SQUARE_ROOTS)),
            Hash::Sha384 => Words::Long(State::new(&NEXT_SQUARE_ROOTS)),
            Hash::Sha512 => Words::Long(State::new(&SQUARE_ROOTS)),
        };
        Self { state, hash }
    }

    /// With `bytes` after what there is.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            Words::Short(state) => state.update(bytes),
            Words::Long(state) => state.update(bytes),
        }
    }

    /// The hash.
    pub(crate) fn finish(self) -> Hashed {
        let bytes = match self.state {
            Words::Short(state) => state.finish(),
            Words::Long(state) => state.finish(),
        };
        Hashed { bytes, hash: self.hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At every length around the end of a block, and in every two parts.
    #[test]
    fn hashes_are_those_of_the_reference() {
        fn check<R: sha2::Digest>(hash: Hash) {
            let bytes: Vec<u8> = (0..600_u32).map(|i| (i * i / 8).to_le_bytes()[0]).collect();
            for length in 0..=bytes.len() {
                let (whole, _) = bytes.split_at(length);
                let expected = R::digest(whole);
                assert_eq!(*hash.of(&[whole]), *expected, "{length}");
                for cut in (0..length).step_by(1 + length / 8) {
                    let (first, second) = whole.split_at(cut);
                    assert_eq!(*hash.of(&[first, second]), *expected, "{length} after {cut}");
                }
            }
        }
        check::<sha2::Sha256>(Hash::Sha256);
        check::<sha2::Sha384>(Hash::Sha384);
        check::<sha2::Sha512>(Hash::Sha512);
    }

    /// Examples of FIPS 180-4 as NIST publishes them.
    #[test]
    fn the_message_abc_has_the_hashes_of_the_standard() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&Hash::Sha256.of(&[b"abc"])), sha256);
        assert!(hex(&Hash::Sha384.of(&[b"abc"])).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert!(hex(&Hash::Sha512.of(&[b"abc"])).starts_with("ddaf35a193617abacc417349ae204131"));
    }
}
