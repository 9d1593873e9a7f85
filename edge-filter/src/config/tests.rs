use serde_json::json;

use super::*;

fn document() -> Value {
    json!({
        "issuers": [{
            "issuer": "https://id.example", "audience": "orders",
            "jwks_uri": "https://id.example:8443/.well-known/jwks.json", "cluster": "issuer",
        }],
        "policy": { "version": 1, "rules": [], "otherwise": "deny" },
    })
}

fn read(document: &Value) -> Result<Config, OptionsError> {
    Config::from_json(document.to_string().as_bytes())
}

fn with(name: &str, value: Value) -> Result<Config, OptionsError> {
    let mut document = document();
    document[name] = value;
    read(&document)
}

fn with_issuer(name: &str, value: Value) -> Result<Config, OptionsError> {
    let mut document = document();
    document["issuers"][0][name] = value;
    read(&document)
}

#[test]
fn the_least_configuration_reads_the_authorization_header_and_forwards_nothing() {
    let config = read(&document()).unwrap();
    assert_eq!(config.token_from, [TokenPlace::authorization()]);
    assert_eq!(config.forward.names().count(), 0);
    assert!(!config.strip_token && !config.shadow && config.realm.is_none());
    assert_eq!(config.clusters, [Some("issuer".to_owned())]);
    let mut one = document();
    one["issuers"] = one["issuers"][0].clone();
    assert_eq!(read(&one).unwrap().clusters, config.clusters);
}

