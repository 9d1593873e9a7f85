//! Sessions whose holders prove anew who they are.

use serde_json::json;

use super::{delete, enrol, first_step, second_step, step_up};
use crate::accounts::{SECOND, register};
use crate::support::{Issuer, claims};

#[tokio::test]
async fn without_a_factor_the_password_refreshes_a_session() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    issuer.clock.advance(3600);
    delete(&issuer, "/v1/me", &main).await.problem(401, "authentication_too_old");
    let wrong = step_up(&issuer, &main, json!({ "password": "wrong" })).await;
    wrong.problem(401, "credentials_invalid");
    step_up(&issuer, &main, json!({})).await.problem(422, "fields_invalid");
    let answer = step_up(&issuer, &main, json!({ "password": SECOND })).await.expect(200);
    let now = issuer.app.clock.now();
    assert_eq!(answer, json!({ "auth_time": now, "amr": ["pwd"], "acr": "aal1" }));
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    let micro = claims(&micro);
    assert_eq!((&micro["auth_time"], &micro["acr"]), (&json!(now), &json!("aal1")));
    delete(&issuer, "/v1/me", &main).await.expect(204);
}

#[tokio::test]
async fn a_clock_that_was_set_back_refreshes_no_session() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    issuer.clock.advance(-3600);
    delete(&issuer, "/v1/me", &main).await.problem(401, "authentication_too_old");
    step_up(&issuer, &main, json!({ "password": SECOND })).await.expect(200);
    // Clocks of replicas that are seconds apart change nothing.
    issuer.clock.advance(-50);
    delete(&issuer, "/v1/me", &main).await.expect(204);
}

#[tokio::test]
async fn with_a_factor_the_factor_is_shown_and_the_tokens_say_so() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let older = crate::accounts::log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let (app, codes) = enrol(&issuer, &main).await;
    let micro = issuer.micro(&older, "orders").await.text_of("micro_token");
    assert_eq!(claims(&micro)["amr"], json!(["pwd"]));
    // By the password alone it would pass for one that has just shown both.
    let alone = step_up(&issuer, &older, json!({ "password": SECOND })).await;
    alone.problem(401, "second_factor_required");
    let wrong = json!({ "password": "wrong", "totp": app.code(&issuer) });
    step_up(&issuer, &older, wrong).await.problem(401, "credentials_invalid");
    // The code was not used up by that.
    let both = json!({ "password": SECOND, "totp": app.code(&issuer) });
    let answer = step_up(&issuer, &older, both).await.expect(200);
    assert_eq!(answer["amr"], json!(["pwd", "otp", "mfa"]));
    let micro = issuer.micro(&older, "orders").await.text_of("micro_token");
    let micro = claims(&micro);
    assert_eq!(micro["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!((&micro["acr"], &micro["auth_time"]), (&json!("aal2"), &answer["auth_time"]));
    issuer.clock.advance(3600);
    step_up(&issuer, &older, json!({ "backup_code": codes[0] })).await.expect(200);
}

#[tokio::test]
async fn passwords_that_are_guessed_at_a_step_up_are_limited() {
    let issuer =
        Issuer::with(&[("LAIKA_LIMITS_LOGIN", "5/h"), ("LAIKA_LIMITS_SECOND_FACTOR", "off")]).await;
    let main = register(&issuer, "belka").await;
    for _ in 0..5 {
        let wrong = step_up(&issuer, &main, json!({ "password": "wrong" })).await;
        wrong.problem(401, "credentials_invalid");
    }
    let limited = step_up(&issuer, &main, json!({ "password": SECOND })).await;
    limited.problem(429, "rate_limited");
}

#[tokio::test]
async fn codes_that_are_guessed_in_one_session_keep_nobody_out_of_another() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_SECOND_FACTOR", "2/h")]).await;
    let stolen = register(&issuer, "belka").await;
    let other = crate::accounts::log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let (app, codes) = enrol(&issuer, &stolen).await;
    for _ in 0..2 {
        let wrong = step_up(&issuer, &stolen, json!({ "totp": "000000" })).await;
        wrong.problem(401, "credentials_invalid");
    }
    let limited = step_up(&issuer, &stolen, json!({ "totp": app.code(&issuer) })).await;
    limited.problem(429, "rate_limited");
    let id = first_step(&issuer, "belka").await;
    second_step(&issuer, json!({ "id": id, "totp": app.code(&issuer) })).await.expect(201);
    for code in &codes[..3] {
        step_up(&issuer, &other, json!({ "backup_code": code })).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_guessed_in_all_sessions_together_is_limited_too() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN_ACCOUNT", "2/h")]).await;
    let one = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &one).await;
    let id = first_step(&issuer, "belka").await;
    let body = json!({ "id": id, "totp": app.code(&issuer) });
    let other = second_step(&issuer, body).await.text_of("main_token");
    issuer.clock.advance(30);
    for main in [&one, &other] {
        let wrong = step_up(&issuer, main, json!({ "totp": "000000" })).await;
        wrong.problem(401, "credentials_invalid");
    }
    let limited = step_up(&issuer, &one, json!({ "totp": app.code(&issuer) })).await;
    limited.problem(429, "rate_limited");
}

#[tokio::test]
async fn a_log_in_of_long_ago_is_refreshed_with_what_it_showed_then() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let (app, _) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let body = json!({ "id": id, "totp": app.code(&issuer) });
    let main = second_step(&issuer, body).await.text_of("main_token");
    issuer.clock.advance(3600);
    delete(&issuer, "/v1/me/factors/totp", &main).await.problem(401, "authentication_too_old");
    step_up(&issuer, &main, json!({ "totp": app.code(&issuer) })).await.expect(200);
    delete(&issuer, "/v1/me/factors/totp", &main).await.expect(204);
}
