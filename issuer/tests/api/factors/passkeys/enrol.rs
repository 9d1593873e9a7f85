//! Passkeys that become some.

use axum::http::Method;
use serde_json::json;

use super::authenticator::{Authenticator, VERIFIED};
use super::{ORIGIN, audited, confirm, enrol, enrol_this, offer, start};
use crate::accounts::{SECOND, log_in, register};
use crate::support::{Issuer, claims};

#[tokio::test]
async fn a_passkey_is_a_factor_once_it_was_confirmed() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let offered = offer(&issuer, &main).await.expect(200);
    let options = &offered["public_key"];
    assert_eq!((&options["rp"]["id"], &offered["expires_in"]), (&json!("localhost"), &json!(300)));
    assert_eq!(options["user"]["name"], "belka");
    // Not confirmed: no factor yet.
    log_in(&issuer, "belka", SECOND).await.expect(201);
    let mut passkey = Authenticator::new(ORIGIN);
    let answer = confirm(&issuer, &main, passkey.create(options)).await.expect(201);
    assert_eq!(answer["passkey"]["name"], "my laptop");
    assert_eq!(answer["backup_codes"].as_array().unwrap().len(), 10);
    let factors = issuer.get("/v1/me/factors", Some(&main)).await.expect(200);
    assert_eq!(factors, json!({ "totp": null, "passkeys": 1, "backup_codes": 10 }));
    let waits = log_in(&issuer, "belka", SECOND).await.expect(200);
    assert_eq!(waits["second_factor"]["methods"], json!(["passkey", "backup_code"]));
    // The session that enrolled it has shown it.
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    assert_eq!(claims(&micro)["amr"], json!(["pwd", "pop", "user", "mfa"]));
    assert_eq!(audited(&issuer, "passkey.added").await, 1);
    // A second one: the first is named, so that its authenticator makes no other, and codes go on.
    let options = offer(&issuer, &main).await.expect(200)["public_key"].clone();
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    let mut second = Authenticator::ed25519(ORIGIN);
    let answer = confirm(&issuer, &main, second.create(&options)).await.expect(201);
    assert_eq!(answer.get("backup_codes"), None);
}

#[tokio::test]
async fn an_offer_needs_the_password_or_a_fresh_log_in() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    issuer.clock.advance(15 * 60 + 1);
    offer(&issuer, &main).await.problem(401, "authentication_too_old");
    let with = |password: &str| {
        issuer.post("/v1/me/passkeys", Some(&main), json!({ "password": password }))
    };
    with("wrong").await.problem(401, "credentials_invalid");
    with(SECOND).await.expect(200);
    let answer = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let anonymous = answer.text_of("main_token");
    offer(&issuer, &anonymous).await.problem(403, "not_permitted");
}

#[tokio::test]
async fn an_account_with_a_factor_gets_no_passkey_from_a_session_without_it() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let older = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    enrol(&issuer, &main).await;
    offer(&issuer, &older).await.problem(401, "second_factor_required");
}

#[tokio::test]
async fn what_was_made_elsewhere_is_no_passkey() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    let options = offer(&issuer, &main).await.expect(200)["public_key"].clone();
    let mut passkey = Authenticator::new(ORIGIN);
    let unverified = passkey.create_with(&options, |said| said.flags &= !VERIFIED);
    let answer = confirm(&issuer, &main, unverified).await;
    assert_eq!(answer.problem(422, "fields_invalid")["fields"][0]["field"], "credential");
    passkey.origin = "http://localhost:9090".to_owned();
    let elsewhere = passkey.create(&options);
    confirm(&issuer, &main, elsewhere).await.problem(422, "fields_invalid");
    // It was looked at before the challenge was: that is still good.
    passkey.origin = ORIGIN.to_owned();
    let credential = passkey.create(&options);
    confirm(&issuer, &main, credential.clone()).await.expect(201);
    confirm(&issuer, &main, credential).await.problem(422, "code_invalid");
    for body in [json!({}), json!({ "credential": {} }), json!({ "credential": "x" })] {
        let answer = issuer.post("/v1/me/passkeys/confirm", Some(&main), body).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_passkey_belongs_to_one_account() {
    let issuer = start().await;
    let belka = register(&issuer, "belka").await;
    let strelka = register(&issuer, "strelka").await;
    let (mut passkey, _, _) = enrol(&issuer, &belka).await;
    let options = offer(&issuer, &strelka).await.expect(200)["public_key"].clone();
    let credential = passkey.create(&options);
    confirm(&issuer, &strelka, credential).await.problem(409, "conflict");
    let factors = issuer.get("/v1/me/factors", Some(&strelka)).await.expect(200);
    assert_eq!(factors["passkeys"], 0);
}

#[tokio::test]
async fn an_address_that_is_a_number_has_no_passkeys() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    offer(&issuer, &main).await.problem(404, "not_found");
    let answer = issuer.send(Method::POST, "/v1/sessions/passkey/begin", None, None).await;
    answer.problem(404, "not_found");
}

#[tokio::test]
async fn each_kind_of_key_signs_in() {
    let issuer = start().await;
    let main = register(&issuer, "belka").await;
    for passkey in [Authenticator::ed25519(ORIGIN), Authenticator::rsa(ORIGIN)] {
        let (mut passkey, _, _) = enrol_this(&issuer, &main, passkey).await;
        super::sign_in(&issuer, &mut passkey).await.expect(201);
    }
}
