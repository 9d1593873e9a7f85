//! What anybody may read: key set, metadata, public key, health, the list of endpoints.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::{Issuer, PUBLIC_URL};

#[tokio::test]
async fn published_documents_can_be_kept_and_revalidated_from_anywhere() {
    let issuer = Issuer::start().await;
    for path in [
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/openapi.json",
        "/v1/public-key",
    ] {
        let answer = issuer.get(path, None).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        let tag = answer.header("etag").to_owned();
        let again = |tag: &str| {
            Request::get(path).header("if-none-match", tag).body(Body::empty()).unwrap()
        };
        for held in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
            let answer = issuer.call(again(&held)).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{held}");
        }
        assert_eq!(issuer.call(again("\"x\"")).await.status, 200);
    }
}

#[tokio::test]
async fn the_openapi_document_lists_what_is_served() {
    let issuer = Issuer::start().await;
    let document = issuer.get("/openapi.json", None).await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["paths"]["/v1/me"]["get"]["operationId"], "getMe");
    for (path, operations) in document["paths"].as_object().unwrap() {
        // What is only posted to is there all the same.
        if operations.get("get").is_none() {
            let path = path.replace(['{', '}'], "");
            assert_eq!(issuer.get(&path, None).await.status, 405, "{path}");
        }
    }
}

#[tokio::test]
async fn the_page_of_the_document_answers_with_a_policy_and_is_revalidated() {
    let issuer = Issuer::start().await;
    for (path, kind) in [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/page.js", "text/javascript; charset=utf-8"),
        ("/docs/page.css", "text/css; charset=utf-8"),
    ] {
        let answer = issuer.get(path, None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), kind);
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        let tag = answer.header("etag").to_owned();
        let again = Request::get(path).header("if-none-match", &tag).body(Body::empty()).unwrap();
        let answer = issuer.call(again).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{path}");
    }
}

#[tokio::test]
async fn the_metadata_names_only_what_exists() {
    let issuer = Issuer::start().await;
    let metadata = issuer.get("/.well-known/oauth-authorization-server", None).await.expect(200);
    assert_eq!(metadata["issuer"], PUBLIC_URL);
    for (name, value) in metadata.as_object().unwrap() {
        let Some(path) = value.as_str().and_then(|url| url.strip_prefix(PUBLIC_URL)) else {
            continue;
        };
        if !path.is_empty() {
            // What is only posted to is there all the same.
            let status = issuer.get(path, None).await.status;
            assert!(status == 200 || status == 405, "{name}");
        }
    }
}

#[tokio::test]
async fn the_key_set_holds_one_public_key_for_each_algorithm() {
    let issuer = Issuer::start().await;
    let set = issuer.get("/.well-known/jwks.json", None).await.expect(200);
    let mut algorithms: Vec<_> =
        set["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap()).collect();
    algorithms.sort_unstable();
    assert_eq!(algorithms, ["EdDSA", "RS256"]);
    for key in set["keys"].as_array().unwrap() {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none());
        }
    }
}

#[tokio::test]
async fn health_tells_process_and_database_apart() {
    let issuer = Issuer::start().await;
    assert_eq!(issuer.get("/livez", None).await.expect(200), json!({ "status": "ok" }));
    issuer.get("/readyz", None).await.expect(200);
    issuer.app.db.close().await;
    issuer.get("/livez", None).await.expect(200);
    // Half a second long nobody asks the database again.
    issuer.get("/readyz", None).await.expect(200);
    issuer.clock.advance(1);
    let answer = issuer.get("/readyz", None).await;
    answer.problem(503, "database_unavailable");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let issuer = Issuer::start().await;
    for path in ["/v1", "/nope", "/v1/me", "/.well-known/jwks.json", "/livez"] {
        let answer = issuer.get(path, None).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
    }
    assert_eq!(issuer.get("/v1/me", None).await.header("cache-control"), "no-store");
}