#[test]
fn names_are_kept_in_lower_case() {
    let config = with(
        "forward",
        json!({ "headers": { "X-User-Id": "sub" }, "payload_header": "X-Token-Claims" }),
    )
    .unwrap();
    assert_eq!(config.forward.names().collect::<Vec<_>>(), ["x-user-id", "x-token-claims"]);
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let forward = |headers: Value| with("forward", json!({ "headers": headers }));
    for (result, at, words) in [
        (with("forwrd", json!({})), "forwrd", "`forward`"),
        (with("forw\nrd", json!({})), "forw\\nrd", "unknown field `forw\\nrd`"),
        (with("policy", Value::Null), "policy", "write a policy"),
        (with("policy", json!({ "version": 2 })), "policy.version", "only version"),
        (with("issuers", json!("x")), "issuers", "expected an object"),
        (with("token_from", json!([])), "token_from", "at least one"),
        (with("token_from", json!([{}])), "token_from[0]", "name the `header`"),
        (with("token_from", json!([{ "cookie": "a b" }])), "token_from[0].cookie", "`a b`"),
        (
            with("token_from", json!([{ "cookie": "a", "header": "b" }])),
            "token_from[0]",
            "one of them",
        ),
        (
            with("token_from", json!([{ "cookie": "a", "scheme": "b" }])),
            "token_from[0].scheme",
            "remove it",
        ),
        (with("token_from", json!([{ "header": "Cookie" }])), "token_from[0].header", "`cookie`"),
        (with("token_from", json!([{ "header": "a b" }])), "token_from[0].header", "`a b`"),
        (
            with("token_from", json!([{ "header": "a", "scheme": "" }])),
            "token_from[0].scheme",
            "`Bearer`",
        ),
        (with("token_from", json!([{ "query": "t" }])), "token_from[0].query", "unknown field"),
        (with("cookie_origins", json!([])), "cookie_origins", "remove it"),
        (with("cookie_origins", json!("x")), "cookie_origins", "remove it"),
        (with("pass_preflight", json!("x")), "pass_preflight", "expected a boolean"),
        (with("access_log", json!("all")), "access_log", "expected a boolean"),
        (with("forward", json!({ "header": {} })), "forward.header", "unknown field"),
        (forward(json!({ "x:y": "sub" })), "forward.headers.x:y", "`x:y`"),
        (forward(json!({ "Host": "sub" })), "forward.headers.Host", "HTTP itself"),
        (forward(json!({ "authorization": "sub" })), "forward.headers.authorization", "token"),
        (forward(json!({ "x-a": "sub", "X_A": "sub" })), "forward.headers.x-a", "taken"),
        (forward(json!({ "x-a": "" })), "forward.headers.x-a", "claim"),
        (forward(json!({ "x-a": "/roles" })), "forward.headers.x-a", "write `roles`"),
        (forward(json!({ "x-a": "/permissions/0" })), "forward.headers.x-a", "`permissions`"),
        (forward(json!({ "x-a": "/level" })), "forward.headers.x-a", "write `level`"),
        (with("strip_token", json!("yes")), "strip_token", "expected a boolean"),
        (with("shadow", json!(1)), "shadow", "expected a boolean"),
        (with_issuer("cluster", Value::Null), "issuers[0].cluster", "name the proxy's cluster"),
        (with_issuer("cluster", json!("")), "issuers[0].cluster", "name the proxy's cluster"),
        (with_issuer("clutser", json!("x")), "issuers[0].clutser", "unknown field `clutser`"),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.at, at, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    for pointer in ["/rolesX", "/realm/roles", "/Level", "roles"] {
        assert!(forward(json!({ "x-a": pointer })).is_ok(), "{pointer}");
    }
    assert!(forward(json!({ "Content_Length": "sub" })).unwrap_err().message.contains("HTTP"));
    let status = with_issuer("status", json!("required"));
    assert!(status.is_ok(), "{status:?}");
    let jwks = json!({ "keys": [] });
    let unused =
        json!({ "issuers": { "issuer": "a", "audience": "b", "jwks": jwks, "cluster": "c" } });
    assert_eq!(read(&unused).unwrap_err().at, "issuers[0].cluster");
    assert!(Config::from_json(b"").unwrap_err().message.contains("no configuration"));
    assert!(Config::from_json(b"[]").unwrap_err().message.contains("object"));
    let twice = Config::from_json(br#"{"shadow":true,"shadow":false}"#).unwrap_err();
    assert!(twice.message.contains("duplicate member"), "{twice}");
}

#[test]
fn of_several_issuers_nothing_goes_on_that_one_may_not_assert() {
    let mut document = document();
    let may_assert = json!({ "permissions": ["orders:*"], "roles": ["partner"] });
    document["issuers"][0]["may_assert"] = may_assert.clone();
    document["issuers"].as_array_mut().unwrap().push(json!({
        "issuer": "https://partner.example/realms/shop", "audience": "orders",
        "profile": "keycloak", "may_assert": may_assert, "cluster": "partner",
        "jwks_uri": "https://partner.example/keys",
    }));
    let mut forward = |claim: &str| {
        document["forward"] = json!({ "headers": { "x-iss": "iss", "x-a": claim } });
        read(&document)
    };
    for raw in ["/realm_access/roles", "realm_access", "/resource_access/orders/roles", "scope"] {
        let error = forward(raw).unwrap_err();
        assert_eq!(error.at, "forward.headers.x-a");
        assert!(error.message.contains("write `permissions` or `roles`"), "{error}");
    }
    for good in ["roles", "permissions", "level", "email", "/address/country"] {
        assert!(forward(good).is_ok(), "{good}");
    }
    assert!(with("forward", json!({ "headers": { "x-a": "scope" } })).is_ok(), "of one issuer");
}

#[test]
fn origins_are_written_as_browsers_send_them() {
    let read = |origin: &str| {
        let mut document = document();
        document["token_from"] = json!([{ "cookie": "micro" }]);
        document["cookie_origins"] = json!(["https://app.example", origin]);
        read(&document)
    };
    for origin in [
        "https://app.example.com",
        "http://localhost:8080",
        "https://app.example:8443",
        "http://127.0.0.1:3000",
        "https://[::1]",
        "https://[2001:db8::1]:8443",
    ] {
        assert_eq!(read(origin).unwrap().cookie_origins[1], origin);
    }
    for origin in [
        "",
        "null",
        "*",
        "app.example",
        "https://",
        "https://App.example",
        "https://app.example/",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:08443",
        "https://app.example:x",
        "https://a@b",
        "https://*.example",
        "ftp://a",
        "https://[::1",
        "https://[0::1]",
    ] {
        assert_eq!(read(origin).unwrap_err().at, "cookie_origins[1]", "{origin}");
    }
    let mut document = document();
    document["token_from"] = json!([{ "cookie": "micro" }]);
    document["cookie_origins"] = json!("https://app.example");
    let error = super::Config::from_json(document.to_string().as_bytes()).unwrap_err();
    assert!(error.message.contains("expected an array"), "{error}");
}

#[test]
fn with_several_issuers_a_subject_goes_on_with_its_issuer_only() {
    let mut document = document();
    let issuer = |name: &str| {
        let may_assert = json!({ "permissions": ["orders:*"] });
        let mut issuer = document["issuers"][0].clone();
        issuer["issuer"] = json!(name);
        issuer["may_assert"] = may_assert;
        issuer
    };
    let issuers = json!([issuer("https://a.example"), issuer("https://b.example")]);
    document["issuers"] = issuers;
    document["forward"] = json!({ "headers": { "x-user-id": "sub" } });
    assert_eq!(read(&document).unwrap_err().at, "forward.headers");
    document["forward"]["headers"]["x-issuer"] = json!("iss");
    assert_eq!(read(&document).unwrap().clusters.len(), 2);
}
