//! The policy as its users meet it: documents in, decisions out.

use serde_json::{Value, json};

use super::*;
use crate::code::ErrorCode;
use crate::principal::{Kind, Principal};
use crate::time::Timestamp;

fn policy(rules: Value) -> Policy {
    Policy::from_value(&json!({ "version": 1, "rules": rules }), Context::default()).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_000_000.0).unwrap()
}

fn somebody(permissions: &[&str], claims: Value) -> Principal {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    Principal {
        issuer: "https://id.example".into(),
        subject: "u1".into(),
        kind: Kind::User,
        permissions: permissions.iter().map(|&p| p.to_owned()).collect(),
        roles: vec!["clerk".into(), "orders/manager".into()],
        level: Some(50),
        wildcards: true,
        claims: claims.into(),
    }
}

fn decide<'p>(
    policy: &'p Policy,
    who: Option<&Principal>,
    method: &str,
    target: &str,
) -> Decision<'p> {
    let bearer = who.map_or(Bearer::Fault(ErrorCode::TokenMissing), Bearer::Verified);
    let request = Request { method, target, host: None };
    policy.route(&request).map_or_else(|denied| denied, |route| route.decide(bearer, now()))
}

/// Whether `require` lets `who` through, for a request to `/users/u1`.
fn holds(require: Value, who: &Principal) -> bool {
    let policy = policy(json!([{ "id": "r", "path": "/users/{user}", "require": require }]));
    decide(&policy, Some(who), "GET", "/users/u1").allowed
}

fn error(document: Value) -> PolicyError {
    Policy::from_value(&document, Context::default()).unwrap_err()
}

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
fn words_ask_for_kinds_of_holders() {
    let user = somebody(&["orders:read"], json!({}));
    let anonymous = Principal { kind: Kind::Anonymous, ..user.clone() };
    let service = Principal { kind: Kind::ServiceAccount, ..user.clone() };
    for (word, by_user, by_anonymous, by_service, by_nobody) in [
        ("anyone", true, true, true, true),
        ("any_token", true, true, true, false),
        ("authenticated", true, false, true, false),
        ("user", true, false, false, false),
        ("orders:read", true, true, true, false),
        ("orders:cancel", false, false, false, false),
        ("role:clerk", true, false, true, false),
        ("role:orders/manager", true, false, true, false),
        ("role:manager", false, false, false, false),
    ] {
        let policy = policy(json!([{ "id": "r", "path": "/", "require": word }]));
        let allowed = |who| decide(&policy, who, "GET", "/").allowed;
        assert_eq!(allowed(Some(&user)), by_user, "{word}");
        assert_eq!(allowed(Some(&anonymous)), by_anonymous, "{word}");
        assert_eq!(allowed(Some(&service)), by_service, "{word}");
        assert_eq!(allowed(None), by_nobody, "{word}");
    }
}

#[test]
fn requirements_combine_and_not_is_never_nobody() {
    let who = somebody(&["orders:read"], json!({}));
    assert!(holds(json!({ "all": ["orders:read", "role:clerk"] }), &who));
    assert!(!holds(json!({ "all": ["orders:read", "role:admin"] }), &who));
    assert!(holds(json!({ "any": ["role:admin", "orders:read"] }), &who));
    assert!(holds(json!({ "not": "role:admin" }), &who));
    assert!(!holds(json!({ "not": "role:clerk" }), &who));
    assert!(holds(json!({ "level": 50 }), &who) && !holds(json!({ "level": 49 }), &who));
    assert!(holds(json!({ "issuer": "https://id.example" }), &who));
    assert!(!holds(json!({ "issuer": "https://other.example" }), &who));
    let anonymous = Principal { kind: Kind::Anonymous, ..who };
    assert!(!holds(json!({ "not": "role:admin" }), &anonymous));
    assert!(!holds(json!({ "not": "any_token" }), &anonymous));
    assert!(holds(json!({ "permission": "orders:read" }), &anonymous), "in either spelling");
    assert!(holds(
        json!({ "any": ["orders:read", { "claim": "sub", "equals": "x" }] }),
        &anonymous
    ));
}

