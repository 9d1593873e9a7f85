//! `POST /v1/me/factors/backup-codes`: fresh backup codes.

use axum::Json;
use axum::extract::State;

use super::{Codes, Password};
use crate::app::App;
use crate::factors::backup_codes::renew;
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;

/// Ten fresh codes; those there were are good no more.
///
/// # Errors
/// 401 `authentication_too_old`, `credentials_invalid` or `second_factor_required`, 409 where there
/// is no factor that they could stand in for.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    body: Option<Body<Password>>,
) -> Result<Json<Codes>, Problem> {
    let password = body.and_then(|Body(request)| request.password);
    let codes = renew(&app, &caller.user, &caller.session, password.as_ref()).await?;
    Ok(Json(Codes::of(Some(codes))))
}
