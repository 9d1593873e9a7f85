//! Log-ins at other providers, and what an account is linked with.

pub mod begin;
pub mod callback;
pub mod exchange;
pub mod finish;
pub mod identities;
pub mod link;
pub mod providers;
pub mod start;
pub mod unlink;

use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, LOCATION, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use crate::app::App;
use crate::db::identities::Identity;
use crate::external::exchange::{Finished, Finisher};
use crate::external::{next, request};
use crate::http::endpoints::factors::ask;
use crate::http::extract::{MainCaller, Transport};
use crate::http::tokens;
use crate::problem::{FieldCode, Problem, unless_refused};

use axum::Json;

/// A provider's name in a path. Others are looked up like it, and are not there.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct ProviderName(pub String);

/// Sends a browser elsewhere.
fn redirect(url: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(url).map_err(Problem::internal)?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}

/// That a browser may be sent to `to`, which stands in this field.
fn check_next(app: &App, field: &str, to: &str) -> Result<(), Problem> {
    if next::is_allowed(to, &app.settings.allowed_next, app.issuer.as_str()) {
        return Ok(());
    }
    let detail = "neither this issuer's own page nor in the setting `allowed_next`";
    Err(Problem::field(field, FieldCode::NotAllowed, detail))
}

fn check_challenge(challenge: &str) -> Result<(), Problem> {
    if request::is_challenge(challenge) {
        return Ok(());
    }
    let detail = "not the SHA-256 of a verifier in base64url without padding (S256)";
    Err(Problem::field("code_challenge", FieldCode::Malformed, detail))
}

/// The origin of the page that asks, where a browser names one.
fn page(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN)?.to_str().ok()
}

/// Whoever finishes a log-in, by their main token if they sent one. A token in `Authorization` must
/// hold; a cookie comes along whether anybody meant it or not.
fn session_of(
    caller: Result<MainCaller, Problem>,
    headers: &HeaderMap,
) -> Result<Finisher, Problem> {
    let meant = headers.contains_key(AUTHORIZATION);
    let caller = if meant { Some(caller?) } else { unless_refused(caller)? };
    let session = caller.map(|caller| (caller.session.clone(), caller.user.clone()));
    Ok(Finisher { session, ..Finisher::default() })
}

/// Tokens for who is logged in, the question for a second factor, or what was linked.
async fn answer(
    app: &App,
    finished: Finished,
    transport: Transport,
    service: Option<String>,
) -> Result<Response, Problem> {
    match finished {
        Finished::LoggedIn(user, session) => {
            tokens::answer(app, StatusCode::CREATED, &user, &session, transport, service).await
        }
        Finished::Waits(waiting) => Ok(ask(waiting)),
        Finished::Linked(identity) => Ok(Json(identities::Item::of(*identity)).into_response()),
    }
}

/// An identity's title for people: how its provider's button says it.
fn title(app: &App, identity: &Identity) -> Option<String> {
    let known = app.providers.get(&identity.provider).ok()?;
    Some(known.provider.title.clone())
}
