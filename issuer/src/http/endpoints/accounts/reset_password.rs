//! `POST /v1/password/reset`: choose a new password with the code of a mail.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::reset_password;
use crate::app::App;
use crate::http::extract::{Body, ClientAddress};
use crate::limits;
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The code of the mail.
    #[schemars(regex(pattern = "^laika_mail_[A-Za-z0-9_-]{32}$"))]
    code: Secret,
    /// The new password.
    #[schemars(length(min = 8, max = 256))]
    password: Secret,
}

/// 204; every session has ended. It logs nobody in, so it passes no second factor by.
///
/// # Errors
/// 422 `code_invalid`, or a password that is not good, for which the code is not used up; 429
/// after too many wrong codes.
pub async fn handle(
    State(app): State<App>,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let Request { code, password } = request;
    let from = address.address;
    let resetting = reset_password(&app, &code, &password, address.origin(None));
    limits::try_code(&app, from, resetting).await?;
    Ok(StatusCode::NO_CONTENT)
}
