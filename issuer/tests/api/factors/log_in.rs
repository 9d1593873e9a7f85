//! The second step of a log-in, and every way around it.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::{enrol, first_step, second_step};
use crate::accounts::{SECOND, log_in, put, register};
use crate::support::{Issuer, PUBLIC_URL};

#[tokio::test]
async fn the_sixth_attempt_of_a_log_in_is_not_looked_at() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    for wrong in ["000000", "", "12345", "backup", "999999"] {
        let answer = second_step(&issuer, json!({ "id": id, "totp": wrong })).await;
        answer.problem(401, "credentials_invalid");
    }
    let right = json!({ "id": id, "totp": app.code(&issuer) });
    second_step(&issuer, right).await.problem(422, "code_invalid");
    let id = first_step(&issuer, "belka").await;
    second_step(&issuer, json!({ "id": id, "totp": app.code(&issuer) })).await.expect(201);
}

#[tokio::test]
async fn attempts_at_once_are_counted_one_by_one() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let attempts = (0..12).map(|_| second_step(&issuer, json!({ "id": id, "totp": "000000" })));
    let answers = futures_util::future::join_all(attempts).await;
    let looked_at = answers.iter().filter(|answer| answer.status.as_u16() == 401).count();
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn guesses_at_one_account_are_limited_over_all_its_log_ins() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_SECOND_FACTOR", "6/h")]).await;
    let main = register(&issuer, "belka").await;
    let (app, codes) = enrol(&issuer, &main).await;
    // What is good does not count.
    for code in codes.iter().take(8) {
        let id = first_step(&issuer, "belka").await;
        second_step(&issuer, json!({ "id": id, "backup_code": code })).await.expect(201);
    }
    for _ in 0..2 {
        let id = first_step(&issuer, "belka").await;
        for _ in 0..3 {
            let answer = second_step(&issuer, json!({ "id": id, "totp": "000000" })).await;
            answer.problem(401, "credentials_invalid");
        }
    }
    let id = first_step(&issuer, "belka").await;
    let body = json!({ "id": id, "totp": app.code(&issuer) });
    let limited = second_step(&issuer, body).await;
    limited.problem(429, "rate_limited");
    let wait: i64 = limited.header("retry-after").parse().unwrap();
    // It was not an attempt, and the limit belongs to this account alone.
    let other = register(&issuer, "strelka").await;
    let (theirs, _) = enrol(&issuer, &other).await;
    let theirs_id = first_step(&issuer, "strelka").await;
    let body = json!({ "id": theirs_id, "totp": theirs.code(&issuer) });
    second_step(&issuer, body).await.expect(201);
    issuer.clock.advance(wait);
    let id = first_step(&issuer, "belka").await;
    second_step(&issuer, json!({ "id": id, "totp": app.code(&issuer) })).await.expect(201);
}

#[tokio::test]
async fn an_id_is_good_once_for_five_minutes_and_for_its_own_account() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, codes) = enrol(&issuer, &main).await;
    let other = register(&issuer, "strelka").await;
    let (theirs, their_codes) = enrol(&issuer, &other).await;
    let id = first_step(&issuer, "belka").await;
    // Somebody else's factor opens nothing.
    for body in [
        json!({ "id": id, "totp": theirs.code(&issuer) }),
        json!({ "id": id, "backup_code": their_codes[0] }),
    ] {
        second_step(&issuer, body).await.problem(401, "credentials_invalid");
    }
    let right = json!({ "id": id, "totp": app.code(&issuer) });
    second_step(&issuer, right).await.expect(201);
    let again = json!({ "id": id, "backup_code": codes[0] });
    second_step(&issuer, again).await.problem(422, "code_invalid");
    let id = first_step(&issuer, "belka").await;
    issuer.clock.advance(300);
    let late = json!({ "id": id, "totp": app.code(&issuer) });
    second_step(&issuer, late).await.problem(422, "code_invalid");
    for id in ["", "laika_2nd_x", "x\u{0}y"] {
        let body = json!({ "id": id, "totp": "000000" });
        second_step(&issuer, body).await.problem(422, "code_invalid");
    }
    for body in [
        json!({ "id": "x" }),
        json!({ "totp": "000000" }),
        json!({ "id": "x", "totp": "000000", "backup_code": "x" }),
    ] {
        let answer = second_step(&issuer, body).await;
        answer.problem(422, "fields_invalid");
    }
    laika_issuer::background::run_all(&issuer.app).await.unwrap();
    let mut connection = issuer.app.db.read().await.unwrap();
    let waiting = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM pending_log_ins");
    assert_eq!(waiting.fetch_one(&mut *connection).await.unwrap(), 0);
}

