//! The golden vectors through HTTP and a real Envoy, which computes the signatures that it can.
//!
//! Envoy asks the machine's clock, which may be before or after the vectors' own time. Times are
//! checked after everything else, so a token that is good at the vectors' time is refused for its
//! times alone, or passes; and one with another fault before that is refused for that fault.

use std::collections::BTreeMap;
use std::path::Path;

use laika_tests::envoy::Envoy;
use laika_tests::http::{Request, Server};
use serde_json::{Value, json};

/// What may be wrong with a token only because of the clock.
const TIMES: [&str; 4] = ["expired", "not_yet_valid", "issued_in_future", "too_old"];

#[test]
fn envoy_answers_the_golden_vectors_as_every_face_does() {
    let mut sent = BTreeMap::new();
    for name in ["algorithms", "hostile", "profile-keycloak", "secret", "verify"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/{name}.json"));
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut plugin = file["options"].clone();
        plugin["policy"] = json!({ "version": 1, "otherwise": "any_token" });
        let upstream = Server::echo();
        let envoy = Envoy::start(&plugin, &[("upstream", upstream.address)]);
        for case in file["cases"].as_array().unwrap() {
            let token = case["token"].as_str().unwrap();
            if !can_stand_in_a_header(token) {
                continue;
            }
            *sent.entry(name).or_insert(0) += 1;
            let answer = envoy.send(&Request::with_token("/", token));
            let code = match answer.status {
                200 => None,
                _ => Some(answer.json()["code"].as_str().unwrap_or_default().to_owned()),
            };
            let code = code.as_deref();
            let place = format!("{name}: {}: {code:?}", case["name"]);
            match case["expect"]["error"].as_str() {
                Some(wanted) if !TIMES.contains(&wanted) => {
                    assert_eq!(code, Some(wanted), "{place}")
                }
                _ => assert!(code.is_none_or(|code| TIMES.contains(&code)), "{place}"),
            }
        }
        assert!(!envoy.log().contains("panicked"), "{}", envoy.log());
    }
    println!("{sent:?}");
    let all: usize = sent.values().sum();
    assert!(sent.len() == 5 && all > 500, "{sent:?}");
}

/// Visible ASCII, no more than Envoy takes in one header, and something at all.
fn can_stand_in_a_header(token: &str) -> bool {
    let fits = (1..48 * 1024).contains(&token.len());
    fits && token.bytes().all(|byte| byte.is_ascii_graphic())
}
