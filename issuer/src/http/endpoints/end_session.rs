//! `DELETE /v1/sessions/{id}`: end one session.

use axum::extract::State;
use axum::response::Response;
use laika_claims::IssuerCode;

use super::log_out;
use crate::app::App;
use crate::db::sessions::EndReason;
use crate::http::extract::{Id, MainCaller, Path};
use crate::problem::Problem;
use crate::session;

/// Ends one of the caller's sessions, which may be this one: 204.
///
/// # Errors
/// 404 where it is none of theirs, or has ended; 401 where the main token does not hold.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Path(Id(id)): Path<Id>,
) -> Result<Response, Problem> {
    if !session::end_own(&app, caller.user.id, id, EndReason::Holder).await? {
        return Err(Problem::issuer(IssuerCode::NotFound, "you have no session of this id"));
    }
    log_out::answer(&app, &caller, id == caller.session.id)
}
