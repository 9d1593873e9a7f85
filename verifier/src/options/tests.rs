use serde_json::json;

use super::*;
use crate::keys::KeySource;

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
    let status = &options.issuers[0].rules.status;
    assert!(!status.is_off() && !status.is_required());
    assert_eq!(status.max_stale, 300.0);
    assert_eq!(options.cache_bytes, Some(1_048_576));
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
        (inner("status", json!("on")), "issuers[0].status", "unknown variant `on`"),
        (inner("status_uris", json!(["http://a/"])), "issuers[0].status_uris", "insecure_http"),
        (inner("status_max_stale", json!(-1)), "issuers[0].status_max_stale", "seconds"),
        (inner("discover", json!(true)), "issuers[0]", "one of `jwks`"),
        (inner("max_token_age", json!("1")), "issuers[0].max_token_age", "expected a number"),
        (top("cache", json!(true)), "cache", "`max_bytes`"),
        (top("cache", json!([5])), "cache", "expected an object"),
        (inner("may_assert", json!([])), "issuers[0].may_assert", "expected an object"),
        (inner("issuer", json!(1)), "issuers[0].issuer", "invalid type: number `1`"),
        (top("cache", json!({ "max_bytes": 0 })), "cache.max_bytes", "bytes"),
        (top("cache", json!({ "size": 0 })), "cache.size", "`max_bytes`"),
        (inner("max_token_age", json!(0)), "issuers[0].max_token_age", "above 0"),
        (inner("insecure_http", json!(["x"])), "issuers[0].insecure_http", "origins"),
        (inner("audiance", json!("x")), "issuers[0].audiance", "unknown field `audiance`"),
    ] {
        assert_eq!(error.at, at, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    assert_eq!(top("policy", json!({})).code, ErrorCode::PolicyInvalid);
}

#[test]
fn an_issuer_is_named_once_in_whatever_spelling() {
    let read = |named: [(&str, &str); 2]| {
        let issuers = named.map(|(issuer, profile)| {
            json!({
                "issuer": issuer, "audience": "orders", "profile": profile, "may_assert": {},
                "jwks_uri": "https://id.example/keys",
            })
        });
        Options::from_value(json!({ "issuers": issuers }))
    };
    let (v1, v2) = ("https://sts.windows.net/t1/", "https://login.microsoftonline.com/t1/v2.0");
    for named in [
        [(v1, "rfc9068"), (v1, "laika")],
        [(v1, "entra"), (v2, "entra")],
        [(v1, "entra"), (v2, "rfc9068")],
        [(v1, "rfc9068"), (v2, "entra")],
    ] {
        let error = read(named).unwrap_err();
        assert_eq!(error.at, "issuers[1].issuer");
        assert!(error.message.contains("both spellings of a tenant"), "{error}");
    }
    assert!(read([(v1, "rfc9068"), (v2, "rfc9068")]).is_ok());
    assert!(read([(v1, "entra"), ("https://sts.windows.net/t2/", "entra")]).is_ok());
}

#[test]
fn with_several_issuers_no_rule_reads_what_one_of_them_may_not_assert() {
    let read = |several: bool, claim: &str| {
        let issuer = |name: &str, profile: &str| {
            json!({
                "issuer": name, "audience": "orders", "profile": profile,
                "jwks_uri": "https://id.example/keys", "may_assert": {},
            })
        };
        let mut custom = issuer("https://a", "auth0");
        custom["role_claims"] = json!(["https://shop.example/roles"]);
        let others = [issuer("https://b", "keycloak"), issuer("https://c", "cognito")];
        let mut issuers = vec![custom];
        issuers.extend(several.then_some(others).into_iter().flatten());
        let require = json!({ "claim": claim, "contains": "admin" });
        let rules = json!([{ "id": "r", "path": "/", "require": require }]);
        Options::from_value(
            json!({ "issuers": issuers, "policy": { "version": 1, "rules": rules } }),
        )
    };
    for claim in [
        "roles",
        "permissions",
        "scope",
        "https://shop.example/roles",
        "/https:~1~1shop.example~1roles",
        "/realm_access/roles",
        "/resource_access/billing/roles",
        "cognito:groups",
    ] {
        let error = read(true, claim).unwrap_err();
        assert_eq!((error.code, &*error.at), (ErrorCode::PolicyInvalid, "policy.rules[0].require"));
        assert!(error.message.contains("`role:name`"), "{error}");
        assert!(read(false, claim).is_ok(), "{claim}");
    }
    assert!(read(true, "amr").is_ok());
}

#[test]
fn status_and_discovery_are_read() {
    let issuer = |change: &dyn Fn(&mut Value)| {
        let mut document = document();
        change(&mut document["issuers"][0]);
        Options::from_value(document).map(|options| options.issuers.into_iter().next().unwrap())
    };
    let read = issuer(&|issuer| {
        issuer["status"] = json!("required");
        issuer["status_uris"] =
            json!(["https://cdn.example", "https://slash.example/", "https://lists.example/0?a"]);
    });
    let status = read.unwrap().rules.status;
    assert!(status.is_required());
    for (uri, may) in [
        ("https://id.example/status/rs256/0", true),
        ("https://cdn.example/0", true),
        ("https://slash.example/0", true),
        ("https://slash.example.evil/0", false),
        ("https://lists.example/0?a", true),
        ("https://lists.example/0", false),
        ("https://id.example.evil/0", false),
        ("http://id.example/0", false),
        ("https://id.example:444/0", false),
        ("https://x@id.example/0", false),
        ("ftp://id.example/0", false),
        ("", false),
    ] {
        assert_eq!(status.may_fetch(uri), may, "{uri}");
    }
    let read = issuer(&|issuer| {
        issuer.as_object_mut().unwrap().remove("jwks_uri");
        issuer["discover"] = json!(true);
    });
    assert!(matches!(read.unwrap().keys, KeysFrom::Remote(KeySource::Discovery(_), _)));
    let read = issuer(&|issuer| {
        issuer.as_object_mut().unwrap().remove("jwks_uri");
        issuer["discover"] = json!(true);
        issuer["issuer"] = json!("urn:example");
    });
    assert_eq!(read.unwrap_err().at, "issuers[0].discover");
    let cache = |value: Value| {
        let mut document = document();
        document["cache"] = value;
        Options::from_value(document).unwrap().cache_bytes
    };
    assert_eq!(cache(json!(false)), None);
    assert_eq!(cache(json!({})), Some(1_048_576));
    assert_eq!(cache(json!({ "max_bytes": 7 })), Some(7));
}
