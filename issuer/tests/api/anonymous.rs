//! Tokens without an account.

use std::time::Duration;

use axum::http::Method;
use laika_issuer::background;
use laika_issuer::clock::{Clock as _, SystemClock};
use laika_issuer::seed::{self, Seed};
use laika_verifier::status::Status;
use serde_json::json;

use crate::accounts::SECOND;
use crate::admin::stage::root;
use crate::status::{mint, status_of};
use crate::support::{Issuer, claims};

const ANONYMOUS: &str = "/v1/tokens/anonymous";

async fn with_news(variables: &[(&str, &str)]) -> Issuer {
    let issuer = Issuer::with(variables).await;
    let seed: Seed = toml::from_str(
        "[[services]]\nname = \"news\"\npermissions = [\"news:read\", \"news:write\"]\n\
         [services.anonymous]\npermissions = [\"news:read\"]\ntoken_lifetime = 120\n",
    )
    .unwrap();
    seed::import(&issuer.app, &seed).await.unwrap();
    issuer
}

#[tokio::test]
async fn an_anonymous_holder_gets_what_the_service_lets_them_have() {
    let issuer = with_news(&[]).await;
    let ask =
        async |service: &str| issuer.post(ANONYMOUS, None, json!({ "service": service })).await;
    let answer = ask("news").await;
    let body = answer.expect(200);
    assert_eq!((&body["expires_in"], &body["permissions"]), (&json!(120), &json!(["news:read"])));
    let token = claims(&answer.text_of("micro_token"));
    assert_eq!((&token["anonymous"], &token["roles"]), (&json!(true), &json!([])));
    for absent in ["username", "sid", "level", "auth_time", "amr", "client_id"] {
        assert!(token.get(absent).is_none(), "{absent}");
    }
    let other = claims(&ask("news").await.text_of("micro_token"));
    assert_ne!(token["sub"], other["sub"], "nobody is the same twice");
    for closed in ["orders", "unheard-of"] {
        let token = claims(&ask(closed).await.text_of("micro_token"));
        assert_eq!((&token["permissions"], &token["anonymous"]), (&json!([]), &json!(true)));
        assert_eq!(token.get("status").is_some(), closed == "orders", "{closed}");
    }
    issuer.post(ANONYMOUS, None, json!({})).await.problem(422, "fields_invalid");
    issuer.post(ANONYMOUS, None, json!({ "service": "No" })).await.problem(422, "fields_invalid");
}

#[tokio::test]
async fn an_anonymous_session_renews_and_is_forgotten_when_it_is_over() {
    let issuer = with_news(&[]).await;
    let body = json!({ "service": "news", "session": true });
    let tokens = issuer.post(ANONYMOUS, None, body).await.expect(201);
    assert_eq!(tokens["user"]["anonymous"], true);
    let main = tokens["main_token"].as_str().unwrap();
    let first = claims(tokens["micro_token"].as_str().unwrap());
    let next = claims(&issuer.micro(main, "news").await.text_of("micro_token"));
    assert_eq!((&first["sub"], &first["sid"]), (&next["sub"], &next["sid"]));
    assert_eq!((&next["anonymous"], &next["permissions"]), (&json!(true), &json!(["news:read"])));
    assert!(next.get("auth_time").is_none() && next.get("username").is_none());
    let main = issuer.renew(main).await.text_of("main_token");
    issuer.get("/v1/me", Some(&main)).await.expect(200);

    let people = async || {
        let mut connection = issuer.app.db.read().await.unwrap();
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        count
    };
    background::run_all(&issuer.app).await.unwrap();
    assert_eq!(people().await, 2, "a session that goes on keeps its holder");
    issuer.clock.advance(30 * 24 * 3600);
    background::run_all(&issuer.app).await.unwrap();
    assert_eq!(people().await, 1, "and somebody with a name stays");
}

