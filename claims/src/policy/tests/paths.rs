//! Which rule decides: hosts, methods, paths and their parameters.

use super::*;

#[test]
fn the_most_specific_path_decides_whatever_the_order() {
    let rules = [
        json!({ "id": "rest", "path": "/a/{*rest}", "require": "anyone" }),
        json!({ "id": "param", "path": "/a/{x}", "require": "anyone" }),
        json!({ "id": "static", "path": "/a/b", "require": "anyone" }),
        json!({ "id": "deep", "path": "/a/b/{x}/d", "require": "anyone" }),
        json!({ "id": "root", "path": "/", "require": "anyone" }),
    ];
    for start in 0..rules.len() {
        let mut rules = rules.to_vec();
        rules.rotate_left(start);
        let policy = policy(Value::Array(rules));
        for (target, rule) in [
            ("/a/b", Some("static")),
            ("/a/b/", Some("static")),
            ("/a/c", Some("param")),
            ("/a/b/c", Some("rest")),
            ("/a/b/c/d", Some("deep")),
            ("/a/b/c/e", Some("rest")),
            ("/", Some("root")),
            ("/a", Some("otherwise")),
        ] {
            assert_eq!(decide(&policy, None, "GET", target).rule, rule, "{target}");
        }
    }
}

#[test]
fn segments_of_every_length_lead_to_their_rule_whatever_the_order() {
    let lengths = 1..=45;
    let name = |length: usize| "abcdefghi".repeat(5)[..length].to_owned();
    let mut rules = Vec::new();
    for length in lengths.clone() {
        let name = name(length);
        // The last of these goes on where the first ends.
        for path in [format!("/{name}"), format!("/x/{name}"), format!("/{name}/{name}/{name}")] {
            rules.push(json!({ "id": path, "path": path, "require": "anyone" }));
        }
    }
    let backwards: Vec<_> = rules.iter().rev().cloned().collect();
    for rules in [rules, backwards] {
        let policy = policy(Value::Array(rules));
        for length in lengths.clone() {
            let name = name(length);
            let rule = |target: &str| decide(&policy, None, "GET", target).rule;
            for path in [format!("/{name}"), format!("/x/{name}"), format!("/{name}/{name}/{name}")]
            {
                assert_eq!(rule(&path), Some(path.as_str()));
            }
            for path in [format!("/{name}/{name}"), format!("/{name}z"), format!("/x/{name}/x")] {
                assert_eq!(rule(&path), Some(OTHERWISE), "{path}");
            }
        }
        assert_eq!(decide(&policy, None, "GET", "/x").rule, Some(OTHERWISE));
    }
}

#[test]
fn a_method_that_no_rule_of_the_path_names_never_falls_through() {
    let policy = policy(json!([
        { "id": "read", "methods": ["GET"], "path": "/orders/{id}", "require": "anyone" },
        { "id": "wide", "path": "/{*rest}", "require": "anyone" },
    ]));
    assert_eq!(decide(&policy, None, "GET", "/orders/7").rule, Some("read"));
    assert_eq!(decide(&policy, None, "HEAD", "/orders/7").rule, Some("read"));
    for method in ["DELETE", "OPTIONS", "get", "TRACE"] {
        let decision = decide(&policy, None, method, "/orders/7");
        assert_eq!((decision.status, decision.rule), (403, None), "{method}");
        assert_eq!(decision.missing, [format!("method:{method}")]);
    }
    assert_eq!(decide(&policy, None, "OPTIONS", "/x").rule, Some("wide"));
    assert_eq!(decide(&policy, None, "", "/x").code, Some(ErrorCode::RequestInvalid));
    assert_eq!(decide(&policy, None, "GET /", "/x").code, Some(ErrorCode::RequestInvalid));
}

