//! The compact form: segments, base64url, size, and other serialisations.

use serde_json::{Value, json};

use super::Hostile;
use super::forge::{Key, claims, encode, signing_input};

const KEY: Key = Key::Es256;

pub(super) fn cases() -> Vec<Hostile> {
    [segments(), base64(), characters(), other_forms()].into_iter().flatten().collect()
}

fn segments() -> Vec<Hostile> {
    let token = KEY.token();
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three segments") };
    [
        ("one", header.to_owned()),
        ("two, without a signature", format!("{header}.{payload}")),
        ("two, without a header", format!("{payload}.{signature}")),
        ("an empty signature", format!("{header}.{payload}.")),
        ("an empty header", format!(".{payload}.{signature}")),
        (
            "an empty payload, which is elsewhere (RFC 7515 appendix F)",
            format!("{header}..{signature}"),
        ),
        ("an empty payload that was signed", KEY.over(&format!("{header}."))),
        ("three empty ones", "..".to_owned()),
        ("a dot", ".".to_owned()),
        ("four", format!("{token}.AAAA")),
        ("four, with an empty last one", format!("{token}.")),
        ("four, with an empty first one", format!(".{token}")),
        ("five, as an encrypted token has", encrypted()),
        ("a second token behind a dot", format!("{token}.{token}")),
        ("a full stop of another script", token.replace('.', "\u{3002}")),
        ("an escaped dot", token.replace('.', "%2E")),
    ]
    .map(|(name, token)| Hostile::new("segments", name, token, "token_malformed"))
    .into()
}

fn encrypted() -> String {
    let header = json!({ "alg": "dir", "enc": "A256GCM", "kid": KEY.kid(), "typ": "at+jwt" });
    format!(
        "{}..{}.{}.{}",
        encode(header.to_string()),
        encode([1; 12]),
        encode([2; 64]),
        encode([3; 16])
    )
}

fn base64() -> Vec<Hostile> {
    let header = KEY.header().to_string();
    // A blank more, until the last character has bits to spare.
    let header = match header.len() % 3 {
        0 => header.replace("{", "{ "),
        _ => header,
    };
    let payload = claims().to_string();
    let payload =
        if payload.len().is_multiple_of(3) { payload.replace('{', "{ ") } else { payload };
    let (header, payload) = (encode(header), encode(payload));
    let token = KEY.over(&format!("{header}.{payload}"));
    let signed = |header: &str, payload: &str| KEY.over(&format!("{header}.{payload}"));
    let rsa = Key::Rs256.token();
    [
        ("bits behind the last byte of the header, signed", signed(&spare_bit(&header), &payload)),
        ("bits behind the last byte of the payload, signed", signed(&header, &spare_bit(&payload))),
        ("bits behind the last byte of the signature, ES256", spare_bit(&token)),
        ("bits behind the last byte of the signature, RS256", spare_bit(&rsa)),
        ("bits behind the last byte of the signature, EdDSA", spare_bit(&Key::EdDsa.token())),
        ("padding behind the header, signed", signed(&padded(&header), &payload)),
        ("padding behind the payload, signed", signed(&header, &padded(&payload))),
        ("padding behind the signature", format!("{token}==")),
        ("half of the padding behind the signature", format!("{token}=")),
        ("one character more in the header, signed", signed(&format!("{header}A"), &payload)),
        ("one character too many in the signature", longer_by_one(&token)),
        ("the alphabet with + and / in the signature", standard(&rsa)),
        (
            "the alphabet with + and / in the payload, signed",
            signed(&header, &standard(&slashes())),
        ),
        ("hexadecimal", token.split('.').map(hex).collect::<Vec<_>>().join(".")),
        ("encoded twice", token.split('.').map(encode).collect::<Vec<_>>().join(".")),
    ]
    .map(|(name, token)| Hostile::new("base64url", name, token, "token_malformed"))
    .into()
}

