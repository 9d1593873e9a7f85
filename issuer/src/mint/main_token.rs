//! Main tokens.

use aws_lc_rs::digest::{SHA256, digest};
use laika_claims::ErrorCode;
use laika_claims::token::{MAIN_TYP, MAIN_TYPE, MainClaims};
use serde::Deserialize as _;
use uuid::Uuid;

use crate::app::App;
use crate::clock::claim_seconds;
use crate::db::sessions::Session;
use crate::keys::jws;
use crate::metrics::Minted;
use crate::problem::Problem;

/// A main token on its way to its holder.
#[derive(Debug, Clone)]
pub struct MainToken {
    /// The token.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: i64,
}

/// The current main token of a session. Everything in it comes from the row, so whoever asks twice
/// gets the same token twice, byte for byte.
///
/// # Errors
/// Signing failed.
pub fn issue(app: &App, session: &Session) -> Result<MainToken, Problem> {
    let issuer = app.issuer.as_str().to_owned();
    let claims = MainClaims {
        iss: issuer.clone(),
        aud: issuer,
        sub: session.user_id.to_string(),
        sid: session.id.to_string(),
        jti: jti(session).to_string(),
        iat: claim_seconds(session.rotated_at),
        exp: claim_seconds(session.expires_at),
        token_type: MAIN_TYPE.to_owned(),
        ctr: claim_seconds(session.ctr),
    };
    app.metrics.minted(Minted::Main);
    let keys = app.keys.current();
    let key = keys.active(keys.default_algorithm())?;
    Ok(MainToken {
        token: jws::sign(key, MAIN_TYP, &claims)?,
        expires_in: session.expires_at - app.clock.now(),
    })
}

/// Proves a main token: signature, type, issuer, audience, times. What is left to ask is its
/// session row.
///
/// # Errors
/// What is wrong with it.
pub async fn prove(app: &App, token: &str) -> Result<MainClaims, Problem> {
    let refused = |code: ErrorCode| Problem::token(code, explain(code));
    let object = jws::prove(app, MAIN_TYP, token).await?.map_err(refused)?;
    let claims = MainClaims::deserialize(&*object).map_err(|_| refused(ErrorCode::ClaimInvalid))?;
    let issuer = app.issuer.as_str();
    let fault = if claims.iss != issuer {
        ErrorCode::IssuerMismatch
    } else if claims.aud != issuer {
        ErrorCode::AudienceMismatch
    } else if claims.token_type != MAIN_TYPE {
        ErrorCode::TypeMismatch
    } else if claims.exp <= claim_seconds(app.clock.now()) {
        ErrorCode::Expired
    } else {
        return Ok(claims);
    };
    Err(refused(fault))
}

fn explain(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::TypeMismatch => "a main token is needed here, and this is another kind of token",
        ErrorCode::Expired => "the main token has expired; log in again",
        _ => "the main token does not hold; log in again",
    }
}

/// A UUID of our own making (version 8, RFC 9562 section 5.8), from session and counter.
fn jti(session: &Session) -> Uuid {
    let mut input = session.id.as_bytes().to_vec();
    input.extend(session.ctr.to_be_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(digest(&SHA256, &input).as_ref()) {
        *to = *from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
