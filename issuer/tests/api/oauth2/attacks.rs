//! What others have tried at token endpoints.

use axum::http::Method;
use serde_json::json;

use super::{EXCHANGE, MAIN, account, form, own_token, raw, refused};
use crate::support::{Issuer, claims};

const TOKEN: &str = "/oauth2/token";

#[tokio::test]
async fn a_parameter_that_is_there_twice_is_refused() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "depot", None, &["orders/clerk"]).await;
    let good = "grant_type=client_credentials&resource=orders&scope=orders:read".to_owned();
    let own = Some(("depot", secret.as_str()));
    raw(&issuer, TOKEN, own, good.clone()).await.expect(200);
    for twice in ["grant_type=client_credentials", "scope=orders:create", "scope=", "x=1&x=1"] {
        let answer = raw(&issuer, TOKEN, own, format!("{good}&{twice}")).await;
        refused(&answer, "invalid_request");
    }
    let both = format!("{good}&client_secret={secret}");
    refused(&raw(&issuer, TOKEN, own, both).await, "invalid_request");
    let other = format!("{good}&client_id=somebody");
    refused(&raw(&issuer, TOKEN, own, other).await, "invalid_request");
    // Nothing of a query string counts.
    let in_query = format!("{TOKEN}?{good}&client_id=depot&client_secret={secret}");
    refused(&raw(&issuer, &in_query, None, String::new()).await, "invalid_request");
}

#[tokio::test]
async fn a_micro_token_renews_nothing_and_changes_nothing() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", &micro), ("resource", "orders")];
    refused(&form(&issuer, TOKEN, None, &refresh).await, "invalid_grant");
    let as_main = [
        ("grant_type", EXCHANGE),
        ("subject_token", &micro),
        ("subject_token_type", MAIN),
        ("resource", "orders"),
    ];
    refused(&form(&issuer, TOKEN, None, &as_main).await, "invalid_grant");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn a_service_account_cannot_make_itself_stronger() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "depot", Some("orders"), &["orders/clerk"]).await;
    let own = Some(("depot", secret.as_str()));
    let ask = [("grant_type", "client_credentials"), ("resource", "orders")];
    let token = form(&issuer, TOKEN, own, &ask).await.text_of("access_token");
    let held = claims(&token)["permissions"].clone();
    assert_eq!(held, json!(["orders:create", "orders:read"]));
    // Its token is a micro token: no call of a person, and no administration.
    for (method, path) in [
        (Method::GET, "/v1/me"),
        (Method::POST, "/v1/sessions/current/renew"),
        (Method::POST, "/v1/tokens/micro"),
        (Method::GET, "/v1/sessions"),
    ] {
        let answer = issuer.send(method, path, Some(&token), Some(json!({}))).await;
        answer.problem(401, "type_mismatch");
    }
    // Not even the token of an account that could hand anything out.
    let strong = account(&issuer, "boss", None, &["administrator"]).await;
    let strong = own_token(&issuer, ("boss", &strong), "orders").await.text_of("access_token");
    assert_eq!(claims(&strong)["level"], 0);
    let held = claims(&strong)["sub"].clone();
    let grant = json!({ "holder": held, "permission": "orders:cancel" });
    let answer = issuer.post("/v1/admin/grants", Some(&strong), grant).await;
    answer.problem(401, "type_mismatch");
    // Nor does it renew a session that it came by.
    let main = issuer.log_in().await;
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", &main), ("resource", "orders")];
    refused(&form(&issuer, TOKEN, own, &refresh).await, "unauthorized_client");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn one_account_does_not_get_in_with_anothers_secret() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "depot", None, &[]).await;
    account(&issuer, "kitchen", None, &["orders/clerk"]).await;
    let ask = [("grant_type", "client_credentials"), ("resource", "orders")];
    for (id, secret) in [
        ("kitchen", secret.as_str()),
        ("depot", ""),
        ("depot", "hunter2"),
        ("depot", &secret[..49]),
        ("", &secret),
        ("DEPOT", &secret),
        ("depot' OR '1'='1", &secret),
    ] {
        refused(&form(&issuer, TOKEN, Some((id, secret)), &ask).await, "invalid_client");
    }
}

#[tokio::test]
async fn no_text_of_a_request_becomes_an_audience() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "depot", None, &[]).await;
    let own = Some(("depot", secret.as_str()));
    let ask = |service| [("grant_type", "client_credentials"), ("resource", service)];
    for bad in ["Orders", "a b", "user", "https://elsewhere.example.com", "\u{1}", "\u{0}"] {
        refused(&form(&issuer, TOKEN, own, &ask(bad)).await, "invalid_target");
    }
    for good in ["orders", "https://billing.example.com", "unheard-of"] {
        form(&issuer, TOKEN, own, &ask(good)).await.expect(200);
    }
    // Before anybody is authenticated as well, and however they are named.
    for many in [17, 3000] {
        let several = "&audience=orders".repeat(many);
        let body = format!("grant_type=refresh_token&refresh_token=x{several}");
        refused(&raw(&issuer, TOKEN, None, body).await, "invalid_target");
    }
}
