//! Signatures that do not hold, or would only where a check is lax.

use rsa::BigUint;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Hostile;
use super::forge::{Key, claims, encode, modulus, padded, pss, rsa_power, signing_input};
use crate::signing::TestKey;

/// DigestInfo of SHA-256, SHA-1 and SHA-512 up to the hash (RFC 8017 section 9.2).
const SHA256: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
const SHA1: [u8; 15] = [0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14];
/// SHA-256 without the parameter NULL.
const BARE: [u8; 17] =
    [0x30, 0x2f, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 4, 0x20];
/// SHA-256 with a length that takes a byte more than it needs.
const LONG: [u8; 20] =
    [0x30, 0x81, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];

pub(super) fn cases() -> Vec<Hostile> {
    let refused = |(name, token): (&str, String)| {
        let (class, name) = name.split_once(": ").expect("a class");
        Hostile::new(class, name, token, "signature_invalid")
    };
    [any(), pkcs1_cases(), pss_cases(), ecdsa(), eddsa()]
        .into_iter()
        .flatten()
        .map(refused)
        .collect()
}

type Cases = Vec<(&'static str, String)>;

/// Makes a signature of the two halves of an honest one.
type Halves<'a> = &'a dyn Fn(&[u8], &[u8]) -> Vec<u8>;

fn any() -> Cases {
    let token = Key::Es256.token();
    let (input, _) = token.rsplit_once('.').expect("dots");
    let other = Key::Es256.with_claim("jti", json!("other"));
    let (_, signature) = other.rsplit_once('.').expect("dots");
    let header = |name: &str, value| {
        let mut header = Key::Es256.header();
        header[name] = value;
        format!("{}.{}", signing_input(&header), token.rsplit('.').next().expect("a signature"))
    };
    let mut more = claims();
    more["permissions"] = json!(["*"]);
    let (head, _) = input.split_once('.').expect("a dot");
    vec![
        ("signature: of another token", format!("{input}.{signature}")),
        (
            "signature: of other claims",
            format!(
                "{head}.{}.{}",
                encode(more.to_string()),
                token.rsplit('.').next().expect("one")
            ),
        ),
        ("signature: of another header", header("x", json!(1))),
        (
            "signature: over the claims alone",
            Key::Es256.forged(|_| Key::Es256.sign(claims().to_string().as_bytes())),
        ),
        (
            "signature: over the texts that are encoded",
            Key::Es256.forged(|_| {
                Key::Es256.sign(format!("{}.{}", Key::Es256.header(), claims()).as_bytes())
            }),
        ),
        (
            "signature: over the hash",
            Key::Es256.forged(|input| Key::Es256.sign(&Sha256::digest(input))),
        ),
        ("signature: one byte", Key::Es256.forged(|_| vec![0])),
        ("signature: of 4 KiB", Key::Es256.forged(|_| vec![1; 4096])),
        (
            "signature: by a foreign RSA key under a known kid",
            Key::Rs256.forged(|input| TestKey::named("rsa-2").sign(input)),
        ),
        (
            "signature: by a foreign Ed25519 key under a known kid",
            Key::EdDsa.forged(|input| TestKey::named("ed-2").sign(input)),
        ),
    ]
}

/// EMSA-PKCS1-v1_5 for 2048 bits: block type, filler, DigestInfo, hash and a tail.
fn encoded(kind: u8, filler: u8, info: &[u8], hash: &[u8], tail: &[u8]) -> Vec<u8> {
    let length = 256 - 3 - info.len() - hash.len() - tail.len();
    [&[0, kind], &vec![filler; length][..], &[0], info, hash, tail].concat()
}

/// An honest encoded message.
pub(super) fn pkcs1(message: &[u8]) -> Vec<u8> {
    encoded(1, 0xff, &SHA256, &Sha256::digest(message), &[])
}

fn pkcs1_cases() -> Cases {
    let key = Key::Rs256;
    let forged = |make: &dyn Fn(&[u8]) -> Vec<u8>| key.forged(|input| rsa_power(&make(input)));
    let number = |number: BigUint| key.forged(|_| padded(&number, 256));
    let hash = |input: &[u8]| Sha256::digest(input).to_vec();
    let n = modulus();
    assert_eq!(forged(&|input| pkcs1(input)), key.token(), "the forge signs as the key does");
    vec![
        ("RSA: zero", number(BigUint::from(0_u8))),
        ("RSA: one", number(BigUint::from(1_u8))),
        ("RSA: the modulus less one", number(&n - 1_u8)),
        ("RSA: the modulus", number(n.clone())),
        ("RSA: the largest number of 256 bytes", key.forged(|_| vec![0xff; 256])),
        (
            "RSA: the modulus added",
            key.forged(|input| (BigUint::from_bytes_be(&key.sign(input)) + &n).to_bytes_be()),
        ),
        (
            "RSA: the modulus added in 257 bytes",
            key.forged(|input| padded(&(BigUint::from_bytes_be(&key.sign(input)) + &n), 257)),
        ),
        ("RSA: a zero byte before it", key.forged(|input| [vec![0], key.sign(input)].concat())),
        ("RSA: a zero byte behind it", key.forged(|input| [key.sign(input), vec![0]].concat())),
        ("RSA: the last byte cut", key.forged(|input| key.sign(input)[..255].to_vec())),
        ("RSA: the first byte, a zero, cut", first_zero_cut()),
        ("RSA: twice", key.forged(|input| key.sign(input).repeat(2))),
        (
            "RSA: its bytes in reverse",
            key.forged(|input| key.sign(input).into_iter().rev().collect()),
        ),
        ("RSA: the encoded message, not signed", key.forged(pkcs1)),
        ("RSA: SHA-1", forged(&|input| encoded(1, 0xff, &SHA1, &hash(input)[..20], &[]))),
        ("RSA: no DigestInfo", forged(&|input| encoded(1, 0xff, &[], &hash(input), &[]))),
        (
            "RSA: no parameter in DigestInfo",
            forged(&|input| encoded(1, 0xff, &BARE, &hash(input), &[])),
        ),
        (
            "RSA: a length of DigestInfo in BER",
            forged(&|input| encoded(1, 0xff, &LONG, &hash(input), &[])),
        ),
        ("RSA: block type 2", forged(&|input| encoded(2, 0xff, &SHA256, &hash(input), &[]))),
        ("RSA: block type 0", forged(&|input| encoded(0, 0, &SHA256, &hash(input), &[]))),
        ("RSA: another filler", forged(&|input| encoded(1, 0xfe, &SHA256, &hash(input), &[]))),
        (
            "RSA: bytes behind the hash (CVE-2006-4339)",
            forged(&|input| encoded(1, 0xff, &SHA256, &hash(input), &[7; 194])),
        ),
        (
            "RSA: one byte behind the hash",
            forged(&|input| encoded(1, 0xff, &SHA256, &hash(input), &[0])),
        ),
        (
            "RSA: a hash of 31 bytes",
            forged(&|input| encoded(1, 0xff, &SHA256, &hash(input)[..31], &[])),
        ),
        ("RSA: PSS under the name of PKCS#1", forged(&|input| pss(input, &[7; 32]))),
    ]
}

/// A token whose signature begins with a zero byte, which is left out.
fn first_zero_cut() -> String {
    let token = Key::Rs256.with_claim("jti", json!(FIRST_IS_ZERO.to_string()));
    let (input, _) = token.rsplit_once('.').expect("dots");
    let signature = Key::Rs256.sign(input.as_bytes());
    assert_eq!(signature[0], 0, "the signature does not begin with a zero byte");
    format!("{input}.{}", encode(&signature[1..]))
}

/// Found by counting: every 256th signature or so begins with a zero byte.
const FIRST_IS_ZERO: u32 = 475;

fn pss_cases() -> Cases {
    let key = Key::Ps256;
    let forged = |make: &dyn Fn(&[u8]) -> Vec<u8>| key.forged(|input| rsa_power(&make(input)));
    let salted = |length: usize| forged(&|input| pss(input, &vec![7; length]));
    let changed = |change: fn(&mut [u8])| {
        forged(&|input| {
            let mut encoded = pss(input, &[7; 32]);
            change(&mut encoded);
            encoded
        })
    };
    vec![
        ("PSS: no salt", salted(0)),
        ("PSS: a salt of 20 bytes", salted(20)),
        ("PSS: a salt of 31 bytes", salted(31)),
        ("PSS: a salt of 33 bytes", salted(33)),
        ("PSS: the longest salt", salted(222)),
        ("PSS: another trailer", changed(|encoded| encoded[255] = 0xcc)),
        ("PSS: a filler that is not zero", changed(|encoded| encoded[1] ^= 1)),
        ("PSS: PKCS#1 under the name of PSS", forged(&|input| pkcs1(input))),
        ("PSS: zero", key.forged(|_| vec![0; 256])),
        (
            "PSS: the modulus added in 257 bytes",
            key.forged(|input| {
                padded(&(BigUint::from_bytes_be(&key.sign(input)) + modulus()), 257)
            }),
        ),
    ]
}

/// The order of P-256 (FIPS 186-4 appendix D.1.2.3).
const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn ecdsa() -> Cases {
    let order = BigUint::parse_bytes(P256_ORDER.as_bytes(), 16).expect("hex");
    let n = padded(&order, 32);
    let number = |value: u8| padded(&BigUint::from(value), 32);
    let forged = |make: Halves<'_>| {
        Key::Es256.forged(|input| {
            let signature = Key::Es256.sign(input);
            let (r, s) = signature.split_at(32);
            make(r, s)
        })
    };
    let constant = |bytes: Vec<u8>| Key::Es256.forged(|_| bytes);
    let plus_order = |half: &[u8]| (BigUint::from_bytes_be(half) + &order).to_bytes_be();
    vec![
        ("ECDSA: r and s zero (CVE-2022-21449)", constant(vec![0; 64])),
        ("ECDSA: r zero", forged(&|_, s| [&[0; 32], s].concat())),
        ("ECDSA: s zero", forged(&|r, _| [r, &[0; 32]].concat())),
        ("ECDSA: r and s one", constant([number(1), number(1)].concat())),
        ("ECDSA: r one and s zero", constant([number(1), number(0)].concat())),
        ("ECDSA: r is the order", forged(&|_, s| [&n, s].concat())),
        ("ECDSA: s is the order", forged(&|r, _| [r, &n].concat())),
        ("ECDSA: r and s are the order", constant(n.repeat(2))),
        ("ECDSA: r and s above the order", constant(vec![0xff; 64])),
        ("ECDSA: the order added to r, in 65 bytes", forged(&|r, s| [&plus_order(r), s].concat())),
        ("ECDSA: the order added to s, in 65 bytes", forged(&|r, s| [r, &plus_order(s)].concat())),
        (
            "ECDSA: s without sign turned below zero",
            forged(&|r, s| [r, &plus_order(s)[..32]].concat()),
        ),
        ("ECDSA: DER", forged(&|r, s| der(r, s))),
        (
            "ECDSA: a zero byte before r and s, 66 bytes",
            forged(&|r, s| [&[0], r, &[0], s].concat()),
        ),
        ("ECDSA: a byte behind it", forged(&|r, s| [r, s, &[0]].concat())),
        ("ECDSA: the last byte cut", forged(&|r, s| [r, &s[..31]].concat())),
        ("ECDSA: r alone", forged(&|r, _| r.to_vec())),
        ("ECDSA: s before r", forged(&|r, s| [s, r].concat())),
        (
            "ECDSA: little-endian",
            forged(&|r, s| {
                [r, s]
                    .concat()
                    .chunks(32)
                    .flat_map(|half| half.iter().rev().copied().collect::<Vec<_>>())
                    .collect()
            }),
        ),
        ("ECDSA: r and s in 48 bytes each", forged(&|r, s| [&[0; 16], r, &[0; 16], s].concat())),
        ("ECDSA: a signature of a key on P-384", Key::Es256.forged(|input| Key::Es384.sign(input))),
        ("ECDSA: P-384, r and s zero", Key::Es384.forged(|_| vec![0; 96])),
        ("ECDSA: P-384, all bits set", Key::Es384.forged(|_| vec![0xff; 96])),
        (
            "ECDSA: P-384 in 64 bytes",
            Key::Es384.forged(|input| Key::Es384.sign(input)[..64].to_vec()),
        ),
        (
            "ECDSA: P-384 with the signature of a key on P-256",
            Key::Es384.forged(|input| Key::Es256.sign(input)),
        ),
    ]
}

