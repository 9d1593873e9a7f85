//! Signing keys by HTTP.

use axum::http::Method;
use serde_json::{Value, json};

use super::stage::{Person, of_level, root};
use crate::support::{Issuer, claims, header};

async fn published(issuer: &Issuer) -> Vec<String> {
    let set = issuer.get("/.well-known/jwks.json", None).await.expect(200);
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn states(issuer: &Issuer, who: &Person, algorithm: &str) -> Vec<(String, String)> {
    let keys = who.get(issuer, "/keys").await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = keys["items"].as_array().unwrap().iter();
    keys.filter(|key| key["algorithm"] == algorithm)
        .map(|key| (text(&key["kid"]), text(&key["state"])))
        .collect()
}

fn kid(token: &str) -> String {
    header(token)["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn keys_are_rotated_and_revoked_and_all_of_it_is_in_the_audit_log() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let main = issuer.log_in().await;
    let token = issuer.micro(&main, "billing").await.text_of("micro_token");
    let first = kid(&token);
    assert_eq!(states(&issuer, &root, "EdDSA").await, [(first.clone(), "active".to_owned())]);

    let of = json!({ "algorithm": "EdDSA" });
    let rotated = root.sends(&issuer, Method::POST, "/keys/rotate", of.clone()).await.expect(200);
    let second = rotated["key"]["kid"].as_str().unwrap().to_owned();
    assert_eq!((&rotated["key"]["state"], rotated.get("cost")), (&json!("next"), None));
    assert!(published(&issuer).await.contains(&second), "published before it signs");
    let again = root.sends(&issuer, Method::POST, "/keys/rotate", of).await.expect(200);
    assert_eq!(again["key"]["kid"], second, "it is under way already");

    let at_once = json!({ "algorithm": "EdDSA", "now": true });
    let rotated = root.sends(&issuer, Method::POST, "/keys/rotate", at_once).await.expect(200);
    assert_eq!(
        (&rotated["key"]["kid"], &rotated["key"]["state"]),
        (&json!(second), &json!("active"))
    );
    assert!(rotated["cost"].as_str().unwrap().contains("30 s"), "{rotated}");
    let token = issuer.micro(&main, "billing").await.text_of("micro_token");
    assert_eq!(kid(&token), second);

    let path = format!("/keys/{first}/revoke");
    let revoked = root.does(&issuer, Method::POST, &path).await.expect(200);
    assert_eq!((&revoked["key"]["state"], revoked.get("successor")), (&json!("revoked"), None));
    assert!(revoked["tokens"].as_str().unwrap().contains("within 10 s"), "{revoked}");
    assert!(!published(&issuer).await.contains(&first), "gone at once");
    root.does(&issuer, Method::POST, &path).await.problem(409, "conflict");

    // Where it is the one that signs, another does at once.
    let path = format!("/keys/{second}/revoke");
    let revoked = root.does(&issuer, Method::POST, &path).await.expect(200);
    let third = revoked["successor"]["kid"].as_str().unwrap();
    let token = issuer.micro(&main, "billing").await.text_of("micro_token");
    assert_eq!(kid(&token), third);
    assert_eq!(published(&issuer).await.iter().filter(|kid| **kid == second).count(), 0);

    let log = root.get(&issuer, &format!("/audit?actor=user:{}", root.id)).await.expect(200);
    let mut found: Vec<_> = log["items"].as_array().unwrap().iter().collect();
    assert!(found.iter().all(|entry| entry["address"] == "192.0.2.7"), "{log}");
    found.sort_by_key(|entry| entry["action"].as_str());
    let actions: Vec<_> = found.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = [
        "key.published",
        "key.published",
        "key.revoked",
        "key.revoked",
        "key.rotated",
        "key.rotated",
    ];
    assert_eq!(actions, expected);
    assert!(!log.to_string().contains("wrapped"), "{log}");
}

#[tokio::test]
async fn whoever_revokes_the_key_of_main_tokens_logs_in_again_like_everybody() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    let revoked =
        root.does(&issuer, Method::POST, &format!("/keys/{}/revoke", kid(&root.main))).await;
    let tokens = revoked.expect(200)["tokens"].as_str().unwrap().to_owned();
    assert!(tokens.starts_with("its main tokens are refused at once"), "{tokens}");
    root.get(&issuer, "/keys").await.problem(401, "key_not_found");
    let main = issuer.log_in().await;
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!(claims(&main)["ctr"], 0);
}

#[tokio::test]
async fn keys_are_listed_page_by_page_and_for_level_0_only() {
    let issuer = Issuer::start().await;
    let (root, admin) = (root(&issuer).await, of_level(&issuer, 1).await);
    for algorithm in ["ES256", "PS256"] {
        let body = json!({ "algorithm": algorithm });
        let made = root.sends(&issuer, Method::POST, "/keys/rotate", body).await.expect(200);
        assert_eq!(made["key"]["state"], "active", "the first of its algorithm signs at once");
    }
    let (mut seen, mut path) = (Vec::new(), "/keys?limit=1".to_owned());
    for _ in 0..4 {
        let page = root.get(&issuer, &path).await.expect(200);
        seen.push(page["items"][0]["kid"].clone());
        let cursor = &page["next_cursor"];
        assert_eq!(cursor.is_null(), seen.len() == 4, "{page}");
        path = format!("/keys?limit=1&cursor={}", cursor.as_str().unwrap_or_default());
    }
    let all = root.get(&issuer, "/keys").await.expect(200);
    let all: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(seen, all);
    for bad in ["x", "1", "x.y", "%00", "1.%00"] {
        let answer = root.get(&issuer, &format!("/keys?cursor={bad}")).await;
        answer.problem(422, "fields_invalid");
    }
    admin.get(&issuer, "/keys").await.problem(403, "not_permitted");
}

#[tokio::test]
async fn what_names_no_key_and_what_is_no_algorithm_is_refused() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    for name in ["nothing", "%00", "..%2F..", "a.b", &"x".repeat(129)] {
        let answer = root.does(&issuer, Method::POST, &format!("/keys/{name}/revoke")).await;
        answer.problem(404, "not_found");
    }
    for (body, field) in [
        (json!({ "algorithm": "none" }), "algorithm"),
        (json!({ "algorithm": "HS256" }), "algorithm"),
        (json!({ "alg": "EdDSA" }), "alg"),
        (json!({ "now": "yes" }), "now"),
    ] {
        let answer = root.sends(&issuer, Method::POST, "/keys/rotate", body.clone()).await;
        let problem = answer.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], field, "{body}");
    }
}
