//! Names and addresses that a client makes up.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;

use crate::support::{Issuer, PASSWORD, PUBLIC_URL};

#[tokio::test]
async fn dns_rebinding_finds_nobody_at_home() {
    let issuer = Issuer::with(&[("LAIKA_ALLOWED_HOSTS", "laika.internal")]).await;
    let main = issuer.log_in().await;
    let ask = |host: &str, path: &str| {
        Request::get(path)
            .header("host", host)
            .header("authorization", format!("Bearer {main}"))
            .body(Body::empty())
            .unwrap()
    };
    for host in [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example:8080",
        "localhost.evil.example",
        "evil.example.",
        "127.0.0.1@evil.example",
        "",
        "[::1",
    ] {
        for path in ["/v1/me", "/v1", "/"] {
            issuer.call(ask(host, path)).await.problem(421, "host_refused");
        }
        issuer.call(ask(host, "/livez")).await.expect(200);
        issuer.call(ask(host, "/.well-known/jwks.json")).await.expect(200);
    }
    for host in [
        "127.0.0.1:8080",
        "localhost:8080",
        "LOCALHOST",
        "[::1]:9",
        "10.1.2.3",
        "laika.internal:80",
    ] {
        issuer.call(ask(host, "/v1/me")).await.expect(200);
    }
    let two = Request::get("/v1").header("host", "localhost").header("host", "evil.example");
    issuer.call(two.body(Body::empty()).unwrap()).await.problem(421, "host_refused");
    let absolute = Request::get("http://evil.example/v1").header("host", "localhost");
    issuer.call(absolute.body(Body::empty()).unwrap()).await.problem(421, "host_refused");
}

#[tokio::test]
async fn a_forged_forwarded_address_is_neither_believed_nor_counted() {
    let variables = [("LAIKA_TRUSTED_PROXIES", "10.0.0.0/8"), ("LAIKA_LIMITS_LOGIN", "3/15m")];
    let issuer = Issuer::with(&variables).await;
    let log_in = |peer: &str, forwarded: String, password: &str| {
        let body = json!({ "login": "laika", "password": password });
        let mut request = Request::post("/v1/sessions")
            .header("content-type", "application/json")
            .header("x-forwarded-for", forwarded)
            .header("x-request-id", "made-up-id")
            .body(Body::from(body.to_string()))
            .unwrap();
        let peer = SocketAddr::new(peer.parse().unwrap(), 4242);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    for number in 0..4 {
        let answer =
            issuer.call(log_in("192.0.2.1", format!("198.51.100.{number}"), "wrong one")).await;
        answer.problem(
            if number < 3 { 401 } else { 429 },
            if number < 3 { "credentials_invalid" } else { "rate_limited" },
        );
        assert_ne!(answer.header("x-request-id"), "made-up-id");
    }
    // Through the proxy, with an element of the client's own in front.
    for number in 0..4 {
        let forwarded = format!("198.51.100.{number}, 192.0.2.2");
        let answer = issuer.call(log_in("10.0.0.1", forwarded, "wrong one")).await;
        assert_eq!(answer.status.as_u16(), if number < 3 { 401 } else { 429 });
        assert_eq!(answer.header("x-request-id"), "made-up-id");
    }
    let answer = issuer.call(log_in("10.0.0.1", "192.0.2.3".to_owned(), PASSWORD)).await;
    let main = answer.text_of("main_token");
    let listed = issuer.get("/v1/sessions", Some(&main)).await.expect(200);
    assert_eq!(listed["items"][0]["address"], "192.0.2.3");
}

#[tokio::test]
async fn a_header_that_the_proxy_lets_through_makes_nobody_the_proxy() {
    let variables = [("LAIKA_TRUSTED_PROXIES", "127.0.0.1"), ("LAIKA_LIMITS_REQUESTS", "3/d")];
    let issuer = Issuer::with(&variables).await;
    let ask = async |headers: &[(&str, &str)]| {
        let mut request = Request::get("/v1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4242))));
        issuer.call(request).await.status.as_u16()
    };
    // The proxy says whose request it is, and lets pass what they say of themselves.
    let written = ("x-forwarded-for", "192.0.2.7");
    for forged in ["for=127.0.0.1", "for=_nobody", "proto=https"] {
        assert_eq!(ask(&[written, ("forwarded", forged)]).await, 200, "{forged}");
    }
    assert_eq!(ask(&[written, ("forwarded", "for=127.0.0.1")]).await, 429);
    // Whoever is told of by the proxy alone has not lost anything, and neither has this machine.
    assert_eq!(ask(&[written]).await, 200);
    for _ in 0..5 {
        assert_eq!(ask(&[]).await, 200);
    }
}

#[tokio::test]
async fn a_request_id_of_a_proxy_is_taken_only_where_it_is_plain() {
    let issuer = Issuer::with(&[("LAIKA_TRUSTED_PROXIES", "192.0.2.7")]).await;
    for (id, taken) in [("0af7-b.c_9", true), ("a b", false), ("", false), (&"x".repeat(65), false)]
    {
        let request = Request::get("/v1").header("x-request-id", id).body(Body::empty());
        let answer = issuer.call(request.unwrap()).await;
        assert_eq!(answer.header("x-request-id") == id, taken, "{id}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let issuer = Issuer::start().await;
    let over_tls = Issuer::with(&[("LAIKA_PUBLIC_URL", "https://id.example.com")]).await;
    for path in ["/v1", "/v1/me", "/livez", "/nope", "/"] {
        let answer = issuer.get(path, None).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(answer.headers.contains_key("content-security-policy"), "{path}");
        assert!(answer.headers.contains_key("permissions-policy"), "{path}");
        let answer = over_tls.get(path, None).await;
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
}

#[tokio::test]
async fn log_in_csrf_is_refused_before_anything_is_counted() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN", "1/15m")]).await;
    let body = json!({ "login": "laika", "password": PASSWORD, "transport": "cookie" });
    for _ in 0..5 {
        let request = Request::post("/v1/sessions")
            .header("content-type", "application/json")
            .header("origin", "https://evil.example")
            .body(Body::from(body.to_string()));
        let answer = issuer.call(request.unwrap()).await;
        answer.problem(403, "origin_refused");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let request = Request::post("/v1/sessions")
        .header("content-type", "application/json")
        .header("origin", PUBLIC_URL)
        .body(Body::from(body.to_string()));
    issuer.call(request.unwrap()).await.expect(201);
}
