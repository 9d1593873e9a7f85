//! Accounts of others: found, closed, opened, deleted, erased; their sessions.

use axum::http::Method;
use serde_json::json;

use super::stage::{epoch, person, role, root};
use crate::accounts::{SECOND, put, register};
use crate::support::{Issuer, START};

#[tokio::test]
async fn users_are_found_by_name_e_mail_beginning_state_and_role() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let count = async |query: &str| {
        let answer = root.get(&issuer, &format!("/users{query}")).await.expect(200);
        answer["items"].as_array().unwrap().len()
    };
    for (query, expected) in [
        ("", 2),
        ("?username=LAIKA", 1),
        ("?username=laik", 0),
        ("?email=laika@example.com", 1),
        ("?prefix=lai", 1),
        ("?prefix=laika@ex", 1),
        ("?prefix=%25", 0),
        ("?status=active", 2),
        ("?status=disabled", 0),
        ("?role=orders/clerk", 1),
        ("?role=orders/clerk&status=deleted", 0),
        ("?username=laika&email=other@example.com", 0),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    root.get(&issuer, "/users?status=asleep").await.problem(422, "fields_invalid");
    // Name to id, and id to name.
    let found = root.get(&issuer, "/users?username=laika").await.expect(200);
    let id = found["items"][0]["id"].as_str().unwrap();
    let read = root.get(&issuer, &format!("/users/{id}")).await.expect(200);
    assert_eq!(read["username"], "laika");
    assert_eq!(read["level"], 1000);
    let nobody = "/users/00000000-0000-4000-8000-000000000000";
    root.get(&issuer, nobody).await.problem(404, "not_found");
}

#[tokio::test]
async fn pages_of_users_neither_skip_nor_repeat() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    for round in 0..3 {
        issuer.clock.advance(i64::from(round == 1));
        for _ in 0..3 {
            person(&issuer, &[]).await;
        }
    }
    let (mut seen, mut path) = (Vec::new(), "/users?limit=4".to_owned());
    loop {
        let page = root.get(&issuer, &path).await.expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/users?limit=4&cursor={cursor}");
    }
    assert_eq!(seen.len(), 11);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 11);
}

#[tokio::test]
async fn a_disabled_user_with_a_living_token() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let main = issuer.log_in().await;
    let laika = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    let path = format!("/users/{laika}");
    for _ in 0..2 {
        root.does(&issuer, Method::POST, &format!("{path}/disable")).await.expect(204);
    }
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    issuer.micro(&main, "orders").await.problem(401, "session_ended");
    let body = json!({ "login": "laika", "password": crate::support::PASSWORD });
    issuer.post("/v1/sessions", None, body).await.problem(401, "credentials_invalid");
    for _ in 0..2 {
        root.does(&issuer, Method::POST, &format!("{path}/enable")).await.expect(204);
    }
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    issuer.log_in().await;
    let log = root.get(&issuer, &format!("/audit?subject=user:{laika}")).await.expect(200);
    let actions: Vec<_> = log["items"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(actions.iter().filter(|action| **action == "user.disabled").count(), 1);
    assert_eq!(actions.iter().filter(|action| **action == "user.enabled").count(), 1);
}

#[tokio::test]
async fn a_deleted_user_with_a_living_token() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let main = issuer.log_in().await;
    let laika = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    let path = format!("/users/{laika}");
    root.does(&issuer, Method::DELETE, &path).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    root.does(&issuer, Method::DELETE, &path).await.problem(410, "gone");
    for end in ["disable", "enable"] {
        root.does(&issuer, Method::POST, &format!("{path}/{end}")).await.problem(410, "gone");
    }
    root.assigns(&issuer, laika.parse().unwrap(), "user").await.problem(410, "gone");
    root.grants(&issuer, laika.parse().unwrap(), "orders:read").await.problem(410, "gone");
    // Still there to read, and its name is taken.
    let read = root.get(&issuer, &path).await.expect(200);
    assert_eq!((&read["status"], &read["username"]), (&json!("deleted"), &json!("laika")));
    let body = json!({
        "username": "Laika", "email": "other@example.com", "password": "there and back again 1960",
    });
    issuer.post("/v1/users", None, body).await.problem(409, "already_registered");
}

#[tokio::test]
async fn whoever_is_erased_leaves_an_id_and_nothing_else() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let main = register(&issuer, "belka").await;
    let belka = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    let path = format!("/users/{belka}");
    let email = json!({ "email": "kennel@example.com", "password": SECOND });
    put(&issuer, "/v1/me/email", &main, email).await.expect(204);
    put(&issuer, "/v1/me/username", &main, json!({ "username": "strelka" })).await.expect(200);
    root.grants(&issuer, belka.parse().unwrap(), "orders:cancel").await.expect(204);
    root.does(&issuer, Method::DELETE, &path).await.expect(204);
    root.does(&issuer, Method::POST, &format!("{path}/erase")).await.expect(204);
    root.does(&issuer, Method::POST, &format!("{path}/erase")).await.problem(410, "gone");
    let read = root.get(&issuer, &path).await.expect(200);
    assert_eq!(read["status"], "deleted");
    assert_eq!(read["erased_at"], START);
    for member in ["username", "email", "description", "avatar_url", "last_login_at", "level"] {
        assert!(read[member].is_null(), "{member}: {read}");
    }
    for list in ["roles", "grants"] {
        let text = root.get(&issuer, &format!("{path}/{list}")).await;
        assert!(!text.text.contains("orders"), "{}", text.text);
    }
    // The audit log says what they did and by which id, and names them nowhere; what others did to
    // them stands there whole.
    let log = root.get(&issuer, &format!("/audit?subject=user:{belka}")).await;
    let entries = log.expect(200)["items"].as_array().unwrap().clone();
    let of = |action| entries.iter().find(|entry| entry["action"] == action).unwrap();
    for action in ["user.registered", "email.changed", "username.changed"] {
        let entry = of(action);
        assert!(entry["before"].is_null() && entry["after"].is_null(), "{entry}");
        assert!(entry["address"].is_null(), "{entry}");
    }
    assert_eq!(of("permission.granted")["after"]["permission"], "orders:cancel");
    assert_eq!(of("user.erased")["address"], "192.0.2.7");
    for name in ["belka", "strelka", "kennel"] {
        assert!(!log.text.contains(name), "{}", log.text);
    }
    let mut connection = issuer.app.db.read().await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND (address IS NOT NULL \
         OR user_agent IS NOT NULL OR client IS NOT NULL OR ended_at IS NULL)",
    )
    .bind(belka)
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    assert_eq!(left, 0);
    drop(connection);
    // The name is free again.
    let body = json!({
        "username": "strelka", "email": "kennel@example.com", "password": SECOND,
    });
    issuer.post("/v1/users", None, body).await.expect(201);
}

