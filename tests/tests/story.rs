//! The whole path, end to end, on real parts: a person registers, logs in and gets a micro token,
//! and one policy gives one answer for it in Node, Chromium, workerd, Envoy and a Rust backend.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_tests::faces::{Face, Project, Setting};
use laika_tests::http::Request;
use laika_tests::issuer::{Issuer, expect, text};
use laika_tests::process::Service;
use serde_json::{Value, json};

const POLICY: &str = r#"{ "version": 1, "rules": [
    { "id": "health", "path": "/health", "require": "anyone" },
    { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" },
    { "id": "cancel", "methods": ["DELETE"], "path": "/orders/{id}",
      "require": { "any": ["orders:cancel", "role:admin"] } },
    { "id": "profile", "methods": ["GET"], "path": "/users/{user}/{*rest}",
      "require": { "claim": "sub", "equals": { "path": "user" } } }
]}"#;

const INVALID: &str = "error=\"invalid_token\"";

/// What every face must answer: status, code, and how the challenge ends.
type Answer<'a> = (u16, Option<&'a str>, &'a str);

/// Sends one request to every face.
#[track_caller]
fn everywhere(faces: &[Face], request: &Request, (status, code, challenge): Answer<'_>) {
    for face in faces {
        let answer = face.send(request);
        let body = answer.json();
        assert_eq!(answer.status, status, "{}: {request:?}: {body}", face.name);
        if status != 200 {
            assert_eq!(body["code"].as_str(), code, "{}: {request:?}: {body}", face.name);
        }
        // One of the faces names a realm; the rest of the challenge is the same.
        let header = answer.header("www-authenticate").unwrap_or_default();
        let header = header.replace(" realm=\"orders\",", "").replace(" realm=\"orders\"", "");
        assert!(header.ends_with(challenge), "{}: {request:?}: {header}", face.name);
        assert_eq!(header.is_empty(), !matches!(status, 401 | 403), "{}: {header}", face.name);
    }
}

fn get(path: &str, token: &str) -> Request {
    Request::with_token(path, token)
}

#[test]
fn one_policy_gives_one_answer_everywhere() {
    for algorithm in ["RS256", "EdDSA"] {
        let issuer = Issuer::start(algorithm);
        let project = Project::new();
        let faces = project.faces(&Setting { issuer: issuer.url(), policy: POLICY });

        let newcomer = text(&issuer.register("grace"), "main_token");
        let weak = issuer.micro_token(&newcomer, "orders");
        let main = issuer.log_in("ada@example.com");
        let good = issuer.micro_token(&main, "orders");
        let elsewhere = issuer.micro_token(&main, "billing");
        let header = header_of(&good);
        assert_eq!(
            (header["alg"].as_str(), header["typ"].as_str()),
            (Some(algorithm), Some("at+jwt"))
        );

        everywhere(&faces, &Request::new("GET", "/health"), (200, None, ""));
        everywhere(&faces, &Request::new("GET", "/orders"), (401, Some("token_missing"), "Bearer"));
        everywhere(&faces, &get("/orders", &good), (200, None, ""));
        everywhere(&faces, &get("/orders?page=1", &good), (200, None, ""));
        let denied = (403, Some("permission_denied"), "scope=\"orders:read\"");
        everywhere(&faces, &get("/orders", &weak), denied);
        let cancel =
            Request::new("DELETE", "/orders/0").header("authorization", &format!("Bearer {good}"));
        everywhere(&faces, &cancel, (403, Some("permission_denied"), "scope=\"orders:cancel\""));
        let own = format!("/users/{}/profile", subject_of(&good));
        everywhere(&faces, &get(&own, &good), (200, None, ""));
        let others = "/users/somebody/profile";
        everywhere(
            &faces,
            &get(others, &good),
            (403, Some("permission_denied"), "insufficient_scope\""),
        );
        everywhere(&faces, &get("/nowhere", &good), (403, Some("permission_denied"), ""));
        for path in ["//orders", "/orders%2f0", "/orders;x", "/orders/%2500"] {
            everywhere(&faces, &get(path, &good), (400, Some("request_invalid"), ""));
        }

        everywhere(&faces, &get("/orders", &main), (401, Some("type_mismatch"), INVALID));
        everywhere(&faces, &get("/orders", &elsewhere), (401, Some("audience_mismatch"), INVALID));
        everywhere(&faces, &get("/orders", "garbage"), (401, Some("token_malformed"), INVALID));
        for flipped in flips(&good) {
            for face in &faces {
                let answer = face.send(&get("/orders", &flipped));
                assert_eq!(answer.status, 401, "{}: {flipped}", face.name);
            }
        }

        let mut forge = project.node("forge.mjs");
        forge.args([issuer.url(), header["kid"].as_str().unwrap(), algorithm]);
        let forge = Service::start("jose", &mut forge);
        let made: Value = serde_json::from_str(&forge.line()).unwrap();
        for case in made["foreign"].as_array().unwrap() {
            let answer = (401, case["code"].as_str(), INVALID);
            everywhere(&faces, &get("/orders", case["token"].as_str().unwrap()), answer);
        }
    }
}

