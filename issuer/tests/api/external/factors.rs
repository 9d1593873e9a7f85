//! Log-ins at providers, of accounts with a second factor.

use serde_json::json;

use super::browser::{exchange, log_in, text, through};
use super::linking::linking_code;
use super::{prove, stage};
use crate::factors::{Authenticator, enrol, second_step};
use crate::support::{Issuer, claims};

async fn strelka(issuer: &Issuer) -> (String, Authenticator) {
    let body = json!({ "username": "strelka57", "email": "strelka@example.com",
                       "password": "seven dogs in a row" });
    let main = issuer.post("/v1/users", None, body).await.text_of("main_token");
    let (app, _) = enrol(issuer, &main).await;
    (main, app)
}

#[tokio::test]
async fn factor_skipped_by_exchange() {
    let (issuer, kennel) = stage().await;
    let tokens = log_in(&issuer, &kennel).await;
    let (app, _) = enrol(&issuer, &text(&tokens, "/main_token")).await;
    let code = through(&issuer, &kennel).await;
    let answer = exchange(&issuer, &code, None).await.expect(200);
    assert_eq!(answer.as_object().unwrap().len(), 1, "no tokens: {answer}");
    let id = answer["second_factor"]["id"].clone();
    let wrong = json!({ "id": id, "totp": "000000" });
    second_step(&issuer, wrong).await.problem(401, "credentials_invalid");
    let body = json!({ "id": id, "totp": app.code(&issuer), "service": "orders" });
    let tokens = second_step(&issuer, body).await.expect(201);
    let micro = claims(&text(&tokens, "/micro_token"));
    assert_eq!(micro["amr"], json!(["fed", "otp", "mfa"]));
    // The one-time code is used up all the same.
    exchange(&issuer, &code, None).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn factor_skipped_by_linking() {
    let (issuer, kennel) = stage().await;
    let (main, _) = strelka(&issuer).await;
    prove(&issuer, "strelka@example.com").await;
    let code = through(&issuer, &kennel).await;
    exchange(&issuer, &code, None).await.problem(409, "conflict");
    let linked = issuer.get("/v1/me/identities", Some(&main)).await.expect(200);
    assert_eq!(linked["items"], json!([]));
}

#[tokio::test]
async fn a_factor_does_not_keep_an_e_mail_from_who_proves_it() {
    let (issuer, kennel) = stage().await;
    let (thiefs, _) = strelka(&issuer).await;
    let tokens = log_in(&issuer, &kennel).await;
    assert_eq!(tokens["user"]["email"], "strelka@example.com");
    issuer.get("/v1/me", Some(&thiefs)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn linking_on_purpose_needs_a_session_that_has_shown_the_factor() {
    let (issuer, _kennel) = stage().await;
    let body = json!({ "username": "strelka57", "email": "strelka@example.com",
                       "password": "seven dogs in a row" });
    let main = issuer.post("/v1/users", None, body).await.text_of("main_token");
    let login = json!({ "login": "strelka57", "password": "seven dogs in a row" });
    let older = issuer.post("/v1/sessions", None, login).await.text_of("main_token");
    enrol(&issuer, &main).await;
    let body = json!({ "next": super::browser::NEXT,
                       "code_challenge": super::browser::challenge() });
    let path = "/v1/me/identities/kennel";
    let refused = issuer.post(path, Some(&older), body.clone()).await;
    refused.problem(401, "second_factor_required");
    issuer.post(path, Some(&main), body).await.expect(200);
}

#[tokio::test]
async fn a_link_that_was_begun_before_there_was_a_factor_does_not_end_without_it() {
    let (issuer, kennel) = stage().await;
    let body = json!({ "username": "strelka57", "email": "strelka@example.com",
                       "password": "seven dogs in a row" });
    let main = issuer.post("/v1/users", None, body).await.text_of("main_token");
    let login = json!({ "login": "strelka57", "password": "seven dogs in a row" });
    let older = issuer.post("/v1/sessions", None, login).await.text_of("main_token");
    let (code, _) = linking_code(&issuer, &kennel, &older).await;
    enrol(&issuer, &main).await;
    let refused = exchange(&issuer, &code, Some(&older)).await;
    refused.problem(401, "second_factor_required");
    let linked = issuer.get("/v1/me/identities", Some(&main)).await.expect(200);
    assert_eq!(linked["items"], json!([]));
}
