//! What the plugin configuration changes.

use laika_tests::envoy::Envoy;
use laika_tests::http::{Request, Server};
use laika_tests::signing::{TestKey, micro_claims};
use serde_json::{Value, json};

use super::{ISSUER, Scene, assert_denied, good, now, plugin, token_of, upstream_headers};

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
    assert_eq!(upstream_headers(&scene.send(basic), "authorization"), ["Basic YTpi"]);
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
    assert_eq!(upstream_headers(&answer, "x-user-id").len(), 1, "this one is verified");
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
        (broken("policy", json!({ "version": 2 })), "policy_invalid", "`policy.version`"),
        (broken("policy", Value::Null), "options_invalid", "write a policy"),
        (broken("issuers", json!([])), "options_invalid", "name at least one issuer"),
        ("{".to_owned(), "options_invalid", "EOF"),
        (String::new(), "options_invalid", "no configuration"),
    ] {
        let upstream = Server::echo();
        let envoy = Envoy::with_text(&plugin, &[("upstream", upstream.address)]);
        for request in [Request::new("GET", "/health"), Request::with_token("/orders", &good())] {
            let answer = envoy.send(&request);
            assert_denied(&answer, 503, code, None);
            assert_eq!(answer.json().get("missing"), None, "{plugin}: nothing for clients");
        }
        assert!(envoy.log().contains(reason), "{plugin}");
        assert_eq!(envoy.counter(&format!("wasmcustom.laika_denied_{code}")), 2, "{plugin}");
    }
}
