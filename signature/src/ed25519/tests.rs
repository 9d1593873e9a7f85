use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha512};

use super::super::curve::tests::Cases;
use super::super::curve::window::{Group as _, Table};
use super::{Digits, Ed25519Key, Point, sum};

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn the_second_vector_of_rfc_8032_holds_and_no_bit_of_it_can_change() {
    let key =
        Ed25519Key::new(&bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
            .unwrap();
    let signature = bytes(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    assert!(key.verifies(&[0x72], &signature));
    for bit in 0..512 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!key.verifies(&[0x72], &flipped), "bit {bit}");
    }
    assert!(!key.verifies(&[0x73], &signature));
    assert!(!key.verifies(&[0x72], &signature[..63]));
}

#[test]
fn keys_of_small_order_or_in_another_spelling_are_refused() {
    for hex in [
        // Order 1, 2, 4 and 8.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        // y = p + 3, a second spelling of y = 3.
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        assert!(Ed25519Key::new(&bytes(hex)).is_err(), "{hex}");
    }
    assert!(Ed25519Key::new(&[7; 31]).is_err());
}

/// Points of small order, all eight encodings of them.
fn small() -> [[u8; 32]; 8] {
    EIGHT_TORSION.map(|point| point.compress().0)
}

fn agree(key: &Ed25519Key, reference: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let expected = Signature::from_slice(signature)
        .is_ok_and(|signature| reference.verify_strict(message, &signature).is_ok());
    assert_eq!(key.verifies(message, signature), expected, "{message:02x?} {signature:02x?}");
    expected
}

fn scalar(cases: &mut Cases) -> Scalar {
    Scalar::from_bytes_mod_order(cases.bytes(32).try_into().unwrap())
}

fn order_plus(s: &[u8; 32]) -> [u8; 32] {
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    std::array::from_fn(|i| {
        carry += u16::from(s[i]) + u16::from(order[i]);
        let [low, high] = carry.to_le_bytes();
        carry = u16::from(high);
        low
    })
}

/// With every table that a key goes through.
#[test]
fn signatures_are_judged_as_the_reference_judges_them() {
    let mut cases = Cases(3);
    for _ in 0..16 {
        let private = SigningKey::from_bytes(&cases.bytes(32).try_into().unwrap());
        let reference = private.verifying_key();
        let key = Ed25519Key::new(reference.as_bytes()).unwrap();
        for length in 0..6 {
            let message = cases.bytes(1 + 40 * length);
            let signature = private.sign(&message).to_bytes();
            assert!(agree(&key, &reference, &message, &signature));
            let mut damaged = signature;
            damaged[cases.next() as usize % 64] ^= 1 << (cases.next() % 8);
            assert!(!agree(&key, &reference, &message, &damaged));
            assert!(!agree(&key, &reference, &message[1..], &signature));
            // The same S, once more around the group.
            let (r, s) = signature.split_first_chunk::<32>().unwrap();
            let around = order_plus(s.try_into().unwrap());
            assert!(!agree(&key, &reference, &message, &[&r[..], &around].concat()));
        }
    }
}

/// Keys and `R` with a part of small order: what counts is the equation without the cofactor.
#[test]
fn parts_of_small_order_are_judged_as_the_reference_judges_them() {
    let (mut cases, mut held) = (Cases(4), 0);
    for torsion in EIGHT_TORSION {
        let secret = scalar(&mut cases);
        let point = (ED25519_BASEPOINT_POINT * secret + torsion).compress();
        let key = Ed25519Key::new(point.as_bytes()).unwrap();
        let reference = VerifyingKey::from_bytes(point.as_bytes()).unwrap();
        for shift in EIGHT_TORSION {
            for message in [b"a", b"b", b"c", b"d"] {
                let nonce = scalar(&mut cases);
                let r = (ED25519_BASEPOINT_POINT * nonce + shift).compress();
                let hash =
                    Sha512::new().chain_update(r.0).chain_update(point.0).chain_update(message);
                let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
                let s = nonce + k * secret;
                let signature = [r.0, s.to_bytes()].concat();
                held += usize::from(agree(&key, &reference, message, &signature));
            }
        }
    }
    assert!(held > 8 && held < 8 * 8 * 4, "{held}");
}

