//! `POST /v1/password/forgot`: ask for a mail that lets a new password be chosen.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Sent;
use crate::accounts::{Email, forgot_password};
use crate::app::App;
use crate::http::extract::{Body, ClientAddress};
use crate::mail::RESET_LIFETIME;
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[schemars(with = "Email")]
    email: String,
}

/// 202, whatever there is about the e-mail.
///
/// # Errors
/// 422 for what is no e-mail; 404 where no mail is configured; 429 after too many, of an e-mail or
/// an address.
pub async fn handle(
    State(app): State<App>,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    forgot_password(&app, &request.email, address.address).await?;
    Ok((StatusCode::ACCEPTED, Json(Sent { expires_in: RESET_LIFETIME })))
}
