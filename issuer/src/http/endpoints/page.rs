//! `GET /`: the web page, where it was built in.

use laika_claims::IssuerCode;

use crate::problem::Problem;

#[cfg(feature = "page")]
pub use embedded::{fallback, root};
#[cfg(not(feature = "page"))]
pub use without::{fallback, root};

/// Without the page, `/` says where the API is.
#[cfg(not(feature = "page"))]
mod without {
    use axum::Json;
    use serde_json::{Value, json};

    use super::nothing_here;
    use crate::problem::Problem;

    /// Where the API is.
    pub async fn root() -> Json<Value> {
        Json(json!({ "service": "laika", "api": "/v1" }))
    }

    /// There is nothing else.
    pub async fn fallback() -> Problem {
        nothing_here()
    }
}

#[cfg(feature = "page")]
mod embedded {
    use axum::response::{IntoResponse, Response};
    use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
    use http::{HeaderMap, Method, StatusCode, Uri};
    use rust_embed::{EmbeddedFile, RustEmbed};

    use super::nothing_here;
    use crate::http::published::is_held;
    use crate::one_time_code::hex;
    use crate::problem::Problem;

    /// Script and WebAssembly of our own, and nothing from anywhere else.
    const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
        style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
        frame-ancestors 'none'; form-action 'none'";

    #[derive(RustEmbed)]
    #[folder = "../target/www"]
    struct Files;

    /// The page.
    ///
    /// # Errors
    /// It is not there, which the build has checked.
    pub async fn root(headers: HeaderMap) -> Result<Response, Problem> {
        serve(&headers, "index.html")
    }

    /// What the page loads; every path that is no endpoint comes here.
    ///
    /// # Errors
    /// There is no such file.
    pub async fn fallback(
        method: Method,
        uri: Uri,
        headers: HeaderMap,
    ) -> Result<Response, Problem> {
        match uri.path().strip_prefix('/') {
            Some(path) if matches!(method, Method::GET | Method::HEAD) => serve(&headers, path),
            _ => Err(nothing_here()),
        }
    }

    fn serve(request: &HeaderMap, path: &str) -> Result<Response, Problem> {
        let file: EmbeddedFile = Files::get(path).ok_or_else(nothing_here)?;
        let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
        let headers = [
            (CONTENT_TYPE, kind(path).to_owned()),
            (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
            // Asked for again each time, and answered with 304 while nothing changed.
            (CACHE_CONTROL, "no-cache".to_owned()),
            (ETAG, tag.clone()),
        ];
        if is_held(request, &tag) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        Ok((headers, file.data.into_owned()).into_response())
    }

    fn kind(path: &str) -> &'static str {
        match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "html" => "text/html; charset=utf-8",
            "js" | "mjs" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" | "map" => "application/json",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "ico" => "image/x-icon",
            "woff2" => "font/woff2",
            "txt" | "md" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

fn nothing_here() -> Problem {
    Problem::issuer(IssuerCode::NotFound, "there is nothing here; `GET /v1` lists what there is")
}
