//! `POST /v1/me/identities/{provider}`: link the account with a log-in at a provider.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProviderName, check_challenge, check_next};
use crate::accounts::prove_anew;
use crate::app::App;
use crate::external::flow::{self, Begin};
use crate::http::cookie;
use crate::http::extract::{Body, ClientAddress, MainCaller, Path};
use crate::limits::{self, Key, Limited};
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Where the browser is sent with a one-time code, which the same session exchanges.
    next: String,
    /// SHA-256 of a secret that the client keeps, in base64url (RFC 7636, S256).
    code_challenge: String,
    /// Needed where the last log-in is more than 15 minutes ago.
    password: Option<Secret>,
}

/// Where the browser goes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// To be opened in this browser, which a cookie ties to it.
    url: String,
}

/// Begins a log-in that ends in a link: 200.
///
/// # Errors
/// 401 `authentication_too_old` or `credentials_invalid`, 404 for a provider that is not configured,
/// 422 for a `next` that is not allowed, 502 where the provider does not say where to go.
pub async fn handle(
    State(app): State<App>,
    Path(ProviderName(name)): Path<ProviderName>,
    headers: HeaderMap,
    address: ClientAddress,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let known = app.providers.get(&name)?;
    check_next(&app, "next", &request.next)?;
    check_challenge(&request.code_challenge)?;
    limits::take_now(&app, &[(Limited::ExternalLogin, Key::address(address.address))]).await?;
    prove_anew(&app, &caller.user, &caller.session, request.password.as_ref()).await?;
    let binding = flow::binding(&app, cookie::binding(&app, &headers))?;
    let begin = Begin::Browser {
        binding: &binding,
        next: request.next,
        challenge: request.code_challenge,
        session: Some(caller.session.id),
    };
    let url = flow::begin(&app, known, begin).await?.url;
    let cookie = AppendHeaders([(SET_COOKIE, cookie::store_binding(&app, &binding)?)]);
    Ok((cookie, Json(Answer { url })).into_response())
}
