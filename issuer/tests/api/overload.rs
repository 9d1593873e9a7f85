//! What goes wrong inside, and what a client learns of it.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::Request;
use axum::routing::get;
use laika_issuer::http::layers;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Issuer, PASSWORD};

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended_and_leaves_nothing_behind() {
    let issuer = Issuer::with(&[("LAIKA_REQUEST_TIMEOUT", "1")]).await;
    let main = issuer.log_in().await;
    // Something holds the lock that every write on SQLite needs, and every row on PostgreSQL.
    let mut lock = issuer.app.db.write().await.unwrap();
    sqlx::query("UPDATE sessions SET ctr = ctr").execute(&mut *lock).await.unwrap();
    let answer = issuer.renew(&main).await;
    answer.problem(503, "timed_out");
    assert!(!answer.header("retry-after").is_empty());
    drop(lock);
    let renewed = issuer.renew(&main).await;
    assert_eq!(crate::support::claims(&renewed.text_of("main_token"))["ctr"], 1);
}

#[tokio::test]
async fn a_panic_is_an_answer_that_says_nothing() {
    let issuer = Issuer::start().await;
    let broken = Router::new().route("/", get(async || -> &'static str { panic!("secret") }));
    let router = layers::around(broken, &issuer.app)
        .with_state(issuer.app.clone())
        .layer(MockConnectInfo(SocketAddr::from(([192, 0, 2, 7], 1))));
    let request = Request::get("/").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 500);
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(body["code"], "internal");
    assert!(!body.to_string().contains("secret"), "{body}");
}

#[tokio::test]
async fn without_its_database_the_issuer_says_so_everywhere() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    issuer.app.db.close().await;
    let login = json!({ "login": "laika", "password": PASSWORD });
    for answer in [
        issuer.micro(&main, "orders").await,
        issuer.renew(&main).await,
        issuer.get("/v1/me", Some(&main)).await,
        issuer.post("/v1/sessions", None, login).await,
    ] {
        answer.problem(503, "database_unavailable");
        assert!(!answer.header("retry-after").is_empty());
    }
    // Keys are in memory: verifiers go on.
    issuer.get("/.well-known/jwks.json", None).await.expect(200);
}
