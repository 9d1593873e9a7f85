//! What the filter does about a request, without a proxy.

#![cfg(test)]

use laika_edge_filter::filter::answer_of;
use laika_edge_filter::shared::Answer;
use laika_edge_filter::{Call, Edit, Filter, Judgement, Outcome};
use laika_verifier::Timestamp;
use laika_verifier::fetch::LOST;
use serde_json::{Value, json};

const JWKS_URI: &str = "https://id.example.com:8443/keys?a=b";

/// The first golden vector: a good token, and all that is needed to prove it.
struct Good {
    token: String,
    jwks: Value,
    options: Value,
    now: f64,
}

fn good() -> Good {
    let vectors: Value =
        serde_json::from_str(include_str!("../../tests/vectors/verify.json")).unwrap();
    let case = &vectors["cases"][0];
    let options = vectors["options"].clone();
    let issuer = options["issuers"].get(0).unwrap_or(&options["issuers"]);
    Good {
        token: case["token"].as_str().unwrap().to_owned(),
        jwks: issuer["jwks"].clone(),
        now: case["now"].as_f64().unwrap(),
        options: json!({
            "issuers": { "issuer": issuer["issuer"], "audience": issuer["audience"], "status": "off",
                         "jwks_uri": JWKS_URI, "cluster": "issuer" },
            "policy": { "version": 1, "otherwise": "deny", "rules": [
                { "id": "health", "path": "/health", "require": "anyone" },
                { "id": "orders", "path": "/orders", "require": "orders:read" },
            ]},
            "forward": { "headers": { "x-user-id": "sub", "x-none": "nothing", "x-amr": "/amr/0" } },
        }),
    }
}

/// Headers as a host hands them out.
fn bytes<'h>(headers: &[(&'h str, &'h [u8])]) -> Vec<(&'h [u8], &'h [u8])> {
    headers.iter().map(|(name, value)| (name.as_bytes(), *value)).collect()
}

/// A filter whose keys are behind a URL, and a clock.
struct Scene {
    filter: Filter,
    good: Good,
    now: f64,
}

impl Scene {
    fn new(change: impl FnOnce(&mut Value)) -> Self {
        let mut good = good();
        change(&mut good.options);
        let filter = Filter::from_json(good.options.to_string().as_bytes()).unwrap();
        Self { filter, now: good.now, good }
    }

    /// One that has its keys.
    fn ready(change: impl FnOnce(&mut Value)) -> Self {
        let mut scene = Self::new(change);
        let call = scene.judge("/orders", &[]).calls.remove(0);
        scene.fetched(&call, "200", "max-age=3600").unwrap();
        scene
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now).unwrap()
    }

    fn judge(&mut self, path: &str, more: &[(&str, &[u8])]) -> Judgement {
        self.judge_patiently(path, more, true)
    }

    /// A request with the good token.
    fn judge_patiently(&mut self, path: &str, more: &[(&str, &[u8])], may_wait: bool) -> Judgement {
        let bearer = format!("Bearer {}", self.good.token);
        let own: [(&str, &[u8]); 4] = [
            (":method", b"GET"),
            (":path", path.as_bytes()),
            (":authority", b"orders.example"),
            ("authorization", bearer.as_bytes()),
        ];
        let now = self.now();
        self.filter.judge(&bytes(&[&own, more].concat()), may_wait, now)
    }

    fn fetched(&mut self, call: &Call, status: &str, cache_control: &str) -> Result<(), String> {
        let headers = [(":status", status), ("cache-control", cache_control)];
        let headers = headers.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let (body, now) = (self.good.jwks.to_string(), self.now());
        let answer = answer_of(&headers, body.into_bytes(), now, now);
        let arrived = self.filter.fetched(call.id, &answer, now);
        arrived.failure.map_or(Ok(()), |failure| Err(failure.to_string()))
    }
}

