//! Requests that say two things, through the filter.

use laika_edge_filter::{Filter, Outcome};
use laika_tests::signing::{TestKey, jwks};
use serde_json::json;

use super::{ISSUER, now, token};

/// Status and code of a request with these headers; 200 where it goes on.
fn judge(headers: &[(&str, &str)]) -> (u16, String) {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    match filter().judge(&headers, true, now()).outcome {
        Outcome::Continue(_) => (200, String::new()),
        Outcome::Deny(denial) => {
            let body: serde_json::Value = serde_json::from_str(&denial.body).unwrap();
            (denial.status, body["code"].as_str().unwrap_or_default().to_owned())
        }
        Outcome::Wait(_) => panic!("nothing is fetched here"),
    }
}

fn filter() -> Filter {
    let configuration = json!({
        "issuers": { "issuer": ISSUER, "audience": "orders", "jwks": jwks(&[&TestKey::named("ed-1")]) },
        "token_from": [{ "header": "authorization", "scheme": "Bearer" }, { "header": "x-token" }],
        "forward": { "headers": { "x-roles": "roles" } },
        "policy": { "version": 1, "otherwise": "deny", "rules": [
            { "id": "list", "methods": ["GET", "POST"], "path": "/orders", "require": "orders:read" },
            { "id": "pay", "host": "pay.example", "path": "/orders", "require": "orders:pay" },
        ]},
    });
    Filter::from_json(configuration.to_string().as_bytes()).unwrap()
}

fn request<'a>(method: &'a str, path: &'a str, bearer: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        (":method", method),
        (":path", path),
        (":authority", "orders.example"),
        ("authorization", bearer),
    ]
}

fn invalid() -> (u16, String) {
    (400, "request_invalid".to_owned())
}

#[test]
fn a_path_has_one_reading() {
    let bearer = format!("Bearer {}", token(|_| {}));
    assert_eq!(judge(&request("GET", "/orders", &bearer)).0, 200);
    assert_eq!(judge(&request("GET", "/orders/", &bearer)).0, 200, "a trailing slash is ignored");
    assert_eq!(judge(&request("GET", "/Orders", &bearer)).0, 403, "case counts");
    for path in [
        "//orders",
        "/x//orders",
        "/./orders",
        "/x/../orders",
        "/..",
        "/x/%2e%2e/orders",
        "/%2E/orders",
        "/orders%2f7",
        "/orders%2F..%2fadmin",
        "/orders%5c7",
        "/orders\\7",
        "/orders;x=1",
        "/orders%3b",
        "/orders%00",
        "/orders%252f7",
        "/orders%25",
        "/orders%zz",
        "/orders%2",
        "/orders%ff",
        "/orders#7",
        "/orders\u{1}",
        "https://orders.example/orders",
        "orders.example:443",
        "orders",
        "*",
        "",
    ] {
        assert_eq!(judge(&request("GET", path, &bearer)), invalid(), "{path:?}");
    }
}

#[test]
fn a_method_is_not_overridden() {
    let bearer = format!("Bearer {}", token(|_| {}));
    for name in
        ["x-http-method-override", "X-HTTP-Method", "x_method_override", "X-Method-Override"]
    {
        let mut headers = request("POST", "/orders", &bearer);
        headers.push((name, "DELETE"));
        assert_eq!(judge(&headers), invalid(), "{name}");
    }
}

#[test]
fn a_forwarded_host_chooses_no_rule() {
    let bearer = format!("Bearer {}", token(|_| {}));
    for (name, value) in [
        ("x-forwarded-host", "pay.example"),
        ("forwarded", "host=pay.example"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-original-url", "/health"),
        ("x-rewrite-url", "/health"),
        ("x-forwarded-prefix", "/health"),
    ] {
        let mut headers = request("GET", "/orders", &bearer);
        headers.push((name, value));
        assert_eq!(judge(&headers).0, 200, "{name} changes nothing");
    }
    for host in ["pay.example", "PAY.example.", "pay.example:443"] {
        let mut headers = request("GET", "/orders", &bearer);
        headers[2].1 = host;
        assert_eq!(judge(&headers), (403, "permission_denied".to_owned()), "{host}");
    }
    for host in ["pay.example@orders.example", "orders.example/x", "orders.example,pay.example", ""]
    {
        let mut headers = request("GET", "/orders", &bearer);
        headers[2].1 = host;
        assert_eq!(judge(&headers), invalid(), "{host:?}");
    }
}

#[test]
fn two_authorization_headers_must_agree() {
    let (one, two) = (token(|_| {}), token(|claims| claims["jti"] = json!("2")));
    let (one, two) = (format!("Bearer {one}"), format!("Bearer {two}"));
    let mut headers = request("GET", "/orders", &one);
    headers.push(("authorization", &one));
    assert_eq!(judge(&headers).0, 200, "one token twice is one token");
    headers.push(("Authorization", &two));
    assert_eq!(judge(&headers), invalid());
    let joined = format!("{one}, {two}");
    assert_eq!(judge(&request("GET", "/orders", &joined)), invalid());
}

#[test]
fn a_token_in_two_places_must_be_one() {
    let (one, two) = (token(|_| {}), token(|claims| claims["jti"] = json!("2")));
    let bearer = format!("Bearer {one}");
    let mut headers = request("GET", "/orders", &bearer);
    headers.push(("x-token", &one));
    assert_eq!(judge(&headers).0, 200);
    headers[4].1 = &two;
    assert_eq!(judge(&headers), invalid());
}

#[test]
fn a_forwarded_role_that_contains_a_comma_stays_one() {
    let roles = json!(["clerk,admin", "a\", \"admin"]);
    let bearer = format!("Bearer {}", token(|claims| claims["roles"] = roles.clone()));
    let headers = request("GET", "/orders", &bearer);
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let Outcome::Continue(edit) = filter().judge(&headers, true, now()).outcome else {
        panic!("it did not go on");
    };
    let [(name, value)] = &edit.set[..] else { panic!("{edit:?}") };
    assert_eq!(
        (name.as_str(), serde_json::from_slice::<serde_json::Value>(value).ok()),
        ("x-roles", Some(roles))
    );
}

#[test]
fn a_header_that_is_not_utf_8_is_a_malformed_token() {
    let headers: [(&[u8], &[u8]); 5] = [
        (b":method", b"GET"),
        (b":path", b"/orders"),
        (b":authority", b"orders.example"),
        (b"authorization", b"Bearer \xff\xfe"),
        (b"x-other", b"\xc3\x28"),
    ];
    let Outcome::Deny(denial) = filter().judge(&headers, true, now()).outcome else {
        panic!("it went on");
    };
    assert_eq!(denial.status, 401);
    assert!(denial.body.contains("token_malformed"), "{}", denial.body);
}
