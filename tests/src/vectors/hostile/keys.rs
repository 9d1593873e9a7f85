//! Algorithms, keys, and headers that try to choose either.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use super::Hostile;
use super::forge::{Key, claims, encode, modulus, padded, rsa_power, signing_input, without};
use crate::signing::TestKey;

/// The set of the verifier: an honest key of each kind, a second one for RS256, and keys that can't
/// be used.
pub(super) fn set() -> Value {
    let mut second = TestKey::named("rsa-2").public_jwk();
    second["kid"] = json!("rsa-2");
    let honest = Key::ALL.map(Key::jwk);
    let bad = unusable().into_iter().map(|(kid, _, mut jwk)| {
        jwk["kid"] = json!(kid);
        jwk
    });
    json!({ "keys": honest.into_iter().chain([second]).chain(bad).collect::<Vec<_>>() })
}

/// Keys that no signature may be checked with: `kid`, the `alg` they are for, and the key.
fn unusable() -> Vec<(&'static str, &'static str, Value)> {
    let rsa = |n: &[u8], e: &[u8]| json!({ "kty": "RSA", "alg": "RS256", "n": encode(n), "e": encode(e) });
    let n = modulus().to_bytes_be();
    let mut even = n.clone();
    even[255] &= 0xfe;
    let long = [n.clone(), vec![1; 257]].concat();
    let ed = |x: &[u8]| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": encode(x) });
    let one = |first: u8| [&[first], &[0; 31][..]].concat();
    let p = [&[0xed], &[0xff; 30][..], &[0x7f]].concat();
    let ec = |x: &[u8], y: &[u8]| json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "x": encode(x), "y": encode(y) });
    let with = |key: Key, name: &str, value: Value| {
        let mut jwk = key.jwk();
        jwk[name] = value;
        jwk
    };
    vec![
        ("RSA of 1024 bits", "RS256", rsa(&n[128..], &[1, 0, 1])),
        ("RSA of 2040 bits", "RS256", rsa(&[&[n[0] | 0x80], &n[2..]].concat(), &[1, 0, 1])),
        ("RSA of 4104 bits", "RS256", rsa(&long, &[1, 0, 1])),
        ("RSA with an even modulus", "RS256", rsa(&even, &[1, 0, 1])),
        ("RSA with exponent 0", "RS256", rsa(&n, &[0])),
        ("RSA with exponent 1", "RS256", rsa(&n, &[1])),
        ("RSA with exponent 2", "RS256", rsa(&n, &[2])),
        ("RSA with an even exponent", "RS256", rsa(&n, &[1, 0, 0])),
        ("RSA with an exponent of 34 bits", "RS256", rsa(&n, &[2, 0, 0, 0, 1])),
        ("RSA with a zero before the modulus", "RS256", rsa(&[&[0], &n[..]].concat(), &[1, 0, 1])),
        ("RSA with a zero before the exponent", "RS256", rsa(&n, &[0, 1, 0, 1])),
        ("RSA without a modulus", "RS256", rsa(&[], &[1, 0, 1])),
        ("RSA for encryption", "RS256", with(Key::Rs256, "use", json!("enc"))),
        ("RSA that may only sign", "RS256", with(Key::Rs256, "key_ops", json!(["sign"]))),
        ("RSA that is called ES256", "ES256", with(Key::Rs256, "alg", json!("ES256"))),
        ("RSA with its private exponent", "RS256", with(Key::Rs256, "d", json!("AQAB"))),
        ("P-256 off the curve", "ES256", ec(&[1; 32], &[2; 32])),
        ("P-256 at zero", "ES256", ec(&[0; 32], &[0; 32])),
        ("P-256 with short coordinates", "ES256", ec(&[1; 31], &[2; 31])),
        ("P-256 that is called ES384", "ES384", with(Key::Es256, "alg", json!("ES384"))),
        ("P-256 that is called RS256", "RS256", with(Key::Es256, "alg", json!("RS256"))),
        ("Ed25519 of order 1", "EdDSA", ed(&one(1))),
        ("Ed25519 of order 2", "EdDSA", ed(&[&[0xec], &[0xff; 30][..], &[0x7f]].concat())),
        ("Ed25519 of order 4", "EdDSA", ed(&one(0))),
        ("Ed25519 in a second spelling", "EdDSA", ed(&p)),
        ("Ed25519 of 31 bytes", "EdDSA", ed(&[7; 31])),
        (
            "Ed25519 with padding",
            "EdDSA",
            with(Key::EdDsa, "x", json!(format!("{}=", encode([9; 32])))),
        ),
    ]
}

pub(super) fn cases() -> Vec<Hostile> {
    [algorithms(), confusion(), identifiers(), embedded(), unusable_keys()]
        .into_iter()
        .flatten()
        .collect()
}

/// An honest token that names another algorithm.
fn renamed(key: Key, alg: &str) -> String {
    key.with_header("alg", json!(alg))
}

