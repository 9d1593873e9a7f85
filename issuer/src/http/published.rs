//! Documents that anybody may read and keep: key set, metadata, public key, status lists.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

use crate::one_time_code::sha256_hex;

/// Seconds a document may be kept; a verifier refreshes at 80 % of it.
pub const MAX_AGE: u32 = 300;

/// What is served again and again, with its entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    kind: &'static str,
    /// `Cache-Control`.
    keep: Cow<'static, str>,
    body: Bytes,
    tag: String,
}

impl Document {
    /// A document that may be kept for [`MAX_AGE`].
    #[must_use]
    pub fn new(kind: &'static str, body: String) -> Self {
        Self::kept(kind, Cow::Owned(format!("public, max-age={MAX_AGE}")), body)
    }

    /// A document that is asked for again each time, and answered with 304 while nothing changed.
    #[must_use]
    pub fn revalidated(kind: &'static str, body: String) -> Self {
        Self::kept(kind, Cow::Borrowed("no-cache"), body)
    }

    fn kept(kind: &'static str, keep: Cow<'static, str>, body: String) -> Self {
        let tag = format!("\"{}\"", sha256_hex(body.as_bytes()).get(..32).unwrap_or_default());
        Self { kind, keep, body: body.into(), tag }
    }

    /// The bytes that are served.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The answer to a request: the body with its tag, or 304 where the client has it already
    /// (RFC 9110 section 13.1.2).
    #[must_use]
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let headers = [
            (CONTENT_TYPE, self.kind.to_owned()),
            (CACHE_CONTROL, self.keep.clone().into_owned()),
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
            (ETAG, self.tag.clone()),
        ];
        if is_held(request, &self.tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, self.body.clone()).into_response()
    }
}

/// `body` with an entity tag, or 304 where the client has it already.
#[must_use]
pub fn published(request: &HeaderMap, kind: &'static str, body: String) -> Response {
    Document::new(kind, body).answer(request)
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
