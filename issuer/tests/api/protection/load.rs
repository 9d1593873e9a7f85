//! Floods.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::Issuer;

#[tokio::test]
async fn a_flood_from_one_address_is_refused_and_verifiers_go_on() {
    let app = "https://app.example.com";
    let variables = [("LAIKA_LIMITS_REQUESTS", "20/m"), ("LAIKA_ALLOWED_ORIGINS", app)];
    let issuer = Issuer::with(&variables).await;
    for _ in 0..20 {
        issuer.get("/v1/me", None).await.problem(401, "token_missing");
    }
    let request = Request::get("/v1/me").header("origin", app).body(Body::empty());
    let answer = issuer.call(request.unwrap()).await;
    answer.problem(429, "rate_limited");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(answer.header("access-control-allow-origin"), app);
    for path in ["/livez", "/readyz", "/.well-known/jwks.json", "/v1/public-key"] {
        assert_eq!(issuer.get(path, None).await.status, 200, "{path}");
    }
    issuer.clock.advance(3);
    issuer.get("/v1/me", None).await.problem(401, "token_missing");
}

#[tokio::test]
async fn more_requests_than_there_are_places_are_sent_away_at_once() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_IN_FLIGHT", "2")]).await;
    let main = issuer.log_in().await;
    let taken = issuer.app.places.try_acquire_many(2).unwrap();
    let answer = issuer.get("/v1/me", Some(&main)).await;
    answer.problem(503, "overloaded");
    assert_eq!(answer.header("retry-after"), "1");
    for path in ["/livez", "/readyz", "/.well-known/jwks.json"] {
        assert_eq!(issuer.get(path, None).await.status, 200, "{path}");
    }
    drop(taken);
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!(issuer.app.places.available_permits(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_ins_never_starve_other_calls() {
    let variables = [("LAIKA_PASSWORD_WORKERS", "2"), ("LAIKA_PASSWORD_QUEUE", "20")];
    let issuer = Issuer::with(&variables).await;
    let main = issuer.log_in().await;
    let enough = Arc::new(AtomicBool::new(false));
    let mut hashing = tokio::task::JoinSet::new();
    for _ in 0..22 {
        let (app, enough) = (issuer.app.clone(), Arc::clone(&enough));
        hashing.spawn(async move {
            while !enough.load(Ordering::Relaxed) {
                app.passwords.hash(&"x".to_owned().into()).await.unwrap();
            }
        });
    }
    while issuer.app.passwords.load().waiting < 10 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The hashing goes on until they are answered: whoever stood in its queue would wait for ever.
    let others = async {
        issuer.micro(&main, "orders").await.expect(200);
        issuer.get("/readyz", None).await.expect(200);
        issuer.get("/v1/me", Some(&main)).await.expect(200);
    };
    tokio::time::timeout(Duration::from_secs(60), others).await.unwrap();
    assert!(issuer.app.passwords.load().waiting > 0);
    enough.store(true, Ordering::Relaxed);
    hashing.join_all().await;
}

#[tokio::test]
async fn what_is_measured_is_bounded_and_counts() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN", "1/h")]).await;
    let main = issuer.log_in().await;
    issuer.micro(&main, "orders").await.expect(200);
    let wrong = json!({ "login": "laika", "password": "wrong-password-here" });
    issuer.post("/v1/sessions", None, wrong.clone()).await.expect(401);
    issuer.post("/v1/sessions", None, wrong).await.expect(429);
    for number in 0..50 {
        issuer.get(&format!("/nope/{number}"), None).await.expect(404);
        let method = format!("VERB{number}").parse().unwrap();
        issuer.send(method, "/v1/me", None, None).await.expect(405);
    }
    laika_issuer::background::run_all(&issuer.app).await.unwrap();
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    for line in [
        "laika_http_requests_total{method=\"POST\",route=\"/v1/sessions\",status=\"201\"} 1",
        "laika_http_requests_total{method=\"POST\",route=\"/v1/sessions\",status=\"429\"} 1",
        "laika_http_requests_total{method=\"GET\",route=\"-\",status=\"404\"} 50",
        "laika_http_requests_total{method=\"other\",route=\"/v1/me\",status=\"405\"} 50",
        "laika_http_request_seconds_count{method=\"POST\",route=\"/v1/sessions\"} 3",
        "laika_http_in_flight 0",
        "laika_log_ins_total{kind=\"done\"} 1",
        "laika_log_ins_total{kind=\"refused\"} 1",
        "laika_log_ins_total{kind=\"limited\"} 1",
        "laika_tokens_minted_total{kind=\"micro\"} 1",
        "laika_rate_limited_total{kind=\"login\"} 1",
        "laika_password_hashing{kind=\"waiting\"} 0",
        "laika_db_connections{",
    ] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
    assert!(!text.contains("VERB") && !text.contains("/nope"), "{text}");
    assert!(text.ends_with("# EOF\n"));
    // Nobody reads them where everybody comes.
    issuer.get("/metrics", None).await.problem(404, "not_found");
}
