use super::*;
use crate::base64url::decode;

/// The key and token of RFC 7515, appendix A.3.
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const INPUT: &[u8] = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

#[test]
fn the_example_of_rfc_7515_holds_and_no_bit_of_it_can_change() {
    let key = P256Key::new(&decode(X).unwrap(), &decode(Y).unwrap()).unwrap();
    let signature = decode(SIGNATURE).unwrap();
    assert!(key.verifies(INPUT, &signature));
    for bit in 0..512 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!key.verifies(INPUT, &flipped), "bit {bit}");
    }
    assert!(!key.verifies(&INPUT[1..], &signature));
    assert!(!key.verifies(INPUT, &signature[..63]));
    assert!(!key.verifies(INPUT, &[&signature[..], &[0]].concat()));
    assert!(!key.verifies(INPUT, &[0; 64]));
    assert!(!key.verifies(INPUT, &[0xff; 64]));
}

#[test]
fn points_off_the_curve_or_in_another_length_are_refused() {
    let (x, mut y) = (decode(X).unwrap(), decode(Y).unwrap());
    assert!(P256Key::new(&x[1..], &y).is_err());
    assert!(P256Key::new(&[&[0], &x[..]].concat(), &y).is_err());
    assert!(P384Key::new(&x, &y).is_err());
    assert!(P256Key::new(&[0; 32], &[0; 32]).is_err());
    assert!(P256Key::from_sec1(&[0]).is_err(), "the point at infinity");
    y[31] ^= 1;
    assert!(P256Key::new(&x, &y).is_err());
}

/// What the documentation of both modules says of memory.
#[test]
fn tables_of_a_key_take_what_is_documented() {
    use super::super::curve::edwards;
    use super::super::curve::window::{BLOCK, Group};

    fn bytes<G: Group>() -> usize {
        // A block at first, and those of the large table.
        BLOCK * (1 + G::BLOCKS) * size_of::<G::Entry>()
    }
    assert!(bytes::<Point<P256, 9>>() <= 63 << 10);
    assert!(bytes::<Point<P384, 14>>() <= 84 << 10);
    assert!(bytes::<edwards::Point>() <= 95 << 10);
}

