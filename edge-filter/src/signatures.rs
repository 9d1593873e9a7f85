//! Envoy's host call `verify_signature`: what is said to it, and what it answers.
//!
//! Both are messages of Protocol Buffers, few enough to be written by hand. A host without that
//! call, or one that can't read a key, leaves the computing to our own code.

use laika_verifier::Algorithm;
use laika_verifier::signature::PublicKey;
use laika_verifier::signature::plain::plain;

/// The name of the call.
pub const NAME: &str = "verify_signature";

/// The answer that the signature holds: `result`, the first field, is true. Any other says that it
/// does not, and why.
const HOLDS: [u8; 2] = [0x08, 0x01];

/// The question whether `signature` is `key`'s signature of `message`: `hash_function`,
/// `public_key`, `signature` and `text`, the fields 1 to 4. `None` for algorithms that the call does
/// not have.
#[must_use]
pub fn question(
    key: &PublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Option<Vec<u8>> {
    let plain = plain(key, algorithm, signature)?;
    let fields = [plain.hash.as_bytes(), &plain.key, &plain.signature, message];
    let mut question = Vec::with_capacity(fields.iter().map(|field| field.len() + 4).sum());
    for (number, field) in (1_u8..).zip(fields) {
        // Wire type 2: a length, and so many bytes.
        question.push(number << 3 | 2);
        put_varint(&mut question, field.len());
        question.extend_from_slice(field);
    }
    Some(question)
}

/// Whether the host says that the signature holds.
#[must_use]
pub fn holds(answer: &[u8]) -> bool {
    answer == HOLDS
}

fn put_varint(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use laika_verifier::signature::ecdsa::P256Key;

    use super::*;

    #[test]
    fn lengths_are_written_seven_bits_at_a_time() {
        for (number, bytes) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (16_384, &[0x80, 0x80, 1]),
        ] {
            let mut written = Vec::new();
            put_varint(&mut written, number);
            assert_eq!(written, bytes);
        }
    }

    #[test]
    fn a_question_has_hash_key_signature_and_text() {
        let jwk = "04\
            30a0424cd21c2944838a2d75c92b37e76ea20d9f00893a3b4eee8a3c0aafec3e\
            e04b65e92456d9888b52b379bdfbd51ee869ef1f0fc65b6659695b6cce081723";
        let point: Vec<_> =
            (0..65).map(|at| u8::from_str_radix(&jwk[2 * at..2 * at + 2], 16).unwrap()).collect();
        let key = PublicKey::P256(Box::new(P256Key::from_sec1(&point).unwrap()));
        let question = question(&key, Algorithm::Es256, b"text", &[1; 64]).unwrap();
        assert!(question.starts_with(b"\x0a\x06sha256\x12\x5b\x30\x59"), "{question:02x?}");
        assert!(question.ends_with(b"\x22\x04text"));
        let signature = [0x1a, 70, 0x30, 68, 2, 32, 1, 1];
        assert!(question.windows(8).any(|part| part == signature), "{question:02x?}");
        assert_eq!(super::question(&key, Algorithm::EdDsa, b"text", &[1; 64]), None);
    }

    #[test]
    fn only_one_answer_says_that_a_signature_holds() {
        assert!(holds(&[8, 1]));
        for other in [&[][..], &[8], &[8, 0], &[8, 1, 0], &[8, 2], &[0x12, 2, b'n', b'o']] {
            assert!(!holds(other), "{other:?}");
        }
    }
}
