//! Micro tokens.

use laika_claims::Grant;
use laika_claims::IssuerCode;
use laika_claims::token::{MICRO_TYP, MICRO_TYPE, MicroClaims};
use serde_json::Map;

use super::budget;
use super::grants::{Reach, reach};
use super::target::{self, Target};
use crate::app::App;
use crate::clock::claim_seconds;
use crate::db::entitlements::{self, Entitlements};
use crate::db::sessions::Session;
use crate::db::users::UserStatus;
use crate::keys::jws;
use crate::problem::Problem;
use crate::random;

/// What a micro token is asked for.
#[derive(Debug, Clone)]
pub struct MicroRequest {
    /// Names of the services.
    pub services: Vec<String>,
    /// Only these permissions; absent: all that are granted.
    pub narrow: Option<Vec<Grant>>,
}

/// A micro token on its way to its holder.
#[derive(Debug, Clone)]
pub struct MicroToken {
    /// The token.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: i64,
    /// The grants in it.
    pub permissions: Vec<String>,
}

/// Mints a micro token for the holder of a session. Roles, permissions, the user's status and the
/// end of the session are read again, in one statement.
///
/// # Errors
/// The session has ended, the services do not share tokens, a permission is not granted, or the
/// token would be too large.
pub async fn mint(
    app: &App,
    session: &Session,
    request: &MicroRequest,
) -> Result<MicroToken, Problem> {
    let mut connection = app.db.read().await?;
    let target = target::resolve(app, &mut connection, &request.services).await?;
    let held = entitlements::of_session(&mut connection, session.id).await?;
    drop(connection);
    let held =
        held.filter(|held| held.status == UserStatus::Active && !held.session_ended).ok_or_else(
            || Problem::issuer(IssuerCode::SessionEnded, "the session has ended; log in again"),
        )?;
    let reach = reach(&held, &target);
    let reach = match &request.narrow {
        Some(wanted) => reach.narrow(wanted)?,
        None => reach,
    };
    let claims = claims(app, session, &held, &target, &reach)?;
    let token = sign_within_budget(app, &target, claims.clone())?;
    Ok(MicroToken {
        token,
        expires_in: i64::try_from(claims.exp - claims.iat).unwrap_or_default(),
        permissions: claims.permissions,
    })
}

fn claims(
    app: &App,
    session: &Session,
    held: &Entitlements,
    target: &Target,
    reach: &Reach,
) -> Result<MicroClaims, Problem> {
    let now = app.clock.now();
    // No micro token outlives the session it came from.
    let end = session.ends_at.unwrap_or(session.expires_at).min(session.expires_at);
    let exp = now.saturating_add(target.lifetime).min(end).max(now);
    Ok(MicroClaims {
        iss: app.issuer.as_str().to_owned(),
        sub: session.user_id.to_string(),
        aud: target.audiences.clone(),
        exp: claim_seconds(exp),
        iat: claim_seconds(now),
        jti: random::uuid(&*app.random)?.to_string(),
        sid: Some(session.id.to_string()),
        client_id: None,
        token_type: MICRO_TYPE.to_owned(),
        username: held.username.clone(),
        anonymous: held.username.is_none(),
        roles: reach.roles.clone(),
        level: reach.level,
        permissions: reach.permissions(),
        scope: Some(reach.scope(target)),
        auth_time: Some(claim_seconds(session.auth_time)),
        amr: session.amr.clone(),
        acr: None,
        // A status claim and those of templates and hooks join here.
        others: Map::new(),
    })
}

/// Leaves `scope` out where the token is too large with it, and refuses it where it is too large
/// without.
fn sign_within_budget(app: &App, target: &Target, claims: MicroClaims) -> Result<String, Problem> {
    let key = app.keys.active(target.algorithm)?;
    let most = app.settings.micro.max_size;
    let token = jws::sign(key, MICRO_TYP, &claims)?;
    if token.len() <= most {
        return Ok(token);
    }
    let claims = MicroClaims { scope: None, ..claims };
    let token = jws::sign(key, MICRO_TYP, &claims)?;
    if token.len() <= most {
        return Ok(token);
    }
    Err(budget::refuse(&claims, token.len(), most))
}
