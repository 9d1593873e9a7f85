//! Requests that no library would send.

use laika_tests::http::{Message, Request};
use serde_json::json;

use super::{INVALID, Scene, assert_denied, good, token_of, upstream_headers};

#[test]
fn identity_headers_of_a_client_never_arrive() {
    let scene = Scene::new(|_| {});
    let forged = |request: Request| {
        ["X-User-Id", "x_user_id", "X-USER_ID", "x-user-roles", "X_Token_Claims"]
            .into_iter()
            .fold(request, |request, name| request.header(name, "forged"))
    };
    let arrived = |answer: &Message| {
        assert_eq!(answer.status, 200, "{answer:?}");
        String::from_utf8_lossy(&answer.body).contains("forged")
    };
    assert!(!arrived(&scene.send(forged(Request::new("GET", "/health")))), "without a token");
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
        for name in ["X-HTTP-Method-Override", "x_http_method_override", "X-Method-Override"] {
            let request = Request::with_token(path, &good()).header(name, "DELETE");
            assert_denied(&scene.send(request), 400, "request_invalid", None);
        }
    }
    let token = good();
    let twice = bearer(bearer(Request::new("GET", "/orders"), &token), &token);
    assert_eq!(scene.send(twice).status, 200, "the same token in two places is one token");
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
    assert_eq!(scene.get("/orders", &good()).status, 200, "the next request is served");
}