fn algorithms() -> Vec<Hostile> {
    let none = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "noNe",
        "none ",
        " none",
        "none\0",
        "none\n",
        "\u{ff4e}one",
        "non\u{0435}",
        "null",
        "undefined",
        "",
    ];
    let others = [
        "ES512",
        "ES256K",
        "Ed448",
        "ESB256",
        "RS1",
        "PS1",
        "HS1",
        "RS2048",
        "rs256",
        "es256",
        "eddsa",
        "EDDSA",
        "ES256 ",
        "ES256\0",
        "SHA256withECDSA",
        "ecdsa-sha256",
        "RSA-OAEP",
        "dir",
        "A256KW",
        "ML-DSA-44",
        "__proto__",
        "constructor",
    ];
    let signed = none.into_iter().chain(others).map(|alg| {
        let class = if none.contains(&alg) { "alg none" } else { "alg unknown" };
        let name = format!("alg `{}`", alg.escape_debug());
        Hostile::new(class, name, renamed(Key::Es256, alg), "algorithm_not_allowed")
    });
    let mut none = Key::Es256.header();
    none["alg"] = json!("none");
    let forged = ["AA", "AAAA", "bm9uZQ"].map(|signature| {
        let token = format!("{}.{signature}", signing_input(&none));
        Hostile::new("alg none", format!("signature `{signature}`"), token, "algorithm_not_allowed")
    });
    let mut bare = none.clone();
    bare = without(bare, "kid");
    let token = format!("{}.AA", signing_input(&bare));
    let bare = Hostile::new("alg none", "without kid", token, "algorithm_not_allowed");
    signed.chain(forged).chain([bare]).collect()
}

/// The algorithm of one key under the name of another, and public keys as secrets.
fn confusion() -> Vec<Hostile> {
    let pairs = [
        (Key::Rs256, "PS256"),
        (Key::Rs256, "RS384"),
        (Key::Rs256, "ES256"),
        (Key::Rs256, "EdDSA"),
        (Key::Ps256, "RS256"),
        (Key::Es256, "ES384"),
        (Key::Es256, "RS256"),
        (Key::Es256, "EdDSA"),
        (Key::Es384, "ES256"),
        (Key::EdDsa, "ES256"),
        (Key::EdDsa, "RS256"),
        (Key::EdDsa, "HS256"),
    ];
    let pairs = pairs.into_iter().map(|(key, alg)| {
        let name = format!("{alg} with a key for {}", key.alg());
        Hostile::new("key of another type", name, renamed(key, alg), "algorithm_not_allowed")
    });
    let n = modulus().to_bytes_be();
    let pkcs1 = der(0x30, &[der(2, &[&[0], &n[..]].concat()), der(2, &[1, 0, 1])].concat());
    // RFC 8017 appendix A.1: rsaEncryption with NULL.
    let oid = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let spki = der(0x30, &[&oid[..], &der(3, &[&[0], &pkcs1[..]].concat())].concat());
    let pem = pem("PUBLIC KEY", &spki);
    let jwk = Key::Rs256.jwk();
    let point = Key::Es256.jwk();
    let coordinates = format!("{}{}", point["x"], point["y"]);
    let secrets: [(&str, Vec<u8>); 13] = [
        ("its PEM", pem.clone().into_bytes()),
        ("its PEM without the last line feed", pem.trim_end().into()),
        ("its PEM with CRLF", pem.replace('\n', "\r\n").into()),
        ("its PEM in PKCS#1", self::pem("RSA PUBLIC KEY", &pkcs1).into()),
        ("the base64 of its PEM", STANDARD.encode(&spki).into()),
        ("its DER", spki),
        ("its DER in PKCS#1", pkcs1),
        ("its modulus", n),
        ("its modulus in base64url", jwk["n"].as_str().expect("a text").into()),
        ("its JWK", jwk.to_string().into()),
        ("its kid", b"rsa-1".to_vec()),
        ("nothing", Vec::new()),
        ("the coordinates of a point", coordinates.into()),
    ];
    let mut confused = Vec::new();
    for (name, secret) in secrets {
        for alg in ["HS256", "HS384", "HS512"] {
            let mut header = Key::Rs256.header();
            header["alg"] = json!(alg);
            let input = signing_input(&header);
            let token = format!("{input}.{}", encode(tag(alg, &secret, input.as_bytes())));
            let name = format!("{alg} with {name} as secret");
            confused.push(Hostile::new(
                "HMAC over a public key",
                name,
                token,
                "algorithm_not_allowed",
            ));
        }
    }
    pairs.chain(confused).collect()
}

fn tag(alg: &str, secret: &[u8], message: &[u8]) -> Vec<u8> {
    macro_rules! mac {
        ($hash:ty) => {{
            let mac = Hmac::<$hash>::new_from_slice(secret).expect("any length");
            mac.chain_update(message).finalize().into_bytes().to_vec()
        }};
    }
    match alg {
        "HS256" => mac!(Sha256),
        "HS384" => mac!(Sha384),
        _ => mac!(Sha512),
    }
}

