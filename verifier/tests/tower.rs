//! The layer round a router, with requests that no HTTP library would send by accident.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, Response, Version};
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use laika_verifier::tower::LaikaLayer;
use laika_verifier::{Options, Response as Answer, Timestamp, VerifiedToken, Verifier};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};
use tower::ServiceExt as _;

fn app(keys: Value) -> Router {
    app_of(&[issuer_with(&keys)])
}

fn issuer_with(keys: &Value) -> Value {
    let mut issuer = json!({ "issuer": "https://id.example", "audience": "orders" });
    issuer.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    issuer
}

fn app_of(issuers: &[Value]) -> Router {
    guarded(verifier_of(issuers))
}

fn verifier_of(issuers: &[Value]) -> Verifier {
    let options = json!({
        "issuers": issuers,
        "policy": { "version": 1, "rules": [
            { "id": "health", "path": "/health", "require": "anyone" },
            { "id": "list", "path": "/orders", "require": "orders:read" },
        ]},
    });
    Verifier::new(Options::from_value(options).unwrap())
}

fn guarded(verifier: Verifier) -> Router {
    let who = async |token: Option<Extension<VerifiedToken>>| {
        token.map_or("nobody".to_owned(), |token| token.subject().to_owned())
    };
    Router::new()
        .route("/health", get(who))
        .route("/orders", get(who))
        .layer(LaikaLayer::new(verifier).unwrap())
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn static_keys() -> Value {
    let x = URL_SAFE_NO_PAD.encode(key().verifying_key().as_bytes());
    json!({ "jwks": { "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "1", "x": x }] } })
}

#[expect(clippy::disallowed_methods, reason = "the layer reads the real clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn token(subject: &str) -> String {
    let claims = json!({
        "iss": "https://id.example", "aud": "orders", "sub": subject, "exp": now() + 60,
        "type": "micro", "permissions": ["orders:read"],
    });
    sign(&json!({ "alg": "EdDSA", "kid": "1", "typ": "at+jwt" }), &claims)
}

fn sign(header: &Value, payload: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = key().sign(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

async fn send(request: Request<Body>) -> (u16, String) {
    send_to(app(static_keys()), request).await
}

async fn send_to(app: Router, request: Request<Body>) -> (u16, String) {
    let response: Response<Body> = app.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let code = serde_json::from_str::<Value>(&body).ok();
    let code = code.and_then(|problem| problem["code"].as_str().map(str::to_owned));
    (status, code.unwrap_or(body))
}

fn request(target: &str) -> axum::http::request::Builder {
    Request::get(target).header("host", "orders.example")
}

fn answer(status: u16, text: &str) -> (u16, String) {
    (status, text.to_owned())
}

#[tokio::test]
async fn a_handler_finds_the_token_and_a_stranger_finds_no_handler() {
    let bearer = |target, token: &str| {
        request(target)
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(send(bearer("/orders", &token("ann"))).await, answer(200, "ann"));
    assert_eq!(send(bearer("/health", &token("ann"))).await, answer(200, "ann"));
    assert_eq!(send(bearer("/health", "junk")).await, answer(200, "nobody"));
    assert_eq!(send(bearer("/orders", "junk")).await, answer(401, "token_malformed"));
    let nothing = request("/orders").body(Body::empty()).unwrap();
    assert_eq!(send(nothing).await, answer(401, "token_missing"));
}

#[tokio::test]
async fn of_two_layers_the_inner_one_says_who_it_is() {
    let options = |audience: &str| {
        let mut issuer = json!({ "issuer": "https://id.example", "audience": audience });
        issuer.as_object_mut().unwrap().extend(static_keys().as_object().unwrap().clone());
        let rule = json!({ "id": "all", "path": "/orders", "require": "anyone" });
        let policy = json!({ "version": 1, "rules": [rule] });
        Options::from_value(json!({ "issuers": [issuer], "policy": policy })).unwrap()
    };
    let layer = |audience| LaikaLayer::new(Verifier::new(options(audience))).unwrap();
    let who = async |token: Option<Extension<VerifiedToken>>| {
        token.map_or("nobody".to_owned(), |token| token.subject().to_owned())
    };
    for (inner, name) in [("orders", "ann"), ("other", "nobody")] {
        let app =
            Router::new().route("/orders", get(who)).layer(layer(inner)).layer(layer("orders"));
        let request =
            request("/orders").header("authorization", format!("Bearer {}", token("ann")));
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(send_to(app, request).await, answer(200, name), "{inner}");
    }
}

#[tokio::test]
async fn nobody_waits_for_keys_that_change_nothing() {
    // It lets everybody connect, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let app = app(json!({ "jwks_uri": format!("http://{}/", silent.local_addr().unwrap()) }));
    let request = request("/nowhere").header("authorization", format!("Bearer {}", token("ann")));
    let answered = send_to(app, request.body(Body::empty()).unwrap());
    let answered = tokio::time::timeout(Duration::from_secs(2), answered).await;
    assert_eq!(answered.unwrap(), answer(403, "permission_denied"));
}

#[tokio::test]
async fn several_lines_of_cache_control_are_one() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let lines = [("cache-control", "public"), ("cache-control", "no-store")];
    let router =
        Router::new().route("/", get(async move || (axum::response::AppendHeaders(lines), "")));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let answer = laika_verifier::client::Client::new().unwrap().get(&uri).await.unwrap();
    assert_eq!(answer.response().cache_control, Some("public, no-store"));
}

#[tokio::test]
async fn requests_with_two_readings_are_refused_before_their_token_is_looked_at() {
    let good = format!("Bearer {}", token("ann"));
    let other = format!("Bearer {}", token("bob"));
    let refused = answer(400, "request_invalid");
    let build = |builder: axum::http::request::Builder| builder.body(Body::empty()).unwrap();
    let with_good = |target: &str| request(target).header("authorization", &good);
    for bad in [
        build(with_good("/orders").header("authorization", &other)),
        build(with_good("/orders").header("x-http-method-override", "DELETE")),
        build(with_good("/orders").header("X_HTTP_Method_Override", "DELETE")),
        build(with_good("/orders").header("host", "other.example")),
        build(with_good("http://orders.example/orders")),
        build(with_good("//orders")),
        build(with_good("/orders%2f")),
        build(with_good("/health/../orders")),
    ] {
        let line = format!("{bad:?}");
        assert_eq!(send(bad).await, refused, "{line}");
    }
    // The same token twice is one token.
    assert_eq!(send(build(with_good("/orders").header("authorization", &good))).await.0, 200);
    let split = Request::get("http://orders.example/orders").version(Version::HTTP_2);
    let split = split.header("authorization", &good).header("host", "other.example");
    assert_eq!(send(build(split)).await, refused, "two hosts in HTTP/2");
    for (authority, host) in [("orders.example:443", "ORDERS.example"), ("[::1]", "[::1]:80")] {
        let ported = Request::get(format!("http://{authority}/orders")).version(Version::HTTP_2);
        let ported = ported.header("authorization", &good).header("host", host);
        assert_eq!(send(build(ported)).await, answer(200, "ann"), "{authority} and {host}");
    }
    // In HTTP/2 the authority stands beside the path.
    let second = Request::get("http://orders.example/orders").version(Version::HTTP_2);
    assert_eq!(send(build(second.header("authorization", &good))).await, answer(200, "ann"));
}

#[tokio::test]
async fn keys_that_can_not_be_had_are_a_503_and_nobody_passes() {
    // A port that was free a moment ago refuses connections.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let app = app(json!({ "jwks_uri": format!("http://127.0.0.1:{port}/jwks") }));
    let orders = || {
        let builder =
            request("/orders").header("authorization", format!("Bearer {}", token("ann")));
        builder.body(Body::empty()).unwrap()
    };
    assert_eq!(send_to(app.clone(), orders()).await, answer(503, "keys_unavailable"));
    let health = request("/health").body(Body::empty()).unwrap();
    assert_eq!(send_to(app, health).await, answer(200, "nobody"));
}

#[tokio::test]
async fn keys_of_hours_ago_are_asked_for_again_before_they_let_anybody_pass() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/keys", listener.local_addr().unwrap());
    let empty = async || r#"{"keys":[]}"#;
    let router = Router::new().route("/keys", get(empty));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (uri, told) in
        [(uri, answer(401, "key_not_found")), (format!("http://{nobody}/keys"), answer(200, "ann"))]
    {
        let mut verifier = verifier_of(&[issuer_with(&json!({ "jwks_uri": uri }))]);
        let then = Timestamp::from_seconds((now() - 7200) as f64).unwrap();
        let fetch = verifier.fetches(None, then).remove(0);
        let set = static_keys()["jwks"].to_string();
        let response = Answer { status: 200, cache_control: None, body: set.as_bytes() };
        assert_eq!(verifier.fetched(fetch.id, response, then).failure, None);
        let request =
            request("/orders").header("authorization", format!("Bearer {}", token("ann")));
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(send_to(guarded(verifier), request).await, told);
    }
}

#[tokio::test]
async fn a_request_waits_for_its_keys_however_often_others_are_fetched_meanwhile() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let slow = async |Path(milliseconds): Path<u64>| {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        static_keys()["jwks"].to_string()
    };
    let router = Router::new().route("/{milliseconds}", get(slow));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let issuers = (1..=40).map(|number| {
        let name = if number == 40 { "https://id.example" } else { &format!("https://{number}") };
        json!({
            "issuer": name, "audience": "orders", "may_assert": { "permissions": ["*"] },
            "jwks_uri": format!("{origin}/{}", number * 50),
        })
    });
    let request = request("/orders").header("authorization", format!("Bearer {}", token("ann")));
    let app = app_of(&issuers.collect::<Vec<_>>());
    assert_eq!(send_to(app, request.body(Body::empty()).unwrap()).await, answer(200, "ann"));
}

/// An issuer on loopback: metadata, keys, and a list of which slot 0 has this value.
async fn issuer(slot: Arc<AtomicU8>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let metadata = json!({ "issuer": origin, "jwks_uri": format!("{origin}/keys") }).to_string();
    let place = format!("{origin}/status/0");
    let list = move || {
        let bytes = compress_to_vec_zlib(&[slot.load(Ordering::SeqCst)], 6);
        let claims = json!({
            "sub": place, "iat": now(),
            "status_list": { "bits": 2, "lst": URL_SAFE_NO_PAD.encode(bytes) },
        });
        sign(&json!({ "alg": "EdDSA", "kid": "1", "typ": "statuslist+jwt" }), &claims)
    };
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async || metadata))
        .route("/keys", get(async || static_keys()["jwks"].to_string()))
        .route("/status/0", get(async move || list()));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

#[tokio::test]
async fn keys_are_discovered_and_a_token_is_revoked_within_seconds() {
    let slot = Arc::new(AtomicU8::new(0));
    let origin = issuer(Arc::clone(&slot)).await;
    let app = app(json!({ "issuer": origin, "discover": true, "status": "required" }));
    let claims = json!({
        "iss": origin, "aud": "orders", "sub": "ann", "exp": now() + 300, "type": "micro",
        "permissions": ["orders:read"],
        "status": { "status_list": { "idx": 0, "uri": format!("{origin}/status/0") } },
    });
    let token = sign(&json!({ "alg": "EdDSA", "kid": "1", "typ": "at+jwt" }), &claims);
    let orders = || {
        let builder = request("/orders").header("authorization", format!("Bearer {token}"));
        builder.body(Body::empty()).unwrap()
    };
    assert_eq!(send_to(app.clone(), orders()).await, answer(200, "ann"));
    slot.store(3, Ordering::SeqCst);
    let began = now();
    while send_to(app.clone(), orders()).await != answer(401, "stale") {
        assert!(now() - began < 30, "the token is good for ever");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
