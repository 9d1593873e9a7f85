//! `DELETE /v1/sessions`: log out everywhere.

use axum::extract::State;
use axum::response::Response;

use super::log_out;
use crate::app::App;
use crate::db::sessions::EndReason;
use crate::http::extract::MainCaller;
use crate::problem::Problem;
use crate::session;

/// Ends every session of the caller, this one too: 204.
///
/// # Errors
/// 401 where the main token does not hold.
pub async fn handle(State(app): State<App>, caller: MainCaller) -> Result<Response, Problem> {
    let mut tx = app.db.write().await?;
    session::end_all(&app, &mut tx, caller.user.id, None, EndReason::LogOut).await?;
    tx.commit().await?;
    log_out::answer(&app, &caller, true)
}
