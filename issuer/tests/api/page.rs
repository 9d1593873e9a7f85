//! What is at `/`.

use axum::http::Method;

use crate::support::Issuer;

#[cfg(not(feature = "page"))]
#[tokio::test]
async fn without_the_page_the_root_points_to_the_api() {
    let issuer = Issuer::start().await;
    let root = issuer.get("/", None).await.expect(200);
    assert_eq!(root["api"], "/v1");
    issuer.get("/index.html", None).await.problem(404, "not_found");
    issuer.send(Method::POST, "/", None, None).await.problem(405, "method_not_allowed");
}

#[cfg(feature = "page")]
#[tokio::test]
async fn the_page_is_served_under_a_strict_policy() {
    use axum::body::Body;
    use axum::http::Request;

    let issuer = Issuer::start().await;
    let page = issuer.get("/", None).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'none'"
    );
    let held = Request::get("/").header("if-none-match", page.header("etag"));
    assert_eq!(issuer.call(held.body(Body::empty()).unwrap()).await.status, 304);
    assert_eq!(issuer.get("/index.html", None).await.text, page.text);

    for path in ["/nope.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "//etc/passwd", "/style"] {
        issuer.get(path, None).await.problem(404, "not_found");
    }
    issuer.send(Method::POST, "/", None, None).await.problem(405, "method_not_allowed");
    issuer.send(Method::POST, "/nope", None, None).await.problem(404, "not_found");
    issuer.get("/v1/nope", None).await.problem(404, "not_found");
}
