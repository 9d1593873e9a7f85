//! `POST /v1/email/undo`: take a change of e-mail back with the code that the old address got.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::undo_email;
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
}

/// 204: the account has the old e-mail again, no session and no password; a mail lets a new one be
/// chosen.
///
/// # Errors
/// 422 `code_invalid`, 429 after too many of those.
pub async fn handle(
    State(app): State<App>,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let from = address.address;
    limits::try_code(&app, from, undo_email(&app, &request.code, address.origin(None))).await?;
    Ok(StatusCode::NO_CONTENT)
}