#[track_caller]
fn edit(judgement: Judgement) -> Edit {
    match judgement.outcome {
        Outcome::Continue(edit) => edit,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_denied(judgement: &Judgement, status: u16, code: &str) {
    let Outcome::Deny(denial) = &judgement.outcome else { panic!("{judgement:?}") };
    let body: Value = serde_json::from_str(&denial.body).unwrap();
    assert_eq!((denial.status, &body["code"]), (status, &json!(code)));
    assert!(judgement.log.as_ref().is_some_and(|line| line.contains(code)), "{judgement:?}");
}

#[test]
fn a_request_waits_for_keys_that_are_on_their_way() {
    let mut scene = Scene::new(|_| {});
    let first = scene.judge("/orders", &[]);
    assert_eq!(first.outcome, Outcome::Wait(scene.now().plus(10.0)));
    assert_eq!(first.log, None);
    let call = &first.calls[0];
    assert_eq!((call.cluster.as_str(), call.scheme.as_str()), ("issuer", "https"));
    assert_eq!((call.authority.as_str(), call.path.as_str()), ("id.example.com:8443", "/keys?a=b"));
    let second = scene.judge("/orders", &[]);
    assert!(matches!(second.outcome, Outcome::Wait(_)));
    assert_eq!(second.calls.len(), 0, "one call is enough");
    assert_denied(&scene.judge_patiently("/orders", &[], false), 503, "keys_unavailable");
    scene.fetched(call, "200", "public, max-age=100").unwrap();
    assert!(matches!(scene.judge("/orders", &[]).outcome, Outcome::Continue(_)));
    let now = scene.now();
    assert!(scene.filter.refresh(now).is_empty());
    scene.now += 80.0;
    let now = scene.now();
    assert_eq!(scene.filter.refresh(now).len(), 1, "at 80 % of its age");
    assert!(matches!(scene.judge("/orders", &[]).outcome, Outcome::Continue(_)), "nobody waits");
}

#[test]
fn after_a_sleep_a_request_waits_for_what_became_of_the_keys() {
    let mut scene = Scene::ready(|options| options["clock_tolerance"] = json!(86_400));
    scene.now += 7200.0;
    let woken = scene.judge("/orders", &[]);
    assert_eq!(woken.outcome, Outcome::Wait(scene.now().plus(5.0)), "none is denied");
    let call = &woken.calls[0];
    assert!(matches!(scene.judge("/orders", &[]).outcome, Outcome::Wait(_)));
    scene.now += 5.0;
    let outlasted = scene.judge_patiently("/orders", &[], false);
    assert!(matches!(outlasted.outcome, Outcome::Continue(_)), "it has waited for long enough");
    scene.fetched(call, "500", "").unwrap_err();
    let again = scene.judge("/orders", &[]);
    assert!(matches!(again.outcome, Outcome::Continue(_)), "old keys go on");
    scene.good.jwks = json!({ "keys": [] });
    scene.fetched(&again.calls[0], "200", "").unwrap();
    assert_denied(&scene.judge("/orders", &[]), 401, "key_not_found");
}

#[test]
fn an_answer_that_comes_too_late_is_awaited_by_nobody() {
    let mut scene = Scene::new(|_| {});
    let late = scene.judge("/orders", &[]).calls.remove(0);
    assert!(scene.filter.awaits(&late));
    scene.now += LOST;
    let call = scene.judge("/orders", &[]).calls.remove(0);
    assert!(!scene.filter.awaits(&late) && scene.filter.awaits(&call), "the first was lost");
    scene.fetched(&late, "200", "").unwrap();
    assert!(matches!(scene.judge("/orders", &[]).outcome, Outcome::Wait(_)), "it is not used");
    scene.fetched(&call, "200", "").unwrap();
    assert!(!scene.filter.awaits(&call));
}

#[test]
fn a_request_that_keys_would_not_mend_does_not_wait() {
    let mut scene = Scene::new(|_| {});
    let other = scene.judge("/orders/..", &[]);
    assert_denied(&other, 400, "request_invalid");
    assert_eq!(other.calls.len(), 1, "though keys are fetched for the next");
    assert_denied(&scene.judge("/elsewhere", &[]), 403, "permission_denied");
    let other = scene.judge("/orders", &[("authorization", b"Bearer another")]);
    assert_denied(&other, 400, "request_invalid");
}

#[test]
fn a_call_that_fails_is_a_503() {
    for status in ["500", "302", "", "abc"] {
        let mut scene = Scene::new(|_| {});
        let call = scene.judge("/orders", &[]).calls.remove(0);
        scene.fetched(&call, status, "").unwrap_err();
        assert_denied(&scene.judge("/orders", &[]), 503, "keys_unavailable");
    }
    let mut scene = Scene::new(|_| {});
    let call = scene.judge("/orders", &[]).calls.remove(0);
    let (none, now) = (Answer::none(scene.now(), scene.now()), scene.now());
    assert!(scene.filter.fetched(call.id, &none, now).failure.is_some());
    let denied = scene.judge("/orders", &[]);
    assert_denied(&denied, 503, "keys_unavailable");
    assert!(denied.calls.is_empty(), "not at once again");
    scene.now += 1.0;
    assert!(matches!(scene.judge("/orders", &[]).outcome, Outcome::Wait(_)));
}

#[test]
fn claims_go_on_and_forged_ones_do_not() {
    let mut scene = Scene::ready(|_| {});
    let forged =
        scene.judge("/orders", &[("X-User_Id", b"root"), ("x-none", b"\xff"), ("x-b", b"1")]);
    let edit = edit(forged);
    assert_eq!(edit.remove, ["X-User_Id", "x-none"]);
    let names: Vec<_> = edit.set.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-amr", "x-user-id"], "a claim that is absent fills no header");
    assert_eq!(edit.set[0].1, b"pwd");
}

#[test]
fn what_an_issuer_may_not_assert_is_not_handed_on_as_if_it_might() {
    let mut scene = Scene::ready(|options| {
        let mut home = options["issuers"].clone();
        home["may_assert"] = json!({ "permissions": ["orders:read"] });
        let mut partner = home.clone();
        partner["issuer"] = json!("https://partner.example");
        partner["jwks_uri"] = json!("https://partner.example/keys");
        options["issuers"] = json!([home, partner]);
        options["forward"]["headers"] = json!({ "x-iss": "iss", "x-level": "level", "x-may": "permissions", "x-roles": "roles" });
    });
    let set = edit(scene.judge("/orders", &[])).set;
    let values: Vec<_> = set.iter().map(|(_, value)| String::from_utf8_lossy(value)).collect();
    assert_eq!(values, ["https://id.example.com", r#"["orders:read"]"#, "[]"]);
}

#[test]
fn the_token_goes_on_unless_it_is_kept() {
    let edit_of = |strip: bool, path: &str| {
        let mut scene = Scene::ready(|options| options["strip_token"] = json!(strip));
        edit(scene.judge(path, &[("x-user-id", b"root")]))
    };
    assert_eq!(edit_of(false, "/orders").remove, ["x-user-id"]);
    assert_eq!(edit_of(true, "/orders").remove, ["x-user-id", "authorization"]);
    assert_eq!(edit_of(true, "/health").remove, ["x-user-id", "authorization"]);
}

#[test]
fn a_header_that_passes_for_that_of_the_token_does_not_go_on_either() {
    for strip in [true, false] {
        let mut scene = Scene::ready(|options| {
            options["strip_token"] = json!(strip);
            options["token_from"] = json!([{ "header": "x-token" }]);
        });
        let good = scene.good.token.clone();
        let headers: [(&str, &[u8]); 2] = [("x-token", good.as_bytes()), ("X_Token", b"a.b.c")];
        let removed = edit(scene.judge("/orders", &headers)).remove;
        assert_eq!(removed, if strip { vec!["x-token", "X_Token"] } else { vec![] });
    }
}

#[test]
fn shadow_lets_everything_through_and_holds_nobody_up() {
    let mut scene = Scene::new(|options| options["shadow"] = json!(true));
    let first = scene.judge("/orders", &[("x-user-id", b"root")]);
    assert_eq!(first.calls.len(), 1);
    assert!(first.log.as_ref().is_some_and(|line| line.starts_with("would deny with 503")));
    assert_eq!(edit(first), Edit { remove: vec!["x-user-id".to_owned()], set: Vec::new() });
    let call = Call { id: 0, ..Scene::new(|_| {}).judge("/orders", &[]).calls.remove(0) };
    scene.fetched(&call, "200", "").unwrap();
    let denied = scene.judge("/elsewhere", &[]);
    assert!(denied.log.as_ref().is_some_and(|line| line.starts_with("would deny with 403")));
    assert_eq!(edit(denied).set.len(), 2, "the token is verified, if of no use here");
}

/// A filter with its keys that reads a cookie, and a request with the good token in it.
fn by_cookie(change: impl FnOnce(&mut Value)) -> (Scene, Vec<u8>) {
    let scene = Scene::ready(|options| {
        options["token_from"] = json!([
            { "header": "authorization", "scheme": "Bearer" }, { "cookie": "micro" },
        ]);
        options["cookie_origins"] = json!(["https://app.example"]);
        change(options);
    });
    let cookies = format!("a=1; micro={}; b=\u{e9}", scene.good.token).into_bytes();
    (scene, cookies)
}

/// A request of `method` for `/orders` without an `authorization` header.
fn send(scene: &mut Scene, method: &str, more: &[(&str, &[u8])]) -> Judgement {
    let own: [(&str, &[u8]); 3] =
        [(":method", method.as_bytes()), (":path", b"/orders"), (":authority", b"orders.example")];
    let now = scene.now();
    scene.filter.judge(&bytes(&[&own, more].concat()), true, now)
}

#[test]
fn a_token_from_a_cookie_needs_an_origin_where_something_may_change() {
    let (mut scene, cookies) = by_cookie(|_| {});
    let cookie: (&str, &[u8]) = ("cookie", &cookies);
    let allowed: (&str, &[u8]) = ("origin", b"https://app.example");
    let evil: (&str, &[u8]) = ("origin", b"https://evil.example");
    let socket: (&str, &[u8]) = ("upgrade", b"websocket");
    assert!(edit(send(&mut scene, "GET", &[cookie])).set.len() == 2);
    assert!(edit(send(&mut scene, "POST", &[cookie, allowed])).set.len() == 2);
    assert!(edit(send(&mut scene, "GET", &[cookie, socket, allowed])).set.len() == 2);
    for refused in [
        send(&mut scene, "POST", &[cookie]),
        send(&mut scene, "POST", &[cookie, evil]),
        send(&mut scene, "GET", &[cookie, socket, evil]),
        // As hosts hand names out that leave them as they came.
        send(&mut scene, "GET", &[("Cookie", &cookies), ("Upgrade", b"websocket")]),
        send(&mut scene, "GET", &[cookie, ("cookie", b"micro=a.b.c")]),
        send(&mut scene, "GET", &[cookie, ("authorization", b"Bearer a.b.c")]),
    ] {
        assert_denied(&refused, 400, "request_invalid");
    }
    let bearer = format!("Bearer {}", scene.good.token);
    let both: [(&str, &[u8]); 2] = [cookie, ("authorization", bearer.as_bytes())];
    assert!(edit(send(&mut scene, "GET", &both)).set.len() == 2, "the same token twice");
    assert_denied(&send(&mut scene, "POST", &both), 400, "request_invalid");
}

#[test]
fn a_cookie_that_held_a_token_is_taken_out_and_others_go_on_as_they_came() {
    let (mut scene, cookies) = by_cookie(|options| {
        options["strip_token"] = json!(true);
        options["forward"] = json!({});
    });
    let more: (&str, &[u8]) = ("cookie", b"c=\xff");
    let judged = edit(send(&mut scene, "GET", &[("cookie", &cookies), more]));
    assert_eq!(judged.remove, ["cookie"]);
    let rest = [b"a=1; b=\xc3\xa9; c=".as_slice(), b"\xff"].concat();
    assert_eq!(judged.set, [("cookie".to_owned(), rest)]);
    let alone = format!("micro={}", scene.good.token);
    let judged = edit(send(&mut scene, "GET", &[("cookie", alone.as_bytes())]));
    assert_eq!(judged, Edit { remove: vec!["cookie".to_owned()], set: Vec::new() });
}

#[test]
fn a_preflight_passes_without_a_token_only_where_that_is_wanted() {
    let preflight: [(&str, &[u8]); 3] = [
        ("origin", b"https://app.example"),
        ("access-control-request-method", b"POST"),
        ("x-user-id", b"root"),
    ];
    let mut scene = Scene::ready(|_| {});
    assert_denied(&send(&mut scene, "OPTIONS", &preflight), 401, "token_missing");
    let mut scene = Scene::ready(|options| options["pass_preflight"] = json!(true));
    let passed = edit(send(&mut scene, "OPTIONS", &preflight));
    assert_eq!(passed, Edit { remove: vec!["x-user-id".to_owned()], set: Vec::new() });
    assert_denied(&send(&mut scene, "OPTIONS", &preflight[..1]), 401, "token_missing");
    assert_denied(&send(&mut scene, "POST", &preflight), 401, "token_missing");
    let now = scene.now();
    let odd: [(&str, &[u8]); 2] = [(":method", b"OPTIONS"), (":path", b"/orders/..")];
    let odd = [odd.as_slice(), &preflight].concat();
    assert_denied(&scene.filter.judge(&bytes(&odd), true, now), 400, "request_invalid");
}

#[test]
fn only_grpc_is_answered_as_grpc() {
    for (kind, is) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc-web", false),
        ("application/grpcx", false),
        ("application/json", false),
        ("", false),
    ] {
        let headers = bytes(&[("content-type", kind.as_bytes())]);
        assert_eq!(laika_edge_filter::filter::is_grpc(&headers), is, "{kind}");
    }
    let spelled = bytes(&[("Content-Type", b"application/grpc")]);
    assert!(laika_edge_filter::filter::is_grpc(&spelled));
    assert!(!laika_edge_filter::filter::is_grpc(&[]));
}

#[test]
fn the_verdict_names_the_rule_where_the_access_log_is_to_know_it() {
    for (all, rule) in [(false, None), (true, Some("orders"))] {
        let mut scene = Scene::ready(|options| options["access_log"] = json!(all));
        let passed = scene.judge("/orders", &[]).verdict;
        assert_eq!((passed.allowed, passed.code, passed.rule.as_deref()), (true, None, rule));
        let denied = scene.judge("/elsewhere", &[]).verdict;
        let code = denied.code.map(laika_verifier::ErrorCode::as_str);
        assert_eq!((denied.allowed, code), (false, Some("permission_denied")));
        assert_eq!(denied.rule.as_deref(), Some("otherwise"));
    }
}

#[test]
fn bytes_that_are_no_text_are_no_reason_to_panic() {
    let mut scene = Scene::ready(|_| {});
    let odd: [(&str, &[u8]); 2] = [("cookie", b"\xff\xfe"), ("x-\u{e9}", b"\0")];
    assert!(matches!(scene.judge("/orders", &odd).outcome, Outcome::Continue(_)));
    let now = scene.now();
    let cases: [&[(&[u8], &[u8])]; 5] = [
        &[],
        &[(b":method", b"GET"), (b":path", b"/health\xff")],
        &[(b":method", b"G\xff"), (b":path", b"/health")],
        &[(b":method", b"GET"), (b":path", b"/health"), (b":authority", b"\xff")],
        &[(b":method", b"GET"), (b":path\xff", b"/health"), (b"\xff\xfe", b"")],
    ];
    for headers in cases {
        assert_denied(&scene.filter.judge(headers, true, now), 400, "request_invalid");
    }
}

#[test]
fn the_configuration_of_the_readme_is_one() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    Filter::from_json(example.as_bytes()).unwrap();
}