/// As the reference says, of the points of small order, their sums with others, and in coordinates
/// that are no affine ones.
#[test]
fn small_order_is_what_the_reference_says() {
    let mut cases = Cases(5);
    let others = [Scalar::ZERO, Scalar::ONE, scalar(&mut cases), scalar(&mut cases)];
    let mut small = 0;
    for torsion in EIGHT_TORSION {
        for other in others {
            let reference = torsion + ED25519_BASEPOINT_POINT * other;
            let point = Point::decode(&reference.compress().0).unwrap();
            // 2057 times: the same point of small order, as eight of it are none.
            let (table, many) = (Table::new(point, 1), Digits::new(&[9, 8]));
            let around = sum(&table, &many, &table, &Digits::new(&[0]));
            assert_eq!(point.has_small_order(), reference.is_small_order());
            assert_eq!(around.has_small_order(), reference.is_small_order());
            small += usize::from(reference.is_small_order());
        }
    }
    assert_eq!(small, 8);
}

/// A signature whose `R` is of small order, and for which the equation holds.
#[test]
fn an_r_of_small_order_is_refused() {
    let (mut cases, mut equations) = (Cases(5), 0);
    for torsion in EIGHT_TORSION {
        let secret = scalar(&mut cases);
        let point = (ED25519_BASEPOINT_POINT * secret).compress();
        let key = Ed25519Key::new(point.as_bytes()).unwrap();
        let reference = VerifyingKey::from_bytes(point.as_bytes()).unwrap();
        let r = torsion.compress();
        let hash = Sha512::new().chain_update(r.0).chain_update(point.0).chain_update(b"m");
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        let signature = [r.0, (k * secret).to_bytes()].concat();
        // It is the equation that the lax reading asks for.
        let lax = Signature::from_slice(&signature).unwrap();
        equations += usize::from(reference.verify(b"m", &lax).is_ok());
        assert!(!agree(&key, &reference, b"m", &signature));
    }
    assert!(equations > 0);
}

#[test]
fn encodings_are_judged_as_the_reference_judges_them() {
    let mut cases = Cases(6);
    let mut encodings: Vec<[u8; 32]> =
        (0..2_000).map(|_| cases.bytes(32).try_into().unwrap()).collect();
    // Every y from p to 2²⁵⁵ - 1, and those near 0, 1 and p, with both signs.
    for low in 0..=255 {
        for (fill, high) in [(0xff, 0x7f), (0xff, 0xff), (0, 0), (0, 0x80)] {
            let mut encoding = [fill; 32];
            (encoding[0], encoding[31]) = (low, high);
            encodings.push(encoding);
        }
    }
    encodings.extend(small());
    let mut good = 0;
    for encoding in encodings {
        let expected = match CompressedEdwardsY(encoding).decompress() {
            None => Err("the key is not on the curve"),
            Some(point) if point.compress().0 != encoding => {
                Err("the key is not in canonical form")
            }
            Some(point) if point.is_small_order() => Err("the key has small order"),
            Some(_) => Ok(encoding),
        };
        good += usize::from(expected.is_ok());
        assert_eq!(Ed25519Key::new(&encoding).map(|key| key.0.bytes), expected, "{encoding:02x?}");
    }
    assert!(good > 500, "{good}");
}

/// With every table, and with a point that is the base point or its negative.
#[test]
fn sums_are_those_of_the_reference() {
    let mut cases = Cases(7);
    let mut scalars: Vec<_> = (0..3_u8).chain(63..66).map(Scalar::from).collect();
    scalars.extend([56, 252_usize].map(|bit| {
        let mut bytes = [0; 32];
        bytes[bit / 8] = 1 << (bit % 8);
        Scalar::from_bytes_mod_order(bytes)
    }));
    scalars.push(Scalar::from_bytes_mod_order([0x11; 32]));
    let negated: Vec<_> = scalars.iter().map(|scalar| -scalar).collect();
    scalars.extend(negated);
    scalars.push(scalar(&mut cases));
    let base = ED25519_BASEPOINT_POINT;
    for q in [base, -base, base * scalar(&mut cases), base + EIGHT_TORSION[1]] {
        let point = Point::decode(&q.compress().0).unwrap();
        let tables = [1, 2, Point::BLOCKS].map(|blocks| Table::new(point, blocks));
        for u in &scalars {
            for v in &scalars {
                let expected = (base * u + q * v).compress().0;
                let [a, b] = [u, v].map(|scalar| Digits::new(scalar.as_bytes()));
                for table in &tables {
                    assert_eq!(sum(Point::base().table(), &a, table, &b).encode(), expected);
                }
            }
        }
    }
}