/// ECDSA-Sig-Value (RFC 3279 section 2.2.3).
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let sign = if half[0] & 0x80 == 0 { &[][..] } else { &[0] };
        [&[2, (half.len() + sign.len()) as u8], sign, half].concat()
    };
    let content = [integer(r), integer(s)].concat();
    [&[0x30, content.len() as u8], &content[..]].concat()
}

fn eddsa() -> Cases {
    // RFC 8032 section 5.1: L = 2^252 + 27742317777372353535851937790883648493.
    let order = BigUint::parse_bytes(
        b"7237005577332262213973186563042994240857116359379907606001950938285454250989",
        10,
    )
    .expect("a number");
    let little = |number: &BigUint| {
        let mut bytes = number.to_bytes_le();
        bytes.resize(32, 0);
        bytes
    };
    let forged = |make: Halves<'_>| {
        Key::EdDsa.forged(|input| {
            let signature = Key::EdDsa.sign(input);
            let (r, s) = signature.split_at(32);
            make(r, s)
        })
    };
    let added = |times: u32| {
        forged(&|r, s| [r, &little(&(BigUint::from_bytes_le(s) + &order * times))].concat())
    };
    let one = [&[1], &[0; 31][..]].concat();
    let top = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[31] |= 0x80;
        bytes
    };
    let p = [&[0xee], &[0xff; 30][..], &[0x7f]].concat();
    vec![
        ("Ed25519: the order added to S", added(1)),
        ("Ed25519: twice the order added to S", added(2)),
        ("Ed25519: S is the order", forged(&|r, _| [r, &little(&order)].concat())),
        ("Ed25519: S zero", forged(&|r, _| [r, &[0; 32]].concat())),
        ("Ed25519: the top bit of S set", forged(&|r, s| [r, &top(s)].concat())),
        (
            "Ed25519: R the neutral point, S zero",
            Key::EdDsa.forged(|_| [&one[..], &[0; 32]].concat()),
        ),
        ("Ed25519: R of order 2", forged(&|_, s| [&[0xec], &[0xff; 30][..], &[0x7f], s].concat())),
        ("Ed25519: R of order 4", forged(&|_, s| [&[0; 32], s].concat())),
        ("Ed25519: R in a second spelling", forged(&|_, s| [&p, s].concat())),
        ("Ed25519: R no point", forged(&|_, s| [&[2], &[0; 31][..], s].concat())),
        (
            "Ed25519: the sign of R turned",
            forged(&|r, s| {
                let mut r = r.to_vec();
                r[31] ^= 0x80;
                [&r, s].concat()
            }),
        ),
        ("Ed25519: all zero", Key::EdDsa.forged(|_| vec![0; 64])),
        ("Ed25519: all bits set", Key::EdDsa.forged(|_| vec![0xff; 64])),
        ("Ed25519: 63 bytes", forged(&|r, s| [r, &s[..31]].concat())),
        ("Ed25519: 65 bytes", forged(&|r, s| [r, s, &[0]].concat())),
        ("Ed25519: S before R", forged(&|r, s| [s, r].concat())),
        (
            "Ed25519: over a hash",
            Key::EdDsa.forged(|input| Key::EdDsa.sign(&Sha256::digest(input))),
        ),
    ]
}
