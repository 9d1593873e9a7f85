//! Passkeys as the second step of a log-in, and in step-ups.

use serde_json::json;

use super::authenticator::{Authenticator as Passkey, VERIFIED};
use super::{ORIGIN, ask_second_factor, ask_step_up, confirm, enrol, offer, start};
use crate::accounts::{SECOND, log_in, register};
use crate::factors::{Authenticator, first_step, second_step, step_up};
use crate::support::{Issuer, claims};

#[tokio::test]
async fn a_log_in_shows_password_and_passkey_and_tokens_say_so() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, codes) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let options = ask_second_factor(&issuer, &id).await;
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    let body = json!({ "id": id, "passkey": passkey.get(&options), "service": "orders" });
    let tokens = second_step(&issuer, body).await.expect(201);
    let micro = claims(tokens["micro_token"].as_str().unwrap());
    assert_eq!(micro["amr"], json!(["pwd", "pop", "user", "mfa"]));
    assert_eq!(micro["acr"], "aal2");
    // A backup code stands in for it.
    let id = first_step(&issuer, "belka").await;
    second_step(&issuer, json!({ "id": id, "backup_code": codes[0] })).await.expect(201);
    let both = json!({ "id": id, "backup_code": codes[1], "passkey": passkey.get(&options) });
    second_step(&issuer, both).await.problem(422, "fields_invalid");
}

#[tokio::test]
async fn the_sixth_passkey_of_a_log_in_is_not_looked_at() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    for _ in 0..5 {
        let options = ask_second_factor(&issuer, &id).await;
        let unverified = passkey.get_with(&options, |said| said.flags &= !VERIFIED);
        let answer = second_step(&issuer, json!({ "id": id, "passkey": unverified })).await;
        answer.problem(401, "credentials_invalid");
    }
    let body = json!({ "id": id });
    let answer = issuer.post("/v1/sessions/second-factor/passkey", None, body).await;
    answer.problem(422, "code_invalid");
}

#[tokio::test]
async fn a_session_is_refreshed_by_a_passkey() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let older = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    issuer.clock.advance(3600);
    let alone = step_up(&issuer, &older, json!({ "password": SECOND })).await;
    alone.problem(401, "second_factor_required");
    let options = ask_step_up(&issuer, &older).await;
    let body = json!({ "passkey": passkey.get(&options) });
    let answer = step_up(&issuer, &older, body.clone()).await.expect(200);
    let now = issuer.app.clock.now();
    let expected = json!({ "auth_time": now, "amr": ["pwd", "pop", "user", "mfa"], "acr": "aal2" });
    assert_eq!(answer, expected);
    step_up(&issuer, &older, body).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn whoever_has_no_passkey_is_asked_for_none() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let path = "/v1/sessions/current/step-up/passkey";
    issuer.post(path, Some(&main), json!({})).await.problem(409, "conflict");
    let (_app, _) = crate::factors::enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let body = json!({ "id": id });
    let answer = issuer.post("/v1/sessions/second-factor/passkey", None, body).await;
    answer.problem(409, "conflict");
    let body = json!({ "id": "laika_2nd_x" });
    let answer = issuer.post("/v1/sessions/second-factor/passkey", None, body).await;
    answer.problem(422, "code_invalid");
}

#[tokio::test]
async fn what_was_begun_before_there_was_a_factor_is_not_confirmed_without_it() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let older = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    let waits = issuer.post("/v1/me/factors/totp", Some(&older), json!({})).await;
    let app = Authenticator::of(&waits.text_of("secret"));
    let options = offer(&issuer, &older).await.expect(200);
    let mut second = Passkey::new(ORIGIN);
    let credential = second.create(&options["public_key"]);
    enrol(&issuer, &main).await;
    confirm(&issuer, &older, credential).await.problem(401, "second_factor_required");
    let body = json!({ "code": app.code(&issuer) });
    let path = "/v1/me/factors/totp/confirm";
    issuer.post(path, Some(&older), body.clone()).await.problem(401, "second_factor_required");
    issuer.post(path, Some(&main), body).await.expect(200);
}

#[tokio::test]
async fn a_passkey_that_is_removed_once_it_was_looked_at_is_no_factor() {
    let issuer = start().await;
    if !issuer.app.settings.database_url.starts_with("sqlite") {
        // Its triggers need a function, and what is tested is the same.
        return;
    }
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let of_log_in = ask_second_factor(&issuer, &id).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    // It goes with the transaction in which its signature was good.
    let trigger = "CREATE TRIGGER gone AFTER UPDATE OF last_used_at ON passkeys \
                   BEGIN DELETE FROM passkeys WHERE id = NEW.id; END";
    sqlx::query(trigger).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let body = json!({ "id": id, "passkey": passkey.get(&of_log_in) });
    second_step(&issuer, body).await.problem(401, "credentials_invalid");
    let (mut passkey, _, _) = enrol(&issuer, &main).await;
    let of_session = ask_step_up(&issuer, &main).await;
    let body = json!({ "passkey": passkey.get(&of_session) });
    step_up(&issuer, &main, body).await.problem(401, "credentials_invalid");
}

#[tokio::test]
async fn a_challenge_that_is_no_good_is_no_guess_at_the_account() {
    let few = ("LAIKA_LIMITS_SECOND_FACTOR", "2/h");
    let issuer = Issuer::with(&[("LAIKA_PUBLIC_URL", ORIGIN), few]).await;
    let main = register(&issuer, "belka").await;
    let (mut passkey, _, codes) = enrol(&issuer, &main).await;
    let id = first_step(&issuer, "belka").await;
    let of_session = ask_step_up(&issuer, &main).await;
    for _ in 0..3 {
        let body = json!({ "id": id, "passkey": passkey.get(&of_session) });
        second_step(&issuer, body).await.problem(422, "code_invalid");
    }
    let body = json!({ "id": id, "backup_code": codes[0] });
    second_step(&issuer, body).await.expect(201);
}
