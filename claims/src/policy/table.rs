//! The hash by which segments and hosts are looked up, so that the number of siblings does not
//! matter.

/// FNV-1a (RFC 9923) of `text` below a node. Names come from the policy, and a request only looks
/// for them: nobody who sends one can make two of them collide, so a hash without a secret does.
pub(super) fn hash(node: u32, text: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let of_text = text.iter().fold(0xcbf2_9ce4_8422_2325, step);
    node.to_le_bytes().iter().fold(of_text, step)
}

/// The places of a table to look at for one hash: from one on, every one once.
#[derive(Debug)]
pub(super) struct Spread {
    next: usize,
    mask: usize,
    left: usize,
}

impl Spread {
    /// For a table of `size` places, a power of two or 0.
    pub(super) fn new(hash: u64, size: usize) -> Self {
        // FNV leaves high bits alike in names that differ only at their end; they all take part.
        let spread = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mask = size.saturating_sub(1);
        Self { next: spread as usize & mask, mask, left: size }
    }
}

impl Iterator for Spread {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let place = self.next;
        self.next = (place + 1) & self.mask;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn hashes_are_those_of_the_rfc() {
        let below = |node: u32, text: &str| hash(node, text.as_bytes());
        assert_eq!(below(u32::from_le_bytes(*b"obar"), "fo"), 0x8594_4171_f739_67e8);
        assert_ne!(below(1, "a"), below(2, "a"));
    }

    #[test]
    fn every_place_is_looked_at_once() {
        for size in [0, 1, 16] {
            for hash in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
                let places: Vec<_> = Spread::new(hash, size).collect();
                assert_eq!(places.len(), size);
                assert_eq!(places.into_iter().collect::<BTreeSet<_>>(), (0..size).collect());
            }
        }
    }

    #[test]
    fn names_that_differ_at_their_end_begin_at_different_places() {
        let first = |n: u32| Spread::new(hash(0, format!("orders{n}").as_bytes()), 256).next();
        let different: BTreeSet<_> = (0..100).map(first).collect();
        assert!(different.len() > 70, "only {} of 256 are used", different.len());
    }
}
