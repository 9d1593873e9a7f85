//! `POST /v1/sessions/current/renew`: replace the main token by its successor.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::app::App;
use crate::http::extract::MainProof;
use crate::http::tokens;
use crate::problem::Problem;
use crate::session;

/// Rotates: 200 `Tokens`, the main token as it came (in the body, or in the cookie).
///
/// # Errors
/// 401 `session_ended`, or `token_reused` where the token was replaced before.
pub async fn handle(State(app): State<App>, proof: MainProof) -> Result<Response, Problem> {
    let caller = session::rotate(&app, &proof.claims).await?;
    let (user, session) = (&caller.user, &caller.session);
    tokens::answer(&app, StatusCode::OK, user, session, proof.transport, None).await
}
