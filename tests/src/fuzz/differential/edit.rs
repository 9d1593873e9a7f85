//! What an input does to a signature.

use rsa::BigUint;

use super::signer::Signer;

/// Orders of the groups, big-endian: P-256, P-384 (FIPS 186-5 appendix D), Ed25519 (RFC 8032).
const ORDER_P256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const ORDER_P384: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
                          581a0db248b0a77aecec196accc52973";
const ORDER_ED25519: &str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

/// The signature after every edit: an operation, a place and a value, one byte each.
pub(super) fn apply(edits: &[u8], mut signature: Vec<u8>, signer: &Signer) -> Vec<u8> {
    let mut is_open = false;
    for edit in edits.chunks_exact(3) {
        let [operation, place, value] = [edit[0], edit[1], edit[2]];
        let place = usize::from(place);
        match operation {
            b'x' => change(&mut signature, place, |byte| byte ^ value),
            b's' => change(&mut signature, place, |_| value),
            b'c' => signature.truncate(place),
            b'd' if place < signature.len() => {
                signature.remove(place);
            }
            b'i' => signature.insert(place.min(signature.len()), value),
            b'a' => signature.extend(std::iter::repeat_n(value, place)),
            // A signature is a number, or two halves that are.
            b'+' => arithmetic(&mut signature, place, signer, |number, order| number + order),
            b'-' => arithmetic(&mut signature, place, signer, |number, order| {
                // The other `s` that holds with ECDSA.
                let rest = &number % &order;
                order - rest
            }),
            b'0' => {
                arithmetic(&mut signature, place, signer, |_, order| order * BigUint::from(value))
            }
            // What follows is done to the encoding, which is then signed as it is.
            b'e' if !is_open => {
                if let Some(encoded) = signer.open(&signature) {
                    (signature, is_open) = (encoded, true);
                }
            }
            b'~' => {
                let middle = signature.len() / 2;
                signature.rotate_left(middle);
            }
            _ => {}
        }
    }
    if is_open { signer.close(&signature) } else { signature }
}

fn change(signature: &mut [u8], place: usize, to: impl Fn(u8) -> u8) {
    if let Some(byte) = signature.get_mut(place) {
        *byte = to(*byte);
    }
}

/// Replaces the whole number of RSA, or the half that `place` names, if the outcome fits.
fn arithmetic(
    signature: &mut [u8],
    place: usize,
    signer: &Signer,
    compute: impl Fn(BigUint, BigUint) -> BigUint,
) {
    let hex = |text: &str| BigUint::parse_bytes(text.as_bytes(), 16).expect("hexadecimal");
    let (part, order) = match (signer.modulus(), signer.name()) {
        (Some(modulus), _) => (signature, modulus.clone()),
        (None, name) => {
            let middle = signature.len() / 2;
            let (first, second) = signature.split_at_mut(middle);
            let part = if place.is_multiple_of(2) { first } else { second };
            match name {
                "ES256" => (part, hex(ORDER_P256)),
                "ES384" => (part, hex(ORDER_P384)),
                "EdDSA" => (part, hex(ORDER_ED25519)),
                _ => return,
            }
        }
    };
    // Only Ed25519 writes the lowest byte first.
    let is_little = signer.name() == "EdDSA";
    let number =
        if is_little { BigUint::from_bytes_le(part) } else { BigUint::from_bytes_be(part) };
    let outcome = compute(number, order);
    let mut bytes = outcome.to_bytes_le();
    if bytes.len() > part.len() {
        return;
    }
    bytes.resize(part.len(), 0);
    if !is_little {
        bytes.reverse();
    }
    part.copy_from_slice(&bytes);
}
