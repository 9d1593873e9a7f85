//! `GET /v1/public-key`: the active key as PEM, for what can't read a key set.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use crate::app::App;
use crate::problem::Problem;

/// The public half of the key that signs.
///
/// # Errors
/// There is no active key; a running issuer always has one.
pub async fn handle(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let keys = app.keys.published(&app.db, &*app.clock).await?;
    Ok(keys.pem(keys.default_algorithm())?.answer(&headers))
}
