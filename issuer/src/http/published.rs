//! Documents that anybody may read and keep: key set, metadata, public key.

use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

use crate::one_time_code::sha256_hex;

/// Seconds a document may be kept; a verifier refreshes at 80 % of it.
pub const MAX_AGE: u32 = 300;

/// `body` with an entity tag, or 304 where the client has it already (RFC 9110 section 13.1.2).
#[must_use]
pub fn published(request: &HeaderMap, kind: &'static str, body: String) -> Response {
    let tag = format!("\"{}\"", sha256_hex(body.as_bytes()).get(..32).unwrap_or_default());
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, format!("public, max-age={MAX_AGE}")),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (ETAG, tag.clone()),
    ];
    if is_held(request, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, body).into_response()
}

/// Whether the client says that it holds the version with this tag.
#[must_use]
pub fn is_held(request: &HeaderMap, tag: &str) -> bool {
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|held| held.trim() == "*" || held.trim().trim_start_matches("W/") == tag)
}
