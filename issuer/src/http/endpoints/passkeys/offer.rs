//! `POST /v1/me/passkeys`: begin with a passkey.

use axum::Json;
use axum::extract::State;

use super::{Creation, ask};
use crate::app::App;
use crate::factors::passkeys::offer;
use crate::http::endpoints::factors::Password;
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;

/// What an authenticator is to make it by; it is a passkey when `/confirm` got what was made.
///
/// # Errors
/// 401 `authentication_too_old`, `credentials_invalid` or `second_factor_required`, 409 where there
/// are too many, 403 for an anonymous holder, 404 where the issuer's address can have none.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    body: Option<Body<Password>>,
) -> Result<Json<Creation>, Problem> {
    let password = body.and_then(|Body(request)| request.password);
    let options = offer(&app, &caller.user, &caller.session, password.as_ref()).await?;
    Ok(ask(options))
}
