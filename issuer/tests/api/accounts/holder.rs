//! An anonymous holder who registers stays who they are.

use axum::body::Body;
use axum::http::{Method, Request};
use laika_issuer::{accounts, background};
use serde_json::{Value, json};

use super::races::caller;
use super::{SECOND, put};
use crate::support::{Issuer, PASSWORD, PUBLIC_URL, START, claims};

/// An anonymous holder with a session; the main token.
async fn holder(issuer: &Issuer) -> String {
    let body = json!({ "session": true });
    issuer.post("/v1/tokens/anonymous", None, body).await.text_of("main_token")
}

fn registration() -> Value {
    json!({
        "username": "belka", "email": "belka@example.com", "password": SECOND, "service": "orders",
    })
}

#[tokio::test]
async fn an_anonymous_holder_keeps_id_and_session() {
    let issuer = Issuer::start().await;
    let main = holder(&issuer).await;
    assert_eq!(issuer.get("/v1/me", Some(&main)).await.expect(200)["anonymous"], true);
    issuer.clock.advance(60);
    let tokens = issuer.post("/v1/users", Some(&main), registration()).await.expect(201);
    let before = claims(&main);
    assert_eq!(tokens["user"]["id"], before["sub"]);
    assert_eq!(tokens["session_id"], before["sid"]);
    assert_eq!(tokens["user"].get("anonymous"), None);
    let micro = claims(tokens["micro_token"].as_str().unwrap());
    assert_eq!(micro["username"], "belka");
    assert_eq!(micro["roles"], json!(["user"]));
    assert_eq!((&micro["auth_time"], &micro["amr"]), (&json!(START + 60), &json!(["pwd"])));
    assert_eq!(issuer.get("/v1/me", Some(&main)).await.expect(200)["username"], "belka");
    // Once: it is an account now.
    let again = issuer.post("/v1/users", Some(&main), registration()).await;
    again.problem(409, "conflict");
}

#[tokio::test]
async fn a_main_token_that_does_not_hold_registers_nobody() {
    let issuer = Issuer::start().await;
    let main = holder(&issuer).await;
    issuer.log_out(&main).await.expect(204);
    issuer.post("/v1/users", Some(&main), registration()).await.problem(401, "session_ended");
    issuer.post("/v1/users", Some("junk"), registration()).await.problem(401, "token_malformed");
    issuer.post("/v1/users", None, registration()).await.expect(201);
}

#[tokio::test]
async fn an_anonymous_holder_has_nothing_to_change() {
    let issuer = Issuer::start().await;
    let main = holder(&issuer).await;
    for (path, body) in [
        ("/v1/me/username", json!({ "username": "belka" })),
        ("/v1/me/email", json!({ "email": "belka@example.com", "password": SECOND })),
        ("/v1/me/password", json!({ "current": SECOND, "new": SECOND })),
    ] {
        put(&issuer, path, &main, body).await.problem(403, "not_permitted");
    }
    let body = json!({ "public": true });
    let answer = issuer.send(Method::PATCH, "/v1/me", Some(&main), Some(body)).await;
    answer.problem(403, "not_permitted");
}

#[tokio::test]
async fn an_anonymous_holder_goes_by_the_session_alone_and_nothing_is_left() {
    let issuer = Issuer::start().await;
    let users = count(&issuer).await;
    let main = holder(&issuer).await;
    issuer.clock.advance(3600);
    issuer.send(Method::DELETE, "/v1/me", Some(&main), None).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    issuer.clock.advance(issuer.app.settings.main.lifetime);
    background::run_all(&issuer.app).await.unwrap();
    assert_eq!(count(&issuer).await, users);
}

#[tokio::test]
async fn who_registers_meanwhile_is_not_deleted_as_an_anonymous_holder() {
    let issuer = Issuer::start().await;
    let main = holder(&issuer).await;
    let held = caller(&issuer, &main).await;
    issuer.post("/v1/users", Some(&main), registration()).await.expect(201);
    let result = accounts::delete_account(&issuer.app, &held.user, &held.session, None).await;
    assert_eq!(result.unwrap_err().code.as_str(), "conflict");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}

async fn count(issuer: &Issuer) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&mut *connection).await.unwrap()
}

#[tokio::test]
async fn a_failure_of_the_service_makes_nobody_of_a_holder() {
    let issuer = Issuer::start().await;
    let main = holder(&issuer).await;
    // The first use of a main token is written.
    issuer.fails_at("UPDATE OF current_used ON sessions", "1 = 1").await;
    let by_cookie = |path: &str, body: Value| {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("origin", PUBLIC_URL)
            .header("cookie", format!("laika_main={main}"));
        request.body(Body::from(body.to_string())).unwrap()
    };
    let login = json!({ "login": "laika", "password": PASSWORD });
    let code = json!({ "code": "x", "code_verifier": "x" });
    for (path, body) in [
        ("/v1/users", registration()),
        ("/v1/sessions", login.clone()),
        ("/v1/login/exchange", code),
    ] {
        issuer.call(by_cookie(path, body)).await.problem(500, "internal");
    }
    issuer.post("/v1/sessions", Some(&main), login).await.problem(500, "internal");
    issuer.fails_no_more().await;
    let tokens = issuer.call(by_cookie("/v1/users", registration())).await.expect(201);
    assert_eq!(tokens["user"]["id"], claims(&main)["sub"]);
}
