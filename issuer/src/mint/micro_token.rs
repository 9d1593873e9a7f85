//! Micro tokens.

use std::sync::Arc;

use laika_claims::token::{Actor, MICRO_TYP, MICRO_TYPE, MicroClaims};
use laika_claims::{Grant, IssuerCode};
use serde_json::{Map, Value};

use super::budget;
use super::grants::{Reach, reach};
use super::holder::Holder;
use super::target::Target;
use crate::app::App;
use crate::clock::{UnixSeconds, claim_seconds};
use crate::db::entitlements::{self, Entitlements};
use crate::db::service_accounts::{self, ServiceAccount};
use crate::db::sessions::Session;
use crate::db::users::UserStatus;
use crate::keys;
use crate::keys::jws::{self, Signer};
use crate::metrics::Minted;
use crate::permissions;
use crate::problem::Problem;
use crate::random;
use crate::session;

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
    /// What its holder may do by it.
    pub reach: Reach,
    /// How its holder had proved who they are; what was shown since is not in it.
    pub proof: Proof,
    /// Its place in a status list: whatever revokes it revokes this one.
    pub status: Option<Value>,
}

/// When and how a holder proved who they are, as tokens write it; empty where nothing was proved.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// When.
    pub auth_time: Option<u64>,
    /// How.
    pub amr: Vec<String>,
    /// What class that is of.
    pub acr: Option<String>,
}

impl From<&Session> for Proof {
    fn from(session: &Session) -> Self {
        // Whoever proved nothing was not authenticated, whatever the session says of its beginning.
        if session.amr.is_empty() {
            return Self::default();
        }
        Self {
            auth_time: Some(claim_seconds(session.auth_time)),
            amr: session.amr.clone(),
            acr: session::acr(&session.amr).map(str::to_owned),
        }
    }
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

/// How often everything is read again where a minting lost a race; each round that is lost, somebody
/// lost a right.
const ROUNDS: usize = 5;

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
    let held = person(app, session).await?;
    mint_for(app, &Holder::Person(&held), request).await
}

/// Mints a micro token for a holder whose entitlements were read in this request, and binds it to
/// the slot of that moment.
///
/// # Errors
/// The services do not share tokens, a permission is not granted, or the token would be too large.
pub async fn mint_for(
    app: &App,
    holder: &Holder<'_>,
    request: &MicroRequest,
) -> Result<MicroToken, Problem> {
    if let Some(token) = attempt(app, holder, request).await? {
        return Ok(token);
    }
    for _ in 1..ROUNDS {
        // Something was lost or ended since the holder was read.
        let token = match holder {
            Holder::Person(held) => {
                let held = person(app, &held.session).await?;
                attempt(app, &Holder::Person(&held), request).await?
            }
            Holder::ServiceAccount(account) => {
                let account = service_account(app, &account.name).await?;
                attempt(app, &Holder::ServiceAccount(&account), request).await?
            }
            Holder::Anonymous(_) => {
                app.services.written(&*app.clock);
                attempt(app, holder, request).await?
            }
        };
        if let Some(token) = token {
            return Ok(token);
        }
    }
    Err(Problem::overloaded("a minting lost every race"))
}

async fn person(app: &App, session: &Session) -> Result<Arc<Entitlements>, Problem> {
    let held = entitlements::of_session(&app.db, session.id).await?;
    let goes_on = |held: &Arc<Entitlements>| {
        held.user.status == UserStatus::Active && held.session.ended_at.is_none()
    };
    held.filter(goes_on).ok_or_else(|| {
        Problem::issuer(IssuerCode::SessionEnded, "the session has ended; log in again")
    })
}

async fn service_account(app: &App, name: &str) -> Result<Arc<ServiceAccount>, Problem> {
    let found = service_accounts::by_name(&app.db, name).await?;
    found.filter(|account| account.is_active()).ok_or_else(|| {
        let detail = "the service account was disabled or deleted";
        Problem::issuer(IssuerCode::CredentialsInvalid, detail)
    })
}

