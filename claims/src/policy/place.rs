//! Places in lists, in four bytes each: a rule and a node of the tree stand in one line of the
//! processor's cache, and hardly anything else decides how long ten thousand rules take.

use std::num::NonZeroU32;

/// The place of something in a list; also `Option<Place>` takes four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(NonZeroU32);

impl Place {
    /// How many there can be: one bit is left, for whoever keeps places of two lists in one number.
    pub(super) const MOST: u32 = (1 << 31) - 1;

    /// Of the item at `index`; `None` for a list that is longer than places reach.
    pub(super) fn of(index: usize) -> Option<Self> {
        let number = u32::try_from(index).ok().filter(|index| *index < Self::MOST)? + 1;
        NonZeroU32::new(number).map(Self)
    }

    /// A number above 0 that is its own, and of 31 bits.
    pub(super) fn number(self) -> u32 {
        self.0.get()
    }

    /// The place that has this number.
    pub(super) fn numbered(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// Counted from 0.
    pub(super) fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }
}
