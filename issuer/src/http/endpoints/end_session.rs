//! `DELETE /v1/sessions/{id}`: end one session.

use axum::extract::{Path, State};
use axum::response::Response;
use laika_claims::IssuerCode;
use uuid::Uuid;

use super::log_out;
use crate::app::App;
use crate::db::sessions::EndReason;
use crate::http::extract::MainCaller;
use crate::problem::Problem;
use crate::session;

/// Ends one of the caller's sessions, which may be this one: 204.
///
/// # Errors
/// 404 where it is none of theirs, or has ended; 401 where the main token does not hold.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let unknown = || Problem::issuer(IssuerCode::NotFound, "you have no session of this id");
    let id = Uuid::parse_str(&id).map_err(|_| unknown())?;
    if !session::end_own(&app, caller.user.id, id, EndReason::Holder).await? {
        return Err(unknown());
    }
    log_out::answer(&app, &caller, id == caller.session.id)
}
