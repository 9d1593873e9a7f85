//! Signing in by a passkey alone.

use axum::body::Body;
use axum::http::{Method, Request};
use laika_issuer::mint::main_token;
use laika_issuer::session::{self, Way};
use serde_json::json;

use super::authenticator::{Authenticator, BACKED_UP, ELIGIBLE};
use super::{ORIGIN, begin, enrol, enrol_this, finish, sign_in, start};
use crate::accounts::register;
use crate::support::{Issuer, claims};

#[tokio::test]
async fn nobody_says_who_they_are_and_tokens_say_how_they_came() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    issuer.clock.advance(3600);
    let options = begin(&issuer).await;
    assert_eq!(options["allowCredentials"], json!([]), "it would tell who has which");
    let tokens = finish(&issuer, passkey.get(&options)).await.expect(201);
    assert_eq!(tokens["user"]["username"], "belka");
    let micro = claims(tokens["micro_token"].as_str().unwrap());
    assert_eq!(micro["amr"], json!(["pop", "user", "mfa"]));
    let now = issuer.app.clock.now();
    assert_eq!((&micro["acr"], &micro["auth_time"]), (&json!("aal2"), &json!(now)));
    // It counts as two factors: it may change how the account is entered.
    let main = tokens["main_token"].as_str().unwrap();
    super::offer(&issuer, main).await.expect(200);
    let listed = issuer.get("/v1/me/passkeys", Some(main)).await.expect(200);
    assert_eq!(listed["items"][0]["last_used_at"], now);
}

#[tokio::test]
async fn a_passkey_that_synchronises_does_not_count() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let mut passkey = Authenticator::new(ORIGIN);
    (passkey.count, passkey.flags) = (0, passkey.flags | ELIGIBLE);
    let (mut passkey, _, _) = enrol_this(&issuer, &main, passkey).await;
    let backed_up = async || {
        let listed = issuer.get("/v1/me/passkeys", Some(&main)).await.expect(200);
        listed["items"][0]["backed_up"].clone()
    };
    assert_eq!(backed_up().await, false);
    passkey.flags |= BACKED_UP;
    for _ in 0..2 {
        sign_in(&issuer, &mut passkey).await.expect(201);
    }
    assert_eq!(backed_up().await, true);
}

#[tokio::test]
async fn a_browser_gets_cookies_from_pages_that_may_call() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let mut send = async |origin: &str| {
        let options = begin(&issuer).await;
        let body = json!({ "credential": passkey.get(&options), "transport": "cookie" });
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/sessions/passkey/finish")
            .header("origin", origin)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        issuer.call(request.unwrap()).await
    };
    send("https://evil.example").await.problem(403, "origin_refused");
    let answer = send(ORIGIN).await;
    assert_eq!(answer.expect(201).get("main_token"), None);
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
}

#[tokio::test]
async fn an_anonymous_holder_is_merged() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let answer = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let anonymous = answer.text_of("main_token");
    let options = begin(&issuer).await;
    let body = json!({ "credential": passkey.get(&options) });
    issuer.post("/v1/sessions/passkey/finish", Some(&anonymous), body).await.expect(201);
    issuer.get("/v1/me", Some(&anonymous)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn sign_ins_that_are_begun_are_limited() {
    let variables = [("LAIKA_PUBLIC_URL", ORIGIN), ("LAIKA_LIMITS_PASSKEY", "2/h")];
    let issuer = Issuer::with(&variables).await;
    for _ in 0..2 {
        begin(&issuer).await;
    }
    let answer = issuer.send(Method::POST, "/v1/sessions/passkey/begin", None, None).await;
    answer.problem(429, "rate_limited");
}

#[tokio::test]
async fn challenges_that_nobody_signed_are_forgotten() {
    let issuer = start().await;
    begin(&issuer).await;
    let count = async || {
        let mut connection = issuer.app.db.read().await.unwrap();
        let sql = "SELECT COUNT(*) FROM passkey_challenges";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *connection).await.unwrap()
    };
    laika_issuer::background::run_all(&issuer.app).await.unwrap();
    assert_eq!(count().await, 1);
    issuer.clock.advance(300);
    laika_issuer::background::run_all(&issuer.app).await.unwrap();
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn where_there_is_mail_an_account_without_an_e_mail_is_opened_and_an_unproved_one_is_not() {
    let issuer = Issuer::with(&[
        ("LAIKA_PUBLIC_URL", ORIGIN),
        ("LAIKA_MAIL_URL", "smtp://127.0.0.1:1"),
        ("LAIKA_MAIL_FROM", "no-reply@id.example.com"),
    ])
    .await;
    let mut tx = issuer.app.db.write().await.unwrap();
    let user = laika_issuer::db::users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    let origin = laika_issuer::db::sessions::Origin::default();
    let began = session::first(&issuer.app, &mut tx, user.id, origin, Way::External).await;
    tx.commit().await.unwrap();
    let main = main_token::issue(&issuer.app, &began.unwrap()).unwrap().token;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    sign_in(&issuer, &mut passkey).await.problem(403, "email_unverified");
    // As somebody who came by a provider that vouches for no e-mail.
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query("UPDATE users SET email = NULL, email_key = NULL, password_hash = NULL")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let main = sign_in(&issuer, &mut passkey).await.text_of("main_token");
    let change = |body| issuer.send(Method::PUT, "/v1/me/email", Some(&main), Some(body));
    change(json!({ "email": "laika@example.com" })).await.expect(202);
    issuer.clock.advance(15 * 60 + 1);
    let old = change(json!({ "email": "laika@example.com" })).await;
    old.problem(401, "authentication_too_old");
}
