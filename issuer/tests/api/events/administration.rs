//! Endpoints of events by HTTP.

use axum::http::Method;
use laika_issuer::events;
use serde_json::{Value, json};

use super::receiver::{LISTED, Receiver, hook, stage};
use crate::admin::stage::{of_level, root};
use crate::support::Issuer;

#[tokio::test]
async fn the_life_of_a_hook() {
    let issuer = Issuer::with(&[LISTED]).await;
    let root = root(&issuer).await;
    let receiver = Receiver::start().await;
    let body = json!({
        "url": receiver.url, "description": "Counts.", "events": ["user.login", "user.login"],
    });
    let made = root.sends(&issuer, Method::POST, "/hooks", body).await;
    assert_eq!(made.header("cache-control"), "no-store");
    let shown = made.expect(201);
    assert_eq!(shown["events"], json!(["user.login"]));
    let (id, secret) = (made.text_of("id"), made.text_of("secret"));
    assert!(secret.starts_with("whsec_"));
    let path = format!("/hooks/{id}");
    let read = root.get(&issuer, &path).await.expect(200);
    assert!(read.get("secret").is_none(), "shown once: {read}");
    let listed = root.get(&issuer, "/hooks?limit=1").await.expect(200);
    assert_eq!(listed["items"], json!([read]));

    let off = json!({ "enabled": false, "events": null, "description": null });
    let changed = root.sends(&issuer, Method::PATCH, &path, off).await.expect(200);
    assert_eq!(
        (&changed["enabled"], &changed["events"], &changed["description"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    issuer.log_in().await;
    events::deliver(&issuer.app).await.unwrap();
    assert!(receiver.heard().is_empty(), "what happens meanwhile is never told");
    let on = json!({ "enabled": true });
    root.sends(&issuer, Method::PATCH, &path, on).await.expect(200);
    issuer.log_in().await;
    events::deliver(&issuer.app).await.unwrap();
    assert_eq!(receiver.heard().len(), 1);

    root.does(&issuer, Method::DELETE, &path).await.expect(204);
    for path in [path.clone(), format!("{path}/deliveries")] {
        root.get(&issuer, &path).await.problem(404, "not_found");
    }
    root.get(&issuer, "/hooks/amqp/deliveries").await.problem(404, "not_found");
    let log = root.get(&issuer, &format!("/audit?subject=hook:{id}")).await.expect(200);
    let entries = log["items"].as_array().unwrap().iter();
    let mut actions: Vec<_> = entries.map(|entry| entry["action"].as_str().unwrap()).collect();
    // All in one second of a clock that stands still.
    actions.sort_unstable();
    assert_eq!(actions, ["hook.changed", "hook.changed", "hook.created", "hook.deleted"]);
    assert!(!log.to_string().contains("whsec_"), "{log}");
}

#[tokio::test]
async fn while_one_secret_takes_the_place_of_another_both_sign() {
    let (issuer, root, receiver, id, old) = stage(Some(&["user.login"])).await;
    let path = format!("/hooks/{id}/secret");
    let body = json!({ "overlap": 100 });
    let rotated = root.sends(&issuer, Method::POST, &path, body).await;
    assert_eq!(rotated.header("cache-control"), "no-store");
    rotated.expect(200);
    let new = rotated.text_of("secret");
    assert_ne!(new, old);
    let told = async || {
        issuer.log_in().await;
        events::deliver(&issuer.app).await.unwrap();
        let request = receiver.heard().remove(0);
        (request.is_signed_by(&new), request.is_signed_by(&old))
    };
    assert_eq!(told().await, (true, true));
    issuer.clock.advance(100);
    assert_eq!(told().await, (true, false));
    let long = json!({ "overlap": 604_801 });
    root.sends(&issuer, Method::POST, &path, long).await.problem(422, "fields_invalid");
}

#[tokio::test]
async fn only_level_0_makes_hooks_and_there_is_an_end_to_their_number() {
    let issuer = Issuer::with(&[LISTED]).await;
    let root = root(&issuer).await;
    let receiver = Receiver::start().await;
    let weaker = of_level(&issuer, 5).await;
    let body = json!({ "url": receiver.url });
    let refused = weaker.sends(&issuer, Method::POST, "/hooks", body.clone()).await;
    refused.problem(403, "not_permitted");
    for _ in 0..20 {
        hook(&issuer, &root, &receiver, None).await;
    }
    root.sends(&issuer, Method::POST, "/hooks", body).await.problem(409, "conflict");
    for bad in [
        json!({ "url": receiver.url, "events": ["user.flown"] }),
        json!({ "url": receiver.url, "secret": "mine" }),
        json!({}),
    ] {
        root.sends(&issuer, Method::POST, "/hooks", bad).await.problem(422, "fields_invalid");
    }
}
