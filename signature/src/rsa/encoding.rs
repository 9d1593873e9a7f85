//! What a signed hash looks like once it has been raised to the public exponent.

use super::super::hash::Hash;

/// The DER of `DigestInfo` up to the hash (RFC 8017 section 9.2, note 1).
fn prefix(hash: Hash) -> &'static [u8; 19] {
    match hash {
        Hash::Sha256 => {
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
        }
        Hash::Sha384 => {
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
        }
        Hash::Sha512 => {
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
        }
    }
}

/// Whether `encoded` is the one EMSA-PKCS1-v1_5 encoding of `message` (RFC 8017 section 9.2). It
/// is made anew and compared whole, so there is no parser to be fooled.
pub(super) fn is_pkcs1(hash: Hash, encoded: &[u8], message: &[u8]) -> bool {
    let prefix = prefix(hash);
    let Some(padding) = encoded.len().checked_sub(3 + prefix.len() + hash.bytes()) else {
        return false;
    };
    let mut expected = Vec::with_capacity(encoded.len());
    expected.extend([0, 1]);
    expected.resize(2 + padding, 0xff);
    expected.push(0);
    expected.extend_from_slice(prefix);
    expected.extend_from_slice(&hash.of(&[message]));
    expected == encoded
}

/// Whether `encoded` is an EMSA-PSS encoding of `message` with a salt as long as the hash (RFC 8017
/// section 9.1.2), for a modulus of `bits` bits.
pub(super) fn is_pss(hash: Hash, encoded: &[u8], message: &[u8], bits: usize) -> bool {
    let hash_len = hash.bytes();
    // The encoding has one bit less than the modulus, so that it is smaller.
    let used = (bits - 1).div_ceil(8);
    let Some((zeros, encoded)) = encoded.split_at_checked(encoded.len().saturating_sub(used))
    else {
        return false;
    };
    let unused_bits = 8 * used - (bits - 1);
    let Some((masked, rest)) =
        used.checked_sub(hash_len + 1).and_then(|len| encoded.split_at_checked(len))
    else {
        return false;
    };
    let (Some((signed, [0xbc])), Some(first)) = (rest.split_at_checked(hash_len), masked.first())
    else {
        return false;
    };
    let unused = !(0xff_u8 >> unused_bits);
    if zeros.iter().any(|byte| *byte != 0) || first & unused != 0 {
        return false;
    }
    let mut block = masked.to_vec();
    unmask(hash, signed, &mut block);
    if let Some(first) = block.first_mut() {
        *first &= !unused;
    }
    let Some((padding, salt)) =
        block.len().checked_sub(hash_len).and_then(|len| block.split_at_checked(len))
    else {
        return false;
    };
    let Some((1, zeros)) = padding.split_last() else { return false };
    if zeros.iter().any(|byte| *byte != 0) {
        return false;
    }
    *hash.of(&[&[0; 8], &hash.of(&[message]), salt]) == *signed
}

/// Takes the mask that MGF1 makes of `seed` from `block` (RFC 8017 appendix B.2.1).
fn unmask(hash: Hash, seed: &[u8], block: &mut [u8]) {
    for (counter, bytes) in (0_u32..).zip(block.chunks_mut(hash.bytes())) {
        let mask = hash.of(&[seed, &counter.to_be_bytes()]);
        bytes.iter_mut().zip(mask.iter()).for_each(|(byte, mask)| *byte ^= mask);
    }
}
