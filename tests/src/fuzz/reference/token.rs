//! The order of checks, for the one verifier of `tests/vectors/verify.json`: issuer with static
//! keys, profile `laika`, `max_token_age` 3600.

use serde_json::{Map, Value};

use super::json::strict;
use crate::vectors::{ISSUER, NOW};

/// A token as it was before its segments were encoded, and who signed it.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The header.
    pub header: &'a [u8],
    /// The payload.
    pub payload: &'a [u8],
    /// `ed-1` or `ed-2`, whose signature it has.
    pub signer: &'a str,
}

/// The code of the first check that fails, or `ok`.
#[must_use]
pub fn code(draft: Draft<'_>) -> &'static str {
    check_form(draft).err().unwrap_or("ok")
}

type Check = Result<(), &'static str>;

fn check_form(draft: Draft<'_>) -> Check {
    let base64 = |bytes: &[u8]| (bytes.len() * 8).div_ceil(6);
    let (header, payload) = (base64(draft.header), base64(draft.payload));
    refuse(header + payload + base64(&[0; 64]) + 2 > 16_384, "token_too_large")?;
    refuse(header == 0 || payload == 0 || header > 4096, "token_malformed")?;
    let header = strict(draft.header, 16, 512);
    let header = header.as_ref().and_then(Value::as_object).ok_or("token_malformed")?;
    let text = |name: &str| match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err("token_malformed"),
    };
    let alg = text("alg")?.ok_or("token_malformed")?;
    let (kid, typ) = (text("kid")?, text("typ")?);
    refuse(kid.is_some_and(|kid| kid.len() > 256), "token_malformed")?;
    refuse(
        header.contains_key("crit") || header.contains_key("b64"),
        "critical_header_unsupported",
    )?;
    let typ = typ.unwrap_or_default().to_ascii_lowercase();
    refuse(typ.strip_prefix("application/").unwrap_or(&typ) != "at+jwt", "type_mismatch")?;
    let is_eddsa = match alg {
        "RS256" => false,
        "EdDSA" | "Ed25519" => true,
        _ => return Err("algorithm_not_allowed"),
    };
    match (kid, is_eddsa) {
        (Some("ed-1") | None, true) => {}
        (Some("ed-1"), false) | (Some("rsa-1" | "rsa-1 again" | "enc"), true) => {
            return Err("algorithm_not_allowed");
        }
        (Some("enc"), false) => return Err("key_invalid"),
        // Nothing here is signed with RSA.
        (Some("rsa-1" | "rsa-1 again"), false) => return Err("signature_invalid"),
        (Some(_), _) | (None, false) => return Err("key_not_found"),
    }
    refuse(draft.signer != "ed-1", "signature_invalid")?;
    let claims = strict(draft.payload, 16, 512);
    check_claims(claims.as_ref().and_then(Value::as_object).ok_or("token_malformed")?)
}

fn check_claims(claims: &Map<String, Value>) -> Check {
    let all = |names: &[&str], fits: fn(&Value) -> bool| {
        names.iter().filter_map(|name| claims.get(*name)).all(fits)
    };
    let texts = ["iss", "sub", "jti", "sid", "client_id", "username", "scope", "acr", "type"];
    let typed = all(&texts, Value::is_string)
        && all(&["amr", "permissions", "roles"], is_texts)
        && all(&["aud"], |aud| aud.is_string() || is_texts(aud))
        && all(&["exp", "nbf", "iat", "auth_time"], |time| {
            time.as_f64().is_some_and(|time| (0.0..=9_007_199_254_740_992.0).contains(&time))
        })
        && all(&["level"], Value::is_i64)
        && all(&["anonymous"], Value::is_boolean);
    refuse(!typed, "claim_invalid")?;
    let required = ["iss", "sub", "aud", "exp", "iat"];
    refuse(required.iter().any(|name| !claims.contains_key(*name)), "claim_missing")?;
    refuse(claims["iss"] != ISSUER, "issuer_mismatch")?;
    let is_ours = match &claims["aud"] {
        Value::Array(items) => items.iter().any(|item| item == "orders"),
        one => one == "orders",
    };
    refuse(!is_ours, "audience_mismatch")?;
    refuse(claims.get("type").is_none_or(|kind| kind != "micro"), "type_mismatch")?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let now = NOW as f64;
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    refuse(time("exp").is_some_and(|exp| now >= exp), "expired")?;
    refuse(time("nbf").is_some_and(|nbf| nbf > now + 60.0), "not_yet_valid")?;
    refuse(time("iat").is_some_and(|iat| iat > now + 60.0), "issued_in_future")?;
    refuse(time("iat").is_some_and(|iat| now - iat > 3600.0), "too_old")
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

fn refuse(when: bool, code: &'static str) -> Check {
    if when { Err(code) } else { Ok(()) }
}
