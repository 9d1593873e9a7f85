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
    let cookie = match caller.proof.transport {
        Transport::Cookie => Some((SET_COOKIE, cookie::clear(&app)?)),
        Transport::Header => None,
    };
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookie)).into_response())
}
