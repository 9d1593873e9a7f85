//! Token exchange (RFC 8693): a token for a service from another token of the same holder.
//!
//! The subject is a main token, or a micro token that a service account brings of whose service it
//! is. From a micro token nothing grows: audience, roles, level, permissions, expiry, how its holder
//! proved who they are and place in the status list are inherited or narrower, whatever the holder has
//! got or shown since, and `act` names whoever brought it.

use laika_claims::ErrorCode;
use laika_claims::token::{Actor, SERVICE_ACCOUNT_PREFIX};
use serde_json::Value;

use super::client::Asker;
use super::error::{OAuthCode, OAuthError};
use super::grants::{Granted, client_id};
use super::parameters::Parameters;
use super::subject::{self, ProvedMicro};
use crate::app::App;
use crate::db::service_accounts::ServiceAccount;
use crate::mint::micro_token::Within;
use crate::mint::{Holder, MicroRequest, main_token, micro_token};
use crate::session;

/// The type of what is issued (RFC 8693 section 3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
/// A token of either kind, by its form.
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// Longest chain of parties that act for each other.
const MAX_ACTORS: usize = 4;

/// What kind of token the subject says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SubjectType {
    Main,
    Micro,
    Either,
}

pub(super) async fn exchange(
    app: &App,
    asker: &Asker,
    parameters: &Parameters,
) -> Result<Granted, OAuthError> {
    if parameters.get("actor_token").is_some() {
        let description = "`actor_token` is not taken; whoever authenticates is the actor";
        return Err(OAuthError::new(OAuthCode::InvalidRequest, description));
    }
    if parameters
        .get("requested_token_type")
        .is_some_and(|kind| kind != ACCESS_TOKEN && kind != JWT)
    {
        let description = format!("only `{ACCESS_TOKEN}` is issued");
        return Err(OAuthError::new(OAuthCode::InvalidRequest, description));
    }
    let token = parameters.need("subject_token")?;
    let kind = match parameters.need("subject_token_type")? {
        ACCESS_TOKEN => SubjectType::Micro,
        REFRESH_TOKEN => SubjectType::Main,
        JWT => SubjectType::Either,
        _ => {
            let description =
                format!("`subject_token_type` is one of {ACCESS_TOKEN}, {REFRESH_TOKEN}, {JWT}");
            return Err(OAuthError::new(OAuthCode::InvalidRequest, description));
        }
    };
    let micro = match (kind, subject::prove(app, token).await?) {
        (SubjectType::Micro | SubjectType::Either, Ok(micro)) => Some(micro),
        (SubjectType::Either, Err(ErrorCode::TypeMismatch)) | (SubjectType::Main, _) => None,
        (SubjectType::Micro | SubjectType::Either, Err(code)) => {
            return Err(no_grant(&format!("the subject token does not hold: {code}")));
        }
    };
    match micro {
        Some(micro) => of_micro(app, asker, parameters, &micro).await,
        None => of_main(app, asker, parameters, token).await,
    }
}

async fn of_main(
    app: &App,
    asker: &Asker,
    parameters: &Parameters,
    token: &str,
) -> Result<Granted, OAuthError> {
    let request = MicroRequest {
        services: parameters.services()?,
        narrow: parameters.scope()?,
        client_id: client_id(asker),
        act: actor(asker, None)?,
        within: None,
    };
    let claims = main_token::prove(app, token).await.map_err(OAuthError::grant)?;
    let caller = session::check(app, &claims).await.map_err(OAuthError::grant)?;
    let access = micro_token::mint_for(app, &Holder::Person(&caller.held), &request).await?;
    Ok(Granted { access, refresh: None, exchanged: true })
}

async fn of_micro(
    app: &App,
    asker: &Asker,
    parameters: &Parameters,
    micro: &ProvedMicro,
) -> Result<Granted, OAuthError> {
    let Asker::ServiceAccount(account) = asker else {
        let description = "a micro token is exchanged by a service account of its audience";
        return Err(OAuthError::new(OAuthCode::UnauthorizedClient, description));
    };
    if !speaks_for(app, account, micro).await? {
        return Err(no_grant("the subject token is not for the service of this account"));
    }
    let living = micro.living(app).await?;
    let living = living.ok_or_else(|| {
        no_grant("the subject token was revoked or is stale, or its holder may not be used")
    })?;
    if micro.is_anonymous() && !living.holder().is_anonymous() {
        return Err(no_grant(
            "the holder of the subject token was anonymous, and has registered since",
        ));
    }
    let audiences = micro.audiences();
    let wanted = if parameters.targets.is_empty() { &audiences } else { &parameters.targets };
    let services = app.services.current(&app.db, &*app.clock).await?;
    let name = |written: &String| services.name_of(written).unwrap_or(written).to_owned();
    let held: Vec<_> = audiences.iter().map(name).collect();
    let wanted: Vec<_> = wanted.iter().map(name).collect();
    if let Some(beyond) = wanted.iter().find(|service| !held.contains(service)) {
        let description = format!("the subject token is not for `{}`", beyond.escape_debug());
        return Err(OAuthError::new(OAuthCode::InvalidTarget, description));
    }
    let request = MicroRequest {
        services: wanted,
        narrow: parameters.scope()?,
        client_id: client_id(asker),
        within: Some(Within {
            exp: micro.exp,
            reach: micro.reach(),
            proof: micro.proof(),
            status: micro.claims.get("status").cloned(),
        }),
        act: actor(asker, micro.claims.get("act"))?,
    };
    let access = micro_token::mint_for(app, &living.holder(), &request).await?;
    Ok(Granted { access, refresh: None, exchanged: true })
}

/// Whether a token is for the service that an account speaks for.
pub(super) async fn speaks_for(
    app: &App,
    account: &ServiceAccount,
    micro: &ProvedMicro,
) -> Result<bool, OAuthError> {
    let Some(own) = &account.service else { return Ok(false) };
    let services = app.services.current(&app.db, &*app.clock).await?;
    let known = services.by_name(own);
    Ok(known.is_some_and(|service| micro.audiences().contains(&service.audience)))
}

/// The chain of actors with `asker` at its head, where it acts for somebody else.
fn actor(asker: &Asker, before: Option<&Value>) -> Result<Option<Actor>, OAuthError> {
    let before: Option<Actor> = match before {
        Some(value) => {
            let read = serde_json::from_value(value.clone());
            Some(read.map_err(|_| no_grant("`act` of the subject token can't be read"))?)
        }
        None => None,
    };
    let Asker::ServiceAccount(account) = asker else { return Ok(before) };
    let sub = format!("{SERVICE_ACCOUNT_PREFIX}{}", account.name);
    let chain = std::iter::successors(before.as_ref(), |actor| actor.act.as_deref()).count();
    if chain >= MAX_ACTORS {
        let description = format!("at most {MAX_ACTORS} parties act for each other");
        return Err(OAuthError::new(OAuthCode::InvalidRequest, description));
    }
    Ok(Some(Actor { sub, act: before.map(Box::new) }))
}

fn no_grant(description: &str) -> OAuthError {
    OAuthError::new(OAuthCode::InvalidGrant, description)
}