#[test]
fn claims_are_tested_by_type_and_value() {
    let who = somebody(
        &[],
        json!({ "sub": "u1", "n": 7, "list": ["mfa", 1], "org": { "id": "o" }, "org_id": "o",
                "auth_time": 999_500, "ahead": 1_000_050, "far_ahead": 1_000_061, "flag": true }),
    );
    for (test, expected) in [
        (json!({ "claim": "sub", "equals": { "path": "user" } }), true),
        (json!({ "claim": "sub", "equals": "u2" }), false),
        (json!({ "claim": "n", "equals": 7.0 }), true),
        (json!({ "claim": "n", "equals": "7" }), false),
        (json!({ "claim": "/org/id", "equals": { "claim": "org_id" } }), true),
        (json!({ "claim": "sub", "in": ["u0", "u1"] }), true),
        (json!({ "claim": "sub", "in": ["u0"] }), false),
        (json!({ "claim": "sub", "in": { "claim": "list" } }), false),
        (json!({ "claim": "list", "contains": "mfa" }), true),
        (json!({ "claim": "list", "contains": "pwd" }), false),
        (json!({ "claim": "sub", "contains": "u" }), false),
        (json!({ "claim": "n", "atLeast": 7 }), true),
        (json!({ "claim": "n", "atLeast": 7.5 }), false),
        (json!({ "claim": "n", "atMost": 7 }), true),
        (json!({ "claim": "n", "atMost": { "claim": "auth_time" } }), true),
        (json!({ "claim": "auth_time", "within": 500 }), true),
        (json!({ "claim": "auth_time", "within": 499 }), false),
        (json!({ "claim": "ahead", "within": 1 }), true),
        (json!({ "claim": "far_ahead", "within": 1 }), false),
        (json!({ "claim": "flag", "present": true }), true),
        (json!({ "claim": "nothing", "present": false }), true),
        (json!({ "claim": "nothing", "present": true }), false),
    ] {
        assert_eq!(holds(test.clone(), &who), expected, "{test}");
    }
}

#[test]
fn an_error_anywhere_denies_also_under_not_and_in_any_order() {
    let who = somebody(&["orders:read"], json!({ "n": 7 }));
    let absent = json!({ "claim": "nothing", "equals": 1 });
    let other_type = json!({ "claim": "n", "equals": "7" });
    for broken in [absent, other_type] {
        assert!(!holds(broken.clone(), &who));
        assert!(!holds(json!({ "not": broken }), &who));
        assert!(!holds(json!({ "not": { "not": broken } }), &who));
        assert!(!holds(json!({ "any": ["orders:read", broken] }), &who));
        assert!(!holds(json!({ "any": [broken, "orders:read"] }), &who));
    }
}

#[test]
fn denials_say_which_rule_and_what_was_missing() {
    let policy = policy(json!([
        { "id": "cancel", "methods": ["DELETE"], "path": "/orders/{id}",
          "require": { "any": ["orders:cancel", "role:admin"] } },
        { "id": "payout", "path": "/payouts",
          "require": { "all": ["orders:read", { "claim": "amr", "contains": "mfa" },
                                { "claim": "auth_time", "within": 900 }] } },
    ]));
    let who = somebody(&["orders:read"], json!({ "amr": ["pwd"], "auth_time": 1 }));
    let denied = decide(&policy, Some(&who), "DELETE", "/orders/7");
    assert_eq!((denied.status, denied.rule), (403, Some("cancel")));
    assert_eq!(denied.missing, ["orders:cancel", "role:admin"]);
    assert_eq!(
        denied.challenge(Some("orders")).unwrap(),
        "Bearer realm=\"orders\", error=\"insufficient_scope\", scope=\"orders:cancel\""
    );
    let step_up = decide(&policy, Some(&who), "POST", "/payouts");
    assert_eq!((step_up.status, step_up.code), (401, Some(ErrorCode::PermissionDenied)));
    assert_eq!(step_up.missing, ["claim:amr", "claim:auth_time"]);
    assert_eq!(
        step_up.challenge(None).unwrap(),
        "Bearer error=\"insufficient_user_authentication\", max_age=900"
    );
    let nobody = decide(&policy, None, "POST", "/payouts");
    assert_eq!((nobody.status, nobody.code), (401, Some(ErrorCode::TokenMissing)));
    assert_eq!(nobody.challenge(None).unwrap(), "Bearer");
    let unknown = decide(&policy, Some(&who), "GET", "/nowhere");
    assert_eq!((unknown.status, unknown.rule), (403, Some(OTHERWISE)));
}

