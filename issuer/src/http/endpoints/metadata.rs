//! `GET /.well-known/oauth-authorization-server`: metadata (RFC 8414).

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use crate::app::App;
use crate::http::published::published;

/// What this issuer offers by the standard's names. There is no authorization endpoint and no
/// token endpoint, so the lists that would describe them are empty; left out, `grant_types_supported`
/// would mean two grants that do not exist (section 2).
pub async fn handle(State(app): State<App>, headers: HeaderMap) -> Response {
    let issuer = app.issuer.as_str();
    let metadata = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": [],
        "grant_types_supported": [],
    });
    published(&headers, "application/json", metadata.to_string())
}
