//! Inputs to begin with, and dictionaries, made from the golden vectors.
//!
//! `cargo run -p laika-tests --bin seeds` writes them. The corpus that is committed is what
//! minimising left of these and of what fuzzing has found.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use laika_verifier::Algorithm;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::EncodePublicKey as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::reference::json::Tree;
use super::status_list;
use super::world::{GOLDENS, now};
use crate::signing::TestKey;
use crate::vectors::{ISSUER, NOW};

/// The inputs that a target begins with.
///
/// # Panics
/// When there is no such target.
#[must_use]
pub fn inputs(target: &str) -> Vec<Vec<u8>> {
    let inputs: Vec<Vec<u8>> = match target {
        "decide" => (0_u16..1024).map(noise).collect(),
        "differential" => differential(),
        "json" => documents().iter().map(|document| document.to_string().into_bytes()).collect(),
        "jwk" => keys().iter().map(|key| key.to_string().into_bytes()).collect(),
        "jwks" => sets().iter().map(|set| set.to_string().into_bytes()).collect(),
        "options" => all_options().iter().map(|o| o.to_string().into_bytes()).collect(),
        "path" => paths()
            .iter()
            .flat_map(|path| (0..4).map(move |n| format!("{n}{path}").into()))
            .collect(),
        "pem" => pems().into_iter().map(String::into_bytes).collect(),
        "policy" => policies(),
        "status_list" => status_lists(),
        "token" => tokens(),
        _ => panic!("there is no target `{target}`"),
    };
    inputs.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// The name of an input's file: the beginning of its hash.
#[must_use]
pub fn name(input: &[u8]) -> String {
    Sha256::digest(input).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A dictionary of libFuzzer: the words that a target's inputs are made of.
#[must_use]
pub fn dictionary(target: &str) -> String {
    let mut words = BTreeSet::new();
    match target {
        "decide" => {}
        "differential" => {
            words.extend(["x", "s", "c", "d", "i", "a", "e", "+", "-", "0", "~"].map(String::from))
        }
        "path" => words.extend(PIECES.map(str::to_owned)),
        "pem" => {
            let lines = pems();
            words.extend(
                lines
                    .iter()
                    .flat_map(|pem| pem.lines())
                    .filter(|line| line.starts_with('-'))
                    .map(str::to_owned),
            );
        }
        _ => {
            for input in inputs(target) {
                let parts = input
                    .split(|byte| *byte == 0)
                    .map(|part| part.strip_prefix(b"0e").unwrap_or(part));
                parts.filter_map(Tree::read).for_each(|tree| collect(&tree, &mut words));
            }
            words.extend(
                [
                    "null",
                    "true",
                    "false",
                    "1e400",
                    "-0",
                    "1e15",
                    "\"\\u0000\"",
                    "[]",
                    "{}",
                    "\\u0061",
                ]
                .map(str::to_owned),
            );
        }
    }
    let entry = |word: String| {
        let escaped: String = word
            .bytes()
            .map(|byte| match byte {
                b'"' | b'\\' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            })
            .collect();
        format!("\"{escaped}\"\n")
    };
    let entries = words.into_iter().filter(|word| !word.is_empty()).map(entry);
    // libFuzzer takes no empty file.
    std::iter::once("# made by `cargo run -p laika-tests --bin seeds`\n".to_owned())
        .chain(entries)
        .collect()
}

/// Member names and short texts, in their quotes.
fn collect(tree: &Tree, words: &mut BTreeSet<String>) {
    match tree {
        Tree::Leaf(Value::String(text)) if text.len() <= 32 => {
            words.insert(json!(text).to_string());
        }
        Tree::Leaf(_) => {}
        Tree::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Tree::Object(members) => {
            for (name, value) in members {
                words.insert(format!("{}:", json!(name)));
                collect(value, words);
            }
        }
    }
}

/// Every object of every case, and what stands round it.
fn documents() -> Vec<Value> {
    let mut documents = all_options();
    for golden in GOLDENS.iter() {
        let cases = golden.content["cases"].as_array().into_iter().flatten();
        let tokens = cases.filter_map(|case| case["token"].as_str());
        let segments = tokens.filter_map(segments);
        documents
            .extend(segments.filter_map(|[_, payload, _]| serde_json::from_slice(&payload).ok()));
    }
    documents
}

fn all_options() -> Vec<Value> {
    let mut all: Vec<Value> =
        GOLDENS.iter().map(|golden| golden.content["options"].clone()).collect();
    let pem = pems();
    all.push(json!({
        "issuers": {
            "issuer": "https://id.example.com", "audience": ["orders", "billing"],
            "public_key": pem[0], "algorithms": ["EdDSA"], "typ": ["at+jwt", null],
            "required_claims": ["jti"], "max_token_age": 60, "permission_claims": ["/a/b"],
            "role_claims": ["groups"], "status": "if-present",
        },
        "clock_tolerance": 5, "clock_skew": 0, "max_token_size": 2048,
        "policy": "{\"version\":1,\"otherwise\":\"user\"}",
    }));
    all.push(json!({
        "issuers": [{
            "issuer": "http://issuer.internal", "audience": "orders",
            "jwks_uri": "http://issuer.internal/jwks", "insecure_http": ["http://issuer.internal"],
        }],
    }));
    all
}

fn sets() -> Vec<Value> {
    let issuers = all_options().into_iter().flat_map(|options| match options["issuers"].clone() {
        Value::Array(issuers) => issuers,
        one => vec![one],
    });
    issuers.filter_map(|issuer| issuer.get("jwks").cloned()).collect()
}

fn keys() -> Vec<Value> {
    let sets = sets();
    let mut keys: Vec<Value> =
        sets.iter().filter_map(|set| set["keys"].as_array()).flatten().cloned().collect();
    let good = keys.clone();
    let text = |bytes: &[u8]| json!(URL_SAFE_NO_PAD.encode(bytes));
    for key in good {
        let with = |name: &str, value: Value| {
            let mut key = key.clone();
            key[name] = value;
            key
        };
        keys.extend([with("d", json!("AQAB")), with("key_ops", json!(["sign"]))]);
        let bytes = |name: &str| key[name].as_str().and_then(|t| URL_SAFE_NO_PAD.decode(t).ok());
        if let Some(n) = bytes("n") {
            let (mut even, mut short) = (n.clone(), n.clone());
            even[n.len() - 1] &= 0xfe;
            short[0] = 0x7f;
            let moduli = [even, short, [&[0], &n[..]].concat(), [&n[..], &n, &[1]].concat()];
            keys.extend(moduli.map(|n| with("n", text(&n))));
            let exponents: [&[u8]; 5] = [&[1], &[2], &[0, 3], &[1, 0, 0, 0, 0], &[2, 0, 0, 0, 1]];
            keys.extend(exponents.map(|e| with("e", text(e))));
        } else if let Some(mut y) = bytes("y") {
            y[0] ^= 1;
            keys.extend([with("y", text(&y)), with("y", text(&y[1..]))]);
        } else {
            // Small order, a second spelling, and no point (RFC 8032 section 5.1.3).
            let mut spelling = [0xff; 32];
            (spelling[0], spelling[31]) = (0xf0, 0x7f);
            let points = [[0; 32], std::array::from_fn(|i| u8::from(i == 0)), spelling, [2; 32]];
            keys.extend(points.map(|x| with("x", text(&x))));
        }
    }
    keys
}

fn policies() -> Vec<Vec<u8>> {
    // The ends of what `within` lets through.
    let recent = json!({ "claim": "auth_time", "within": 900 });
    let policy = json!({ "version": 1, "rules": [{ "id": "a", "path": "/a", "require": recent }] });
    let mut inputs: Vec<Vec<u8>> = [NOW - 901, NOW - 900, NOW + 60, NOW + 61]
        .iter()
        .map(|time| json!({ "kind": "user", "claims": { "auth_time": time } }))
        .map(|holder| format!("{policy}\0GET /a\0{holder}\01").into_bytes())
        .collect();
    for golden in GOLDENS.iter() {
        let options = &golden.content["options"];
        let Some(policy) = options.get("policy") else { continue };
        let several = options["issuers"].as_array().is_some_and(|issuers| issuers.len() > 1);
        for case in golden.content["cases"].as_array().into_iter().flatten() {
            let request = &case["request"];
            let words =
                ["method", "path", "host"].iter().filter_map(|name| request[*name].as_str());
            let holder =
                case["token"].as_str().and_then(|token| golden.verifier.verify(token, now()).ok());
            let holder = holder.map_or_else(
                || "-".to_owned(),
                |token| {
                    let who = token.principal();
                    json!({
                        "kind": "user", "issuer": who.issuer, "permissions": who.permissions,
                        "roles": who.roles, "level": who.level, "claims": *who.claims,
                    })
                    .to_string()
                },
            );
            let request = words.collect::<Vec<_>>().join(" ");
            let fields =
                [policy.to_string(), request, holder, if several { "2" } else { "1" }.to_owned()];
            inputs.push(fields.join("\0").into_bytes());
        }
    }
    inputs
}

fn tokens() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for (digit, golden) in (b'0'..).zip(GOLDENS.iter()) {
        for case in golden.content["cases"].as_array().into_iter().flatten() {
            let Some(token) = case["token"].as_str().filter(|token| token.len() < 4096) else {
                continue;
            };
            inputs.push([&[digit, b'r'], token.as_bytes()].concat());
            let Some([header, payload, signature]) = segments(token) else { continue };
            inputs
                .push([&[digit, b's'], &[&header[..], &payload, &signature].join(&0)[..]].concat());
            if digit == b'0' {
                let header = String::from_utf8_lossy(&header)
                    .replace("RS256", "EdDSA")
                    .replace("rsa-1", "ed-1");
                for form in [b'e', b'f'] {
                    inputs.push(
                        [&[digit, form], &[header.as_bytes(), &payload].join(&0)[..]].concat(),
                    );
                }
            }
        }
    }
    inputs
}

fn segments(token: &str) -> Option<[Vec<u8>; 3]> {
    let decoded: Option<Vec<Vec<u8>>> =
        token.split('.').map(|segment| URL_SAFE_NO_PAD.decode(segment).ok()).collect();
    decoded?.try_into().ok()
}

fn differential() -> Vec<Vec<u8>> {
    let edits: [&[u8]; 19] = [
        b"",
        b"x\0\x01",
        b"x\x1f\x80",
        b"+\x01\0",
        b"-\x01\0",
        b"-\0\0",
        b"0\0\0",
        b"0\x01\x01",
        b"~\0\0",
        b"c\x20\0",
        b"c\0\0",
        // The encoding of RSA: its ends, its padding, and with PSS what separates it from the salt.
        b"e\0\0",
        b"e\0\0x\0\x01",
        b"e\0\0x\0\x80",
        b"e\0\0x\x01\x01",
        b"e\0\0x\x02\x01",
        b"e\0\0x\xbe\x02",
        b"e\0\0x\x9e\x02",
        b"e\0\0x\xff\x01",
    ];
    let letters = (b'a'..).take(Algorithm::ALL.len());
    letters.flat_map(|letter| edits.map(|edit| [&[letter, 0], edit].concat())).collect()
}

fn status_lists() -> Vec<Vec<u8>> {
    let header = json!({ "alg": "EdDSA", "kid": "ed-1", "typ": "statuslist+jwt" }).to_string();
    // Zlib streams (RFC 1950): the examples of the draft, and stored blocks.
    let streams = ["eNrbuRgAAhcBXQ", "eNo76fITAAPfAgc", "eJwBAQD-_wIABAAD", "eAEBBAD7_wECA_8MCgEG"];
    let payload = |bits: u8, lst: &str| {
        json!({
            "iss": ISSUER, "sub": status_list::URI, "iat": NOW, "exp": NOW + 60, "ttl": 5,
            "status_list": { "bits": bits, "lst": lst }, "jwks_sha256": "A".repeat(43),
        })
        .to_string()
    };
    let mut inputs = Vec::new();
    for bits in [1, 2, 4, 8] {
        inputs.push(vec![b'v', bits, 3, 0x1b, 0xe4, 0xff]);
        for stream in streams {
            let signed = [header.as_bytes(), payload(bits, stream).as_bytes()].join(&0);
            inputs.push([b"t\x02", &signed[..]].concat());
            let bytes = URL_SAFE_NO_PAD.decode(stream).expect("base64url");
            inputs.push([&[b'z', 2, bits], &bytes[..]].concat());
        }
    }
    inputs
}

/// What request targets are made of.
const PIECES: [&str; 30] = [
    "/", "//", "/.", "/..", "/./", "/../", "\\", ";", "#", "?", "%", "%2f", "%2F", "%5c", "%2e",
    "%2E", "%25", "%3b", "%00", "%20", "%23", "%3f", "%C3%A9", "%c2%85", "%ff", "%c0%ae", "é",
    "\u{85}", "http://", "*",
];

fn paths() -> Vec<String> {
    let cases = GOLDENS.iter().filter_map(|golden| golden.content["cases"].as_array()).flatten();
    let paths = cases.filter_map(|case| case["request"]["path"].as_str()).map(str::to_owned);
    paths.chain(PIECES.iter().map(|piece| format!("/a{piece}b/c"))).collect()
}

/// A key of each kind, in each form.
fn pems() -> Vec<String> {
    let wrap = |label: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|l| std::str::from_utf8(l).ok()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    let spki = |prefix: &[u8], key: &[u8]| wrap("PUBLIC KEY", &[prefix, key].concat());
    let ed25519 = ed25519_dalek::SigningKey::from_bytes(&[0x17; 32]).verifying_key();
    let p256 = p256::ecdsa::SigningKey::from_slice(&[0x17; 32]).expect("a scalar");
    let p384 = p384::ecdsa::SigningKey::from_slice(&[0x17; 48]).expect("a scalar");
    let rsa = TestKey::named("rsa-1").rsa().to_public_key();
    // The prefixes are those of RFC 8410 and RFC 5480, up to the bits of the key.
    vec![
        spki(b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", ed25519.as_bytes()),
        spki(
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00",
            p256.verifying_key().to_encoded_point(false).as_bytes(),
        ),
        spki(
            b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00",
            p384.verifying_key().to_encoded_point(false).as_bytes(),
        ),
        wrap("PUBLIC KEY", rsa.to_public_key_der().expect("DER").as_bytes()),
        wrap("RSA PUBLIC KEY", rsa.to_pkcs1_der().expect("DER").as_bytes()),
        wrap("CERTIFICATE", &[0x30, 0]),
        wrap("PRIVATE KEY", &[0x30, 0]),
    ]
}

/// Bytes for a target that makes its own structure of them; the same every time.
fn noise(seed: u16) -> Vec<u8> {
    let block = |block: u8| Sha256::digest([&seed.to_be_bytes()[..], &[block]].concat());
    (0..16).flat_map(block).collect()
}
