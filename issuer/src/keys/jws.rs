//! Compact serialisation (RFC 7515 section 7.1): writing it, and reading back our own.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_claims::ErrorCode;
use laika_claims::json::{self, TOKEN_LIMITS};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::App;
use crate::problem::Problem;

use super::proved;
use super::{Family, KeyError, Keys, SharedSecret, SigningKey};

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// What a token is signed with.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    /// The private half of a pair; the header names it.
    Key(&'a SigningKey),
    /// A secret. It has no name: one that is made of it, like a thumbprint, would help whoever guesses
    /// (RFC 7638 section 7).
    Secret(&'a SharedSecret),
}

impl<'a> Signer<'a> {
    /// What signs for a family now.
    ///
    /// # Errors
    /// There is nothing.
    pub fn of(app: &'a App, keys: &'a Keys, family: Family) -> Result<Self, KeyError> {
        match family {
            Family::Pair(algorithm) => keys.active(algorithm).map(Self::Key),
            Family::Secret => {
                app.settings.micro.secret.as_ref().map(Self::Secret).ok_or(KeyError::NoSecret)
            }
        }
    }
}

impl<'a> From<&'a SigningKey> for Signer<'a> {
    fn from(key: &'a SigningKey) -> Self {
        Self::Key(key)
    }
}

/// The header of a token that is signed here (RFC 7515 section 4.1).
#[derive(Debug, Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'a str,
}

/// Signs `claims`.
///
/// # Errors
/// The claims can't be written as JSON, or the key refused.
pub fn sign<'a>(
    signer: impl Into<Signer<'a>>,
    typ: &str,
    claims: &impl Serialize,
) -> Result<String, KeyError> {
    let signer = signer.into();
    let header = match signer {
        Signer::Key(key) => Header { alg: key.algorithm().as_str(), kid: Some(key.kid()), typ },
        Signer::Secret(_) => Header { alg: Family::Secret.as_str(), kid: None, typ },
    };
    let (header, claims) = (to_json(&header)?, to_json(claims)?);
    // Room for the signature too.
    let mut token = String::with_capacity(2 * (header.len() + claims.len()) + 512);
    URL_SAFE_NO_PAD.encode_string(header, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = match signer {
        Signer::Key(key) => key.sign(token.as_bytes())?,
        Signer::Secret(secret) => secret.sign(token.as_bytes()),
    };
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, KeyError> {
    serde_json::to_vec(value).map_err(|error| KeyError::Unusable(error.to_string()))
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

/// The claims of a token of this kind that was signed with `secret`. A token that names a key was
/// not, whatever its `alg` says: `key_not_found`.
///
/// # Errors
/// What is wrong with the token, in the same order.
pub fn verify_shared(
    secret: &SharedSecret,
    typ: &str,
    token: &str,
) -> Result<Map<String, Value>, ErrorCode> {
    let token = Untrusted::read(typ, token)?;
    if token.header.contains_key("kid") {
        return Err(ErrorCode::KeyNotFound);
    }
    if token.text("alg") != Some(Family::Secret.as_str()) {
        return Err(ErrorCode::AlgorithmNotAllowed);
    }
    if !secret.verifies(token.message.as_bytes(), &token.signature) {
        return Err(ErrorCode::SignatureInvalid);
    }
    token.claims()
}

/// The claims, and the key that signed them.
fn proof<'a>(
    keys: &'a Keys,
    typ: &str,
    token: &str,
) -> Result<(&'a SigningKey, Map<String, Value>), ErrorCode> {
    let token = Untrusted::read(typ, token)?;
    let key = token.text("kid").and_then(|kid| keys.by_kid(kid)).ok_or(ErrorCode::KeyNotFound)?;
    if token.text("alg") != Some(key.algorithm().as_str()) {
        return Err(ErrorCode::AlgorithmNotAllowed);
    }
    if !key.verifies(token.message.as_bytes(), &token.signature) {
        return Err(ErrorCode::SignatureInvalid);
    }
    Ok((key, token.claims()?))
}

/// A token of the right form and kind, of which nothing is proved yet.
struct Untrusted<'t> {
    header: Map<String, Value>,
    /// What is signed.
    message: &'t str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'t> Untrusted<'t> {
    fn read(typ: &str, token: &'t str) -> Result<Self, ErrorCode> {
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
        let decode =
            |segment| URL_SAFE_NO_PAD.decode(segment).map_err(|_| ErrorCode::TokenMalformed);
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let header =
            json::parse_object(&header, TOKEN_LIMITS).map_err(|_| ErrorCode::TokenMalformed)?;
        let read = Self { header, message, payload, signature };
        if read.header.contains_key("crit") {
            return Err(ErrorCode::CriticalHeaderUnsupported);
        }
        if read.text("typ") != Some(typ) {
            return Err(ErrorCode::TypeMismatch);
        }
        Ok(read)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    fn claims(&self) -> Result<Map<String, Value>, ErrorCode> {
        json::parse_object(&self.payload, TOKEN_LIMITS).map_err(|_| ErrorCode::TokenMalformed)
    }
}
