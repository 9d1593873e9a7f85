//! `PUT /v1/me/email`: give the account another e-mail.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Sent;
use crate::accounts::{Email, EmailChange, NewEmail, change_email};
use crate::app::App;
use crate::http::extract::{Body, ClientAddress, Language, MainCaller};
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
    /// Needed where the account has one; where it has none, a log-in of the last 15 minutes is.
    password: Option<Secret>,
}

/// 202: it waits for its proof, and the old address is told; without mail, 204: it is done.
///
/// # Errors
/// 401 `credentials_invalid` for a wrong password, `authentication_too_old` where there is none and the
/// log-in was long ago, 422 for what is no e-mail, 429 where too many mails were asked for.
pub async fn handle(
    State(app): State<App>,
    address: ClientAddress,
    caller: MainCaller,
    Language(language): Language,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let Request { email, password } = request;
    let (user, session) = (&caller.user, &caller.session);
    let new = NewEmail { email, password, language };
    match change_email(&app, user, session, new, address.address).await? {
        EmailChange::Done => Ok(StatusCode::NO_CONTENT.into_response()),
        EmailChange::Waiting => {
            let sent = Sent { expires_in: PROOF_LIFETIME };
            Ok((StatusCode::ACCEPTED, Json(sent)).into_response())
        }
    }
}
