//! `PUT /v1/me/password`: change the password.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::change_password;
use crate::app::App;
use crate::http::cookie;
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The password as it is.
    current: Secret,
    /// As it shall be.
    #[schemars(length(min = 8, max = 256))]
    new: Secret,
}

/// 204: every session but this one has ended, and no other browser is known.
///
/// # Errors
/// 401 `credentials_invalid` for a wrong password, 422 for a new one that is not good.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    headers: HeaderMap,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let Request { current, new } = request;
    let device = cookie::device(&app, &headers);
    let passwords = (&current, &new);
    change_password(&app, &caller.user, &caller.session, passwords, device.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
