//! The hash table in which segments and hosts are looked up, so that the number of siblings does
//! not matter.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Values by name.
pub(super) type Table<T> = HashMap<String, T, BuildHasherDefault<Fnv1a>>;

/// FNV-1a (RFC 9923). Names come from the policy, and a request only looks for them: nobody who
/// sends one can make two of them collide, so a hash without a secret does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The hash with its low bits spread over the high ones, by which the table tells names of one
    /// group apart: FNV leaves them alike in names that differ only at their end.
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(text: &str) -> Fnv1a {
        let mut hasher = Fnv1a::default();
        hasher.write(text.as_bytes());
        hasher
    }

    #[test]
    fn hashes_are_those_of_the_rfc() {
        assert_eq!(hasher("").0, 0xcbf2_9ce4_8422_2325);
        assert_eq!(hasher("a").0, 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hasher("foobar").0, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn names_that_differ_at_their_end_differ_in_the_high_bits() {
        let high = |n: u32| hasher(&format!("orders{n}")).finish() >> 57;
        let different: std::collections::BTreeSet<_> = (0..100).map(high).collect();
        assert!(different.len() > 40, "only {} of 128 are used", different.len());
    }
}
