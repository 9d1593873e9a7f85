//! Security headers. A handler that sets one of them itself has its reasons and is left alone.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::app::App;

/// What every answer carries: nothing sniffed, framed, cached or referred to, no device asked for, no
/// window shared with who opened it. Values of a constant are checked by the compiler, not at every
/// answer.
const ALWAYS: [(HeaderName, HeaderValue); 7] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=()")),
];

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Adds what every answer carries; and where the public URL is https, only https for a year
/// (RFC 6797).
pub(super) fn secure(app: &App, headers: &mut HeaderMap) {
    // Once, for these and what the answer has itself.
    headers.reserve(16);
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
    if app.issuer.is_https() {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
}