#[tokio::test]
async fn the_password_alone_gives_no_cookie_and_knows_no_browser() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let send = async |path: &str, body: Value| {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("origin", PUBLIC_URL)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        issuer.call(request.unwrap()).await
    };
    let body = json!({ "login": "belka", "password": SECOND, "transport": "cookie" });
    let answer = send("/v1/sessions", body).await;
    assert_eq!(answer.header("set-cookie"), "");
    let id = answer.expect(200)["second_factor"]["id"].clone();
    let body = json!({ "id": id, "totp": app.code(&issuer), "transport": "cookie" });
    let answer = send("/v1/sessions/second-factor", body).await;
    assert_eq!(answer.expect(201).get("main_token"), None);
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
}

#[tokio::test]
async fn a_log_in_that_waits_ends_with_the_password_that_began_it() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let body = json!({ "current": SECOND, "new": "nine kettles under snow" });
    put(&issuer, "/v1/me/password", &main, body).await.expect(204);
    let body = json!({ "id": id, "totp": app.code(&issuer) });
    second_step(&issuer, body).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn a_session_without_the_factor_changes_nothing_about_how_its_account_is_entered() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    // A thief's, who knows the password.
    let older = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let (app, _) = enrol(&issuer, &main).await;
    let password = json!({ "password": SECOND });
    let email = json!({ "email": "thief@example.com", "password": SECOND });
    let change = json!({ "current": SECOND, "new": "nine kettles under snow" });
    for (method, path, body) in [
        (Method::DELETE, "/v1/me/factors/totp", password.clone()),
        (Method::POST, "/v1/me/factors/backup-codes", password.clone()),
        (Method::POST, "/v1/me/factors/totp", password.clone()),
        (Method::DELETE, "/v1/me", password),
        (Method::PUT, "/v1/me/email", email),
        (Method::PUT, "/v1/me/password", change),
    ] {
        let answer = issuer.send(method, path, Some(&older), Some(body)).await;
        answer.problem(401, "second_factor_required");
        assert!(answer.header("www-authenticate").contains("insufficient_user_authentication"));
    }
    super::step_up(&issuer, &older, json!({ "totp": app.code(&issuer) })).await.expect(200);
    super::delete(&issuer, "/v1/me/factors/totp", &older).await.expect(204);
}

#[tokio::test]
async fn an_anonymous_holder_is_merged_when_the_second_step_is_done() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let answer = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let anonymous = answer.text_of("main_token");
    let body = json!({ "login": "belka", "password": SECOND });
    let answer = issuer.post("/v1/sessions", Some(&anonymous), body).await.expect(200);
    issuer.get("/v1/me", Some(&anonymous)).await.expect(200);
    let body = json!({ "id": answer["second_factor"]["id"], "totp": app.code(&issuer) });
    second_step(&issuer, body).await.expect(201);
    issuer.get("/v1/me", Some(&anonymous)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn an_anonymous_holder_is_merged_once_whatever_else_waits() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let body = json!({ "session": true });
    let holder = issuer.post("/v1/tokens/anonymous", None, body).await.text_of("main_token");
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let body = json!({ "login": "belka", "password": SECOND });
        let answer = issuer.post("/v1/sessions", Some(&holder), body).await.expect(200);
        waiting.push(answer["second_factor"]["id"].clone());
    }
    for id in waiting {
        issuer.clock.advance(30);
        let body = json!({ "id": id, "totp": app.code(&issuer) });
        second_step(&issuer, body).await.expect(201);
    }
    let mut db = issuer.app.db.read().await.unwrap();
    let merged: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE action = 'user.merged'")
        .fetch_one(&mut *db)
        .await
        .unwrap();
    assert_eq!(merged, 1);
}
