//! `POST /v1/sessions/second-factor/passkey`: ask for a passkey as the second step of a log-in.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Request, ask};
use crate::app::App;
use crate::factors::passkeys::ask_second_factor;
use crate::http::extract::Body;
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// That of the first step's answer.
    id: Secret,
}

/// What a passkey of theirs is to sign, for `POST /v1/sessions/second-factor`.
///
/// # Errors
/// 422 `code_invalid` where no log-in waits by this id, 409 where the account has no passkey.
pub async fn handle(
    State(app): State<App>,
    Body(request): Body<Waiting>,
) -> Result<Json<Request>, Problem> {
    Ok(ask(ask_second_factor(&app, &request.id).await?))
}
