//! `DELETE /v1/me/passkeys/{passkey}`: take a passkey off the account.

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::factors::passkeys::remove;
use crate::http::endpoints::factors::Password;
use crate::http::extract::{Body, Id, MainCaller, Path};
use crate::problem::Problem;

/// 204. The last factor takes the backup codes along.
///
/// # Errors
/// 401 `authentication_too_old`, `credentials_invalid` or `second_factor_required`, 404 where it is
/// none of theirs, 409 for the last way in.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Path(Id(id)): Path<Id>,
    body: Option<Body<Password>>,
) -> Result<StatusCode, Problem> {
    let password = body.and_then(|Body(request)| request.password);
    remove(&app, &caller.user, &caller.session, id, password.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
