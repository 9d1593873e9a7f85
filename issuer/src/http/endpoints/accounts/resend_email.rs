//! `POST /v1/email/resend`: send the mail that proves an e-mail again.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Sent;
use crate::accounts::{Email, resend_proof};
use crate::app::App;
use crate::http::extract::{Body, ClientAddress};
use crate::mail::PROOF_LIFETIME;
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
    resend_proof(&app, &request.email, address.address).await?;
    Ok((StatusCode::ACCEPTED, Json(Sent { expires_in: PROOF_LIFETIME })))
}
