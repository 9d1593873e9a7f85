//! Logging out: here, there, everywhere.

use axum::http::Method;
use serde_json::json;

use crate::support::{Issuer, claims};

fn session_of(main: &str) -> String {
    claims(main)["sid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn one_session_is_ended_from_another() {
    let issuer = Issuer::start().await;
    let (phone, laptop) = (issuer.log_in().await, issuer.log_in().await);
    let path = format!("/v1/sessions/{}", session_of(&phone));
    issuer.send(Method::DELETE, &path, Some(&laptop), None).await.expect(204);
    issuer.get("/v1/me", Some(&phone)).await.problem(401, "session_ended");
    issuer.get("/v1/me", Some(&laptop)).await.expect(200);
    issuer.send(Method::DELETE, &path, Some(&laptop), None).await.problem(404, "not_found");
    let listed = issuer.get("/v1/sessions", Some(&laptop)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // Itself, too.
    let path = format!("/v1/sessions/{}", session_of(&laptop));
    issuer.send(Method::DELETE, &path, Some(&laptop), None).await.expect(204);
    issuer.get("/v1/me", Some(&laptop)).await.problem(401, "session_ended");
    assert_eq!(audited(&issuer).await, 2);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    let issuer = Issuer::start().await;
    let laika = issuer.log_in().await;
    let body = json!({
        "username": "belka", "email": "belka@example.com", "password": "there and back again 1960",
    });
    let belka = issuer.post("/v1/users", None, body).await.text_of("main_token");
    for id in [&session_of(&laika), "00000000-0000-0000-0000-000000000000", "x", "%00", "current2"]
    {
        let path = format!("/v1/sessions/{id}");
        issuer.send(Method::DELETE, &path, Some(&belka), None).await.problem(404, "not_found");
    }
    issuer.get("/v1/me", Some(&laika)).await.expect(200);
}

#[tokio::test]
async fn logging_out_everywhere_ends_this_session_too_and_nobody_elses() {
    let issuer = Issuer::start().await;
    let mine = [issuer.log_in().await, issuer.log_in().await, issuer.log_in().await];
    let body = json!({
        "username": "belka", "email": "belka@example.com", "password": "there and back again 1960",
    });
    let belka = issuer.post("/v1/users", None, body).await.text_of("main_token");
    issuer.send(Method::DELETE, "/v1/sessions", None, None).await.problem(401, "token_missing");
    issuer.send(Method::DELETE, "/v1/sessions", Some(&mine[0]), None).await.expect(204);
    for main in &mine {
        issuer.renew(main).await.problem(401, "session_ended");
    }
    issuer.get("/v1/me", Some(&belka)).await.expect(200);
    assert_eq!(audited(&issuer).await, 3);
}

#[tokio::test]
async fn a_page_size_of_0_minus_1_or_a_billion_is_refused() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    for limit in ["0", "-1", "1000000000", "101", "9223372036854775808", "1e3", ""] {
        let path = format!("/v1/sessions?limit={limit}");
        issuer.get(&path, Some(&main)).await.problem(422, "fields_invalid");
    }
    issuer.get("/v1/sessions?limit=100", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn theft_stands_in_the_audit_log() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    let second = issuer.renew(&first).await.text_of("main_token");
    issuer.micro(&second, "orders").await.expect(200);
    issuer.clock.advance(11);
    issuer.renew(&first).await.problem(401, "token_reused");
    let mut connection = issuer.app.db.read().await.unwrap();
    let after: String =
        sqlx::query_scalar("SELECT after FROM audit WHERE action = 'session.ended'")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
    assert!(after.contains("\"reuse\""), "{after}");
}

async fn audited(issuer: &Issuer) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE action = 'session.ended'")
        .fetch_one(&mut *connection)
        .await
        .unwrap()
}
