//! What owners change, and what it takes.

use axum::http::Method;
use laika_issuer::app::ADMINISTRATOR;
use laika_issuer::db;
use laika_issuer::db::users::UserStatus;
use serde_json::json;

use super::{SECOND, log_in, put, register};
use crate::support::Issuer;

const THIRD: &str = "a brand new one 1961";

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let other = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });
    let path = "/v1/me/password";
    put(&issuer, path, &main, change("wrong", THIRD)).await.problem(401, "credentials_invalid");
    let weak = put(&issuer, path, &main, change(SECOND, "belka@example.com")).await;
    let strength = weak.problem(422, "password_weak")["strength"].clone();
    assert!(strength["score"].as_u64().unwrap() < 3 && strength["guesses"].is_u64(), "{strength}");
    put(&issuer, path, &main, change(SECOND, "short")).await.problem(422, "fields_invalid");
    issuer.get("/v1/me", Some(&other)).await.expect(200);

    put(&issuer, path, &main, change(SECOND, THIRD)).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    issuer.get("/v1/me", Some(&other)).await.problem(401, "session_ended");
    log_in(&issuer, "belka", SECOND).await.problem(401, "credentials_invalid");
    log_in(&issuer, "belka", THIRD).await.expect(201);
}

#[tokio::test]
async fn very_long_passwords_are_refused_before_any_hashing() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let before = issuer.app.passwords.computed();
    let long = "x".repeat(60_000);
    log_in(&issuer, "belka", &long).await.problem(401, "credentials_invalid");
    let body = json!({ "current": long, "new": THIRD });
    put(&issuer, "/v1/me/password", &main, body).await.problem(401, "credentials_invalid");
    let body = json!({ "current": SECOND, "new": long });
    put(&issuer, "/v1/me/password", &main, body).await.problem(422, "fields_invalid");
    let body = json!({ "username": "x1", "email": "x@example.com", "password": long });
    issuer.post("/v1/users", None, body).await.problem(422, "fields_invalid");
    assert_eq!(issuer.app.passwords.computed(), before);
}

#[tokio::test]
async fn a_name_is_changed_once_and_the_old_one_stays_reserved() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let name = |name: &str| json!({ "username": name });
    let path = "/v1/me/username";
    for taken in ["LAIKA", "root"] {
        put(&issuer, path, &main, name(taken)).await.problem(409, "already_registered");
    }
    put(&issuer, path, &main, name("a b")).await.problem(422, "fields_invalid");
    let me = put(&issuer, path, &main, name("Strelka")).await.expect(200);
    assert_eq!(me["username"], "Strelka");
    assert_eq!(issuer.get("/v1/me", Some(&main)).await.expect(200), me);
    for again in ["third", "belka", "strelka"] {
        let answer = put(&issuer, path, &main, name(again)).await;
        assert_eq!(answer.status.as_u16(), 409, "{}", answer.text);
    }
    put(&issuer, path, &main, name("third")).await.problem(409, "username_already_changed");

    let body = json!({ "username": "BELKA", "email": "new@example.com", "password": SECOND });
    issuer.post("/v1/users", None, body).await.problem(409, "already_registered");
    let other = register(&issuer, "other").await;
    put(&issuer, path, &other, name("Belka")).await.problem(409, "already_registered");
    log_in(&issuer, "belka", SECOND).await.problem(401, "credentials_invalid");
    log_in(&issuer, "strelka", SECOND).await.expect(201);
}

#[tokio::test]
async fn without_mail_an_e_mail_is_changed_at_once() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let change = |email: &str, password: &str| json!({ "email": email, "password": password });
    let path = "/v1/me/email";
    let wrong = put(&issuer, path, &main, change("new@example.com", "wrong")).await;
    wrong.problem(401, "credentials_invalid");
    let taken = put(&issuer, path, &main, change("LAIKA@example.com", SECOND)).await;
    taken.problem(409, "already_registered");
    for bad in ["nonsense", "belka@example.com", "a@b.co\r\nBcc: c@d.co"] {
        let answer = put(&issuer, path, &main, change(bad, SECOND)).await;
        answer.problem(422, "fields_invalid");
    }
    put(&issuer, path, &main, change("new@example.com", SECOND)).await.expect(204);
    log_in(&issuer, "new@example.com", SECOND).await.expect(201);
    log_in(&issuer, "belka@example.com", SECOND).await.problem(401, "credentials_invalid");
}

