//! `GET /`: the web page, where it was built in.

use axum::Router;

use crate::app::App;

#[cfg(feature = "page")]
pub use embedded::routes;

/// Without the page, `/` says where the API is.
#[cfg(not(feature = "page"))]
pub fn routes() -> Router<App> {
    use axum::Json;
    use axum::routing::get;
    use serde_json::json;

    Router::new().route(
        "/",
        get(async || Json(json!({ "service": "laika", "api": "/v1" }))),
    )
}

#[cfg(feature = "page")]
mod embedded {
    use axum::Router;
    use axum::extract::Path;
    use axum::response::{IntoResponse, Response};
    use axum::routing::get;
    use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
    use http::{HeaderMap, StatusCode};
    use laika_claims::IssuerCode;
    use rust_embed::{EmbeddedFile, RustEmbed};

    use crate::app::App;
    use crate::http::published::is_held;
    use crate::one_time_code::hex;
    use crate::problem::Problem;

    /// Script and WebAssembly of our own, and nothing from anywhere else.
    const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
        style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
        frame-ancestors 'none'; form-action 'none'";

    #[derive(RustEmbed)]
    #[folder = "$CARGO_MANIFEST_DIR/../target/www"]
    struct Files;

    /// The page and everything it loads.
    pub fn routes() -> Router<App> {
        Router::new()
            .route("/", get(index))
            .route("/{*path}", get(file))
    }

    async fn index(headers: HeaderMap) -> Result<Response, Problem> {
        serve(&headers, "index.html")
    }

    async fn file(headers: HeaderMap, Path(path): Path<String>) -> Result<Response, Problem> {
        serve(&headers, &path)
    }

    fn serve(request: &HeaderMap, path: &str) -> Result<Response, Problem> {
        let file: EmbeddedFile = Files::get(path).ok_or_else(|| {
            let detail = "there is nothing here; `GET /v1` lists what there is";
            Problem::issuer(IssuerCode::NotFound, detail)
        })?;
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
