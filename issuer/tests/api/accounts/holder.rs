//! An anonymous holder who registers stays who they are.

use axum::http::Method;
use laika_issuer::db::sessions::Origin;
use laika_issuer::mint::main_token;
use laika_issuer::session::{self, Way};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{SECOND, put};
use crate::support::{Issuer, START, claims};

/// An anonymous holder with a session; the main token.
async fn holder(issuer: &Issuer) -> String {
    let id = Uuid::from_u128(57);
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query(
        "INSERT INTO users (id, status, epoch, public, created_at) VALUES ($1, 'active', 0, 0, 1)",
    )
    .bind(id.to_string())
    .execute(&mut *tx)
    .await
    .unwrap();
    let session =
        session::first(&issuer.app, &mut tx, id, Origin::default(), Way::Password).await.unwrap();
    tx.commit().await.unwrap();
    main_token::issue(&issuer.app, &session).unwrap().token
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
    issuer.send(Method::DELETE, "/v1/me", Some(&main), None).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
}
