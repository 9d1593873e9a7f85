//! The values of a status list (draft-ietf-oauth-status-list sections 4.1 and 7).

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing.
    Valid,
    /// It was taken back, for good or for a while.
    Revoked,
    /// What it grants is no longer so: renew it.
    Stale,
}

/// An inflated status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list of 1, 2, 4 or 8 bits for each slot; `None` for any other number.
    #[must_use]
    pub fn new(bits: u8, bytes: Vec<u8>) -> Option<Self> {
        matches!(bits, 1 | 2 | 4 | 8).then_some(Self { bits, bytes })
    }

    /// What became of the token in slot `index`; `None` when the list is shorter.
    ///
    /// Slots fill each byte from its least significant bit. 0 is valid, 3 is stale; every other
    /// value takes the token back, also one that this version does not know.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<Status> {
        let slots = u64::from(8 / self.bits);
        let byte = self.bytes.get(usize::try_from(index / slots).ok()?)?;
        let shift = u32::try_from(index % slots).ok()? * u32::from(self.bits);
        let mask = u8::MAX >> (8 - self.bits);
        Some(match (byte >> shift) & mask {
            0 => Status::Valid,
            3 => Status::Stale,
            _ => Status::Revoked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example lists of the draft, sections 4.1 and 4.2.
    #[test]
    fn slots_fill_bytes_from_the_least_significant_bit() {
        let one = StatusList::new(1, vec![0xb9, 0xa3]).unwrap();
        let set = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
        for (index, bit) in (0..).zip(set) {
            let expected = if bit == 1 { Status::Revoked } else { Status::Valid };
            assert_eq!(one.get(index), Some(expected), "{index}");
        }
        assert_eq!(one.get(16), None);
        let two = StatusList::new(2, vec![0xc9, 0x44, 0xf9]).unwrap();
        let values = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
        for (index, value) in (0..).zip(values) {
            let expected = match value {
                0 => Status::Valid,
                3 => Status::Stale,
                _ => Status::Revoked,
            };
            assert_eq!(two.get(index), Some(expected), "{index}");
        }
        assert_eq!(two.get(12), None);
    }

    #[test]
    fn what_is_not_known_takes_the_token_back() {
        let four = StatusList::new(4, vec![0x30, 0xf4]).unwrap();
        let found: Vec<_> = (0..5).map(|index| four.get(index)).collect();
        let (valid, stale, revoked) = (Status::Valid, Status::Stale, Status::Revoked);
        assert_eq!(found, [Some(valid), Some(stale), Some(revoked), Some(revoked), None]);
        let eight = StatusList::new(8, vec![0, 3, 2, 255]).unwrap();
        let found: Vec<_> = (0..5).map(|index| eight.get(index)).collect();
        assert_eq!(found, [Some(valid), Some(stale), Some(revoked), Some(revoked), None]);
        assert_eq!(eight.get(u64::MAX), None);
        for bits in [0, 3, 5, 16] {
            assert_eq!(StatusList::new(bits, vec![0]), None, "{bits}");
        }
    }
}
