//! What a signed hash looks like once it has been raised to the public exponent.

use super::super::hash::{Digest, Sha256, Sha384, Sha512};

/// A hash and how PKCS#1 v1.5 names it.
pub(super) trait Hash: Digest {
    /// The DER of `DigestInfo` up to the hash (RFC 8017 section 9.2, note 1).
    const PREFIX: &'static [u8];
}

impl Hash for Sha256 {
    const PREFIX: &'static [u8] =
        b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
}

impl Hash for Sha384 {
    const PREFIX: &'static [u8] =
        b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30";
}

impl Hash for Sha512 {
    const PREFIX: &'static [u8] =
        b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";
}

/// Whether `encoded` is the one EMSA-PKCS1-v1_5 encoding of `message` (RFC 8017 section 9.2). It
/// is made anew and compared whole, so there is no parser to be fooled.
pub(super) fn is_pkcs1<H: Hash>(encoded: &[u8], message: &[u8]) -> bool {
    let hash = H::digest(message);
    let Some(padding) = encoded.len().checked_sub(3 + H::PREFIX.len() + H::BYTES) else {
        return false;
    };
    let expected = [0, 1]
        .into_iter()
        .chain(std::iter::repeat_n(0xff, padding))
        .chain([0])
        .chain(H::PREFIX.iter().copied())
        .chain(hash);
    encoded.iter().copied().eq(expected)
}

/// Whether `encoded` is an EMSA-PSS encoding of `message` with a salt as long as the hash (RFC 8017
/// section 9.1.2), for a modulus of `bits` bits.
pub(super) fn is_pss<H: Hash>(encoded: &[u8], message: &[u8], bits: usize) -> bool {
    let hash_len = H::BYTES;
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
    let (Some((hash, [0xbc])), Some(first)) = (rest.split_at_checked(hash_len), masked.first())
    else {
        return false;
    };
    let unused = !(0xff_u8 >> unused_bits);
    if zeros.iter().any(|byte| *byte != 0) || first & unused != 0 {
        return false;
    }
    let mut block: Vec<u8> = masked.iter().zip(mask::<H>(hash)).map(|(b, m)| b ^ m).collect();
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
    let message_hash = H::digest(message);
    let again = H::new().chain_update([0; 8]).chain_update(message_hash).chain_update(salt);
    again.finalize().as_ref() == hash
}

/// MGF1 (RFC 8017 appendix B.2.1), without an end.
fn mask<H: Hash>(seed: &[u8]) -> impl Iterator<Item = u8> {
    (0_u32..).flat_map(move |counter| {
        H::new().chain_update(seed).chain_update(counter.to_be_bytes()).finalize()
    })
}
