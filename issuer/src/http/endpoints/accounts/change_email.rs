//! `PUT /v1/me/email`: give the account another e-mail.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Sent;
use crate::accounts::{Email, EmailChange, change_email};
use crate::app::App;
use crate::http::extract::{Body, MainCaller};
use crate::mail::PROOF_LIFETIME;
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The new address.
    #[schemars(with = "Email")]
    email: String,
    password: Secret,
}

/// 202: it waits for its proof, and the old address is told; without mail, 204: it is done.
///
/// # Errors
/// 401 `credentials_invalid` for a wrong password, 422 for what is no e-mail.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let Request { email, password } = request;
    match change_email(&app, &caller.user, &caller.session, &email, &password).await? {
        EmailChange::Done => Ok(StatusCode::NO_CONTENT.into_response()),
        EmailChange::Waiting => {
            let sent = Sent { expires_in: PROOF_LIFETIME };
            Ok((StatusCode::ACCEPTED, Json(sent)).into_response())
        }
    }
}