#[test]
fn what_jose_signs_is_judged_alike_everywhere() {
    let project = Project::new();
    let jose =
        Service::start("jose", project.node("forge.mjs").args(["https://x.example", "x", "RS256"]));
    let made: Value = serde_json::from_str(&jose.line()).unwrap();
    let faces = project.faces(&Setting { issuer: &jose.url, policy: POLICY });
    for case in made["tokens"].as_array().unwrap() {
        let request = get("/orders", case["token"].as_str().unwrap());
        match case["code"].as_str() {
            None => everywhere(&faces, &request, (200, None, "")),
            code => everywhere(&faces, &request, (401, code, INVALID)),
        }
    }
}

#[test]
fn jose_and_openssl_verify_what_the_issuer_signs() {
    for algorithm in ["RS256", "EdDSA"] {
        let issuer = Issuer::start(algorithm);
        let token = issuer.micro_token(&issuer.log_in("ada"), "orders");
        let project = Project::new();
        let run = |script: &str, arguments: &[&str]| {
            let output = project.node(script).args(arguments).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                output.status.success(),
                "{script}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            said
        };
        let claims: Value =
            serde_json::from_str(&run("jose.mjs", &[issuer.url(), &token])).unwrap();
        assert_eq!(claims["username"], "ada");
        assert_eq!(claims["permissions"], json!(["orders:create", "orders:read"]));
        assert_eq!(run("openssl.mjs", &[issuer.url(), &token]).trim(), "verified");
    }
}

#[test]
fn a_session_that_has_ended_gets_no_further_token() {
    let issuer = Issuer::start("EdDSA");
    let main = issuer.log_in("ada");
    let micro = issuer.micro_token(&main, "orders");
    for (method, path) in [
        ("POST", "/v1/tokens/micro"),
        ("POST", "/v1/sessions/current/renew"),
        ("DELETE", "/v1/sessions/current"),
        ("GET", "/v1/me"),
    ] {
        let answer = issuer.call(method, path, Some(&micro), &json!({ "services": ["orders"] }));
        assert_eq!(expect(&answer, 401)["code"], "type_mismatch", "{method} {path}");
    }
    let renewed = issuer.call("POST", "/v1/sessions/current/renew", Some(&main), &json!({}));
    let main = text(&expect(&renewed, 200), "main_token");
    let ended = issuer.call("DELETE", "/v1/sessions/current", Some(&main), &json!({}));
    assert_eq!(ended.status, 204, "{}", ended.json());
    let refused = expect(&issuer.ask_for_micro_token(&main, "orders"), 401);
    assert_eq!(refused["code"], "session_ended");
}

/// The token with one bit changed, at places all over it.
fn flips(token: &str) -> Vec<String> {
    let segments: Vec<Vec<u8>> =
        token.split('.').map(|segment| URL_SAFE_NO_PAD.decode(segment).unwrap()).collect();
    let mut flipped = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        for step in 0..6 {
            let mut changed = segments.clone();
            changed[index][segment.len() * step / 6] ^= 1 << step;
            let texts: Vec<_> = changed.iter().map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).collect();
            flipped.push(texts.join("."));
        }
    }
    flipped
}

fn header_of(token: &str) -> Value {
    part(token, 0)
}

fn subject_of(token: &str) -> String {
    text(&part(token, 1), "sub")
}

fn part(token: &str, index: usize) -> Value {
    let segment = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
}