#[tokio::test]
async fn deletion_needs_the_password_or_a_fresh_log_in_and_keeps_name_and_e_mail() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let other = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    issuer.clock.advance(15 * 60 + 1);
    let delete = |body| issuer.send(Method::DELETE, "/v1/me", Some(&main), body);
    let old = delete(None).await;
    old.problem(401, "authentication_too_old");
    assert!(old.header("www-authenticate").contains("insufficient_user_authentication"));
    delete(Some(json!({}))).await.problem(401, "authentication_too_old");
    let wrong = json!({ "password": "wrong" });
    delete(Some(wrong)).await.problem(401, "credentials_invalid");
    delete(Some(json!({ "password": SECOND }))).await.expect(204);

    for token in [&main, &other] {
        issuer.get("/v1/me", Some(token)).await.problem(401, "session_ended");
        issuer.micro(token, "orders").await.problem(401, "session_ended");
    }
    log_in(&issuer, "belka", SECOND).await.problem(401, "credentials_invalid");
    for (username, email) in [("Belka", "new@example.com"), ("new", "BELKA@example.com")] {
        let body = json!({ "username": username, "email": email, "password": SECOND });
        issuer.post("/v1/users", None, body).await.problem(409, "already_registered");
    }
    let fresh = register(&issuer, "strelka").await;
    issuer.send(Method::DELETE, "/v1/me", Some(&fresh), None).await.expect(204);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let second = register(&issuer, "strelka").await;
    let make = async |name: &str| {
        let mut tx = issuer.app.db.write().await.unwrap();
        let user = db::users::by_username(&mut tx, name).await.unwrap().unwrap();
        db::roles::assign(&mut tx, user.id, ADMINISTRATOR, 1).await.unwrap();
        tx.commit().await.unwrap();
    };
    make("belka").await;
    let last = issuer.send(Method::DELETE, "/v1/me", Some(&main), None).await;
    last.problem(409, "conflict");
    make("strelka").await;
    issuer.send(Method::DELETE, "/v1/me", Some(&second), None).await.expect(204);
    issuer.send(Method::DELETE, "/v1/me", Some(&main), None).await.problem(409, "conflict");
}

#[tokio::test]
async fn a_deleted_or_disabled_user_with_a_living_session() {
    for status in [UserStatus::Disabled, UserStatus::Deleted] {
        let issuer = Issuer::start().await;
        for (method, path, body) in [
            (Method::GET, "/v1/me", None),
            (Method::GET, "/v1/me/export", None),
            (Method::PATCH, "/v1/me", Some(json!({ "public": true }))),
            (Method::PUT, "/v1/me/username", Some(json!({ "username": "other" }))),
            (Method::PUT, "/v1/me/email", Some(json!({ "email": "a@b.co", "password": "x" }))),
            (Method::PUT, "/v1/me/password", Some(json!({ "current": "x", "new": "y" }))),
            (Method::DELETE, "/v1/me", None),
        ] {
            let main = issuer.log_in().await;
            set_status(&issuer, status).await;
            let answer = issuer.send(method, path, Some(&main), body).await;
            answer.problem(401, "session_ended");
            set_status(&issuer, UserStatus::Active).await;
        }
    }
}

async fn set_status(issuer: &Issuer, status: UserStatus) {
    let mut tx = issuer.app.db.write().await.unwrap();
    let user = db::users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    assert!(db::users::set_status(&mut tx, user.id, status).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn guesses_in_a_session_are_limited_and_a_right_password_is_none() {
    let issuer = Issuer::with(&[
        ("LAIKA_LIMITS_LOGIN", "3/15m"),
        ("LAIKA_LIMITS_LOGIN_ACCOUNT", "5/h"),
        ("LAIKA_LIMITS_SECOND_FACTOR", "1/h"),
    ])
    .await;
    let main = register(&issuer, "belka").await;
    let other = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let guess = async |main: &str, way: usize, password: &str| {
        let body = json!({ "password": password });
        match way % 4 {
            0 => issuer.send(Method::DELETE, "/v1/me", Some(main), Some(body)).await,
            1 => issuer.post("/v1/me/factors/totp", Some(main), body).await,
            2 => {
                let body = json!({ "email": "new@example.com", "password": password });
                put(&issuer, "/v1/me/email", main, body).await
            }
            _ => {
                let body = json!({ "current": password, "new": THIRD });
                put(&issuer, "/v1/me/password", main, body).await
            }
        }
    };
    // A password that is right is none, also where nothing comes of it.
    for _ in 0..6 {
        let weak = json!({ "current": SECOND, "new": "belka@example.com" });
        put(&issuer, "/v1/me/password", &main, weak).await.problem(422, "password_weak");
    }
    for way in 0..3 {
        guess(&main, way, "wrong").await.problem(401, "credentials_invalid");
    }
    for way in 0..4 {
        let before = issuer.app.passwords.computed();
        guess(&main, way, SECOND).await.problem(429, "rate_limited");
        assert_eq!(issuer.app.passwords.computed(), before, "before any hashing");
    }
    // Another session guesses for itself, and all of them together no more than an account allows.
    guess(&other, 1, SECOND).await.expect(200);
    for way in 0..2 {
        guess(&other, way, "wrong").await.problem(401, "credentials_invalid");
    }
    guess(&other, 1, SECOND).await.problem(429, "rate_limited");
    // A step-up is one more place to guess at; log-ins go on as if nothing had happened.
    let body = json!({ "password": SECOND });
    let step_up = issuer.post("/v1/sessions/current/step-up", Some(&main), body).await;
    step_up.problem(429, "rate_limited");
    let fresh = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    issuer.clock.advance(3600);
    guess(&fresh, 3, SECOND).await.expect(204);
}
