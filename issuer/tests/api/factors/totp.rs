//! Authenticator apps, and codes that are good once.

use axum::http::Method;
use serde_json::json;

use super::{Authenticator, delete, enrol, first_step, second_step, step_up, texts};
use crate::accounts::{SECOND, log_in, register};
use crate::support::{Issuer, claims};

#[tokio::test]
async fn an_app_is_a_factor_once_a_code_of_it_came() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let none = json!({ "totp": null, "passkeys": 0, "backup_codes": 0 });
    assert_eq!(issuer.get("/v1/me/factors", Some(&main)).await.expect(200), none);
    let offer = issuer.send(Method::POST, "/v1/me/factors/totp", Some(&main), None).await;
    let (offer, secret) = (offer.expect(200), offer.text_of("secret"));
    let uri = format!(
        "otpauth://totp/127.0.0.1:belka?secret={secret}&issuer=127.0.0.1&algorithm=SHA1&digits=6\
         &period=30"
    );
    assert_eq!(offer["uri"], uri);
    assert!(offer["qr_code"].as_str().unwrap().contains("<svg"));
    // Not confirmed: not asked for, and not shown again.
    assert_eq!(issuer.get("/v1/me/factors", Some(&main)).await.expect(200), none);
    log_in(&issuer, "belka", SECOND).await.expect(201);
    let app = Authenticator::of(&secret);
    let confirm = |code: String| {
        issuer.post("/v1/me/factors/totp/confirm", Some(&main), json!({ "code": code }))
    };
    let wrong = app.code_at(issuer.app.clock.now() + 3600);
    confirm(wrong).await.problem(422, "fields_invalid");
    let codes = confirm(app.code(&issuer)).await.expect(200);
    assert_eq!(texts(&codes["backup_codes"]).len(), 10);
    confirm(app.code(&issuer)).await.problem(409, "conflict");
    let factors = issuer.get("/v1/me/factors", Some(&main)).await.expect(200);
    assert_eq!(factors["backup_codes"], 10);
    assert_eq!(factors["totp"]["confirmed_at"], issuer.app.clock.now());
    let again = issuer.send(Method::POST, "/v1/me/factors/totp", Some(&main), None).await;
    again.problem(409, "conflict");
    let stored: Vec<String> = {
        let mut connection = issuer.app.db.read().await.unwrap();
        sqlx::query_scalar("SELECT secret FROM totp").fetch_all(&mut *connection).await.unwrap()
    };
    assert!(!stored[0].contains(&secret), "a secret in the database");
}

#[tokio::test]
async fn a_second_app_before_the_first_is_confirmed_takes_its_place() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let mut offered = Vec::new();
    for _ in 0..2 {
        let offer = issuer.send(Method::POST, "/v1/me/factors/totp", Some(&main), None).await;
        offered.push(Authenticator::of(&offer.text_of("secret")));
    }
    for (app, status) in offered.iter().zip([422, 200]) {
        let body = json!({ "code": app.code(&issuer) });
        issuer.post("/v1/me/factors/totp/confirm", Some(&main), body).await.expect(status);
    }
}

#[tokio::test]
async fn a_log_in_shows_password_and_code_and_tokens_say_so() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let answer = log_in(&issuer, "belka", SECOND).await.expect(200);
    assert_eq!(answer["second_factor"]["methods"], json!(["totp", "backup_code"]));
    assert_eq!(answer["second_factor"]["expires_in"], 300);
    let body = json!({ "id": answer["second_factor"]["id"], "totp": app.code(&issuer),
                       "service": "orders" });
    let tokens = second_step(&issuer, body).await.expect(201);
    let micro = claims(tokens["micro_token"].as_str().unwrap());
    assert_eq!(micro["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(
        (&micro["acr"], &micro["auth_time"]),
        (&json!("aal2"), &json!(issuer.app.clock.now()))
    );
    assert_eq!(tokens["user"]["username"], "belka");
}

