//! Registration without mail.

use serde_json::json;

use super::{SECOND, log_in, register};
use crate::support::{Issuer, START};

#[tokio::test]
async fn a_weak_password_comes_with_score_guesses_and_feedback() {
    let issuer = Issuer::start().await;
    for weak in ["belka-of-1960", "belka@example.com", "password12345"] {
        let body =
            json!({ "username": "belka-of-1960", "email": "belka@example.com", "password": weak });
        let problem = issuer.post("/v1/users", None, body).await.problem(422, "password_weak");
        let strength = &problem["strength"];
        assert!(strength["score"].as_u64().unwrap() < 3, "{problem}");
        assert!(strength["guesses"].as_u64().unwrap() < 100_000_000, "{problem}");
        assert!(!strength["suggestions"].as_array().unwrap().is_empty(), "{problem}");
    }
}

#[tokio::test]
async fn names_are_reserved_by_the_settings_too() {
    let issuer = Issuer::with(&[("LAIKA_RESERVED_NAMES", "Baikonur, ops")]).await;
    for name in ["baikonur", "OPS", "Postmaster"] {
        let body = json!({ "username": name, "email": "x@example.com", "password": SECOND });
        issuer.post("/v1/users", None, body).await.problem(409, "already_registered");
    }
    register(&issuer, "baikonur2").await;
}

#[tokio::test]
async fn names_and_passwords_are_the_same_however_they_are_typed() {
    let issuer = Issuer::start().await;
    let body = json!({
        "username": "Ж\u{ff4f}\u{301}", "email": "zh@example.com",
        "password": "cafe\u{301} au lait 1957",
    });
    issuer.post("/v1/users", None, body).await.expect(201);
    log_in(&issuer, "жо\u{301}", "caf\u{e9} au lait 1957")
        .await
        .problem(401, "credentials_invalid");
    log_in(&issuer, "ж\u{f3}", "caf\u{e9} au lait 1957").await.expect(201);
}

#[tokio::test]
async fn a_log_in_is_dated() {
    let issuer = Issuer::start().await;
    register(&issuer, "belka").await;
    issuer.clock.advance(500);
    let main = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let export = issuer.get("/v1/me/export", Some(&main)).await.expect(200);
    assert_eq!(export["last_login_at"], START + 500);
}

#[tokio::test]
async fn without_mail_nothing_that_needs_it_pretends_to_work() {
    let issuer = Issuer::start().await;
    for path in ["/v1/password/forgot", "/v1/email/resend"] {
        let body = json!({ "email": "laika@example.com" });
        let problem = issuer.post(path, None, body).await.problem(404, "not_found");
        assert!(problem["detail"].as_str().unwrap().contains("mail.url"), "{problem}");
    }
    for (path, body) in [
        ("/v1/email/verify", json!({ "code": "laika_mail_x" })),
        ("/v1/email/undo", json!({ "code": "laika_mail_x" })),
        ("/v1/password/reset", json!({ "code": "laika_mail_x", "password": SECOND })),
    ] {
        issuer.post(path, None, body).await.problem(422, "code_invalid");
    }
}
