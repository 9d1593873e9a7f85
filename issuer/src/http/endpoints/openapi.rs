//! `GET /openapi.json`: this API in OpenAPI's terms.

use axum::response::Response;
use http::HeaderMap;

use crate::http::openapi::document;
use crate::http::published::published;

/// What `docs/openapi.json` holds.
pub async fn handle(headers: HeaderMap) -> Response {
    published(&headers, "application/json", document().to_owned())
}
