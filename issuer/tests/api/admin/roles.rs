//! Roles: made, changed, removed.

use axum::http::Method;
use serde_json::json;

use super::stage::{epoch, person, role, root};
use crate::support::Issuer;

#[tokio::test]
async fn a_role_is_made_read_changed_and_removed() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let body = json!({
        "name": "orders/packer", "level": 70, "description": "packs",
        "permissions": ["orders:read", "orders:create", "orders:read"],
    });
    let made = root.sends(&issuer, Method::POST, "/roles", body.clone()).await.expect(201);
    assert_eq!(made["service"], "orders");
    assert_eq!(made["permissions"], json!(["orders:create", "orders:read"]), "each once, in order");
    root.sends(&issuer, Method::POST, "/roles", body).await.problem(409, "conflict");
    let read = root.get(&issuer, "/roles/orders%2Fpacker").await.expect(200);
    assert_eq!(read, made);
    let change = json!({ "description": null });
    let path = "/roles/orders%2Fpacker";
    let changed = root.sends(&issuer, Method::PATCH, path, change).await.expect(200);
    assert_eq!(changed["description"], json!(null));
    assert_eq!(
        (&changed["level"], &changed["permissions"]),
        (&made["level"], &made["permissions"])
    );
    for bad in [json!({ "level": null }), json!({ "permissions": null }), json!({ "name": "x" })] {
        root.sends(&issuer, Method::PATCH, path, bad).await.problem(422, "fields_invalid");
    }
    assert_eq!(root.sends(&issuer, Method::PATCH, path, json!({})).await.expect(200), changed);
    root.does(&issuer, Method::DELETE, path).await.expect(204);
    root.get(&issuer, path).await.problem(404, "not_found");
    root.does(&issuer, Method::DELETE, path).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_can_be_no_role_is_refused() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    for (body, field) in [
        (json!({ "name": "A", "level": 5 }), "name"),
        (json!({ "name": "a,b", "level": 5 }), "name"),
        (json!({ "name": "a\u{0}", "level": 5 }), "name"),
        (json!({ "name": "a", "level": -1 }), "level"),
        (json!({ "name": "a", "level": 1_000_001 }), "level"),
        (json!({ "name": "a", "level": 5, "permissions": ["orders"] }), "permissions"),
        (json!({ "name": "orders/a", "level": 5, "permissions": ["billing:pay"] }), "permissions"),
        (json!({ "name": "unheard-of/a", "level": 5 }), "service"),
        (json!({ "name": "a" }), "level"),
        (json!({ "name": "a", "level": 5, "admin": true }), "admin"),
    ] {
        let answer = root.sends(&issuer, Method::POST, "/roles", body.clone()).await;
        let problem = answer.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], field, "{body}");
    }
}

#[tokio::test]
async fn only_a_loss_makes_the_tokens_of_holders_stale() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    role(&issuer, "clerk", 50, &["orders:read"]).await;
    let (holder, other) = (person(&issuer, &["clerk"]).await, person(&issuer, &[]).await);
    for (change, lost) in [
        (json!({ "description": "sells" }), 0),
        (json!({ "permissions": ["orders:read", "orders:create"] }), 0),
        (json!({ "permissions": ["orders:*"] }), 0),
        (json!({ "level": 40 }), 0),
        (json!({ "level": 60 }), 1),
        (json!({ "permissions": ["orders:read"] }), 2),
    ] {
        root.sends(&issuer, Method::PATCH, "/roles/clerk", change.clone()).await.expect(200);
        assert_eq!(epoch(&issuer, holder.id).await, lost, "{change}");
    }
    root.does(&issuer, Method::DELETE, "/roles/clerk").await.expect(204);
    assert_eq!(epoch(&issuer, holder.id).await, 3);
    assert_eq!(epoch(&issuer, other.id).await, 0);
    assert_eq!(holder.permissions(&issuer, "orders").await, json!([]));
}

#[tokio::test]
async fn the_role_of_every_registered_user_stays() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    root.does(&issuer, Method::DELETE, "/roles/user").await.problem(409, "conflict");
    let body = json!({
        "username": "belka", "email": "belka@example.com", "password": "there and back again 1960",
    });
    let answer = issuer.post("/v1/users", None, body).await;
    let main = answer.text_of("main_token");
    let own = issuer.get("/v1/me/roles", Some(&main)).await.expect(200);
    assert_eq!((&own["level"], &own["roles"][0]["name"]), (&json!(1000), &json!("user")));
    assert_eq!(own["administrates"], false);
    issuer.get("/v1/me/roles", None).await.problem(401, "token_missing");
}

#[tokio::test]
async fn roles_are_listed_by_name_a_page_at_a_time_and_by_service() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let names = async |query: &str| {
        let page = root.get(&issuer, &format!("/roles{query}")).await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        let names: Vec<_> =
            items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        (names, page["next_cursor"].as_str().map(str::to_owned))
    };
    let (first, cursor) = names("?limit=2").await;
    assert_eq!(
        (first, cursor.as_deref()),
        (vec!["administrator".to_owned(), "billing/payer".to_owned()], Some("billing/payer"))
    );
    let (rest, cursor) = names("?limit=2&cursor=billing/payer").await;
    assert_eq!((rest, cursor), (vec!["orders/clerk".to_owned(), "user".to_owned()], None));
    assert_eq!(names("?service=orders").await.0, ["orders/clerk"]);
    assert_eq!(names("?service=").await.0, ["administrator", "user"]);
}
