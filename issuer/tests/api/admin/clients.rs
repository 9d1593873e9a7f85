//! Registered clients by HTTP.

use axum::http::Method;
use serde_json::json;

use super::stage::root;
use crate::oauth2::form;
use crate::support::Issuer;

#[tokio::test]
async fn the_life_of_a_client() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let main = issuer.log_in().await;
    let body = json!({ "client_id": "shop", "name": "The shop", "kind": "confidential" });
    let made = root.sends(&issuer, Method::POST, "/clients", body.clone()).await;
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(made.expect(201)["client_id"], "shop");
    let first = made.text_of("secret");
    root.sends(&issuer, Method::POST, "/clients", body).await.problem(422, "fields_invalid");
    let ask = async |secret: &str| {
        let parameters = [("token", "nothing")];
        form(&issuer, "/oauth2/revoke", Some(("shop", secret)), &parameters).await.status.as_u16()
    };
    assert_eq!(ask(&first).await, 200);
    let second = root.does(&issuer, Method::POST, "/clients/shop/secret").await;
    second.expect(200);
    let second = second.text_of("secret");
    assert_eq!((ask(&first).await, ask(&second).await), (401, 200));
    let name = json!({ "name": "A shop" });
    let renamed = root.sends(&issuer, Method::PATCH, "/clients/shop", name).await.expect(200);
    assert_eq!(renamed["name"], "A shop");
    let shown = root.get(&issuer, "/clients/shop").await.expect(200);
    assert_eq!(shown, renamed);
    assert!(shown.get("secret").is_none());
    let body = json!({ "client_id": "app", "name": "An app", "kind": "public" });
    let public = root.sends(&issuer, Method::POST, "/clients", body).await.expect(201);
    assert!(public.get("secret").is_none(), "{public}");
    let answer = root.does(&issuer, Method::POST, "/clients/app/secret").await;
    answer.problem(409, "conflict");
    let page = root.get(&issuer, "/clients?limit=1").await.expect(200);
    assert_eq!(
        (&page["items"][0]["client_id"], &page["next_cursor"]),
        (&json!("app"), &json!("app"))
    );
    root.does(&issuer, Method::DELETE, "/clients/shop").await.expect(204);
    assert_eq!(ask(&second).await, 401);
    root.get(&issuer, "/clients/shop").await.problem(404, "not_found");
    let log = root.get(&issuer, "/audit?subject=client:shop").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 4, "{log}");
    assert!(!log.to_string().contains("laika_cli_"), "{log}");
    issuer.get("/v1/admin/clients", Some(&main)).await.problem(403, "not_permitted");
}
