//! The filter in a real Envoy in front of a real server: who passes, who does not, what goes on.
//!
//! Envoy leaves paths as they come unless `normalize_path`, `merge_slashes` or
//! `path_with_escaped_slashes_action` say otherwise. It does so here: the filter judges exactly the
//! bytes that go on, so a proxy that mends them first is as safe, but these tests would see less.

use std::time::{SystemTime, UNIX_EPOCH};

use laika_tests::envoy::Envoy;
use laika_tests::http::{Message, Request, Server};
use laika_tests::signing::{TestKey, jwks, micro_claims};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example.com";

/// An Envoy with static keys, and the server behind it.
struct Scene {
    envoy: Envoy,
    _upstream: Server,
}

impl Scene {
    fn new(change: impl FnOnce(&mut Value)) -> Self {
        let mut plugin = plugin();
        change(&mut plugin);
        let upstream = Server::echo();
        let envoy = Envoy::start(&plugin, &[("upstream", upstream.address)]);
        Self {
            envoy,
            _upstream: upstream,
        }
    }

    fn send(&self, request: Request) -> Message {
        self.envoy.send(&request)
    }

    fn get(&self, path: &str, token: &str) -> Message {
        self.send(Request::with_token(path, token))
    }
}

fn plugin() -> Value {
    json!({
        "issuers": [{
            "issuer": ISSUER, "audience": "orders",
            "jwks": jwks(&[&TestKey::named("rsa-1"), &TestKey::named("ed-1")]),
        }],
        "policy": {
            "version": 1,
            "rules": [
                { "id": "health", "path": "/health", "require": "anyone" },
                { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" },
                { "id": "create", "methods": ["POST"], "path": "/orders", "require": "orders:create" },
                { "id": "read", "methods": ["GET"], "path": "/orders/{id}", "require": "orders:read" },
                { "id": "cancel", "methods": ["DELETE"], "path": "/orders/{id}", "require": "orders:cancel" },
                { "id": "admin", "path": "/admin", "require": "role:admin" },
            ],
            "otherwise": "deny",
        },
        "forward": {
            "headers": { "x-user-id": "sub", "x-user-name": "username", "x-user-roles": "roles" },
            "payload_header": "x-token-claims",
        },
        "realm": "orders",
    })
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn token_of(key: &'static str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = micro_claims(ISSUER, now());
    change(&mut claims);
    TestKey::named(key).token(&claims)
}

fn good() -> String {
    token_of("ed-1", |_| {})
}

/// What the server behind the proxy got under `name`.
#[track_caller]
fn upstream_headers(answer: &Message, name: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{:?}", answer.json());
    let headers = answer.json()["headers"].as_array().unwrap().clone();
    let named = headers.iter().filter(|header| header[0] == name);
    named
        .map(|header| header[1].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn assert_denied(answer: &Message, status: u16, code: &str, challenge: Option<&str>) {
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (status, &json!(code)),
        "{answer:?}"
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert_eq!(answer.json()["status"], status);
}

const INVALID: Option<&str> = Some("Bearer realm=\"orders\", error=\"invalid_token\"");

#[test]
fn good_tokens_pass_and_their_claims_go_on() {
    let scene = Scene::new(|_| {});
    for key in ["rsa-1", "ed-1"] {
        let token = token_of(key, |claims| claims["username"] = json!("Łajka 100%"));
        let answer = scene.get("/orders?a=%2e%2e//&b=1", &token);
        let got = |name| upstream_headers(&answer, name);
        assert_eq!(answer.json()["line"], "GET /orders?a=%2e%2e//&b=1 HTTP/1.1");
        assert_eq!(got("x-user-id"), ["0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11"]);
        assert_eq!(got("x-user-name"), ["%C5%81ajka%20100%25"]);
        assert_eq!(got("x-user-roles"), [r#"["orders/clerk","user"]"#]);
        assert_eq!(got("authorization"), [format!("Bearer {token}")]);
        let claims: Value = serde_json::from_str(&got("x-token-claims")[0]).unwrap();
        assert_eq!(claims["username"], "Łajka 100%");
        assert_eq!(
            claims["permissions"],
            json!(["orders:read", "orders:create"])
        );
    }
}

#[test]
fn a_bad_token_is_refused_with_the_code_that_says_why() {
    let scene = Scene::new(|_| {});
    assert_denied(
        &scene.send(Request::new("GET", "/orders")),
        401,
        "token_missing",
        Some("Bearer realm=\"orders\""),
    );
    let claims = micro_claims(ISSUER, now());
    let key = TestKey::named("rsa-1");
    let with_header = |name: &str, value: Value| {
        let mut header = key.header();
        header[name] = value;
        key.compact(&header.to_string(), &claims.to_string())
    };
    let foreign = TestKey::named("rsa-2");
    for (token, code) in [
        (
            token_of("rsa-1", |claims| claims["exp"] = json!(now() - 1)),
            "expired",
        ),
        (
            token_of("rsa-1", |claims| claims["nbf"] = json!(now() + 100)),
            "not_yet_valid",
        ),
        (
            token_of("rsa-1", |claims| claims["iat"] = json!(now() + 100)),
            "issued_in_future",
        ),
        (
            token_of("rsa-1", |claims| claims["aud"] = json!(["stock"])),
            "audience_mismatch",
        ),
        (
            token_of("rsa-1", |claims| claims["iss"] = json!("https://x.example")),
            "issuer_mismatch",
        ),
        (
            token_of("rsa-1", |claims| claims["type"] = json!("main")),
            "type_mismatch",
        ),
        (with_header("typ", json!("JWT")), "type_mismatch"),
        (with_header("alg", json!("none")), "algorithm_not_allowed"),
        (with_header("alg", json!("HS256")), "algorithm_not_allowed"),
        (
            with_header("crit", json!(["exp"])),
            "critical_header_unsupported",
        ),
        (foreign.token(&claims), "key_not_found"),
        (
            foreign.compact(&key.header().to_string(), &claims.to_string()),
            "signature_invalid",
        ),
        ("..a.b.c".to_owned(), "token_malformed"),
        (format!("{}=", key.token(&claims)), "token_malformed"),
        (
            token_of("rsa-1", |claims| claims["x"] = json!("x".repeat(16_384))),
            "token_too_large",
        ),
    ] {
        assert_denied(&scene.get("/orders", &token), 401, code, INVALID);
    }
    assert_eq!(scene.get("/orders", &good()).status, 200);
}

#[test]
fn what_a_good_token_does_not_reach_is_named() {
    let scene = Scene::new(|_| {});
    let cancel =
        Request::new("DELETE", "/orders/7").header("authorization", &format!("Bearer {}", good()));
    let answer = scene.send(cancel);
    let challenge =
        "Bearer realm=\"orders\", error=\"insufficient_scope\", scope=\"orders:cancel\"";
    assert_denied(&answer, 403, "permission_denied", Some(challenge));
    assert_eq!(answer.json()["missing"], json!(["orders:cancel"]));
    let answer = scene.get("/admin", &good());
    assert_eq!(
        (answer.status, &answer.json()["missing"]),
        (403, &json!(["role:admin"]))
    );
    assert_eq!(scene.get("/elsewhere", &good()).status, 403);
    let log = scene.envoy.log();
    assert!(
        log.contains("denied with 403 permission_denied by rule `cancel`: missing orders:cancel")
    );
    assert!(!log.contains(&good()[..30]), "no token in the log");
}

#[test]
fn identity_headers_of_a_client_never_arrive() {
    let scene = Scene::new(|_| {});
    let forged = |request: Request| {
        [
            "X-User-Id",
            "x_user_id",
            "X-USER_ID",
            "x-user-roles",
            "X_Token_Claims",
        ]
        .into_iter()
        .fold(request, |request, name| request.header(name, "forged"))
    };
    let arrived = |answer: &Message| {
        assert_eq!(answer.status, 200, "{answer:?}");
        String::from_utf8_lossy(&answer.body).contains("forged")
    };
    assert!(
        !arrived(&scene.send(forged(Request::new("GET", "/health")))),
        "without a token"
    );
    let expired = token_of("ed-1", |claims| claims["exp"] = json!(1));
    let answer = scene.send(forged(Request::with_token("/health", &expired)));
    assert!(!arrived(&answer), "with a bad token");
    assert_eq!(upstream_headers(&answer, "x-user-id"), [""; 0]);
    let answer = scene.send(forged(Request::with_token("/orders", &good())));
    assert!(!arrived(&answer), "with a good token");
    assert_eq!(upstream_headers(&answer, "x-user-id").len(), 1);
    let request =
        Request::new("POST", "/orders").header("authorization", &format!("Bearer {}", good()));
    let answer = scene.send(request.clone().with_trailer("hello", "x_user_id", "forged"));
    assert!(!arrived(&answer), "in a trailer");
    let answer = scene.send(request.with_trailer("hello", "x-checksum", "1"));
    assert_eq!(answer.json()["body"], "hello");
    assert_eq!(answer.json()["trailers"], json!([["x-checksum", "1"]]));
}

#[test]
fn a_path_that_can_be_read_two_ways_is_refused() {
    let scene = Scene::new(|_| {});
    for path in [
        "/orders/../admin",
        "/orders/./7",
        "/orders/%2e%2e/admin",
        "/orders/%2fadmin",
        "/orders%2f7",
        "//orders",
        "/orders//7",
        "/orders/a%5cb",
        "/orders\\7",
        "/orders;x=1",
        "/orders/%00",
        "/orders/%252e",
        "/orders/%zz",
        "/orders/%ff",
        "/health/..",
    ] {
        let answer = scene.get(path, &good());
        assert_denied(&answer, 400, "request_invalid", None);
    }
    for path in ["/orders/", "/orders/a%20b", "/orders/7?x=//%2f"] {
        assert_eq!(scene.get(path, &good()).status, 200, "{path}");
    }
}

#[test]
fn a_request_that_says_two_things_is_refused() {
    let scene = Scene::new(|_| {});
    let bearer =
        |request: Request, token: &str| request.header("authorization", &format!("Bearer {token}"));
    let other = token_of("rsa-1", |_| {});
    for path in ["/orders", "/health"] {
        let two = bearer(bearer(Request::new("GET", path), &good()), &other);
        assert_denied(&scene.send(two), 400, "request_invalid", None);
        for name in [
            "X-HTTP-Method-Override",
            "x_http_method_override",
            "X-Method-Override",
        ] {
            let request = Request::with_token(path, &good()).header(name, "DELETE");
            assert_denied(&scene.send(request), 400, "request_invalid", None);
        }
    }
    let token = good();
    let twice = bearer(bearer(Request::new("GET", "/orders"), &token), &token);
    assert_eq!(
        scene.send(twice).status,
        200,
        "the same token in two places is one token"
    );
}

#[test]
fn a_header_that_is_not_utf_8_harms_nobody() {
    let scene = Scene::new(|_| {});
    for name in ["x-other", "x-user-id", "cookie"] {
        let request =
            Request::with_token("/orders", &good()).raw_header(name.as_bytes(), b"a\xff\xfe");
        assert_eq!(scene.send(request).status, 200, "{name}");
    }
    let request = Request::new("GET", "/orders").raw_header(b"authorization", b"Bearer a.b.c\xff");
    assert_denied(&scene.send(request), 401, "token_malformed", INVALID);
    let request = Request::with_token("/orders", &good()).raw_header(b"host", b"orders\xff");
    assert_eq!(scene.send(request).status, 400);
    let request = Request::with_token("/orders", &good()).raw_header(b"x-\xff", b"1");
    assert_eq!(scene.send(request).status, 400);
    assert_eq!(scene.get("/orders/\u{e9}", &good()).status, 400);
    assert_eq!(
        scene.get("/orders", &good()).status,
        200,
        "the next request is served"
    );
}

#[test]
fn a_token_may_be_kept_from_the_server_behind() {
    let scene = Scene::new(|plugin| {
        plugin["strip_token"] = json!(true);
        plugin["token_from"] =
            json!([{ "header": "Authorization", "scheme": "Bearer" }, { "header": "X-Token" }]);
    });
    let answer = scene.get("/orders", &good());
    assert_eq!(upstream_headers(&answer, "authorization"), [""; 0]);
    assert_eq!(upstream_headers(&answer, "x-user-id").len(), 1);
    let answer = scene.send(Request::new("GET", "/orders").header("x-token", &good()));
    assert_eq!(upstream_headers(&answer, "x-token"), [""; 0]);
    let answer = scene.get("/health", "not.a.token");
    assert_eq!(upstream_headers(&answer, "authorization"), [""; 0]);
    let basic = Request::new("GET", "/health").header("authorization", "Basic YTpi");
    assert_eq!(
        upstream_headers(&scene.send(basic), "authorization"),
        ["Basic YTpi"]
    );
    let both =
        Request::with_token("/orders", &good()).header("x-token", &token_of("rsa-1", |_| {}));
    assert_denied(&scene.send(both), 400, "request_invalid", None);
}

#[test]
fn shadow_refuses_nothing_and_vouches_for_nothing() {
    let scene = Scene::new(|plugin| plugin["shadow"] = json!(true));
    let foreign = TestKey::named("rsa-2").token(&micro_claims(ISSUER, now()));
    for request in [
        Request::new("GET", "/orders"),
        Request::with_token("/orders", &foreign),
        Request::with_token("/orders/../admin", "x"),
    ] {
        let answer = scene.send(request.header("x-user-id", "forged"));
        assert_eq!(upstream_headers(&answer, "x-user-id"), [""; 0]);
        assert_eq!(upstream_headers(&answer, "x-token-claims"), [""; 0]);
    }
    let answer = scene.get("/admin", &good());
    assert_eq!(
        upstream_headers(&answer, "x-user-id").len(),
        1,
        "this one is verified"
    );
    let log = scene.envoy.log();
    for line in [
        "would deny with 401 token_missing by rule `list`",
        "would deny with 401 key_not_found by rule `list`",
        "would deny with 400 request_invalid: the path has a dot segment",
        "would deny with 403 permission_denied by rule `admin`: missing role:admin",
    ] {
        assert!(log.contains(line), "`{line}` is not in the log");
    }
}

#[test]
fn a_bad_configuration_refuses_everything_and_the_log_says_why() {
    let broken = |name: &str, value: Value| {
        let mut plugin = plugin();
        plugin[name] = value;
        plugin.to_string()
    };
    for (plugin, code, reason) in [
        (broken("forwrd", json!({})), "options_invalid", "`forwrd`"),
        (
            broken("policy", json!({ "version": 2 })),
            "policy_invalid",
            "`policy.version`",
        ),
        (
            broken("policy", Value::Null),
            "options_invalid",
            "write a policy",
        ),
        (
            broken("issuers", json!([])),
            "options_invalid",
            "name at least one issuer",
        ),
        ("{".to_owned(), "options_invalid", "EOF"),
        (String::new(), "options_invalid", "no configuration"),
    ] {
        let upstream = Server::echo();
        let envoy = Envoy::with_text(&plugin, &[("upstream", upstream.address)]);
        for request in [
            Request::new("GET", "/health"),
            Request::with_token("/orders", &good()),
        ] {
            let answer = envoy.send(&request);
            assert_denied(&answer, 503, code, None);
            assert_eq!(
                answer.json().get("missing"),
                None,
                "{plugin}: nothing for clients"
            );
        }
        assert!(envoy.log().contains(reason), "{plugin}");
    }
}