fn characters() -> Vec<Hostile> {
    let token = KEY.token();
    let in_signature =
        |text: &str| format!("{}{text}{}", &token[..token.len() - 8], &token[token.len() - 8..]);
    let in_payload = |text: &str| {
        let input = signing_input(&KEY.header());
        KEY.over(&format!("{}{text}{}", &input[..input.len() - 8], &input[input.len() - 8..]))
    };
    let in_header = |text: &str| {
        let input = signing_input(&KEY.header());
        KEY.over(&format!("{}{text}{}", &input[..4], &input[4..]))
    };
    [
        ("a line feed in the signature", in_signature("\n")),
        ("a line break in the payload, signed", in_payload("\r\n")),
        ("a tab in the header, signed", in_header("\t")),
        ("a blank in the header, signed", in_header(" ")),
        ("a line feed behind the token", format!("{token}\n")),
        ("a NUL in the signature", in_signature("\0")),
        ("a NUL behind the token", format!("{token}\0")),
        ("a zero-width space in the payload, signed", in_payload("\u{200b}")),
        ("a full-width letter in the signature", in_signature("\u{ff21}")),
        ("a letter with an accent in the signature", in_signature("é")),
        ("a character outside the alphabet, ignored by lax decoders", in_signature("!")),
        ("such a character in the payload, signed", in_payload("*")),
        ("a byte-order mark before the token", format!("\u{feff}{token}")),
        ("quotation marks round the token", format!("\"{token}\"")),
        ("a parameter behind the token", format!("{token};x=1")),
        ("a fragment behind the token", format!("{token}#x")),
    ]
    .map(|(name, token)| Hostile::new("characters", name, token, "token_malformed"))
    .into()
}

fn other_forms() -> Vec<Hostile> {
    let token = KEY.token();
    let parts: Vec<_> = token.split('.').collect();
    let signature = json!({ "protected": parts[0], "signature": parts[2] });
    let flattened = json!({ "payload": parts[1], "protected": parts[0], "signature": parts[2] });
    let general = json!({ "payload": parts[1], "signatures": [signature] });
    let none = json!({ "alg": "none", "typ": "at+jwt" });
    let large = KEY.with_claim("padding", json!("x".repeat(16_384)));
    let header = KEY.with_header("padding", json!("x".repeat(4096)));
    let bad = |class, name, token, code| Hostile::new(class, name, token, code);
    vec![
        bad("serialisation", "flattened JSON", flattened.to_string(), "token_malformed"),
        bad("serialisation", "general JSON", general.to_string(), "token_malformed"),
        bad("serialisation", "JSON alone", claims().to_string(), "token_malformed"),
        bad(
            "serialisation",
            "no signature (RFC 7519 section 6)",
            unsecured(&none),
            "token_malformed",
        ),
        bad("size", "nothing", String::new(), "token_missing"),
        bad("size", "more than 16 KiB", large, "token_too_large"),
        bad("size", "16 KiB of dots", ".".repeat(16_384), "token_malformed"),
        bad("size", "a header of more than 4 KiB", header, "token_malformed"),
    ]
}

fn unsecured(header: &Value) -> String {
    format!("{}.", signing_input(header))
}

/// Sets a bit that the last character has to spare.
fn spare_bit(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = text.split_at(text.len() - 1);
    let value = ALPHABET.find(last).expect("base64url");
    assert!(value.is_multiple_of(4), "the last character has no bits to spare");
    format!("{rest}{}", &ALPHABET[value + 1..value + 2])
}

fn padded(segment: &str) -> String {
    format!("{segment}{}", "=".repeat(4 - segment.len() % 4))
}

/// Five characters in the last group hold no whole byte more.
fn longer_by_one(token: &str) -> String {
    let signature = token.rsplit('.').next().expect("a signature");
    assert_eq!(signature.len() % 4, 2);
    format!("{token}AAA")
}

fn standard(text: &str) -> String {
    assert!(text.contains(['-', '_']), "nothing to replace");
    text.replace('-', "+").replace('_', "/")
}

/// An honest payload whose base64url has `-` and `_`.
fn slashes() -> String {
    let mut claims = claims();
    claims["x"] = json!("???>>>~~~???>>>~~~");
    let found = (0..3).map(|blanks| encode(format!("{}{claims}", " ".repeat(blanks))));
    found.into_iter().find(|text| text.contains(['-', '_'])).expect("such a spelling")
}

fn hex(segment: &str) -> String {
    segment.bytes().map(|byte| format!("{byte:02x}")).collect()
}