#[tokio::test]
async fn a_replayed_totp_code_is_refused_wherever_it_comes() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let (first, second) = (first_step(&issuer, "belka").await, first_step(&issuer, "belka").await);
    let code = app.code(&issuer);
    second_step(&issuer, json!({ "id": first, "totp": code })).await.expect(201);
    let body = json!({ "id": second, "totp": code });
    second_step(&issuer, body).await.problem(401, "credentials_invalid");
    step_up(&issuer, &main, json!({ "totp": code })).await.problem(401, "credentials_invalid");
    // The step before it is within the window, and gone as well.
    let before = app.code_at(issuer.app.clock.now() - 30);
    let body = json!({ "id": second, "totp": before });
    second_step(&issuer, body).await.problem(401, "credentials_invalid");
    issuer.clock.advance(30);
    let body = json!({ "id": second, "totp": app.code(&issuer) });
    second_step(&issuer, body).await.expect(201);
}

#[tokio::test]
async fn of_two_replicas_that_get_the_same_code_at_once_one_takes_it() {
    let issuer = Issuer::start().await;
    let replica = issuer.replica().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    for _ in 0..5 {
        let ids = [first_step(&issuer, "belka").await, first_step(&replica, "belka").await];
        let code = app.code(&issuer);
        let [here, there] = ids.map(|id| json!({ "id": id, "totp": code }));
        let both = tokio::join!(second_step(&issuer, here), second_step(&replica, there));
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 401], "{} {}", both.0.text, both.1.text);
        issuer.clock.advance(30);
    }
}

#[tokio::test]
async fn an_app_goes_by_password_or_fresh_log_in_and_takes_the_backup_codes_along() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    enrol(&issuer, &main).await;
    issuer.clock.advance(15 * 60);
    let path = "/v1/me/factors/totp";
    delete(&issuer, path, &main).await.problem(401, "authentication_too_old");
    let remove = |password: &str| {
        issuer.send(Method::DELETE, path, Some(&main), Some(json!({ "password": password })))
    };
    remove("wrong").await.problem(401, "credentials_invalid");
    remove(SECOND).await.expect(204);
    remove(SECOND).await.problem(404, "not_found");
    let none = json!({ "totp": null, "passkeys": 0, "backup_codes": 0 });
    assert_eq!(issuer.get("/v1/me/factors", Some(&main)).await.expect(200), none);
    log_in(&issuer, "belka", SECOND).await.expect(201);
}

#[tokio::test]
async fn whoever_is_anonymous_enrols_nothing() {
    let issuer = Issuer::start().await;
    let answer = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let main = answer.text_of("main_token");
    let answer = issuer.send(Method::POST, "/v1/me/factors/totp", Some(&main), None).await;
    answer.problem(403, "not_permitted");
}

#[tokio::test]
async fn an_app_waits_for_its_first_code_for_a_quarter_of_an_hour() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    for (seconds, status) in [(15 * 60 + 1, 409), (15 * 60, 200)] {
        let offer = issuer.send(Method::POST, "/v1/me/factors/totp", Some(&main), None).await;
        let app = Authenticator::of(&offer.text_of("secret"));
        issuer.clock.advance(seconds);
        let body = json!({ "code": app.code(&issuer) });
        issuer.post("/v1/me/factors/totp/confirm", Some(&main), body).await.expect(status);
        step_up(&issuer, &main, json!({ "password": SECOND })).await;
    }
}

#[tokio::test]
async fn first_codes_are_not_guessed_without_limit() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN", "3/15m")]).await;
    let main = register(&issuer, "belka").await;
    let offer = issuer.send(Method::POST, "/v1/me/factors/totp", Some(&main), None).await;
    let app = Authenticator::of(&offer.text_of("secret"));
    let confirm = async |main: &str, code: String| {
        issuer.post("/v1/me/factors/totp/confirm", Some(main), json!({ "code": code })).await
    };
    let wrong = app.code_at(issuer.app.clock.now() + 3600);
    for _ in 0..3 {
        confirm(&main, wrong.clone()).await.problem(422, "fields_invalid");
    }
    confirm(&main, app.code(&issuer)).await.problem(429, "rate_limited");
    let other = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    confirm(&other, app.code(&issuer)).await.expect(200);
}
