//! `GET /.well-known/oauth-authorization-server`: metadata (RFC 8414).

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use crate::app::App;
use crate::http::published::published;
use crate::oauth2::grants::GRANT_TYPES;

/// What this issuer offers by the standard's names. There is no authorization endpoint, so no
/// response type (section 2). It is no provider of OpenID Connect and has no document of that name.
pub async fn handle(State(app): State<App>, headers: HeaderMap) -> Response {
    let issuer = app.issuer.as_str();
    let with_secret = ["client_secret_basic", "client_secret_post"];
    let or_without = ["client_secret_basic", "client_secret_post", "none"];
    let metadata = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "token_endpoint_auth_methods_supported": or_without,
        "introspection_endpoint": format!("{issuer}/oauth2/introspect"),
        "introspection_endpoint_auth_methods_supported": with_secret,
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "revocation_endpoint_auth_methods_supported": or_without,
        "response_types_supported": [],
        "grant_types_supported": GRANT_TYPES,
    });
    published(&headers, "application/json", metadata.to_string())
}
