//! `POST /v1/password/reset`: choose a new password with the code of a mail.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::reset_password;
use crate::app::App;
use crate::http::extract::{Body, ClientAddress};
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The code of the mail.
    code: Secret,
    /// The new password.
    password: Secret,
}

/// 204; every session has ended. It logs nobody in, so it passes no second factor by.
///
/// # Errors
/// 422 `code_invalid`, or a password that is not good, for which the code is not used up.
pub async fn handle(
    State(app): State<App>,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let Request { code, password } = request;
    reset_password(&app, &code, &password, address.origin(None)).await?;
    Ok(StatusCode::NO_CONTENT)
}
