use serde_json::json;

use super::*;

fn document() -> Value {
    json!({ "issuers": [{
        "issuer": "https://id.example", "audience": "orders",
        "jwks_uri": "https://id.example/.well-known/jwks.json",
    }]})
}

#[test]
fn defaults_are_the_contract() {
    let options = Options::from_value(document()).unwrap();
    assert_eq!(options.limits.clock_tolerance, 0.0);
    assert_eq!(options.limits.clock_skew, 60.0);
    assert_eq!(options.limits.max_token_size, 16_384);
    assert!(options.policy.is_none());
    assert!(options.issuers[0].rules.refuse_status);
    let one = document()["issuers"][0].clone();
    assert!(Options::from_value(json!({ "issuers": one })).is_ok());
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let top = |name: &str, value: Value| {
        let mut document = document();
        document[name] = value;
        Options::from_value(document).unwrap_err()
    };
    let inner = |name: &str, value: Value| {
        let mut document = document();
        document["issuers"][0][name] = value;
        Options::from_value(document).unwrap_err()
    };
    for (error, at, words) in [
        (top("polciy", json!({})), "polciy", "unknown field `polciy`"),
        (top("issuers", json!([])), "issuers", "at least one"),
        (top("issuers", json!("x")), "issuers", "expected an object"),
        (top("clock_skew", json!(-1)), "clock_skew", "seconds"),
        (top("clock_tolerance", json!("1")), "clock_tolerance", "invalid type"),
        (top("max_token_size", json!(0)), "max_token_size", "bytes"),
        (top("policy", json!({ "version": 2 })), "policy.version", "only version"),
        (top("policy", json!("{")), "policy", "EOF"),
        (inner("issuer", json!("")), "issuers[0].issuer", "exact `iss`"),
        (inner("audience", json!([])), "issuers[0].audience", "audience"),
        (inner("audience", json!([""])), "issuers[0].audience", "audience"),
        (inner("audience", Value::Null), "issuers[0].audience", "a string or an array"),
        (inner("jwks", json!({ "keys": [] })), "issuers[0]", "one of `jwks`"),
        (inner("jwks_uri", json!("http://id.example/")), "issuers[0].jwks_uri", "insecure_http"),
        (inner("jwks_uri", Value::Null), "issuers[0]", "one of `jwks`"),
        (inner("algorithms", json!([])), "issuers[0].algorithms", "at least one"),
        (
            inner("algorithms", json!(["none"])),
            "issuers[0].algorithms[0]",
            "`none` is no algorithm",
        ),
        (inner("profile", json!("okta")), "issuers[0].profile", "unknown variant `okta`"),
        (inner("status", json!("required")), "issuers[0].status", "unknown variant `required`"),
        (inner("max_token_age", json!(0)), "issuers[0].max_token_age", "above 0"),
        (inner("insecure_http", json!(["x"])), "issuers[0].insecure_http", "origins"),
        (inner("audiance", json!("x")), "issuers[0].audiance", "unknown field `audiance`"),
    ] {
        assert_eq!(error.at, at, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    assert_eq!(top("policy", json!({})).code, ErrorCode::PolicyInvalid);
}