#[test]
fn anyone_lets_a_bad_token_through_and_says_why() {
    let policy = policy(json!([{ "id": "health", "path": "/health", "require": "anyone" }]));
    let route = policy.route(&Request { method: "GET", target: "/health", host: None }).unwrap();
    let decision = route.decide(Bearer::Fault(ErrorCode::Expired), now());
    assert_eq!((decision.allowed, decision.code), (true, Some(ErrorCode::Expired)));
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
fn with_several_issuers_names_need_their_issuer() {
    let compile = |require: Value| {
        let document =
            json!({ "version": 1, "rules": [{ "id": "r", "path": "/", "require": require }] });
        Policy::from_value(&document, Context { several_issuers: true }).map(|_| ())
    };
    let issuer = json!({ "issuer": "https://id.example" });
    for test in [
        json!({ "level": 5 }),
        json!({ "claim": "sub", "equals": "u1" }),
        json!({ "claim": "/username", "equals": "ann" }),
        json!({ "claim": "owner", "equals": { "claim": "sub" } }),
    ] {
        assert_eq!(compile(test.clone()).unwrap_err().at, "rules[0].require", "{test}");
        assert!(compile(json!({ "not": test })).is_err());
        assert!(compile(json!({ "any": [issuer, test] })).is_err());
        assert!(compile(json!({ "all": [issuer, { "any": [test, "orders:read"] }] })).is_ok());
    }
    assert!(compile(json!("orders:read")).is_ok());
}

/// Policies that do not compile; the published schema is held against them as well.
const REFUSED: &str = include_str!("../../../tests/policies/refused.json");

#[test]
fn a_bad_policy_is_refused_with_its_place_and_a_remedy() {
    let Value::Array(refused) = serde_json::from_str(REFUSED).unwrap() else {
        panic!("an array of policies")
    };
    for case in refused {
        let error = error(case["policy"].clone());
        assert_eq!(error.at, case["at"].as_str().unwrap(), "{error}");
        assert!(error.message.contains(case["says"].as_str().unwrap()), "{error}");
    }
}

#[test]
fn rules_that_tie_are_an_error_that_names_both() {
    let two = |first: Value, second: Value| {
        let document = json!({ "version": 1, "rules": [
            { "id": "one", "path": "/a/{x}", "methods": first, "require": "anyone" },
            { "id": "two", "path": "/a/{y}/", "methods": second, "require": "user" },
        ]});
        Policy::from_value(&document, Context::default())
    };
    for (first, second) in
        [(json!(["GET"]), json!(["PUT", "GET"])), (json!(["GET"]), json!(["HEAD"]))]
    {
        let error = two(first, second).unwrap_err();
        assert!(error.message.contains("`two` and `one`"), "{error}");
        assert_eq!(error.at, "rules[1]");
    }
    assert!(two(json!(["GET"]), json!(["PUT"])).is_ok());
    let error = error(json!({ "version": 1, "rules": [
        { "id": "r", "path": "/a", "require": "user" }, { "id": "r", "path": "/b", "require": "user" },
    ]}));
    assert!(error.message.contains("already the id of `rules[0]`"), "{error}");
}

#[test]
fn text_is_read_strictly() {
    let twice = r#"{"version":1,"otherwise":"deny","otherwise":"anyone"}"#;
    let error = Policy::from_json(twice, Context::default()).unwrap_err();
    assert!(error.message.contains("duplicate member `otherwise`"), "{error}");
    assert!(error.message.contains("line 1"), "{error}");
    let error = Policy::from_json("{\n \"version\": 1,", Context::default()).unwrap_err();
    assert_eq!(error.position.map(|position| position.line), Some(2), "{error}");
    let empty = Policy::from_json(r#"{"version":1}"#, Context::default()).unwrap();
    assert!(empty.is_empty());
}

#[test]
fn an_error_in_a_text_says_line_and_column() {
    let text = "{ \"version\": 1,\n  \"rules\": [\n    { \"id\": \"r\", \"path\": \"/\",\n      \
                \"require\": { \"all\": [\"user\", \"orders\"] } }\n  ] }";
    let error = Policy::from_json(text, Context::default()).unwrap_err();
    assert_eq!(error.at, "rules[0].require.all[1]");
    let position = error.position.unwrap();
    assert_eq!((position.line, position.column), (4, 36), "{error}");
    assert!(error.message.ends_with(" (line 4, column 36)"), "{error}");
    let document = json!({ "version": 2 });
    assert_eq!(Policy::from_value(&document, Context::default()).unwrap_err().position, None);
}

#[test]
fn an_explanation_has_every_part_with_what_was_found() {
    let policy = policy(json!([{ "id": "r", "path": "/users/{user}", "require": { "all": [
        "orders:read", { "any": ["role:admin", { "claim": "sub", "equals": { "path": "user" } }] },
        { "not": { "claim": "amr", "contains": "pwd" } },
    ] } }]));
    let request = Request { method: "GET", target: "/users/u2", host: None };
    let route = policy.route(&request).unwrap();
    let who = somebody(&["orders:read"], json!({ "sub": "u1" }));
    let all = route.explain(Bearer::Verified(&who), now()).unwrap();
    assert_eq!((all.requirement.as_str(), all.verdict), ("all", Verdict::Error));
    assert_eq!(all.parts[0].verdict, Verdict::Holds);
    assert_eq!(all.parts[0].found, "permissions orders:read");
    let own = &all.parts[1].parts[1];
    assert_eq!(
        (own.requirement.as_str(), own.verdict),
        ("claim:sub equals path:user", Verdict::Fails)
    );
    assert_eq!(own.found, "sub is \"u1\", path:user is \"u2\"");
    let amr = &all.parts[2].parts[0];
    assert_eq!((amr.found.as_str(), amr.verdict), ("amr is absent", Verdict::Error));
    let nobody = route.explain(Bearer::Fault(ErrorCode::TokenMissing), now()).unwrap();
    assert_eq!(nobody.parts[0].found, "no token that was verified");
    let elsewhere = Request { target: "/", ..request };
    let route = policy.route(&elsewhere).unwrap();
    assert_eq!(route.explain(Bearer::Verified(&who), now()), None);
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
