//! Profiles: written by their owners, read by anybody where they allow it.

use axum::http::Method;
use laika_claims::Grant;
use laika_issuer::admin::{Act, grants};
use laika_issuer::db::grants::Holder;
use serde_json::{Value, json};

use super::{put, register};
use crate::support::{Answer, Issuer, PASSWORD, START};

async fn patch(issuer: &Issuer, main: &str, body: Value) -> Answer {
    issuer.send(Method::PATCH, "/v1/me", Some(main), Some(body)).await
}

#[tokio::test]
async fn a_profile_is_read_by_others_where_its_owner_allows_it() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "Belka").await;
    let hidden = issuer.get("/v1/users/belka", None).await.problem(404, "not_found");
    let unknown = issuer.get("/v1/users/nobody", None).await.problem(404, "not_found");
    assert_eq!(hidden["detail"], unknown["detail"]);
    for odd in ["%ff", "%00", "a%2Fb", "%3Cscript%3E", "belka%40example.com"] {
        issuer.get(&format!("/v1/users/{odd}"), None).await.problem(404, "not_found");
    }

    let body = json!({
        "description": "barks\nat the moon", "public": true,
        "avatar_url": "https://example.com/belka.png",
    });
    let me = patch(&issuer, &main, body).await.expect(200);
    assert_eq!(me, issuer.get("/v1/me", Some(&main)).await.expect(200));
    let expected = json!({
        "id": me["id"], "username": "Belka", "description": "barks\nat the moon",
        "avatar_url": "https://example.com/belka.png",
    });
    assert_eq!(issuer.get("/v1/users/BELKA", None).await.expect(200), expected);

    // What is absent stays, what is null goes.
    let me = patch(&issuer, &main, json!({ "description": null })).await.expect(200);
    assert_eq!((me.get("description"), &me["public"]), (None, &json!(true)));
    assert_eq!(me["avatar_url"], "https://example.com/belka.png");
    patch(&issuer, &main, json!({})).await.expect(200);
    patch(&issuer, &main, json!({ "public": false })).await.expect(200);
    issuer.get("/v1/users/belka", None).await.problem(404, "not_found");
    patch(&issuer, &main, json!({ "public": true })).await.expect(200);
    issuer.send(Method::DELETE, "/v1/me", Some(&main), None).await.expect(204);
    issuer.get("/v1/users/belka", None).await.problem(404, "not_found");
}

#[tokio::test]
async fn stored_cross_site_scripting_through_names_descriptions_and_pictures() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    for (field, bad) in [
        ("description", "<script>alert(1)</script>"),
        ("description", "<img src=x onerror=alert(1)>"),
        ("description", "a\u{0}b"),
        ("avatar_url", "javascript:alert(1)"),
        ("avatar_url", "data:text/html;base64,PHNjcmlwdD4="),
        ("avatar_url", "http://example.com/me.png"),
        ("avatar_url", "https://example.com/\" onerror=\"alert(1)"),
        ("avatar_url", "https://user@example.com/"),
        ("avatar_url", "//example.com/me.png"),
    ] {
        let problem = patch(&issuer, &main, json!({ field: bad })).await;
        let problem = problem.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], field, "{bad}");
    }
    for name in ["<script>", "belka\"", "belka'", "bel&ka"] {
        let answer = put(&issuer, "/v1/me/username", &main, json!({ "username": name })).await;
        answer.problem(422, "fields_invalid");
    }
    // And what is good is answered as data, which no browser takes for a page.
    patch(&issuer, &main, json!({ "description": "a & b", "public": true })).await.expect(200);
    let answer = issuer.get("/v1/users/belka", None).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn everything_that_is_held_can_be_taken_along() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    issuer.log_in_by_browser("belka", super::SECOND).await.expect(201);
    let body = json!({ "current": super::SECOND, "new": "a brand new one 1961" });
    put(&issuer, "/v1/me/password", &main, body).await.expect(204);
    // Browsers are forgotten with the password.
    issuer.log_in_by_browser("belka", "a brand new one 1961").await.expect(201);
    put(&issuer, "/v1/me/username", &main, json!({ "username": "strelka" })).await.expect(200);
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    let id = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    let (holder, permission) = (Holder::User(id.parse().unwrap()), "orders:cancel");
    grants::grant(&mut act, &holder, &Grant::parse(permission).unwrap()).await.unwrap();
    act.commit().await.unwrap();
    let export = issuer.get("/v1/me/export", Some(&main)).await;
    let text = export.text.clone();
    let export = export.expect(200);
    assert_eq!(export["user"]["email"], "belka@example.com");
    assert_eq!(export["roles"][0]["role"], "user");
    assert_eq!(export["sessions"][0]["address"], "192.0.2.7");
    // The second one ended with the password, and is held all the same.
    let ended: Vec<_> =
        export["sessions"].as_array().unwrap().iter().map(|one| &one["ended_at"]).collect();
    assert_eq!(ended.len(), 3);
    assert!(ended.contains(&&json!(null)) && ended.contains(&&json!(START)), "{ended:?}");
    let granted = json!([{
        "permission": "orders:cancel", "granted_at": START, "granted_by": "command-line",
    }]);
    assert_eq!(export["grants"], granted);
    assert!(export["browsers"][0]["known_until"].as_i64().unwrap() > START);
    assert_eq!(export["username_changed_at"], START);
    assert_eq!(export["last_login_at"], START);
    let actions: Vec<_> =
        export["audit"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert!(actions.contains(&json!("user.registered")), "{actions:?}");
    assert!(actions.contains(&json!("password.changed")), "{actions:?}");
    assert!(!text.contains("argon2") && !text.contains("laika@example.com"), "{text}");
    assert!(!text.contains(PASSWORD));
}
