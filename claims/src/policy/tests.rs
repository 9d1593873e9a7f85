//! The policy as its users meet it: documents in, decisions out.

mod paths;
mod requirements;

use serde_json::{Value, json};

use super::*;
use crate::code::ErrorCode;
use crate::principal::{Kind, Principal};
use crate::time::Timestamp;

/// Policies that do not compile; the published schema is held against them as well.
const REFUSED: &str = include_str!("../../../tests/policies/refused.json");

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
