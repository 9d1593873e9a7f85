//! The golden vectors through the crate.

use laika_tests::vectors;
use laika_verifier::{Options, Request, Response, Timestamp, Verifier};
use serde_json::{Value, json};

#[test]
fn the_vectors_are_what_the_generator_makes() {
    for file in vectors::files() {
        let committed = std::fs::read_to_string(vectors::folder().join(file.name)).unwrap();
        assert!(
            committed == vectors::text(&file.content),
            "`{}` is out of date: run `cargo run -p laika-tests --bin vectors`",
            file.name
        );
    }
}

#[test]
fn the_crate_answers_every_vector() {
    let mut read = 0;
    for entry in std::fs::read_dir(vectors::folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut verifier = Verifier::new(Options::from_value(file["options"].clone()).unwrap());
        for case in file["cases"].as_array().unwrap() {
            if let Some(served) = file.get("served") {
                fetch_all(&mut verifier, case, served);
            }
            answer(&verifier, case, &path.display().to_string());
            read += 1;
        }
    }
    println!("{read} vectors");
    assert!(read > 100, "only {read} vectors were found");
}

/// Fetches what the token of `case` needs, from what is `served`.
fn fetch_all(verifier: &mut Verifier, case: &Value, served: &Value) {
    let now = Timestamp::from_seconds(case["now"].as_f64().unwrap()).unwrap();
    loop {
        let error = verifier.verify(case["token"].as_str().unwrap(), now).err();
        let mut fetches = verifier.fetches(error.as_ref(), now);
        if fetches.is_empty() {
            break;
        }
        while let Some(fetch) = fetches.pop() {
            let answer = served.get(&fetch.uri);
            let status = answer.map_or(404, |answer| answer["status"].as_u64().unwrap());
            let body = answer.map_or("", |answer| answer["body"].as_str().unwrap()).as_bytes();
            let response =
                Response { status: status.try_into().unwrap(), cache_control: None, body };
            fetches.extend(verifier.take(fetch.id, response, now).fetches);
        }
    }
}

fn answer(verifier: &Verifier, case: &Value, file: &str) {
    let now = Timestamp::from_seconds(case["now"].as_f64().unwrap()).unwrap();
    let token = case["token"].as_str();
    let actual = match case.get("request") {
        Some(request) => {
            let request = Request {
                method: request["method"].as_str().unwrap(),
                target: request["path"].as_str().unwrap(),
                host: request["host"].as_str(),
            };
            let decision = verifier.authorize(token, &request, now).decision;
            json!({
                "allowed": decision.allowed, "status": decision.status, "code": decision.code,
                "rule": decision.rule, "missing": decision.missing,
                "challenge": decision.challenge(None),
            })
        }
        None => match verifier.verify(token.unwrap(), now) {
            Ok(token) => json!({ "ok": {
                "issuer": token.issuer(), "subject": token.subject(),
                "permissions": token.principal().permissions, "roles": token.principal().roles,
                "expires_at": token.expires_at().seconds(),
                "claims": token.claims(), "header": token.header(),
            }}),
            Err(error) => json!({ "error": error.code() }),
        },
    };
    let wanted = case.get("decision").or(case.get("expect")).unwrap();
    assert_has(&actual, wanted, &format!("{file}: {}", case["name"]));
}

/// `actual` has what is wanted, and may have more.
fn assert_has(actual: &Value, wanted: &Value, place: &str) {
    for (member, value) in wanted.as_object().unwrap() {
        match member.as_str() {
            "ok" => assert_has(&actual[member], value, place),
            _ => assert!(
                laika_claims::json::same(&actual[member], value),
                "{place}: `{member}` is not {value}: {actual}"
            ),
        }
    }
}
