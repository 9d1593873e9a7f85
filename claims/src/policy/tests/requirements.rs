//! What a rule demands, and how a decision says it.

use super::*;

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
        { "id": "refund", "path": "/refunds", "require": { "claim": "/amr/0", "equals": "mfa" } },
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
    let inside = decide(&policy, Some(&who), "POST", "/refunds");
    assert_eq!((inside.status, &*inside.missing), (401, &["claim:/amr/0".to_owned()][..]));
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
fn with_several_issuers_names_need_their_issuer() {
    let compile = |require: Value| {
        let document =
            json!({ "version": 1, "rules": [{ "id": "r", "path": "/", "require": require }] });
        let grants = ["realm_access", "https://shop.example/roles"].map(str::to_owned);
        let context = Context { several_issuers: true, grants: &grants };
        Policy::from_value(&document, context).map(|_| ())
    };
    let issuer = json!({ "issuer": "https://id.example" });
    for test in [
        json!({ "level": 5 }),
        json!({ "claim": "sub", "equals": "u1" }),
        json!({ "claim": "/username", "equals": "ann" }),
        json!({ "claim": "owner", "equals": { "claim": "sub" } }),
        json!({ "claim": "roles", "contains": "admin" }),
        json!({ "claim": "/roles/0", "equals": "admin" }),
        json!({ "claim": "permissions", "present": true }),
        json!({ "claim": "scope", "equals": "orders:cancel" }),
        json!({ "claim": "level", "atMost": 5 }),
        json!({ "claim": "/realm_access/roles", "contains": "admin" }),
        json!({ "claim": "https://shop.example/roles", "contains": "admin" }),
        json!({ "claim": "/https:~1~1shop.example~1roles", "contains": "admin" }),
        json!({ "claim": "mine", "in": { "claim": "/roles" } }),
    ] {
        assert_eq!(compile(test.clone()).unwrap_err().at, "rules[0].require", "{test}");
        assert!(compile(json!({ "not": test })).is_err());
        assert!(compile(json!({ "any": [issuer, test] })).is_err());
        assert!(compile(json!({ "all": [issuer, { "any": [test, "orders:read"] }] })).is_ok());
    }
    for free in [json!("orders:read"), json!("role:admin"), json!({ "permission": "Orders.Read" })]
    {
        assert!(compile(free).is_ok());
    }
    assert!(compile(json!({ "claim": "/org/roles", "contains": "admin" })).is_ok());
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
