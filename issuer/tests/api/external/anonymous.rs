//! Anonymous holders who log in elsewhere, or turn out to have an account.

use laika_verifier::status::Status;
use serde_json::{Value, json};

use super::browser::{exchange, log_in, text, through};
use super::stage;
use crate::status::{mint, status_of};
use crate::support::{Issuer, PASSWORD, claims};

async fn anonymous(issuer: &Issuer) -> (String, String) {
    let tokens = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let tokens = tokens.expect(201);
    (text(&tokens, "/main_token"), text(&tokens, "/user/id"))
}

/// Who was merged into whom, by the audit log.
async fn merged(issuer: &Issuer) -> Vec<(Value, Value)> {
    let mut db = issuer.app.db.read().await.unwrap();
    let mut found = Vec::new();
    laika_issuer::db::tables::read(&mut db, "audit", |row| {
        if row["action"] == "user.merged" {
            let read =
                |name: &str| serde_json::from_str::<Value>(row[name].as_str().unwrap()).unwrap();
            found.push((read("before")["from"].clone(), read("after")["to"].clone()));
        }
        Ok::<_, laika_issuer::db::DbError>(())
    })
    .await
    .unwrap();
    found
}

#[tokio::test]
async fn an_anonymous_holder_who_is_new_keeps_the_sub_and_the_session() {
    let (issuer, kennel) = stage().await;
    let (main, sub) = anonymous(&issuer).await;
    let before = mint(&issuer, &main).await;
    let code = through(&issuer, &kennel).await;
    let tokens = exchange(&issuer, &code, Some(&main)).await.expect(201);
    assert_eq!(tokens["user"]["id"], sub);
    assert_eq!(status_of(&issuer, &before).await, Status::Stale, "they are somebody now");
    assert_eq!(tokens["user"]["username"], "strelka");
    assert_eq!(tokens["session_id"], claims(&main)["sid"]);
    let micro = issuer.micro(&text(&tokens, "/main_token"), "orders").await.expect(200);
    let micro = claims(micro["micro_token"].as_str().unwrap());
    assert_eq!((&micro["sub"], &micro["amr"]), (&json!(sub), &json!(["fed"])));
    assert_eq!(micro["roles"], json!(["user"]));
    assert_eq!(log_in(&issuer, &kennel).await["user"]["id"], sub);
    assert_eq!(merged(&issuer).await, []);
}

#[tokio::test]
async fn an_anonymous_holder_with_an_account_is_merged_into_it() {
    let (issuer, kennel) = stage().await;
    let known = log_in(&issuer, &kennel).await;
    let (main, sub) = anonymous(&issuer).await;
    let code = through(&issuer, &kennel).await;
    let tokens = exchange(&issuer, &code, Some(&main)).await.expect(201);
    assert_eq!(tokens["user"]["id"], known["user"]["id"]);
    assert_eq!(merged(&issuer).await, [(json!(sub), known["user"]["id"].clone())]);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn an_anonymous_holder_who_logs_in_by_password_is_merged_as_well() {
    let (issuer, _kennel) = stage().await;
    let (main, sub) = anonymous(&issuer).await;
    let body = json!({ "login": "laika", "password": PASSWORD });
    let wrong = json!({ "login": "laika", "password": "wrong" });
    issuer.post("/v1/sessions", Some(&main), wrong).await.problem(401, "credentials_invalid");
    assert_eq!(merged(&issuer).await, []);
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let tokens = issuer.post("/v1/sessions", Some(&main), body.clone()).await.expect(201);
    assert_eq!(merged(&issuer).await, [(json!(sub), tokens["user"]["id"].clone())]);
    // A main token that is worth nothing keeps nobody from logging in.
    issuer.post("/v1/sessions", Some(&main), body).await.expect(201);
    assert_eq!(merged(&issuer).await.len(), 1);
}
