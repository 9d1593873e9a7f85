//! `GET /v1/login/{provider}`: log in at a provider.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use http::header::SET_COOKIE;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ProviderName, check_challenge, check_next, redirect};
use crate::app::App;
use crate::external::flow::{self, Begin, Stopped};
use crate::external::next;
use crate::http::cookie;
use crate::http::extract::{ClientAddress, Path, Query};
use crate::limits::{self, Key, Limited};
use crate::problem::Problem;

/// How the log-in comes back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Where the browser is sent with a one-time code.
    next: String,
    /// SHA-256 of a secret that the client keeps, in base64url (RFC 7636, S256).
    code_challenge: String,
}

/// Sends the browser to the provider: 303. What the provider's metadata do not let begin is told to
/// `next` as `error`.
///
/// # Errors
/// 404 for a provider that is not configured; 422 for a `next` that is not allowed.
pub async fn handle(
    State(app): State<App>,
    Path(ProviderName(name)): Path<ProviderName>,
    headers: HeaderMap,
    address: ClientAddress,
    Query(request): Query<Request>,
) -> Result<Response, Problem> {
    let known = app.providers.get(&name)?;
    check_next(&app, "next", &request.next)?;
    check_challenge(&request.code_challenge)?;
    limits::take_now(&app, &[(Limited::ExternalLogin, Key::address(address.address))]).await?;
    let binding = flow::binding(&app, cookie::binding(&app, &headers))?;
    let begin = Begin::Browser {
        binding: &binding,
        next: request.next.clone(),
        challenge: request.code_challenge,
    };
    let url = match flow::begin(&app, known, begin, None).await {
        Ok(begun) => begun.url,
        Err(Stopped::Provider(error)) => next::with(&request.next, "error", error.code()),
        Err(Stopped::Here(problem)) => return Err(problem),
    };
    let mut answer = redirect(&url)?;
    answer.headers_mut().append(SET_COOKIE, cookie::store_binding(&app, &binding)?);
    Ok(answer)
}
