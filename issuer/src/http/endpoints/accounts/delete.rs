//! `DELETE /v1/me`: delete the account.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::delete_account;
use crate::app::App;
use crate::http::cookie;
use crate::http::extract::{Body, MainCaller, Transport};
use crate::problem::Problem;
use crate::secret::Secret;

/// What may be sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Needed where the last log-in is more than 15 minutes ago.
    password: Option<Secret>,
}

/// 204: every session has ended; name and e-mail stay reserved.
///
/// # Errors
/// 401 `authentication_too_old` or `credentials_invalid`; 409 for the last administrator.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    body: Option<Body<Request>>,
) -> Result<Response, Problem> {
    let password = body.and_then(|Body(request)| request.password);
    delete_account(&app, &caller.user, &caller.session, password.as_ref()).await?;
    let cookie = match caller.proof.transport {
        Transport::Cookie => Some((SET_COOKIE, cookie::clear(&app)?)),
        Transport::Header => None,
    };
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookie)).into_response())
}
