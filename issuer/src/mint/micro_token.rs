//! Micro tokens.

use laika_claims::token::{Actor, MICRO_TYP, MICRO_TYPE, MicroClaims};
use laika_claims::{Grant, IssuerCode};
use serde_json::{Map, Value};

use super::budget;
use super::grants::{Reach, reach};
use super::holder::Holder;
use super::target::{self, Target};
use crate::app::App;
use crate::clock::{UnixSeconds, claim_seconds};
use crate::db::entitlements;
use crate::db::sessions::Session;
use crate::db::users::UserStatus;
use crate::keys::jws;
use crate::problem::Problem;
use crate::random;

/// What a micro token is asked for.
#[derive(Debug, Clone, Default)]
pub struct MicroRequest {
    /// Names of the services.
    pub services: Vec<String>,
    /// Only these permissions; absent: all that are granted.
    pub narrow: Option<Vec<Grant>>,
    /// The registered client that asks.
    pub client_id: Option<String>,
    /// An earlier token that this one must stay within.
    pub within: Option<Within>,
    /// Who will act in the holder's name.
    pub act: Option<Actor>,
}

/// What a token that is made from an earlier one inherits, and can't pass.
#[derive(Debug, Clone)]
pub struct Within {
    /// When the earlier token expires.
    pub exp: UnixSeconds,
    /// Its roles.
    pub roles: Vec<String>,
    /// Its grants.
    pub grants: Vec<Grant>,
    /// Its place in a status list: whatever revokes it revokes this one.
    pub status: Option<Value>,
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
    /// The same, expanded against the catalogues of its services.
    pub scope: String,
}

/// Mints a micro token for the holder of a session. Roles, permissions, the user's status and the
/// end of the session are read again, in one statement.
///
/// # Errors
/// The session has ended, or as [`mint_for`].
pub async fn mint(
    app: &App,
    session: &Session,
    request: &MicroRequest,
) -> Result<MicroToken, Problem> {
    let mut connection = app.db.read().await?;
    let held = entitlements::of_session(&mut connection, session.id).await?;
    drop(connection);
    let goes_on = |held: &entitlements::Entitlements| {
        held.user.status == UserStatus::Active && held.session.ended_at.is_none()
    };
    let held = held.filter(goes_on).ok_or_else(|| {
        Problem::issuer(IssuerCode::SessionEnded, "the session has ended; log in again")
    })?;
    mint_for(app, &Holder::Person(&held), request).await
}

/// Mints a micro token for a holder whose entitlements were read in this request.
///
/// # Errors
/// The services do not share tokens, a permission is not granted, or the token would be too large.
pub async fn mint_for(
    app: &App,
    holder: &Holder<'_>,
    request: &MicroRequest,
) -> Result<MicroToken, Problem> {
    let target = target::resolve(app, &request.services).await?;
    mint_at(app, holder, &target, request)
}

fn mint_at(
    app: &App,
    holder: &Holder<'_>,
    target: &Target,
    request: &MicroRequest,
) -> Result<MicroToken, Problem> {
    let mut reach = reach(holder, target);
    if let Some(within) = &request.within {
        reach = reach.within(&within.roles, &within.grants, holder.roles());
    }
    if let Some(wanted) = &request.narrow {
        reach = reach.narrow(wanted)?;
    }
    let claims = claims(app, holder, target, &reach, request)?;
    let expires_in = i64::try_from(claims.exp - claims.iat).unwrap_or_default();
    let permissions = claims.permissions.clone();
    let scope = claims.scope.clone().unwrap_or_default();
    let token = sign_within_budget(app, target, claims)?;
    Ok(MicroToken { token, expires_in, permissions, scope })
}

fn claims(
    app: &App,
    holder: &Holder<'_>,
    target: &Target,
    reach: &Reach,
    request: &MicroRequest,
) -> Result<MicroClaims, Problem> {
    let now = app.clock.now();
    let anonymous = holder.is_anonymous();
    let lifetime = if anonymous { target.anonymous_lifetime() } else { target.lifetime };
    // No micro token outlives the session or the token it came from.
    let exp = now
        .saturating_add(lifetime)
        .min(holder.ends_at().unwrap_or(UnixSeconds::MAX))
        .min(request.within.as_ref().map_or(UnixSeconds::MAX, |within| within.exp))
        .max(now);
    let (session, user) = match holder {
        Holder::Person(held) => (Some(&held.session), Some(&held.user)),
        Holder::ServiceAccount { .. } | Holder::Anonymous(_) => (None, None),
    };
    // Whoever proved nothing was not authenticated, whatever the session says of its beginning.
    let proved = session.filter(|session| !session.amr.is_empty());
    let mut others = Map::new();
    if let Some(status) = request.within.as_ref().and_then(|within| within.status.clone()) {
        others.insert("status".to_owned(), status);
    }
    for (_, service) in target.known() {
        service.template.fill(&holder.facts(), &mut others);
    }
    Ok(MicroClaims {
        iss: app.issuer.as_str().to_owned(),
        sub: holder.subject(),
        aud: target.audiences.clone(),
        exp: claim_seconds(exp),
        iat: claim_seconds(now),
        jti: random::uuid(&*app.random)?.to_string(),
        sid: session.map(|session| session.id.to_string()),
        client_id: request.client_id.clone(),
        token_type: MICRO_TYPE.to_owned(),
        username: user.and_then(|user| user.username.clone()),
        anonymous,
        roles: reach.roles.clone(),
        level: reach.level,
        permissions: reach.permissions(),
        scope: Some(reach.scope(target)),
        auth_time: proved.map(|session| claim_seconds(session.auth_time)),
        amr: proved.map(|session| session.amr.clone()).unwrap_or_default(),
        acr: None,
        act: request.act.clone(),
        others,
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