/// One round; `None` where the holder must be read again.
async fn attempt(
    app: &App,
    holder: &Holder<'_>,
    request: &MicroRequest,
) -> Result<Option<MicroToken>, Problem> {
    let services = match holder {
        // Read after the epoch that the slot is bound to: what was lost with it is not in them.
        Holder::Person(_) if holder.is_anonymous() => app.services.latest(&app.db).await?,
        _ => app.services.current(&app.db, &*app.clock).await?,
    };
    let target = Target::of(app, services, &request.services)?;
    keys::needed(app, target.algorithm).await?;
    let answers = permissions::ask(app, holder, &target).await?;
    let mut reach = reach(holder, &target, &answers);
    if let Some(within) = &request.within {
        reach = reach.within(&within.reach, holder.roles());
    }
    if let Some(wanted) = &request.narrow {
        reach = reach.narrow(wanted)?;
    }
    let life = life(app, holder, &target, request);
    let status = match request.within.as_ref().and_then(|within| within.status.clone()) {
        // Whatever revokes the earlier token revokes this one.
        Some(inherited) => Some(inherited),
        None => match holder.bond(&target) {
            None => None,
            Some(bond) => match bond.slot(app, holder.slots(), target.algorithm, life.exp).await? {
                Some(slot) => Some(slot.claim(&app.issuer)),
                None => return Ok(None),
            },
        },
    };
    let mut claims = claims(app, holder, &target, &reach, request, (life, status))?;
    if let Some(hook) = &app.before_token {
        claims = hook.add(app, claims).await?;
    }
    let expires_in = life.exp - life.now;
    let permissions = claims.permissions.clone();
    let scope = claims.scope.clone().unwrap_or_default();
    let token = sign_within_budget(app, &target, claims)?;
    app.metrics.minted(Minted::Micro);
    Ok(Some(MicroToken { token, expires_in, permissions, scope }))
}

/// From when to when a token lives.
#[derive(Debug, Clone, Copy)]
struct Life {
    now: UnixSeconds,
    exp: UnixSeconds,
}

/// No micro token outlives the session or the token it came from.
fn life(app: &App, holder: &Holder<'_>, target: &Target, request: &MicroRequest) -> Life {
    let now = app.clock.now();
    let lifetime =
        if holder.is_anonymous() { target.anonymous_lifetime() } else { target.lifetime };
    let exp = now
        .saturating_add(lifetime)
        .min(holder.ends_at().unwrap_or(UnixSeconds::MAX))
        .min(request.within.as_ref().map_or(UnixSeconds::MAX, |within| within.exp))
        .max(now);
    Life { now, exp }
}

fn claims(
    app: &App,
    holder: &Holder<'_>,
    target: &Target,
    reach: &Reach,
    request: &MicroRequest,
    (life, status): (Life, Option<Value>),
) -> Result<MicroClaims, Problem> {
    let (session, user) = match holder {
        Holder::Person(held) => (Some(&held.session), Some(&held.user)),
        Holder::ServiceAccount(_) | Holder::Anonymous(_) => (None, None),
    };
    let proof = match &request.within {
        Some(within) => within.proof.clone(),
        None => session.map(Proof::from).unwrap_or_default(),
    };
    let mut others = Map::new();
    for (_, service) in target.known() {
        service.template.fill(&holder.facts(), &mut others);
    }
    others.extend(status.map(|status| ("status".to_owned(), status)));
    Ok(MicroClaims {
        iss: app.issuer.as_str().to_owned(),
        sub: holder.subject(),
        aud: target.audiences.clone(),
        exp: claim_seconds(life.exp),
        iat: claim_seconds(life.now),
        jti: random::uuid(&*app.random)?.to_string(),
        sid: session.map(|session| session.id.to_string()),
        client_id: request.client_id.clone(),
        token_type: MICRO_TYPE.to_owned(),
        username: user.and_then(|user| user.username.clone()),
        anonymous: holder.is_anonymous(),
        roles: reach.roles.clone(),
        level: reach.level,
        permissions: reach.permissions(),
        scope: Some(reach.scope(target)),
        auth_time: proof.auth_time,
        amr: proof.amr,
        acr: proof.acr,
        act: request.act.clone(),
        others,
    })
}

/// Leaves `scope` out where the token is too large with it, and refuses it where it is too large
/// without, or has more members than verifiers read.
fn sign_within_budget(app: &App, target: &Target, claims: MicroClaims) -> Result<String, Problem> {
    budget::check_members(&claims)?;
    let keys = app.keys.current();
    let signer = Signer::of(app, &keys, target.algorithm)?;
    let most = app.settings.micro.max_size;
    let token = jws::sign(signer, MICRO_TYP, &claims)?;
    if token.len() <= most {
        return Ok(token);
    }
    let claims = MicroClaims { scope: None, ..claims };
    let token = jws::sign(signer, MICRO_TYP, &claims)?;
    if token.len() <= most {
        return Ok(token);
    }
    Err(budget::refuse(&claims, token.len(), most))
}