#[test]
fn rules_of_the_host_shadow_the_others_only_where_a_path_matches() {
    let policy = policy(json!([
        { "id": "pay", "host": "pay.example.com", "path": "/payouts", "require": "payouts:create" },
        { "id": "any", "path": "/payouts", "require": "anyone" },
        { "id": "health", "path": "/health", "require": "anyone" },
    ]));
    let ask = |host: Option<&str>, target: &str| {
        let request = Request { method: "GET", target, host };
        policy.route(&request).map_or_else(
            |denied| denied,
            |route| route.decide(Bearer::Fault(ErrorCode::TokenMissing), now()),
        )
    };
    for spelling in ["pay.example.com", "PAY.EXAMPLE.COM:443", "pay.example.com."] {
        assert_eq!(ask(Some(spelling), "/payouts").rule, Some("pay"), "{spelling}");
    }
    assert_eq!(ask(Some("pay.example.com"), "/health").rule, Some("health"));
    assert_eq!(ask(Some("other.example.com"), "/payouts").rule, Some("any"));
    for bad in [None, Some(""), Some("pay.example.com:x"), Some("a@pay.example.com")] {
        assert_eq!(ask(bad, "/payouts").code, Some(ErrorCode::RequestInvalid), "{bad:?}");
    }
}

#[test]
fn otherwise_decides_what_no_path_matches() {
    for (word, status) in
        [("deny", 403), ("user", 401), ("authenticated", 401), ("any_token", 401), ("anyone", 200)]
    {
        let document = json!({ "version": 1, "otherwise": word });
        let policy = Policy::from_value(&document, Context::default()).unwrap();
        assert_eq!(decide(&policy, None, "GET", "/x").status, status, "{word}");
    }
}

#[test]
fn case_can_be_ignored_without_changing_parameters() {
    let document = json!({ "version": 1, "case": "insensitive", "rules": [
        { "id": "r", "path": "/Users/{user}", "require": { "claim": "sub", "equals": { "path": "user" } } },
    ]});
    let policy = Policy::from_value(&document, Context::default()).unwrap();
    let who = somebody(&[], json!({ "sub": "Ann" }));
    assert!(decide(&policy, Some(&who), "GET", "/uSERS/Ann").allowed);
    assert!(!decide(&policy, Some(&who), "GET", "/users/ann").allowed);
}

#[test]
fn a_rest_parameter_is_all_it_matched() {
    let policy = policy(json!([
        { "id": "r", "path": "/files/{*path}", "require": { "claim": "file", "equals": { "path": "path" } } },
    ]));
    let who = somebody(&[], json!({ "file": "a/b c" }));
    assert!(decide(&policy, Some(&who), "GET", "/files/a/b%20c").allowed);
    assert!(!decide(&policy, Some(&who), "GET", "/files/a").allowed);
}

#[test]
fn ten_thousand_rules_are_told_apart() {
    let rule = |n: usize| {
        let host = n.is_multiple_of(3).then(|| format!("h{}.example", n % 7));
        json!({
            "id": format!("r{n}"), "path": format!("/a{}/b{}/{{x}}/c{n}", n % 10, n / 10 % 100),
            "require": "anyone", "host": host.unwrap_or_else(|| "any.example".to_owned()),
        })
    };
    let policy = policy((0..10_000).map(rule).collect::<Vec<_>>().into());
    for n in 0..10_000_usize {
        let path = format!("/a{}/b{}/x/c{n}", n % 10, n / 10 % 100);
        let host = if n.is_multiple_of(3) {
            format!("h{}.example", n % 7)
        } else {
            "any.example".to_owned()
        };
        let decide = |target: &str, host: &str| {
            let request = Request { method: "GET", target, host: Some(host) };
            let route = policy.route(&request).unwrap();
            let decision = route.decide(Bearer::Fault(ErrorCode::TokenMissing), now());
            decision.place()
        };
        assert_eq!(decide(&path, &host), Some(n));
        assert_eq!(decide(&path, "h9.example"), None);
        assert_eq!(decide(&format!("{path}0"), &host), None);
    }
}
