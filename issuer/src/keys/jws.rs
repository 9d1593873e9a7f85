//! Compact serialisation (RFC 7515 section 7.1): writing it, and reading back our own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_claims::ErrorCode;
use laika_claims::json::{self, TOKEN_LIMITS};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{KeyError, Keys, SigningKey};

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// Signs `claims`.
///
/// # Errors
/// The claims can't be written as JSON, or the key refused.
pub fn sign(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
    let header = json!({ "alg": key.algorithm().as_str(), "kid": key.kid(), "typ": typ });
    let claims = serde_json::to_vec(claims).map_err(|e| KeyError::Unusable(e.to_string()))?;
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = key.sign(message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The claims of a token of this kind that this issuer signed. The algorithm is the key's; the
/// header's must agree with it.
///
/// # Errors
/// What is wrong with the token, in the order of `docs/contract/verifier.md`.
pub fn verify(keys: &Keys, typ: &str, token: &str) -> Result<Map<String, Value>, ErrorCode> {
    if token.len() > MAX_TOKEN {
        return Err(ErrorCode::TokenTooLarge);
    }
    let mut segments = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return Err(ErrorCode::TokenMalformed);
    };
    let message = token.get(..header.len() + 1 + payload.len()).unwrap_or_default();
    let decode = |segment| URL_SAFE_NO_PAD.decode(segment).map_err(|_| ErrorCode::TokenMalformed);
    let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
    let header =
        json::parse_object(&header, TOKEN_LIMITS).map_err(|_| ErrorCode::TokenMalformed)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    if header.contains_key("crit") {
        return Err(ErrorCode::CriticalHeaderUnsupported);
    }
    if text("typ") != Some(typ) {
        return Err(ErrorCode::TypeMismatch);
    }
    let key = text("kid").and_then(|kid| keys.by_kid(kid)).ok_or(ErrorCode::KeyNotFound)?;
    if text("alg") != Some(key.algorithm().as_str()) {
        return Err(ErrorCode::AlgorithmNotAllowed);
    }
    if !key.verifies(message.as_bytes(), &signature) {
        return Err(ErrorCode::SignatureInvalid);
    }
    json::parse_object(&payload, TOKEN_LIMITS).map_err(|_| ErrorCode::TokenMalformed)
}
