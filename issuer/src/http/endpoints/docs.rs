//! `GET /docs`: a page that shows what `GET /openapi.json` says. It comes from this binary alone,
//! with or without the feature `page`.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use http::{HeaderMap, StatusCode};

use crate::http::published::is_held;
use crate::one_time_code::sha256_hex;

/// Script and style of our own, and text never becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
    connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The page.
pub async fn page(headers: HeaderMap) -> Response {
    serve(&headers, "text/html; charset=utf-8", include_str!("../../../assets/docs/page.html"))
}

/// What fills it.
pub async fn script(headers: HeaderMap) -> Response {
    let text = include_str!("../../../assets/docs/page.js");
    serve(&headers, "text/javascript; charset=utf-8", text)
}

/// How it looks.
pub async fn style(headers: HeaderMap) -> Response {
    serve(&headers, "text/css; charset=utf-8", include_str!("../../../assets/docs/page.css"))
}

fn serve(request: &HeaderMap, kind: &'static str, text: &'static str) -> Response {
    let tag = format!("\"{}\"", sha256_hex(text.as_bytes()));
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        // Asked for again each time, and answered with 304 while nothing changed.
        (CACHE_CONTROL, "no-cache".to_owned()),
        (ETAG, tag.clone()),
    ];
    if is_held(request, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, text).into_response()
}
