//! Service accounts by HTTP: secrets that are shown once, and what they hold.

use axum::http::Method;
use laika_issuer::db;
use serde_json::{Value, json};

use super::stage::{of_level, role, root};
use crate::oauth2::{account, form};
use crate::support::{Answer, Issuer};

const ACCOUNTS: &str = "/service-accounts";

async fn token(issuer: &Issuer, secret: &str) -> Answer {
    let parameters = [("grant_type", "client_credentials"), ("resource", "orders")];
    form(issuer, "/oauth2/token", Some(("depot", secret)), &parameters).await
}

async fn epoch(issuer: &Issuer) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    db::service_accounts::by_name(&mut *connection, "depot").await.unwrap().unwrap().epoch
}

#[tokio::test]
async fn the_life_of_a_service_account() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let body = json!({ "name": "depot", "service": "orders", "roles": ["orders/clerk"] });
    let made = root.sends(&issuer, Method::POST, ACCOUNTS, body.clone()).await;
    assert_eq!(made.header("cache-control"), "no-store");
    made.expect(201);
    let first = made.text_of("secret");
    root.sends(&issuer, Method::POST, ACCOUNTS, body).await.problem(422, "fields_invalid");
    token(&issuer, &first).await.expect(200);
    let shown = root.get(&issuer, "/service-accounts/depot").await;
    assert!(!shown.text.contains("laika_svc_"), "{}", shown.text);
    let shown = shown.expect(200);
    assert_eq!((&shown["service"], &shown["roles"]), (&json!("orders"), &json!(["orders/clerk"])));
    let listed = root.get(&issuer, ACCOUNTS).await.expect(200);
    assert_eq!(listed["items"], json!([shown]));

    let secret = "/service-accounts/depot/secret";
    let second = root.sends(&issuer, Method::POST, secret, json!({ "overlap": 0 })).await;
    second.expect(200);
    let second = second.text_of("secret");
    token(&issuer, &first).await.expect(401);
    token(&issuer, &second).await.expect(200);
    root.does(&issuer, Method::POST, "/service-accounts/depot/disable").await.expect(204);
    token(&issuer, &second).await.expect(401);
    root.does(&issuer, Method::POST, "/service-accounts/depot/enable").await.expect(204);
    token(&issuer, &second).await.expect(200);
    root.does(&issuer, Method::DELETE, "/service-accounts/depot").await.expect(204);
    token(&issuer, &second).await.expect(401);
    root.get(&issuer, "/service-accounts/depot").await.problem(404, "not_found");
    let log = root.get(&issuer, "/audit?subject=svc:depot").await.expect(200);
    let mut actions: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["action"].as_str().unwrap())
        .collect();
    actions.sort_unstable();
    let all = ["created", "deleted", "disabled", "enabled", "secret_rotated"];
    assert_eq!(actions, all.map(|verb| format!("service_account.{verb}")));
    let by = |item: &Value| item["actor"] == format!("user:{}", root.id);
    assert!(log["items"].as_array().unwrap().iter().all(by), "{log}");
    assert!(!log.to_string().contains("laika_svc_"), "{log}");
}

#[tokio::test]
async fn what_can_be_no_name_is_refused_like_an_unknown_one() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    for bad in ["\u{0}", "unheard-of", "A b"] {
        let body = json!({ "name": "depot", "service": bad });
        root.sends(&issuer, Method::POST, ACCOUNTS, body).await.problem(422, "fields_invalid");
        let body = json!({ "name": "depot", "roles": [bad] });
        root.sends(&issuer, Method::POST, ACCOUNTS, body).await.problem(404, "not_found");
    }
    account(&issuer, "depot", None, &[]).await;
    let body = json!({ "roles": ["\u{0}"] });
    let answer = root.sends(&issuer, Method::PUT, "/service-accounts/depot/roles", body).await;
    answer.problem(404, "not_found");
}

#[tokio::test]
async fn a_direct_grant_of_a_service_account_reaches_into_its_tokens_and_out_of_them() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let secret = account(&issuer, "depot", None, &[]).await;
    let grant = json!({ "holder": "svc:depot", "permission": "orders:read" });
    let none = json!({ "holder": "svc:unheard-of", "permission": "orders:read" });
    root.sends(&issuer, Method::POST, "/grants", none).await.problem(404, "not_found");
    root.sends(&issuer, Method::POST, "/grants", grant.clone()).await.expect(204);
    assert_eq!(token(&issuer, &secret).await.expect(200)["scope"], "orders:read");
    let shown = root.get(&issuer, "/service-accounts/depot").await.expect(200);
    assert_eq!(shown["grants"], json!(["orders:read"]));
    assert_eq!(epoch(&issuer).await, 0);
    let path = "/grants/svc:depot/orders:read";
    root.does(&issuer, Method::DELETE, path).await.expect(204);
    root.does(&issuer, Method::DELETE, path).await.problem(404, "not_found");
    assert_eq!(epoch(&issuer).await, 1, "what is lost is stale");
    assert!(token(&issuer, &secret).await.expect(200).get("scope").is_none());
    // What is deleted keeps nothing.
    root.sends(&issuer, Method::POST, "/grants", grant).await.expect(204);
    root.does(&issuer, Method::DELETE, "/service-accounts/depot").await.expect(204);
    assert_eq!(root.get(&issuer, "/grants").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn an_administrator_does_not_gain_permissions_through_a_service_account() {
    let issuer = Issuer::start().await;
    let (root, admin) = (root(&issuer).await, of_level(&issuer, 5).await);
    role(&issuer, "strong", 4, &[]).await;
    role(&issuer, "payer", 50, &["billing:pay"]).await;
    for roles in ["strong", "payer", "administrator"] {
        let body = json!({ "name": "depot", "roles": [roles] });
        admin.sends(&issuer, Method::POST, ACCOUNTS, body).await.problem(403, "not_permitted");
    }
    let body = json!({ "name": "depot", "service": "orders" });
    admin.sends(&issuer, Method::POST, ACCOUNTS, body).await.problem(403, "not_permitted");
    // Its secret is everything it holds: by role, directly, or by the service it speaks for.
    account(&issuer, "by-role", None, &["payer"]).await;
    account(&issuer, "by-grant", None, &[]).await;
    account(&issuer, "by-service", Some("orders"), &[]).await;
    let grant = json!({ "holder": "svc:by-grant", "permission": "billing:pay" });
    root.sends(&issuer, Method::POST, "/grants", grant).await.expect(204);
    for name in ["by-role", "by-grant", "by-service"] {
        let path = format!("/service-accounts/{name}");
        let secret = format!("{path}/secret");
        let answer = admin.sends(&issuer, Method::POST, &secret, json!({})).await;
        answer.problem(403, "not_permitted");
        let roles = json!({ "roles": [] });
        let answer = admin.sends(&issuer, Method::PUT, &format!("{path}/roles"), roles).await;
        answer.problem(403, "not_permitted");
        let grant = json!({ "holder": format!("svc:{name}"), "permission": "orders:read" });
        let answer = admin.sends(&issuer, Method::POST, "/grants", grant).await;
        answer.problem(403, "not_permitted");
        admin.does(&issuer, Method::DELETE, &path).await.problem(403, "not_permitted");
    }
}
