//! Services: made, changed, removed.

use axum::http::Method;
use serde_json::json;

use super::stage::{person, role, root};
use crate::support::{Issuer, claims};

#[tokio::test]
async fn a_service_is_made_changed_and_removed() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let body = json!({
        "name": "depot", "audience": "https://depot.example.com", "token_lifetime": 120,
        "algorithm": "EdDSA", "permissions": ["depot:open"], "may_share_with": ["orders"],
    });
    let made = root.sends(&issuer, Method::POST, "/services", body.clone()).await.expect(201);
    let mut whole = body.clone();
    for (member, default) in [
        ("claim_template", json!({})),
        ("permission_provider", json!("roles")),
        ("stale", json!(true)),
        ("anonymous", json!(null)),
    ] {
        whole[member] = default;
    }
    assert_eq!(made, whole);
    root.sends(&issuer, Method::POST, "/services", body).await.problem(409, "conflict");
    assert_eq!(root.get(&issuer, "/services/depot").await.expect(200), made);

    // The first administrator holds everything, and can hand it out.
    let friend = person(&issuer, &[]).await;
    root.grants(&issuer, friend.id, "depot:open").await.expect(204);
    let token = issuer.micro(&friend.main, "depot").await.text_of("micro_token");
    assert_eq!(claims(&token)["aud"], json!(["https://depot.example.com"]));
    assert_eq!(claims(&token)["permissions"], json!(["depot:open"]));
    assert_eq!(claims(&token)["scope"], "depot:open");

    let change = json!({ "audience": null, "algorithm": null, "token_lifetime": null });
    let path = "/services/depot";
    let changed = root.sends(&issuer, Method::PATCH, path, change).await.expect(200);
    assert_eq!((&changed["audience"], &changed["token_lifetime"]), (&json!("depot"), &json!(300)));
    assert_eq!(changed["permissions"], made["permissions"], "what is absent stays");
    let change = json!({ "permissions": null });
    root.sends(&issuer, Method::PATCH, path, change).await.problem(422, "fields_invalid");

    let refused = root.does(&issuer, Method::DELETE, path).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains("1 direct grants"), "{refused}");
    let grant = format!("/grants/user:{}/depot:open", friend.id);
    root.does(&issuer, Method::DELETE, &grant).await.expect(204);
    // A role of no service, too, that grants something of it.
    role(&issuer, "porter", 60, &["depot:open", "orders:read"]).await;
    let refused = root.does(&issuer, Method::DELETE, path).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains("in `porter`"), "{refused}");
    let change = json!({ "permissions": ["orders:read"] });
    root.sends(&issuer, Method::PATCH, "/roles/porter", change).await.expect(200);
    root.does(&issuer, Method::DELETE, path).await.expect(204);
    root.get(&issuer, path).await.problem(404, "not_found");
    root.does(&issuer, Method::DELETE, path).await.problem(404, "not_found");
    root.sends(&issuer, Method::PATCH, path, json!({})).await.problem(404, "not_found");
    let refused = root.does(&issuer, Method::DELETE, "/services/orders").await;
    assert!(refused.problem(409, "conflict")["detail"].as_str().unwrap().contains("1 roles"));
}

#[tokio::test]
async fn what_can_be_no_service_is_refused() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let long = "x".repeat(257);
    for (body, field) in [
        (json!({ "name": "Orders" }), "name"),
        (json!({ "name": "role" }), "name"),
        (json!({ "name": "a\u{0}" }), "name"),
        (json!({ "name": "a", "audience": "" }), "audience"),
        (json!({ "name": "a", "audience": "a b" }), "audience"),
        (json!({ "name": "a", "audience": "a\u{0}" }), "audience"),
        (json!({ "name": "a", "audience": long }), "audience"),
        (json!({ "name": "a", "audience": "orders" }), "audience"),
        (json!({ "name": "a", "token_lifetime": 9 }), "token_lifetime"),
        (json!({ "name": "a", "algorithm": "none" }), "algorithm"),
        (json!({ "name": "a", "algorithm": "HS256" }), "algorithm"),
        (json!({ "name": "a", "permissions": ["b:read"] }), "permissions"),
        (json!({ "name": "a", "permissions": ["a:*"] }), "permissions"),
        (json!({ "name": "a", "may_share_with": ["B"] }), "may_share_with"),
        (json!({ "name": "a", "owner": "me" }), "owner"),
    ] {
        let answer = root.sends(&issuer, Method::POST, "/services", body.clone()).await;
        let problem = answer.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], field, "{body}");
    }
    let all = root.get(&issuer, "/services?limit=1").await.expect(200);
    assert_eq!(
        (&all["items"][0]["name"], &all["next_cursor"]),
        (&json!("billing"), &json!("billing"))
    );
    let rest = root.get(&issuer, "/services?limit=1&cursor=billing").await.expect(200);
    assert_eq!((&rest["items"][0]["name"], &rest["next_cursor"]), (&json!("orders"), &json!(null)));
}

#[tokio::test]
async fn a_template_with_a_name_that_became_the_issuers_keeps_no_service_from_its_changes() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    let template = "UPDATE services SET claim_template = '{\"active\":true,\"tenant\":\"theirs\"}' \
                    WHERE name = 'orders'";
    sqlx::query(template).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let change = json!({ "stale": false });
    let changed = root.sends(&issuer, Method::PATCH, "/services/orders", change).await.expect(200);
    assert_eq!(changed["claim_template"], json!({ "tenant": "theirs" }));
}

#[tokio::test]
async fn who_holds_everything_holds_nothing_of_a_service_from_its_removal_on() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let body = json!({ "name": "depot", "permissions": ["depot:open"] });
    root.sends(&issuer, Method::POST, "/services", body).await.expect(201);
    // Services are looked at every two seconds, and have just been.
    issuer.clock.advance(10);
    assert_eq!(root.permissions(&issuer, "depot").await, json!(["depot:*"]));
    root.does(&issuer, Method::DELETE, "/services/depot").await.expect(204);
    assert_eq!(root.permissions(&issuer, "depot").await, json!([]));
}
