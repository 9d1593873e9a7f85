//! The audit log: every change by an administrator, with who, what, before, after and from where.

use axum::http::Method;
use serde_json::json;

use super::stage::{person, root};
use crate::support::{Issuer, START};

#[tokio::test]
async fn every_change_is_in_the_log_once_and_no_refusal_is() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let friend = person(&issuer, &[]).await;
    issuer.clock.advance(10);
    let role = json!({ "name": "clerk", "level": 50, "permissions": ["orders:read"] });
    let user = format!("/users/{}", friend.id);
    let session = format!("{user}/sessions/{}", friend.session);
    let grant = format!("/grants/user:{}/orders:read", friend.id);
    let holder = json!({ "holder": format!("user:{}", friend.id), "permission": "orders:read" });
    let calls = [
        (Method::POST, "/roles", Some(role.clone()), "role.created"),
        (Method::PATCH, "/roles/clerk", Some(json!({ "level": 60 })), "role.changed"),
        (Method::PUT, &format!("{user}/roles/clerk"), None, "role.assigned"),
        (Method::DELETE, &format!("{user}/roles/clerk"), None, "role.unassigned"),
        (Method::DELETE, "/roles/clerk", None, "role.deleted"),
        (Method::POST, "/services", Some(json!({ "name": "depot" })), "service.created"),
        (
            Method::PATCH,
            "/services/depot",
            Some(json!({ "token_lifetime": 60 })),
            "service.changed",
        ),
        (Method::DELETE, "/services/depot", None, "service.deleted"),
        (Method::POST, "/grants", Some(holder), "permission.granted"),
        (Method::DELETE, &grant, None, "permission.withdrawn"),
        (Method::PATCH, &session, Some(json!({ "ends_at": START + 99 })), "session.end_scheduled"),
        (Method::DELETE, &session, None, "session.ended"),
        (Method::DELETE, &format!("{user}/sessions"), None, "user.sessions_ended"),
        (Method::POST, &format!("{user}/disable"), None, "user.disabled"),
        (Method::POST, &format!("{user}/enable"), None, "user.enabled"),
        (Method::DELETE, &user, None, "user.deleted"),
        (Method::POST, &format!("{user}/erase"), None, "user.erased"),
    ];
    let actor = format!("user:{}", root.id);
    for (method, path, body, action) in calls {
        let answer = match body {
            Some(body) => root.sends(&issuer, method, path, body).await,
            None => root.does(&issuer, method, path).await,
        };
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        let log = root.get(&issuer, &format!("/audit?action={action}")).await.expect(200);
        let items = log["items"].as_array().unwrap();
        let mine: Vec<_> = items.iter().filter(|entry| entry["actor"] == actor).collect();
        assert_eq!(mine.len(), 1, "{action}: {log}");
        assert_eq!(mine[0]["at"], START + 10);
        assert_eq!(mine[0]["address"], "192.0.2.7");
        assert!(mine[0]["before"].is_object() || mine[0]["after"].is_object(), "{log}");
    }
    let changed = root.get(&issuer, "/audit?action=role.changed").await.expect(200);
    assert_eq!(changed["items"][0]["before"]["level"], 50);
    assert_eq!(changed["items"][0]["after"]["level"], 60);
    // What is refused, or changes nothing, leaves no entry.
    let count = async || {
        let log = root.get(&issuer, &format!("/audit?limit=100&actor={actor}")).await.expect(200);
        log["items"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 17);
    root.does(&issuer, Method::DELETE, &user).await.problem(410, "gone");
    root.assigns(&issuer, root.id, "user").await.problem(403, "not_permitted");
    root.sends(&issuer, Method::PATCH, "/services/orders", json!({})).await.expect(200);
    assert_eq!(count().await, 17);
}

#[tokio::test]
async fn the_log_is_filtered_and_paged_youngest_first() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    for second in 1..=5 {
        issuer.clock.advance(1);
        let body = json!({ "name": format!("s{second}") });
        root.sends(&issuer, Method::POST, "/services", body).await.expect(201);
    }
    let ats = async |query: String| {
        let page = root.get(&issuer, &format!("/audit?{query}")).await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        let ats: Vec<_> = items.iter().map(|e| e["at"].as_i64().unwrap() - START).collect();
        (ats, page["next_cursor"].as_str().map(str::to_owned))
    };
    let actor = format!("actor=user:{}", root.id);
    let (first, cursor) = ats(format!("{actor}&limit=2")).await;
    assert_eq!(first, [5, 4]);
    let (rest, _) = ats(format!("{actor}&cursor={}", cursor.unwrap())).await;
    assert_eq!(rest, [3, 2, 1]);
    let window = format!("{actor}&from={}&to={}", START + 2, START + 4);
    assert_eq!(ats(window).await.0, [3, 2], "from is within, to is not");
    assert_eq!(ats("subject=service:s3".to_owned()).await.0, [3]);
    // A service of the import signs with an algorithm that had no key yet.
    let made = ats("actor=issuer".to_owned()).await.0;
    assert_eq!(made, ats("actor=issuer&action=key.made".to_owned()).await.0);
    assert_eq!(made, [0]);
    // What the import of the tests did is there too, in its own name.
    let (imported, _) = ats("actor=command-line&action=service.created".to_owned()).await;
    assert_eq!(imported, [0, 0]);
    for (wrong, like) in [("user.login", "`user.registered`"), ("nothing", "/openapi.json")] {
        let answer = root.get(&issuer, &format!("/audit?action={wrong}")).await;
        let field = &answer.problem(422, "fields_invalid")["fields"][0];
        assert_eq!(field["field"], "action");
        assert!(field["detail"].as_str().unwrap().contains(like), "{field}");
    }
}
