//! `POST /oauth2/token`: client credentials and refresh tokens.

use laika_issuer::audit::By;
use laika_issuer::db::clients::ClientKind;
use laika_issuer::oauth2::service_accounts;
use serde_json::json;

use super::{account, client, form, raw, refused};
use crate::support::{Issuer, START, claims};

const TOKEN: &str = "/oauth2/token";

#[tokio::test]
async fn a_service_account_gets_a_token_of_its_own() {
    let issuer = Issuer::start().await;
    let secret = account(&issuer, "depot", None, &["orders/clerk"]).await;
    let ask = [("grant_type", "client_credentials"), ("resource", "orders")];
    let answer = form(&issuer, TOKEN, Some(("depot", &secret)), &ask).await;
    let body = answer.expect(200);
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(body["scope"], "orders:create orders:read");
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert!(body.get("refresh_token").is_none());
    let token = claims(body["access_token"].as_str().unwrap());
    let index = token["status"]["status_list"]["idx"].as_u64().unwrap();
    assert_eq!(
        token,
        json!({
            "iss": "http://127.0.0.1:8080", "sub": "svc:depot", "client_id": "svc:depot",
            "aud": ["orders"], "exp": START + 300, "iat": START, "jti": token["jti"],
            "type": "micro", "roles": ["orders/clerk"], "level": 50,
            "permissions": ["orders:create", "orders:read"], "scope": "orders:create orders:read",
            "status": { "status_list": { "idx": index, "uri": "http://127.0.0.1:8080/status/RS256/0" } },
        })
    );

    // By body instead of header, narrowed by scope, by audience instead of name.
    let ask = [
        ("grant_type", "client_credentials"),
        ("resource", "https://billing.example.com"),
        ("client_id", "depot"),
        ("client_secret", &secret),
        ("unknown", "ignored"),
        ("scope", ""),
    ];
    let answer = form(&issuer, TOKEN, None, &ask).await;
    let token = claims(&answer.text_of("access_token"));
    assert_eq!(
        (&token["aud"], &token["permissions"]),
        (&json!(["https://billing.example.com"]), &json!([]))
    );
    let ask =
        |scope| [("grant_type", "client_credentials"), ("resource", "orders"), ("scope", scope)];
    let narrow = form(&issuer, TOKEN, Some(("depot", &secret)), &ask("orders:read")).await;
    assert_eq!(claims(&narrow.text_of("access_token"))["permissions"], json!(["orders:read"]));
    for scope in ["orders:cancel", "orders:read *", "openid"] {
        let answer = form(&issuer, TOKEN, Some(("depot", &secret)), &ask(scope)).await;
        refused(&answer, "invalid_scope");
    }
}

#[tokio::test]
async fn two_secrets_count_while_one_replaces_the_other() {
    let issuer = Issuer::start().await;
    let first = account(&issuer, "depot", None, &[]).await;
    let rotate = |overlap| {
        let app = issuer.app.clone();
        async move {
            let mut tx = app.db.write().await.unwrap();
            let by = By::command_line();
            let made = service_accounts::rotate_secret(&app, &mut tx, &by, "depot", overlap).await;
            tx.commit().await.unwrap();
            made.unwrap().reveal().to_owned()
        }
    };
    let works = async |secret: &str| {
        let ask = [("grant_type", "client_credentials"), ("resource", "orders")];
        form(&issuer, TOKEN, Some(("depot", secret)), &ask).await.status == 200
    };
    let second = rotate(60).await;
    assert!(works(&first).await && works(&second).await);
    issuer.clock.advance(60);
    assert!(!works(&first).await && works(&second).await);
    let third = rotate(60).await;
    let fourth = rotate(60).await;
    assert!(!works(&second).await && works(&third).await && works(&fourth).await, "two, not three");
    let last = rotate(0).await;
    assert!(!works(&fourth).await && works(&last).await, "at once");
    laika_issuer::background::run_all(&issuer.app).await.unwrap();
    assert!(works(&last).await);
    for disabled in [true, false] {
        let mut tx = issuer.app.db.write().await.unwrap();
        let by = By::command_line();
        service_accounts::set_disabled(&issuer.app, &mut tx, &by, "depot", disabled).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(works(&last).await, !disabled);
    }
    let mut tx = issuer.app.db.write().await.unwrap();
    let by = By::command_line();
    service_accounts::delete(&issuer.app, &mut tx, &by, "depot").await.unwrap();
    let again = service_accounts::New { name: "depot".to_owned(), service: None, roles: vec![] };
    let taken = service_accounts::create(&issuer.app, &mut tx, &by, &again).await.unwrap_err();
    assert_eq!(taken.fields[0].field, "name");
    drop(tx);
}

