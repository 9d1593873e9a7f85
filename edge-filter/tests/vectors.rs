//! The golden vectors through the filter: a proxy answers what every other face answers.

#![cfg(test)]

use std::path::Path;

use laika_edge_filter::filter::answer_of;
use laika_edge_filter::{Filter, Judgement, Outcome};
use laika_verifier::Timestamp;
use serde_json::{Value, json};

/// A policy for vectors about tokens alone.
const ANY_TOKEN: &str = r#"{ "version": 1, "rules": [], "otherwise": "any_token" }"#;

#[test]
fn the_filter_answers_every_vector() {
    let mut read = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut configuration = file["options"].clone();
        let served = file.get("served");
        if served.is_some() {
            configuration["issuers"]["cluster"] = json!("issuer");
        }
        configuration["forward"] = json!({ "payload_header": "x-token-claims" });
        let policy = configuration["policy"].take();
        let mut tokens = filter(&configuration, &ANY_TOKEN.into());
        let mut requests = (!policy.is_null()).then(|| filter(&configuration, &policy));
        for case in file["cases"].as_array().unwrap() {
            let filter = match case.get("request") {
                Some(_) => requests.as_mut().unwrap(),
                None => &mut tokens,
            };
            answer(filter, case, served, &path.display().to_string());
            read += 1;
        }
    }
    assert!(read > 100, "only {read} vectors were found");
}

fn filter(configuration: &Value, policy: &Value) -> Filter {
    let mut configuration = configuration.clone();
    configuration["policy"] = policy.clone();
    Filter::from_json(configuration.to_string().as_bytes()).unwrap()
}

/// Judges a request, again as long as it waits for something that is `served`.
fn judge(
    filter: &mut Filter,
    headers: &[(&[u8], &[u8])],
    served: Option<&Value>,
    now: Timestamp,
) -> Judgement {
    loop {
        let mut judgement = filter.judge(headers, true, now);
        if !matches!(judgement.outcome, Outcome::Wait(_)) {
            return judgement;
        }
        assert!(!judgement.calls.is_empty(), "it waits for nothing");
        while let Some(call) = judgement.calls.pop() {
            let uri = format!("{}://{}{}", call.scheme, call.authority, call.path);
            let answer = served.and_then(|served| served.get(uri));
            let status = answer.map_or("404".to_owned(), |answer| answer["status"].to_string());
            let body = answer.map_or("", |answer| answer["body"].as_str().unwrap());
            let headers: [(&[u8], &[u8]); 1] = [(b":status", status.as_bytes())];
            let answer = answer_of(&headers, body.into(), now, now);
            judgement.calls.extend(filter.fetched(call.id, &answer, now).calls);
        }
    }
}

fn answer(filter: &mut Filter, case: &Value, served: Option<&Value>, file: &str) {
    let name = format!("{file}: {}", case["name"]);
    let get = json!({ "method": "GET", "path": "/" });
    let request = case.get("request").unwrap_or(&get);
    let fields = [
        (":method", request["method"].as_str().map(str::to_owned)),
        (":path", request["path"].as_str().map(str::to_owned)),
        (":authority", request["host"].as_str().map(str::to_owned)),
        ("authorization", case["token"].as_str().map(|token| format!("Bearer {token}"))),
    ];
    let headers: Vec<_> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.as_bytes(), value.as_ref()?.as_bytes())))
        .collect();
    let now = Timestamp::from_seconds(case["now"].as_f64().unwrap()).unwrap();
    let judgement = judge(filter, &headers, served, now);
    let log = judgement.log.unwrap_or_default();
    match judgement.outcome {
        Outcome::Continue(edit) => {
            assert_eq!(log, "", "{name}");
            let claims = edit.set.first().map(|(_, value)| serde_json::from_slice(value).unwrap());
            match case.get("decision") {
                Some(decision) => {
                    assert_eq!(decision["allowed"], true, "{name}");
                    // A code means that the token was not verified: its claims must not go on.
                    assert_eq!(claims.is_none(), decision.get("code").is_some(), "{name}");
                }
                None => {
                    let wanted = &case["expect"]["ok"];
                    assert!(wanted.is_object() && claims.is_some(), "{name}");
                    if let Some(wanted) = wanted.get("claims") {
                        assert_eq!(claims.as_ref(), Some(wanted), "{name}");
                    }
                }
            }
        }
        Outcome::Deny(denial) => {
            let body: Value = serde_json::from_str(&denial.body).unwrap();
            let wanted = case.get("decision").or(case.get("expect")).unwrap();
            let code = wanted.get("code").or(wanted.get("error"));
            assert_eq!(body.get("code"), code, "{name}");
            assert_eq!(body["status"], denial.status, "{name}");
            if let Some(status) = wanted.get("status") {
                assert_eq!(denial.status, *status, "{name}");
            }
            if let Some(missing) = wanted.get("missing") {
                assert_eq!(&body["missing"], missing, "{name}");
            }
            if let Some(challenge) = wanted.get("challenge") {
                let sent = denial.headers.iter().find(|(name, _)| *name == "www-authenticate");
                assert_eq!(&json!(sent.map(|(_, value)| value)), challenge, "{name}");
            }
            if let Some(rule) = wanted["rule"].as_str() {
                assert!(log.contains(&format!("by rule `{rule}`")), "{name}: {log}");
            }
        }
        Outcome::Wait(_) => panic!("{name}: it waits for ever"),
    }
}
