//! `GET /.well-known/jwks.json`: the key set (RFC 7517).

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use crate::app::App;
use crate::problem::Problem;

/// Every key that verifies tokens of this issuer, or will.
///
/// # Errors
/// The database failed.
pub async fn handle(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let keys = app.keys.published(&app.db, &*app.clock).await?;
    Ok(keys.jwks().answer(&headers))
}
