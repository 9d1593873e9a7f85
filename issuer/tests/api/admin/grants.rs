//! Direct grants: permissions besides roles.

use axum::http::Method;
use serde_json::json;

use super::stage::{epoch, of_level, person, root};
use crate::support::{Issuer, START};

#[tokio::test]
async fn a_direct_grant_reaches_into_the_next_token_and_out_of_it() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let friend = person(&issuer, &["orders/clerk"]).await;
    for _ in 0..2 {
        root.grants(&issuer, friend.id, "orders:cancel").await.expect(204);
    }
    root.grants(&issuer, friend.id, "billing:pay").await.expect(204);
    let all = json!(["orders:cancel", "orders:create", "orders:read"]);
    assert_eq!(friend.permissions(&issuer, "orders").await, all);
    assert_eq!(friend.permissions(&issuer, "billing").await, json!(["billing:pay"]));
    let now = issuer.get("/v1/me/permissions?service=billing", Some(&friend.main)).await;
    assert_eq!(now.expect(200)["permissions"], json!(["billing:pay"]));
    assert_eq!(epoch(&issuer, friend.id).await, 0);

    let holder = format!("user:{}", friend.id);
    let listed = root.get(&issuer, &format!("/users/{}/grants", friend.id)).await.expect(200);
    assert_eq!(
        listed["items"][0],
        json!({
            "holder": holder, "permission": "billing:pay", "granted_at": START,
            "granted_by": format!("user:{}", root.id),
        })
    );
    let listed = root.get(&issuer, "/grants?permission=orders:cancel").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let first = root.get(&issuer, &format!("/grants?holder={holder}&limit=1")).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap().replace(' ', "%20");
    let rest = root.get(&issuer, &format!("/grants?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(rest["items"][0]["permission"], "orders:cancel");
    assert!(rest["next_cursor"].is_null());

    let path = format!("/grants/{holder}/orders:cancel");
    root.does(&issuer, Method::DELETE, &path).await.expect(204);
    root.does(&issuer, Method::DELETE, &path).await.problem(404, "not_found");
    assert_eq!(epoch(&issuer, friend.id).await, 1, "what is lost is stale");
    let left = json!(["orders:create", "orders:read"]);
    assert_eq!(friend.permissions(&issuer, "orders").await, left);
}

#[tokio::test]
async fn what_was_granted_directly_can_be_handed_on() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let (admin, friend) = (of_level(&issuer, 5).await, person(&issuer, &[]).await);
    admin.grants(&issuer, friend.id, "billing:pay").await.problem(403, "not_permitted");
    root.grants(&issuer, admin.id, "billing:*").await.expect(204);
    admin.grants(&issuer, friend.id, "billing:pay").await.expect(204);
    // Taken away again, it can't be handed on any more.
    let path = format!("/grants/user:{}/billing:*", admin.id);
    root.does(&issuer, Method::DELETE, &path).await.expect(204);
    admin.grants(&issuer, friend.id, "billing:pay").await.problem(403, "not_permitted");
}

#[tokio::test]
async fn what_can_be_no_grant_is_refused() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let holder = format!("user:{}", root.id);
    for (body, field) in [
        (json!({ "holder": "laika", "permission": "orders:read" }), "holder"),
        (json!({ "holder": "role:clerk", "permission": "orders:read" }), "holder"),
        (json!({ "holder": holder, "permission": "orders" }), "permission"),
        (json!({ "holder": holder, "permission": "a:\u{0}" }), "permission"),
        (json!({ "holder": holder }), "permission"),
    ] {
        let answer = root.sends(&issuer, Method::POST, "/grants", body.clone()).await;
        let problem = answer.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], field, "{body}");
    }
    for path in ["/grants/laika/orders:read", "/grants/user:x/a:b", "/grants/svc:depot/orders"] {
        root.does(&issuer, Method::DELETE, path).await.problem(404, "not_found");
    }
}
