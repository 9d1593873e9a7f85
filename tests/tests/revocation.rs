//! What is taken back at a real issuer, as the npm package in Node, the filter in Envoy and the
//! `tower` layer see it: refused within ten seconds, and no good token refused while keys change.

use std::thread;
use std::time::{Duration, Instant};

use laika_tests::faces::{Face, Project, Setting};
use laika_tests::http::Request;
use laika_tests::issuer::{Issuer, SECRET};
use serde_json::json;

const POLICY: &str = r#"{ "version": 1, "rules": [
    { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" }
]}"#;

/// What the contract promises.
const PROMISED: Duration = Duration::from_secs(10);

/// Status and code of the answer to a token.
fn judge(face: &Face, token: &str) -> (u16, String) {
    let answer = face.send(&Request::with_token("/orders", token));
    if answer.status == 200 {
        return (200, String::new());
    }
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status, code)
}

#[track_caller]
fn accepted(faces: &[Face], tokens: &[String], when: &str) {
    for face in faces {
        for token in tokens {
            assert_eq!(judge(face, token), (200, String::new()), "{} {when}", face.name);
        }
    }
}

/// Asks every face until it refuses the token with this code, as one that is in use does.
fn refused_in_time(faces: &[Face], token: &str, code: &str) {
    let begun = Instant::now();
    let mut waiting: Vec<&Face> = faces.iter().collect();
    while !waiting.is_empty() {
        waiting.retain(|face| match judge(face, token) {
            (200, _) => {
                let passed = begun.elapsed();
                assert!(passed < PROMISED, "{}: not {code} after {passed:?}", face.name);
                true
            }
            refused => {
                assert_eq!(refused, (401, code.to_owned()), "{}", face.name);
                println!("{code} after {:>5.2} s: {}", begun.elapsed().as_secs_f64(), face.name);
                false
            }
        });
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_lost_permission_and_an_ended_session_are_refused_everywhere_within_ten_seconds() {
    for algorithm in ["ES256", "RS256"] {
        let issuer = Issuer::start(algorithm);
        let project = Project::new();
        let faces = project.servers(&Setting { issuer: issuer.url(), policy: POLICY });
        let main = issuer.log_in("ada");
        let token = issuer.micro_token(&main, "orders");
        accepted(&faces, std::slice::from_ref(&token), "at first");
        let weaker =
            ["role", "create", "orders/clerk", "--level", "50", "--permission", "orders:read"];
        let _ = issuer.command(&weaker);
        refused_in_time(&faces, &token, "stale");

        let renewed = issuer.micro_token(&main, "orders");
        accepted(&faces, std::slice::from_ref(&renewed), "once renewed");
        let ended = issuer.call("DELETE", "/v1/sessions/current", Some(&main), &json!({}));
        assert_eq!(ended.status, 204);
        refused_in_time(&faces, &renewed, "revoked");
        refused_in_time(&faces, &token, "revoked");
    }
}

#[test]
fn a_service_that_shares_a_secret_hears_of_the_end_of_a_session_within_ten_seconds() {
    let issuer = Issuer::start("ES256");
    let policy = POLICY.replace("orders:read", "depot:open");
    let setting = Setting { issuer: issuer.url(), policy: &policy };
    let project = Project::new();
    let faces = [project.sharing(&setting, SECRET)];
    let main = issuer.log_in("ada");
    let token = issuer.micro_token(&main, "depot");
    accepted(&faces, std::slice::from_ref(&token), "at first");
    // It is theirs alone: neither a token of another service nor another secret will do.
    let other = judge(&faces[0], &issuer.micro_token(&main, "orders"));
    assert_eq!(other, (401, "algorithm_not_allowed".to_owned()));
    let stranger = project.sharing(&setting, &SECRET.replace('u', "v"));
    assert_eq!(judge(&stranger, &token), (401, "signature_invalid".to_owned()));
    let ended = issuer.call("DELETE", "/v1/sessions/current", Some(&main), &json!({}));
    assert_eq!(ended.status, 204);
    refused_in_time(&faces, &token, "revoked");
}

#[test]
fn no_good_token_is_refused_while_keys_are_rotated() {
    let issuer = Issuer::start("ES256");
    let project = Project::new();
    let faces = project.servers(&Setting { issuer: issuer.url(), policy: POLICY });
    let main = issuer.log_in("ada");
    let mut tokens = vec![issuer.micro_token(&main, "orders")];
    accepted(&faces, &tokens, "before");
    // By then, verifiers may ask for keys again.
    thread::sleep(Duration::from_secs(31));
    let _ = issuer.command(&["key", "rotate"]);
    accepted(&faces, &tokens, "while the next key waits");
    let _ = issuer.command(&["key", "rotate", "--now"]);
    let end = Instant::now() + Duration::from_secs(15);
    while Instant::now() < end {
        tokens.push(issuer.micro_token(&main, "orders"));
        accepted(&faces, &tokens, "after the rotation");
        thread::sleep(Duration::from_millis(300));
    }
    let keys = issuer.command(&["key", "list"]);
    assert!(keys.contains("active") && keys.contains("retired"), "{keys}");
}
