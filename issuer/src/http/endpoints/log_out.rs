//! `DELETE /v1/sessions/current`: log out.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;

use crate::app::App;
use crate::db::sessions::EndReason;
use crate::http::cookie;
use crate::http::extract::{MainCaller, Transport};
use crate::problem::Problem;
use crate::session;

/// Ends this session: 204. From then on its main token is worth nothing.
///
/// # Errors
/// 401 where the main token does not hold.
pub async fn handle(State(app): State<App>, caller: MainCaller) -> Result<Response, Problem> {
    session::end(&app, caller.session.id, EndReason::LogOut).await?;
    answer(&app, &caller, true)
}

/// 204, without the cookie where the session of this call has ended.
pub(super) fn answer(app: &App, caller: &MainCaller, ended: bool) -> Result<Response, Problem> {
    let cookie = match caller.proof.transport {
        Transport::Cookie if ended => Some((SET_COOKIE, cookie::clear(app)?)),
        Transport::Cookie | Transport::Header => None,
    };
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookie)).into_response())
}
