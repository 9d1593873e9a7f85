//! `GET /.well-known/jwks.json`: the key set (RFC 7517).

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use crate::app::App;
use crate::http::published::published;

/// Every key that verifies tokens of this issuer.
pub async fn handle(State(app): State<App>, headers: HeaderMap) -> Response {
    published(&headers, "application/jwk-set+json", app.keys.jwks().to_string())
}
