//! `POST /v1/sessions/current/step-up/passkey`: ask for a passkey of whoever holds the session.

use axum::Json;
use axum::extract::State;

use super::{Request, ask};
use crate::app::App;
use crate::factors::passkeys::ask_step_up;
use crate::http::extract::MainCaller;
use crate::problem::Problem;

/// What a passkey of theirs is to sign, for `POST /v1/sessions/current/step-up`.
///
/// # Errors
/// 409 where the account has no passkey, 404 where the issuer's address can have none.
pub async fn handle(State(app): State<App>, caller: MainCaller) -> Result<Json<Request>, Problem> {
    Ok(ask(ask_step_up(&app, &caller.session).await?))
}
