//! Tokens of foreign make through every face: crate, filter and the packed npm package.

use std::process::Command;

use laika_edge_filter::{Filter, Outcome};
use laika_tests::faces::Project;
use laika_verifier::{Options, Timestamp, Verifier};
use serde_json::{Value, json};

/// Asserts what every face answers to each case.
///
/// `groups` is an array of `{options, cases}` as golden vectors have them; a case has `name`, `now`,
/// `token` and `expect`, an error's code or null. Returns how many cases there were.
pub(crate) fn assert_answers(groups: &Value) -> usize {
    let wanted: Vec<Vec<Value>> = of_each(groups, |_| |case: &Value| case["expect"].clone());
    let names: Vec<Vec<Value>> = of_each(groups, |_| |case: &Value| case["name"].clone());
    for (face, answers) in
        [("crate", of_crate(groups)), ("filter", of_filter(groups)), ("npm", of_package(groups))]
    {
        let cases = names.iter().flatten().zip(wanted.iter().flatten());
        for ((name, wanted), answer) in cases.zip(answers.iter().flatten()) {
            assert_eq!(answer, wanted, "{face}: {name}");
        }
        assert_eq!(answers.iter().flatten().count(), names.iter().flatten().count(), "{face}");
    }
    names.iter().flatten().count()
}

fn of_each<A: FnMut(&Value) -> Value>(
    groups: &Value,
    mut face: impl FnMut(&Value) -> A,
) -> Vec<Vec<Value>> {
    let groups = groups.as_array().expect("groups");
    let answers = groups.iter().map(|group| {
        let cases = group["cases"].as_array().expect("cases");
        cases.iter().map(face(&group["options"])).collect()
    });
    answers.collect()
}

fn now(case: &Value) -> Timestamp {
    case["now"].as_f64().and_then(Timestamp::from_seconds).expect("a time")
}

fn of_crate(groups: &Value) -> Vec<Vec<Value>> {
    of_each(groups, |options| {
        let verifier = Verifier::new(Options::from_value(options.clone()).expect("options"));
        move |case| {
            let answer = verifier.verify(case["token"].as_str().expect("a token"), now(case));
            answer.map_or_else(|error| json!(error.code()), |_| Value::Null)
        }
    })
}

fn of_filter(groups: &Value) -> Vec<Vec<Value>> {
    of_each(groups, |options| {
        let mut options = options.clone();
        options["policy"] = json!({ "version": 1, "rules": [], "otherwise": "any_token" });
        let mut filter = Filter::from_json(options.to_string().as_bytes()).expect("options");
        move |case| {
            let token = format!("Bearer {}", case["token"].as_str().expect("a token"));
            let headers = [(":method", "GET"), (":path", "/"), ("authorization", &token)]
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            match filter.judge(&headers, true, now(case)).outcome {
                Outcome::Continue(_) => Value::Null,
                Outcome::Deny(denial) => {
                    let body: Value = serde_json::from_str(&denial.body).expect("JSON");
                    body["code"].clone()
                }
                Outcome::Wait(..) => panic!("nothing is fetched here"),
            }
        }
    })
}

fn of_package(groups: &Value) -> Vec<Vec<Value>> {
    let project = Project::new();
    let file = tempfile::NamedTempFile::new().expect("a scratch file");
    std::fs::write(file.path(), groups.to_string()).expect("the groups are written");
    let text = output(project.node("answer.mjs").arg(file.path()));
    serde_json::from_str(&text).expect("an array of arrays")
}

/// What a program prints, if it succeeds.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
