//! Numbers of 64-bit limbs, least significant first: what the preparation of a modulus needs.

/// A modulus as a kernel may take it: odd, greater than 1, without leading zeros, not too long.
pub(super) fn is_modulus(bytes: &[u8]) -> bool {
    let odd = bytes.last().is_some_and(|last| last % 2 == 1);
    let leads = bytes.first().is_some_and(|first| *first != 0);
    odd && leads && bytes != [1] && bytes.len() <= super::MAX_BYTES
}

/// The limbs of a big-endian number.
pub(super) fn of_bytes(bytes: &[u8]) -> Vec<u64> {
    let limb = |chunk: &[u8]| chunk.iter().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
    bytes.rchunks(8).map(limb).collect()
}

/// Doubles `value` modulo `modulus`, which it is below, and tells whether the double was not.
pub(super) fn double(value: &mut [u64], modulus: &[u64]) -> bool {
    let mut carry = 0;
    for limb in value.iter_mut() {
        let next = *limb >> 63;
        *limb = *limb << 1 | carry;
        carry = next;
    }
    let too_large = carry != 0 || !is_less(value, modulus);
    if too_large {
        subtract(value, modulus);
    }
    too_large
}

/// Compares two numbers of as many limbs.
pub(super) fn is_less(left: &[u64], right: &[u64]) -> bool {
    left.iter().rev().lt(right.iter().rev())
}

/// Takes `right` from `left`; what is borrowed beyond the last limb is the caller's carry.
pub(super) fn subtract(left: &mut [u64], right: &[u64]) {
    let mut borrow = false;
    for (left, right) in left.iter_mut().zip(right) {
        let (difference, first) = left.overflowing_sub(*right);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        *left = difference;
        borrow = first || second;
    }
}