/// DER of a value (X.690 section 8.1).
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ ..128 => vec![short as u8],
        middle @ 128..256 => vec![0x81, middle as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [&[tag][..], &length, content].concat()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn identifiers() -> Vec<Hostile> {
    let kids = [
        "",
        " ",
        "unknown",
        "../../../../../dev/null",
        "/dev/null",
        "/proc/self/environ",
        "..\\..\\windows\\win.ini",
        "file:///dev/null",
        "https://evil.example/jwks.json",
        "//evil.example",
        "' OR '1'='1",
        "x' UNION SELECT 'a",
        "p256'; DROP TABLE keys; --",
        "\" OR \"\"=\"",
        "|sleep 9",
        "$(id)",
        "`id`",
        "${jndi:ldap://evil.example/a}",
        "{{7*7}}",
        "%00",
        "p256%00",
        "p256\0",
        "p256\n",
        " p256",
        "p256 ",
        "P256",
        "p\u{0660}256",
        "p256\u{200b}",
        "\u{ff50}256",
        "0",
        "-1",
        "null",
        "*",
        "__proto__",
        "constructor",
        "prototype",
        "hasOwnProperty",
        "toString",
        "p256/../p256",
        "p256,ed-1",
    ];
    let unknown = kids.map(|kid| {
        let name = format!("kid `{}`", kid.escape_debug());
        Hostile::new("kid", name, Key::Es256.with_header("kid", json!(kid)), "key_not_found")
    });
    let long = Key::Es256.with_header("kid", json!("k".repeat(256)));
    let absent =
        Key::Rs256.compact(without(Key::Rs256.header(), "kid").to_string(), claims().to_string());
    let others = [
        Hostile::new("kid", "kid of 256 bytes", long, "key_not_found"),
        Hostile::new("kid", "no kid and two keys that fit", absent, "key_not_found"),
        Hostile::new(
            "kid",
            "the kid of another key of that type",
            Key::Rs256.with_header("kid", json!("rsa-2")),
            "signature_invalid",
        ),
    ];
    unknown.into_iter().chain(others).collect()
}

/// An attacker's key that comes with the token.
fn embedded() -> Vec<Hostile> {
    let attacker = TestKey::named("ed-2");
    let rsa = TestKey::named("rsa-2");
    let jwk = attacker.public_jwk();
    let set = json!({ "keys": [jwk] });
    let jwks = format!("data:application/json;base64,{}", STANDARD.encode(set.to_string()));
    let secret = json!({ "kty": "oct", "k": encode([0; 32]), "alg": "HS256" });
    let members = [
        ("jwk", jwk.clone()),
        ("jwk, under its own kid", jwk),
        ("jwk of a secret", secret),
        ("jwk of RSA", rsa.public_jwk()),
        ("jwks", set),
        ("jku", json!("https://evil.example/jwks.json")),
        ("jku on loopback", json!("http://127.0.0.1/jwks.json")),
        ("jku below the issuer", json!("https://id.example.com/../evil/jwks.json")),
        ("jku with its user part", json!("https://id.example.com@evil.example/jwks.json")),
        ("jku with data", json!(jwks)),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5u as a file", json!("file:///etc/cert.pem")),
        ("x5c", json!([STANDARD.encode([0x30, 0x82, 1, 0])])),
        ("x5t", json!(encode([1; 20]))),
        ("x5t#S256", json!(encode([1; 32]))),
    ];
    let mut cases = Vec::new();
    for (name, value) in members {
        let member = name.split([',', ' ']).next().expect("a name");
        for (kid, code) in [("ed-1", "signature_invalid"), ("evil", "key_not_found")] {
            let mut header = attacker.header();
            header["kid"] = json!(kid);
            header[member] = value.clone();
            let token = attacker.compact(&header.to_string(), &claims().to_string());
            cases.push(Hostile::new(
                "key in the header",
                format!("{name}, kid `{kid}`"),
                token,
                code,
            ));
        }
        // One key for EdDSA fits, and it is not the attacker's.
        let mut header = without(attacker.header(), "kid");
        header[member] = value;
        let token = attacker.compact(&header.to_string(), &claims().to_string());
        cases.push(Hostile::new(
            "key in the header",
            format!("{name}, no kid"),
            token,
            "signature_invalid",
        ));
    }
    cases
}

fn unusable_keys() -> Vec<Hostile> {
    let token = |kid: &str, alg: &str| {
        let header = json!({ "alg": alg, "kid": kid, "typ": "at+jwt" });
        let input = signing_input(&header);
        let signature = match kid {
            // With exponent 1 the signature is the encoded message itself.
            "RSA with exponent 1" => super::signatures::pkcs1(input.as_bytes()),
            // With a key of small order, R and S that hold for any message.
            _ if kid.starts_with("Ed25519 of order") => [&[1], &[0; 63][..]].concat(),
            _ if kid.starts_with("RSA") => rsa_power(&super::signatures::pkcs1(input.as_bytes())),
            _ => padded(&rsa::BigUint::from(1_u8), 64),
        };
        format!("{input}.{}", encode(signature))
    };
    let case = |(kid, alg, _): (&'static str, &'static str, Value)| {
        Hostile::new("unusable key", kid, token(kid, alg), "key_invalid")
    };
    unusable().into_iter().map(case).collect()
}