#[tokio::test]
async fn a_main_token_is_the_refresh_token_and_is_rotated() {
    let issuer = Issuer::start().await;
    client(&issuer, "shop", ClientKind::Public).await;
    let main = issuer.log_in().await;
    let ask = |token: &str, service: &str, id: &str| {
        [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", token.to_owned()),
            ("resource", service.to_owned()),
            ("client_id", id.to_owned()),
        ]
    };
    let send = async |token: &str, service: &str, id: &str| {
        let owned = ask(token, service, id);
        let pairs: Vec<_> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form(&issuer, TOKEN, None, &pairs).await
    };
    // What is refused before rotates nothing.
    refused(&send(&main, "", "shop").await, "invalid_target");
    refused(&send(&main, "No Service", "stranger").await, "invalid_client");
    let answer = send(&main, "orders", "shop").await;
    let next = answer.text_of("refresh_token");
    assert_eq!(claims(&next)["ctr"], 1);
    let access = claims(&answer.text_of("access_token"));
    assert_eq!((&access["client_id"], &access["username"]), (&json!("shop"), &json!("laika")));
    issuer.get("/v1/me", Some(&next)).await.expect(200);
    issuer.clock.advance(11);
    refused(&send(&main, "orders", "shop").await, "invalid_grant");
    refused(&send(&next, "orders", "shop").await, "invalid_grant");
    // Nobody registered may be named, but nobody must be.
    let main = issuer.log_in().await;
    let answer = send(&main, "orders", "").await;
    assert!(claims(&answer.text_of("access_token")).get("client_id").is_none());
}

#[tokio::test]
async fn a_confidential_client_shows_its_secret() {
    let issuer = Issuer::start().await;
    let secret = client(&issuer, "backoffice", ClientKind::Confidential).await.unwrap();
    let main = issuer.log_in().await;
    let ask = [("grant_type", "refresh_token"), ("refresh_token", &main), ("resource", "orders")];
    let named = [&ask[..], &[("client_id", "backoffice")]].concat();
    refused(&form(&issuer, TOKEN, None, &named).await, "invalid_client");
    let wrong = Some(("backoffice", "laika_cli_wrong"));
    refused(&form(&issuer, TOKEN, wrong, &ask).await, "invalid_client");
    let answer = form(&issuer, TOKEN, Some(("backoffice", &secret)), &ask).await;
    assert_eq!(claims(&answer.text_of("access_token"))["client_id"], "backoffice");
    let own = [("grant_type", "client_credentials"), ("resource", "orders")];
    let answer = form(&issuer, TOKEN, Some(("backoffice", &secret)), &own).await;
    refused(&answer, "unauthorized_client");
}

#[tokio::test]
async fn an_id_that_nobody_can_have_is_an_unknown_one() {
    let issuer = Issuer::start().await;
    let client = client(&issuer, "backoffice", ClientKind::Confidential).await.unwrap();
    let account = account(&issuer, "depot", None, &[]).await;
    let ask = [("grant_type", "client_credentials"), ("resource", "orders")];
    for id in ["\u{0}", "depot\u{0}", "svc:depot", "Depot", &"x".repeat(65)] {
        let named = [&ask[..], &[("client_id", id)]].concat();
        refused(&form(&issuer, TOKEN, None, &named).await, "invalid_client");
        for secret in [&client, &account] {
            let named = [&named[..], &[("client_secret", secret)]].concat();
            refused(&form(&issuer, TOKEN, None, &named).await, "invalid_client");
        }
    }
}

#[tokio::test]
async fn what_is_no_form_or_no_grant_is_refused_by_the_standards_names() {
    let issuer = Issuer::start().await;
    let password = [("grant_type", "password"), ("username", "laika"), ("password", "x")];
    refused(&form(&issuer, TOKEN, None, &password).await, "unsupported_grant_type");
    refused(&raw(&issuer, TOKEN, None, String::new()).await, "invalid_request");
    let nobody = [("grant_type", "client_credentials"), ("resource", "orders")];
    refused(&form(&issuer, TOKEN, None, &nobody).await, "invalid_client");
    let json = issuer.post(TOKEN, None, json!({ "grant_type": "client_credentials" })).await;
    refused(&json, "invalid_request");
    issuer.get(TOKEN, None).await.problem(405, "method_not_allowed");
}
