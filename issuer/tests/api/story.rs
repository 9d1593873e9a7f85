//! The whole story, and what ends it.

use axum::http::Method;
use laika_issuer::db::users::{self, UserStatus};
use serde_json::json;

use crate::support::{Issuer, START, claims, header};

#[tokio::test]
async fn from_registration_to_log_out() {
    let issuer = Issuer::start().await;
    let body = json!({
        "username": "Strelka", "email": "strelka@example.com",
        "password": "there and back again 1960", "service": "orders",
    });
    let registered = issuer.post("/v1/users", None, body).await;
    let tokens = registered.expect(201);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["main_expires_in"], 30 * 24 * 3600);
    assert_eq!(tokens["micro_expires_in"], 300);
    assert_eq!(tokens["user"]["username"], "Strelka");
    let main = tokens["main_token"].as_str().unwrap();
    assert_eq!(header(main)["typ"], "main+jwt");

    let micro = tokens["micro_token"].as_str().unwrap();
    assert_eq!(header(micro)["typ"], "at+jwt");
    let micro = claims(micro);
    assert_eq!(micro["roles"], json!(["user"]));
    assert_eq!(micro["level"], 1000);
    assert_eq!(micro["permissions"], json!([]));

    let login = json!({ "login": "STRELKA@example.com", "password": "there and back again 1960" });
    let main = issuer.post("/v1/sessions", None, login).await.text_of("main_token");
    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!(me["email"], "strelka@example.com");
    let sessions = issuer.get("/v1/sessions", Some(&main)).await.expect(200);
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2);

    issuer.log_out(&main).await.expect(204);
    issuer.micro(&main, "orders").await.problem(401, "session_ended");
    issuer.renew(&main).await.problem(401, "session_ended");
    issuer.log_out(&main).await.problem(401, "session_ended");
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn a_micro_token_says_what_the_contract_says() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let answer = issuer.micro(&main, "orders").await;
    let body = answer.expect(200);
    assert_eq!(body["expires_in"], 300);
    assert_eq!(body["permissions"], json!(["orders:create", "orders:read"]));
    let token = answer.text_of("micro_token");
    let header = header(&token);
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header["typ"], "at+jwt");
    assert!(header["kid"].is_string());
    let micro = claims(&token);
    let of_main = claims(&main);
    assert_eq!(
        micro,
        json!({
            "iss": "http://127.0.0.1:8080",
            "sub": of_main["sub"],
            "aud": ["orders"],
            "exp": START + 300,
            "iat": START,
            "jti": micro["jti"],
            "sid": of_main["sid"],
            "type": "micro",
            "username": "laika",
            "roles": ["orders/clerk", "user"],
            "level": 50,
            "permissions": ["orders:create", "orders:read"],
            "scope": "orders:create orders:read",
            "auth_time": START,
            "amr": ["pwd"],
            "acr": "aal1",
            "status": { "status_list": {
                "idx": micro["status"]["status_list"]["idx"],
                "uri": "http://127.0.0.1:8080/status/RS256/0",
            } },
        })
    );
    assert!(micro["status"]["status_list"]["idx"].as_u64().unwrap() < 65_536);
    assert_eq!(of_main["aud"], "http://127.0.0.1:8080");
    assert_eq!(of_main["type"], "main");
    assert_eq!(of_main["ctr"], 0);
}

#[tokio::test]
async fn a_micro_token_obtains_nothing() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    let body = json!({ "services": ["orders"] });
    for (method, path, body) in [
        (Method::POST, "/v1/tokens/micro", Some(body)),
        (Method::POST, "/v1/sessions/current/renew", None),
        (Method::DELETE, "/v1/sessions/current", None),
        (Method::GET, "/v1/sessions", None),
        (Method::GET, "/v1/me", None),
        (Method::GET, "/v1/me/permissions?service=orders", None),
    ] {
        let answer = issuer.send(method, path, Some(&micro), body).await;
        answer.problem(401, "type_mismatch");
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn a_disabled_or_deleted_user_gets_nothing_more() {
    for status in [UserStatus::Disabled, UserStatus::Deleted] {
        let issuer = Issuer::start().await;
        let (main, other) = (issuer.log_in().await, issuer.log_in().await);
        set_status(&issuer, status).await;
        issuer.micro(&main, "orders").await.problem(401, "session_ended");
        issuer.renew(&other).await.problem(401, "session_ended");
        let login = json!({ "login": "laika", "password": crate::support::PASSWORD });
        issuer.post("/v1/sessions", None, login).await.problem(401, "credentials_invalid");
        // The sessions are over for good, not only while the account is closed.
        set_status(&issuer, UserStatus::Active).await;
        issuer.micro(&main, "orders").await.problem(401, "session_ended");
        issuer.renew(&other).await.problem(401, "session_ended");
        issuer.log_in().await;
    }
}

#[tokio::test]
async fn a_session_ends_with_its_life() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    issuer.clock.advance(30 * 24 * 3600 - 1);
    let micro = issuer.micro(&main, "orders").await;
    let micro = micro.expect(200);
    assert_eq!(micro["expires_in"], 1, "no micro token outlives its session");
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    issuer.clock.advance(30 * 24 * 3600);
    issuer.micro(&main, "orders").await.problem(401, "expired");
}

#[tokio::test]
async fn expired_sessions_do_not_pile_up() {
    let issuer = Issuer::start().await;
    for _ in 0..3 {
        issuer.log_in().await;
        issuer.clock.advance(30 * 24 * 3600);
    }
    let last = issuer.log_in().await;
    let mut connection = issuer.app.db.read().await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sessions")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(rows, 1);
    issuer.get("/v1/me", Some(&last)).await.expect(200);
}

#[tokio::test]
async fn sessions_are_listed_page_by_page() {
    let issuer = Issuer::start().await;
    let mut main = String::new();
    for _ in 0..5 {
        main = issuer.log_in().await;
        issuer.clock.advance(1);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/sessions?limit=2".to_owned();
    loop {
        let page = issuer.get(&path, Some(&main)).await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        assert!((1..=2).contains(&items.len()));
        seen.extend(items);
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/sessions?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(seen[0]["current"], true);
    assert_eq!(seen[0]["address"], "192.0.2.7");
    let started: Vec<_> = seen.iter().map(|s| s["created_at"].as_i64().unwrap()).collect();
    assert!(started.is_sorted_by(|a, b| a > b), "{started:?}");
    for bad in ["limit=0", "limit=-1", "limit=101", "limit=1000000000", "limit=x", "page=2"] {
        let answer = issuer.get(&format!("/v1/sessions?{bad}"), Some(&main)).await;
        answer.problem(422, "fields_invalid");
    }
    let answer = issuer.get("/v1/sessions?cursor=x", Some(&main)).await;
    assert_eq!(answer.problem(422, "fields_invalid")["fields"][0]["field"], "cursor");
}

async fn set_status(issuer: &Issuer, status: UserStatus) {
    let mut tx = issuer.app.db.write().await.unwrap();
    let user = users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    assert!(users::set_status(&mut tx, user.id, status).await.unwrap());
    tx.commit().await.unwrap();
}
