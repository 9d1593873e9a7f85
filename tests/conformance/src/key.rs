//! The key of a group of vectors, imported in every way in which an issuer's key is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use laika_verifier::Algorithm;
use laika_verifier::keys::{Key, KeySet};
use serde_json::{Value, json};

/// The keys that could be imported: from PEM, and from the JWK where the group has one.
pub(crate) fn import(group: &Value, algorithm: Algorithm) -> Vec<Key> {
    let pem = match group["type"].as_str() {
        // The key is marked for PSS alone (RFC 4055), which no JWK can say; the number inside is
        // the same.
        Some("RsassaPssWithParametersVerify") => pkcs1(text(group, "publicKeyAsn")),
        _ => text(group, "publicKeyPem").to_owned(),
    };
    let from_pem = Key::from_pem(&pem, &[algorithm]).ok();
    let jwk = ["publicKeyJwk", "keyJwk"].into_iter().find_map(|name| group.get(name));
    from_pem.into_iter().chain(jwk.and_then(|jwk| from_jwk(jwk.clone(), algorithm))).collect()
}

fn from_jwk(mut jwk: Value, algorithm: Algorithm) -> Option<Key> {
    jwk["kid"] = json!("1");
    let set = KeySet::from_value(&json!({ "keys": [jwk] }), &[algorithm]);
    set.and_then(KeySet::usable).ok()?.get("1").cloned()
}

fn pkcs1(hex: &str) -> String {
    let text = STANDARD.encode(bytes(hex));
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let lines = lines.join("\n");
    format!("-----BEGIN RSA PUBLIC KEY-----\n{lines}\n-----END RSA PUBLIC KEY-----\n")
}

/// A member that is a text; a vector without it is a mistake in the reading.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}"))
}

/// What `hex` says.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect()
}
