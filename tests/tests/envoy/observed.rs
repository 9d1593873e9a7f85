//! What operators see of the filter: metrics, access log, log.

use std::time::{Duration, Instant};
use std::{fs, thread};

use laika_tests::envoy::manager;
use laika_tests::http::Request;
use serde_json::{Value, json};

use super::{Scene, good, plugin, token_of};

#[test]
fn what_was_decided_is_counted() {
    let scene = Scene::new(|_| {});
    let count = |name: &str| scene.envoy.counter(&format!("wasmcustom.laika_{name}"));
    let (token, other) = (good(), token_of("rsa-1", |_| {}));
    for token in [&token, &token, &token, &other] {
        assert_eq!(scene.get("/orders", token).status, 200);
    }
    assert_eq!(scene.get("/admin", &token).status, 403);
    assert_eq!(scene.send(Request::new("GET", "/orders")).status, 401);
    assert_eq!((count("denied_permission_denied"), count("denied_token_missing")), (1, 1));
    // What most requests add to is told once a second.
    let counts = || (count("allowed"), count("cache_hits"), count("cache_misses"));
    let end = Instant::now() + Duration::from_secs(30);
    while counts() != (4, 3, 2) && Instant::now() < end {
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(counts(), (4, 3, 2));
    assert_eq!(count("would_deny_token_missing"), 0);
    let histograms = scene.envoy.ask_admin("/stats/prometheus?filter=laika_decision");
    let text = String::from_utf8_lossy(&histograms.body).into_owned();
    assert!(text.contains("laika_decision_microseconds"), "{text}");
}

#[test]
fn in_shadow_what_would_be_denied_is_counted_as_that() {
    let scene = Scene::new(|plugin| plugin["shadow"] = json!(true));
    assert_eq!(scene.send(Request::new("GET", "/orders")).status, 200);
    let count = |name: &str| scene.envoy.counter(&format!("wasmcustom.laika_{name}"));
    assert_eq!((count("would_deny_token_missing"), count("denied_token_missing")), (1, 0));
    assert_eq!(count("allowed"), 0);
}

#[test]
fn the_access_log_knows_rule_and_code() {
    let token = good();
    let requests = [
        (Request::with_token("/orders", &token), 200),
        (Request::with_token("/admin", &token), 403),
        (Request::with_token("/orders/..", &token), 400),
        (Request::with_token("/health", "a.b.c"), 200),
    ];
    let faults =
        ["403 admin permission_denied", "400 - request_invalid", "200 health token_malformed"];
    for (all, first) in [(true, "200 list -"), (false, "200 - -")] {
        let mut plugin = plugin();
        plugin["access_log"] = json!(all);
        assert_eq!(access_log(&plugin, &requests), [&[first], faults.as_slice()].concat());
    }
}

#[test]
fn the_access_log_knows_what_a_bad_configuration_refuses() {
    let mut plugin = plugin();
    plugin["forwrd"] = json!({});
    let requests = [Request::new("GET", "/health"), Request::with_token("/orders", &good())];
    let log = access_log(&plugin, &requests.map(|request| (request, 503)));
    assert_eq!(log, ["503 - options_invalid"; 2]);
}

/// The access log of these requests, each with the status of its answer.
fn access_log(plugin: &Value, requests: &[(Request, u16)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let scene = Scene::changed(plugin, |bootstrap| {
        let format = "%RESPONSE_CODE% %FILTER_STATE(wasm.laika_rule:PLAIN)% \
                      %FILTER_STATE(wasm.laika_code:PLAIN)%\n";
        manager(bootstrap)["access_log"] = json!([{
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": file,
                "log_format": { "text_format_source": { "inline_string": format } },
            },
        }]);
    });
    for (request, status) in requests {
        assert_eq!(scene.envoy.send(request).status, *status, "{request:?}");
    }
    // It is written when its buffer is full or its time has come, and when it is asked for.
    let _ = scene.envoy.ask_admin("/reopen_logs");
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let log = fs::read_to_string(&file).unwrap_or_default();
        if log.lines().count() == requests.len() || Instant::now() > end {
            return log.lines().map(str::to_owned).collect();
        }
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_log_says_who_computes_signatures_and_holds_no_token() {
    let scene = Scene::new(|_| {});
    let by_proxy = "the proxy computes signatures of RSA (PKCS#1) and ECDSA";
    let ed = good();
    assert_eq!(scene.get("/orders", &ed).status, 200);
    assert!(!scene.envoy.log().contains(by_proxy), "it does not compute Ed25519");
    let rsa = token_of("rsa-1", |_| {});
    for _ in 0..2 {
        assert_eq!(scene.get("/orders", &rsa).status, 200);
    }
    assert_eq!(scene.envoy.log().matches(by_proxy).count(), 1);
    let foreign = token_of("rsa-2", |_| {});
    assert_eq!(scene.get("/orders", &foreign).status, 401);
    for token in [ed, rsa, foreign] {
        for part in token.split('.') {
            assert!(!scene.envoy.log().contains(part), "a part of a token is in the log");
        }
    }
}
