//! Compact serialisation (RFC 7515 section 7.1): writing it, and reading back our own.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_claims::ErrorCode;
use laika_claims::json::{self, TOKEN_LIMITS};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::problem::Problem;

use super::proved;
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
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// [`verify`] with the keys of a running issuer, and only once for each token while its key is
/// published; see [`proved`]. Another replica may have begun to sign with a key a moment ago, so
/// they are read again before a key counts as unknown.
///
/// # Errors
/// The database failed; what is wrong with the token is inside.
pub async fn prove(
    app: &App,
    typ: &str,
    token: &str,
) -> Result<Result<Arc<Map<String, Value>>, ErrorCode>, Problem> {
    if token.len() > MAX_TOKEN {
        return Ok(Err(ErrorCode::TokenTooLarge));
    }
    let name = proved::name(typ, token);
    let keys = app.keys.current();
    if let Some(claims) = app.proved.find(&keys, &name) {
        return Ok(Ok(claims));
    }
    let newer;
    let proof = match proof(&keys, typ, token) {
        Err(ErrorCode::KeyNotFound) => {
            newer = app.keys.published(&app.db, &*app.clock).await?;
            proof(&newer, typ, token)
        }
        known => known,
    };
    Ok(proof.map(|(key, claims)| {
        let claims = Arc::new(claims);
        app.proved.keep(name, key, &claims);
        claims
    }))
}

/// The claims of a token of this kind that this issuer signed. The algorithm is the key's; the
/// header's must agree with it.
///
/// # Errors
/// What is wrong with the token, in the order of `docs/contract/verifier.md`.
pub fn verify(keys: &Keys, typ: &str, token: &str) -> Result<Map<String, Value>, ErrorCode> {
    proof(keys, typ, token).map(|(_, claims)| claims)
}

/// The claims, and the key that signed them.
fn proof<'a>(
    keys: &'a Keys,
    typ: &str,
    token: &str,
) -> Result<(&'a SigningKey, Map<String, Value>), ErrorCode> {
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
    let claims =
        json::parse_object(&payload, TOKEN_LIMITS).map_err(|_| ErrorCode::TokenMalformed)?;
    Ok((key, claims))
}