#[tokio::test]
async fn what_anonymous_holders_lose_shows_in_all_their_tokens() {
    let issuer = with_news(&[]).await;
    let root = root(&issuer).await;
    let share = json!({ "may_share_with": ["news"], "anonymous": { "permissions": [] } });
    root.sends(&issuer, Method::PATCH, "/services/orders", share).await.expect(200);
    let share = json!({ "may_share_with": ["orders"] });
    root.sends(&issuer, Method::PATCH, "/services/news", share).await.expect(200);

    let body = json!({ "service": "news", "session": true });
    let tokens = issuer.post(ANONYMOUS, None, body).await.expect(201);
    let main = tokens["main_token"].as_str().unwrap();
    let of_session = tokens["micro_token"].as_str().unwrap().to_owned();
    let body = json!({ "services": ["orders", "news"] });
    let both = issuer.post("/v1/tokens/micro", Some(main), body).await.text_of("micro_token");
    let alone = issuer.post(ANONYMOUS, None, json!({ "service": "news" })).await;
    let alone = alone.text_of("micro_token");
    let person = mint(&issuer, &issuer.log_in().await).await;
    let held = [of_session, both, alone];
    for token in &held {
        assert_eq!(status_of(&issuer, token).await, Status::Valid);
    }
    let less = json!({ "anonymous": { "permissions": [] } });
    root.sends(&issuer, Method::PATCH, "/services/news", less).await.expect(200);
    for token in &held {
        assert_eq!(status_of(&issuer, token).await, Status::Stale);
    }
    assert_eq!(status_of(&issuer, &person).await, Status::Valid, "a person loses nothing");
    let next = issuer.micro(main, "news").await.text_of("micro_token");
    assert_eq!(status_of(&issuer, &next).await, Status::Valid);
    assert_eq!(claims(&next)["permissions"], json!([]));

    // With the service goes all they had there; with one that gave them nothing goes nothing.
    let more = json!({ "anonymous": { "permissions": ["news:read"] } });
    root.sends(&issuer, Method::PATCH, "/services/news", more).await.expect(200);
    let held = issuer.micro(main, "news").await.text_of("micro_token");
    assert_eq!(claims(&held)["permissions"], json!(["news:read"]));
    let made = json!({ "name": "depot", "anonymous": { "permissions": [] } });
    root.sends(&issuer, Method::POST, "/services", made).await.expect(201);
    for (service, status) in [("depot", Status::Valid), ("news", Status::Stale)] {
        let path = format!("/services/{service}");
        root.does(&issuer, Method::DELETE, &path).await.expect(204);
        assert_eq!(status_of(&issuer, &held).await, status, "{service}");
    }
    assert_eq!(status_of(&issuer, &person).await, Status::Valid);
}

#[tokio::test]
async fn who_registers_leaves_behind_what_anonymous_holders_may_do() {
    let issuer = with_news(&[]).await;
    let body = json!({ "service": "news", "session": true });
    let tokens = issuer.post(ANONYMOUS, None, body).await;
    let (main, before) = (tokens.text_of("main_token"), tokens.text_of("micro_token"));
    assert_eq!(status_of(&issuer, &before).await, Status::Valid);
    let body = json!({
        "username": "belka", "email": "belka@example.com", "password": SECOND, "service": "news",
    });
    let since = issuer.post("/v1/users", Some(&main), body).await.text_of("micro_token");
    assert_eq!(claims(&since)["permissions"], json!([]));
    assert_eq!(status_of(&issuer, &before).await, Status::Stale);
    assert_eq!(status_of(&issuer, &since).await, Status::Valid);
}

#[tokio::test]
async fn an_anonymous_token_where_a_person_was_meant_is_worth_nothing() {
    let issuer = with_news(&[]).await;
    let ask = json!({ "service": "news" });
    let micro = issuer.post(ANONYMOUS, None, ask).await.text_of("micro_token");
    issuer.get("/v1/me", Some(&micro)).await.problem(401, "type_mismatch");
    // Not even with a session does an anonymous holder get a role, or the default one.
    let body = json!({ "service": "orders", "session": true });
    let tokens = issuer.post(ANONYMOUS, None, body).await.expect(201);
    let token = claims(tokens["micro_token"].as_str().unwrap());
    assert_eq!((&token["roles"], &token["permissions"]), (&json!([]), &json!([])));
    assert!(token.get("level").is_none());
    let main = tokens["main_token"].as_str().unwrap();
    let wide = json!({ "services": ["news"], "permissions": ["news:write"] });
    let answer = issuer.post("/v1/tokens/micro", Some(main), wide).await;
    answer.problem(403, "permission_not_granted");
}

#[tokio::test]
async fn the_delay_holds_under_parallel_requests() {
    let issuer = with_news(&[("LAIKA_ANONYMOUS_DELAY", "1"), ("LAIKA_REQUEST_TIMEOUT", "6")]).await;
    let started = SystemClock.monotonic();
    let ask = || issuer.post(ANONYMOUS, None, json!({ "service": "news" }));
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    let took = SystemClock.monotonic().saturating_sub(started);
    assert!(took >= Duration::from_secs(3), "{took:?}");
    let mut statuses = [a, b, c, d].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 429], "three turns in half of the time a request has");
    let late = ask().await;
    late.problem(429, "rate_limited");
    assert_eq!(late.header("retry-after"), "1");
}

#[tokio::test]
async fn what_anonymous_holders_lost_at_another_replica_is_in_no_token_that_follows() {
    let issuer = with_news(&[]).await;
    let root = root(&issuer).await;
    let other = issuer.replica().await;
    let body = json!({ "service": "news", "session": true });
    let tokens = other.post(ANONYMOUS, None, body).await.expect(201);
    let main = tokens["main_token"].as_str().unwrap();
    let before = other.micro(main, "news").await.text_of("micro_token");
    assert_eq!(claims(&before)["permissions"], json!(["news:read"]));
    let less = json!({ "anonymous": { "permissions": [] } });
    root.sends(&issuer, Method::PATCH, "/services/news", less).await.expect(200);
    let since = other.micro(main, "news").await.text_of("micro_token");
    assert_eq!(claims(&since)["permissions"], json!([]));
    assert_eq!(status_of(&issuer, &since).await, Status::Valid);
    assert_eq!(status_of(&issuer, &before).await, Status::Stale);
}