/// Tests of one curve against the crate `$curve`.
macro_rules! curve {
    ($module:ident, $curve:ident, $nist:ident, $ours:ident, $digits:literal, $bytes:literal) => {
        mod $module {
            use $curve::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
            use $curve::ecdsa::{Signature, SigningKey, VerifyingKey};
            use $curve::elliptic_curve::bigint::ArrayEncoding as _;
            use $curve::elliptic_curve::sec1::ToEncodedPoint as _;
            use $curve::{AffinePoint, FieldBytes, ProjectivePoint, Scalar};

            use super::super::super::curve::element::Element;
            use super::super::super::curve::modulus::Modulus as _;
            use super::super::super::curve::nist::$ours;
            use super::super::super::curve::tests::Cases;
            use super::super::super::curve::weierstrass::{Curve, Point, Xyzz};
            use super::super::super::curve::window::{Digits, Table, sum};
            use super::super::{Key, reversed};

            type Prime = <$ours as Curve<$digits>>::Prime;
            type Order = <$ours as Curve<$digits>>::Order;

            fn scalar(bytes: &[u8]) -> Scalar {
                use $curve::elliptic_curve::ops::Reduce as _;
                let bytes = FieldBytes::from(<[u8; $bytes]>::try_from(bytes).unwrap());
                let number =
                    <$curve::$nist as $curve::elliptic_curve::Curve>::Uint::from_be_byte_array(
                        bytes,
                    );
                Scalar::reduce(number)
            }

            /// The scalars where arithmetic goes wrong if it does.
            fn edges() -> Vec<Scalar> {
                let mut edges: Vec<_> = (0..3_u64).map(Scalar::from).collect();
                edges.extend((63..66_u64).map(Scalar::from));
                let two = Scalar::from(2_u64);
                edges.extend([21, 56, 128, 8 * $bytes - 1].map(|e| two.pow_vartime(&[e])));
                edges.push(scalar(&[0x11; $bytes]));
                let negated: Vec<_> = edges.iter().map(|edge| -*edge).collect();
                edges.extend(negated);
                edges
            }

            fn ours(point: &AffinePoint) -> Point<$ours, $digits> {
                let encoded = point.to_encoded_point(false);
                let [x, y] = [encoded.x(), encoded.y()].map(|bytes| {
                    Element::<Prime, $digits>::canonical(&reversed(bytes.unwrap()), &[0; $digits])
                });
                Point::new(x.unwrap(), y.unwrap()).unwrap()
            }

            fn key(point: &AffinePoint) -> Key<$ours, $digits> {
                let encoded = point.to_encoded_point(false);
                Key::new(encoded.x().unwrap(), encoded.y().unwrap()).unwrap()
            }

            /// Big-endian coordinates, `None` at infinity.
            fn affine(Point(point): Point<$ours, $digits>) -> Option<Vec<u8>> {
                use super::super::super::curve::element::Field as _;
                let Xyzz { x, y, zz, zzz } = point;
                assert_eq!(zz.times(&zz).times(&zz), zzz.square());
                let mut bytes = [0; 2 * $bytes];
                let (y_bytes, x_bytes) = bytes.split_at_mut($bytes);
                x.times(&zz.invert()).write(x_bytes);
                y.times(&zzz.invert()).write(y_bytes);
                bytes.reverse();
                (!zz.is_zero()).then(|| bytes.to_vec())
            }

            /// Sums of multiples of the base point and of another one (which at times is the base
            /// point or its negative, so that additions double and cancel), with every table.
            #[test]
            fn sums_are_those_of_the_reference() {
                let mut cases = Cases(1);
                let g = ProjectivePoint::GENERATOR;
                for q in [g, -g, g * scalar(&cases.bytes($bytes))] {
                    let tables = [1, 2, <$ours as Curve<$digits>>::BLOCKS]
                        .map(|blocks| Table::new(ours(&q.to_affine()), blocks));
                    let mut scalars = edges();
                    scalars.push(scalar(&cases.bytes($bytes)));
                    for u in &scalars {
                        for v in scalars.iter().step_by(if $bytes > 32 { 3 } else { 1 }) {
                            let expected = (g * u + q * v).to_affine();
                            let expected = (expected != AffinePoint::IDENTITY)
                                .then(|| expected.to_encoded_point(false).as_bytes()[1..].to_vec());
                            let [a, b] =
                                [u, v].map(|scalar| Digits::new(&reversed(&scalar.to_bytes())));
                            for table in &tables {
                                assert_eq!(
                                    affine(sum(Point::base().table(), &a, table, &b)),
                                    expected
                                );
                            }
                        }
                    }
                }
            }

            /// Signatures of the reference hold, with every table that a key goes through; damaged
            /// ones are judged as it judges them.
            #[test]
            fn signatures_are_judged_as_the_reference_judges_them() {
                let mut cases = Cases(2);
                for _ in 0..8 {
                    let private = loop {
                        if let Ok(private) = SigningKey::from_slice(&cases.bytes($bytes)) {
                            break private;
                        }
                    };
                    let reference = VerifyingKey::from(&private);
                    let key = key(reference.as_affine());
                    for _ in 0..6 {
                        let hash = cases.bytes($bytes);
                        let signature: Signature = private.sign_prehash(&hash).unwrap();
                        let signature = signature.to_bytes().to_vec();
                        assert!(key.verifies(&hash, &signature));
                        let mut damaged = signature.clone();
                        damaged[cases.next() as usize % (2 * $bytes)] ^= 1 << (cases.next() % 8);
                        assert!(!key.verifies(&hash, &damaged));
                        let mut other = hash.clone();
                        other[cases.next() as usize % $bytes] ^= 1 << (cases.next() % 8);
                        assert!(!key.verifies(&other, &signature));
                        // `n - s` is as good as `s`: tokens don't say which.
                        let s = scalar(&signature[$bytes..]);
                        let twin = [&signature[..$bytes], &(-s).to_bytes()[..]].concat();
                        assert!(key.verifies(&hash, &twin));
                    }
                }
            }

            fn agree(
                key: &Key<$ours, $digits>,
                reference: &VerifyingKey,
                hash: &[u8],
                signature: &[u8],
            ) -> bool {
                let expected = Signature::from_slice(signature)
                    .is_ok_and(|signature| reference.verify_prehash(hash, &signature).is_ok());
                assert_eq!(key.verifies(hash, signature), expected, "{hash:02x?} {signature:02x?}");
                expected
            }

            /// Every pair of odd scalars as `r` and `s`, hash and private key.
            #[test]
            fn edge_scalars_as_signatures_are_judged_as_the_reference_judges_them() {
                let edges = edges();
                let mut held = 0;
                let order = {
                    let mut bytes = [0; $bytes];
                    // n - 1, plus one: no carry, n is odd.
                    bytes.copy_from_slice(&(-Scalar::ONE).to_bytes());
                    bytes[$bytes - 1] += 1;
                    bytes
                };
                let mut raw: Vec<Vec<u8>> =
                    edges.iter().map(|edge| edge.to_bytes().to_vec()).collect();
                let mut above = order;
                above[$bytes - 1] += 1;
                raw.extend([order.to_vec(), above.to_vec(), vec![0xff; $bytes]]);
                for private in edges.iter().filter(|edge| **edge != Scalar::ZERO).step_by(7) {
                    let point = (ProjectivePoint::GENERATOR * private).to_affine();
                    let (key, reference) = (key(&point), VerifyingKey::from_affine(point).unwrap());
                    for (i, r) in raw.iter().enumerate() {
                        let s = &raw[(i * 7 + 3) % raw.len()];
                        let hash = &raw[(i * 5 + 1) % raw.len()];
                        held += usize::from(agree(&key, &reference, hash, &[&r[..], s].concat()));
                    }
                    // What a signer makes whose nonce is such a scalar.
                    for nonce in edges.iter().filter(|edge| **edge != Scalar::ZERO) {
                        let x = (ProjectivePoint::GENERATOR * nonce)
                            .to_affine()
                            .to_encoded_point(false);
                        let r = scalar(x.x().unwrap());
                        for hash in raw.iter().step_by(5) {
                            let s = (scalar(hash) + r * private) * nonce.invert().unwrap();
                            let signature = [r.to_bytes(), s.to_bytes()].concat();
                            held += usize::from(agree(&key, &reference, hash, &signature));
                        }
                        // The sum of both multiples is infinity: u = -v·private.
                        let hash = (-(r * private)).to_bytes();
                        let signature = [r.to_bytes(), nonce.to_bytes()].concat();
                        assert!(!agree(&key, &reference, &hash, &signature));
                    }
                }
                assert!(held > 150, "{held}");
            }

            /// Points whose x is at least the order: `r` is x less the order.
            #[test]
            fn an_x_beyond_the_order_is_reduced() {
                use $curve::elliptic_curve::sec1::FromEncodedPoint as _;
                let mut found = 0;
                for more in 0..40_u8 {
                    let x = Element::<Prime, $digits>::canonical(&[more], &Order::PLAIN).unwrap();
                    let mut bytes = [0; $bytes];
                    x.write(&mut bytes);
                    bytes.reverse();
                    let compressed =
                        $curve::EncodedPoint::from_bytes([&[2], &bytes[..]].concat()).unwrap();
                    let point = AffinePoint::from_encoded_point(&compressed);
                    let Some(point) = Option::<AffinePoint>::from(point) else {
                        continue;
                    };
                    // With u = 3 and v = 5 this is the key for which that point comes out.
                    let (u, v) = (Scalar::from(3_u64), Scalar::from(5_u64));
                    let r = Scalar::from(u64::from(more));
                    let q = (ProjectivePoint::from(point) - ProjectivePoint::GENERATOR * u)
                        * v.invert().unwrap();
                    if r == Scalar::ZERO {
                        continue;
                    }
                    let q = q.to_affine();
                    let (key, reference) = (key(&q), VerifyingKey::from_affine(q).unwrap());
                    let s = r * v.invert().unwrap();
                    let signature = [r.to_bytes(), s.to_bytes()].concat();
                    assert!(agree(&key, &reference, &(u * s).to_bytes(), &signature));
                    // The x itself as `r` is not below the order.
                    let beyond = [&bytes[..], &s.to_bytes()].concat();
                    assert!(!agree(&key, &reference, &(u * s).to_bytes(), &beyond));
                    found += 1;
                }
                assert!(found > 5, "{found}");
            }
        }
    };
}

curve!(p256_curve, p256, NistP256, P256, 9, 32);
curve!(p384_curve, p384, NistP384, P384, 14, 48);
