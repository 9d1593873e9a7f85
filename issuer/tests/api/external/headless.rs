//! Clients without a browser of their own, which take the provider's answer themselves.

use serde_json::{Value, json};

use super::browser::{Browser, challenge, exchange, text};
use super::{Kennel, stage};
use crate::support::{Answer, Issuer};

const REDIRECT_URI: &str = "org.example.app:/in";

async fn start(issuer: &Issuer) -> Value {
    let body = json!({ "redirect_uri": REDIRECT_URI });
    issuer.post("/v1/login/kennel/start", None, body).await.expect(200)
}

/// The code that the provider sends to the client.
fn code(kennel: &Kennel, started: &Value) -> String {
    let back = kennel.authorize(&text(started, "/url"));
    let query = back.strip_prefix(REDIRECT_URI).unwrap().strip_prefix('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == "code").unwrap().1.into_owned()
}

async fn finish(issuer: &Issuer, body: Value) -> Answer {
    issuer.post("/v1/login/kennel/finish", None, body).await
}

#[tokio::test]
async fn a_client_brings_code_state_and_iss_and_gets_tokens() {
    let (issuer, kennel) = stage().await;
    let started = start(&issuer).await;
    assert_eq!(started["expires_in"], 600);
    let body = json!({ "code": code(&kennel, &started), "state": started["state"],
                       "iss": kennel.url, "service": "orders", "client": "app 1.0" });
    let tokens = finish(&issuer, body.clone()).await.expect(201);
    assert_eq!(tokens["user"]["username"], "strelka");
    assert!(tokens["micro_token"].is_string());
    finish(&issuer, body).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn what_is_brought_must_fit() {
    let (issuer, kennel) = stage().await;
    let started = start(&issuer).await;
    let code = code(&kennel, &started);
    let other = start(&issuer).await;
    let evil = json!({ "code": code, "state": other["state"], "iss": "https://evil.example.com" });
    finish(&issuer, evil).await.problem(502, "provider_failed");
    // A code that was asked for with another state: PKCE does not fit.
    let other = start(&issuer).await;
    let mixed = json!({ "code": code, "state": other["state"] });
    finish(&issuer, mixed).await.problem(502, "provider_failed");
    let unknown = json!({ "code": "x", "state": "laika_state_x" });
    finish(&issuer, unknown).await.problem(422, "code_invalid");
    issuer.clock.advance(600);
    let late = json!({ "code": "x", "state": started["state"] });
    finish(&issuer, late).await.problem(422, "code_invalid");
    for uri in ["org.evil.app:/in", "https://evil.example.com/", "org.example.app:/in/x"] {
        let body = json!({ "redirect_uri": uri });
        let answer = issuer.post("/v1/login/kennel/start", None, body).await;
        answer.problem(422, "fields_invalid");
    }
}

#[tokio::test]
async fn each_kind_of_log_in_is_finished_in_its_own_way() {
    let (issuer, kennel) = stage().await;
    // A browser's log-in is not finished by who knows its state: it is in the address bar.
    let mut browser = Browser::default();
    let back = kennel.authorize(&browser.begin(&issuer, "kennel").await);
    let query = back.split_once('?').unwrap().1;
    let sent: std::collections::BTreeMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let body = json!({ "code": sent["code"], "state": sent["state"] });
    finish(&issuer, body).await.problem(422, "code_invalid");
    let code = browser.code(&issuer, &back).await;
    exchange(&issuer, &code, None).await.expect(201);

    // Nor a client's in a browser, even where it was given the state as its cookie.
    let started = start(&issuer).await;
    let state = text(&started, "/state");
    let mut browser = Browser { cookie: Some(format!("laika_login={state}")) };
    let url = format!("/v1/login/kennel/callback?code=x&state={state}");
    browser.open(&issuer, &url).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn an_anonymous_holder_keeps_the_sub_without_a_browser_as_well() {
    let (issuer, kennel) = stage().await;
    let anonymous = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let anonymous = anonymous.expect(201);
    let started = start(&issuer).await;
    let body = json!({ "code": code(&kennel, &started), "state": started["state"] });
    let main = text(&anonymous, "/main_token");
    let tokens = issuer.post("/v1/login/kennel/finish", Some(&main), body).await.expect(201);
    assert_eq!(tokens["user"]["id"], anonymous["user"]["id"]);
}

#[tokio::test]
async fn whoever_is_signed_in_links_without_a_browser() {
    let (issuer, kennel) = stage().await;
    let [main, other] = [main_of(&issuer, "belka").await, main_of(&issuer, "lisichka").await];
    let begin = async || {
        let body = json!({ "redirect_uri": REDIRECT_URI });
        issuer.post("/v1/me/identities/kennel", Some(&main), body).await.expect(200)
    };
    // Neither somebody else nor nobody ends it, and each of them has one attempt.
    for thief in [None, Some(other.as_str())] {
        let begun = begin().await;
        let body = json!({ "code": code(&kennel, &begun), "state": begun["state"] });
        let answer = issuer.post("/v1/login/kennel/finish", thief, body.clone()).await;
        answer.problem(422, "code_invalid");
        let answer = issuer.post("/v1/login/kennel/finish", Some(&main), body).await;
        answer.problem(422, "code_invalid");
    }
    let begun = begin().await;
    assert_eq!(begun["expires_in"], 600);
    let body = json!({ "code": code(&kennel, &begun), "state": begun["state"] });
    let answer = issuer.post("/v1/login/kennel/finish", Some(&main), body).await;
    assert_eq!(answer.expect(200)["provider"], "kennel");
    // From now on it opens the account.
    let started = start(&issuer).await;
    let body = json!({ "code": code(&kennel, &started), "state": started["state"] });
    assert_eq!(finish(&issuer, body).await.expect(201)["user"]["username"], "belka");
}

#[tokio::test]
async fn a_link_comes_back_to_a_page_or_to_a_client() {
    let (issuer, _kennel) = stage().await;
    let main = main_of(&issuer, "belka").await;
    let (next, challenge) = ("https://app.example.com/in", challenge());
    for (body, field) in [
        (json!({}), "next"),
        (json!({ "code_challenge": challenge }), "next"),
        (json!({ "next": next }), "code_challenge"),
        (json!({ "next": next, "redirect_uri": REDIRECT_URI }), "redirect_uri"),
        (json!({ "redirect_uri": "https://evil.example.com/" }), "redirect_uri"),
    ] {
        let answer = issuer.post("/v1/me/identities/kennel", Some(&main), body.clone()).await;
        let problem = answer.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], field, "{body}");
    }
}

async fn main_of(issuer: &Issuer, username: &str) -> String {
    let body = json!({ "username": username, "email": format!("{username}@example.org"),
                       "password": "seven dogs in a row" });
    text(&issuer.post("/v1/users", None, body).await.expect(201), "/main_token")
}
