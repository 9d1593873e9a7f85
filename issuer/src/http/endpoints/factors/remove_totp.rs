//! `DELETE /v1/me/factors/totp`: take the authenticator app off the account.

use axum::extract::State;
use http::StatusCode;

use super::Password;
use crate::app::App;
use crate::factors::authenticator;
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;

/// 204. The last factor takes the backup codes along.
///
/// # Errors
/// 401 `authentication_too_old`, `credentials_invalid` or `second_factor_required`, 404 where there
/// is none.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    body: Option<Body<Password>>,
) -> Result<StatusCode, Problem> {
    let password = body.and_then(|Body(request)| request.password);
    let (user, session) = (&caller.user, &caller.session);
    authenticator::remove(&app, user, session, password.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