#[tokio::test]
async fn sessions_of_others_are_listed_and_ended() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let (one, two) = (issuer.log_in().await, issuer.log_in().await);
    let laika = issuer.get("/v1/me", Some(&one)).await.text_of("id");
    let path = format!("/users/{laika}/sessions");
    let list = root.get(&issuer, &path).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(list["items"][0]["address"], "192.0.2.7");
    let own = issuer.get("/v1/sessions", Some(&one)).await.expect(200);
    let items = own["items"].as_array().unwrap();
    let current = items.iter().find(|item| item["current"] == true).unwrap();
    let session = current["id"].as_str().unwrap();
    let other = format!("/users/{}/sessions/{session}", root.id);
    root.does(&issuer, Method::DELETE, &other).await.problem(403, "not_permitted");
    root.does(&issuer, Method::DELETE, &format!("{path}/{session}")).await.expect(204);
    let again = root.does(&issuer, Method::DELETE, &format!("{path}/{session}")).await;
    again.problem(404, "not_found");
    issuer.get("/v1/me", Some(&one)).await.problem(401, "session_ended");
    issuer.get("/v1/me", Some(&two)).await.expect(200);
    root.does(&issuer, Method::DELETE, &path).await.expect(204);
    issuer.get("/v1/me", Some(&two)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn a_session_ends_when_an_administrator_has_said() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let friend = person(&issuer, &[]).await;
    let path = format!("/users/{}/sessions/{}", friend.id, friend.session);
    let ends = async |value: serde_json::Value| {
        root.sends(&issuer, Method::PATCH, &path, json!({ "ends_at": value })).await
    };
    for past in [START, START - 1, i64::MIN, 0] {
        ends(json!(past)).await.problem(422, "fields_invalid");
    }
    let empty = root.sends(&issuer, Method::PATCH, &path, json!({})).await;
    assert_eq!(empty.problem(422, "fields_invalid")["fields"][0]["code"], "missing");
    assert_eq!(ends(json!(START + 100)).await.expect(200)["ends_at"], START + 100);
    assert_eq!(ends(json!(null)).await.expect(200)["ends_at"], json!(null));
    ends(json!(START + 100)).await.expect(200);
    let micro = issuer.micro(&friend.main, "orders").await.expect(200);
    assert_eq!(micro["expires_in"], 100, "no micro token outlives it");
    issuer.clock.advance(99);
    let renewed = issuer.renew(&friend.main).await.text_of("main_token");
    issuer.clock.advance(1);
    issuer.get("/v1/me", Some(&renewed)).await.problem(401, "expired");
    // One that was made before the end was set says more, and is worth no more.
    issuer.get("/v1/me", Some(&friend.main)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn roles_are_given_and_taken_and_what_is_lost_is_stale() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let friend = person(&issuer, &[]).await;
    role(&issuer, "auditor", 40, &["orders:read"]).await;
    for _ in 0..2 {
        root.assigns(&issuer, friend.id, "auditor").await.expect(204);
        root.assigns(&issuer, friend.id, "orders/clerk").await.expect(204);
    }
    assert_eq!(epoch(&issuer, friend.id).await, 0, "a gain makes nothing stale");
    let own = issuer.get("/v1/me/roles", Some(&friend.main)).await.expect(200);
    assert_eq!(own["level"], 40);
    assert_eq!(own["roles"][1]["name"], "orders/clerk");
    let path = format!("/users/{}/roles", friend.id);
    let listed = root.get(&issuer, &path).await.expect(200);
    assert_eq!(listed["roles"][0]["permissions"], json!(["orders:read"]));
    let holders = root.get(&issuer, "/roles/orders%2Fclerk/users").await.expect(200);
    assert_eq!(holders["items"].as_array().unwrap().len(), 2);
    root.does(&issuer, Method::DELETE, &format!("{path}/orders%2Fclerk")).await.expect(204);
    assert_eq!(epoch(&issuer, friend.id).await, 1);
    assert_eq!(friend.permissions(&issuer, "orders").await, json!(["orders:read"]));
    let again = root.does(&issuer, Method::DELETE, &format!("{path}/orders%2Fclerk")).await;
    again.problem(404, "not_found");
    root.assigns(&issuer, friend.id, "unheard-of").await.problem(404, "not_found");
}
