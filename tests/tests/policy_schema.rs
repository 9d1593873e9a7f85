//! The published JSON Schema of policies against the compiler: neither may know a name that the
//! other does not, and what compiles is valid.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use laika_claims::policy::{Context, Policy, PolicyError};
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: impl AsRef<Path>) -> Value {
    let path = root().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn schema() -> Validator {
    jsonschema::draft202012::new(&read("docs/schema/policy.json")).unwrap()
}

fn compile(policy: &Value) -> Result<Policy, PolicyError> {
    Policy::from_value(policy, Context::default())
}

#[test]
fn the_schema_is_one() {
    jsonschema::meta::validate(&read("docs/schema/policy.json")).unwrap();
}

#[test]
fn every_policy_of_the_repository_compiles_and_is_valid() {
    let schema = schema();
    let mut policies = vec![("www/demo/policy.json".to_owned(), read("www/demo/policy.json"))];
    for entry in std::fs::read_dir(root().join("tests/vectors")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let policy = read(&path)["options"]["policy"].take();
            policies.extend((!policy.is_null()).then_some((path.display().to_string(), policy)));
        }
    }
    for file in ["docs/policy.md", "docs/contract/verifier.md"] {
        let found = policies.len();
        policies.extend(policies_in(file).into_iter().map(|policy| (file.to_owned(), policy)));
        assert!(policies.len() > found, "no policy in {file}");
    }
    println!("{} policies", policies.len());
    for (place, policy) in policies {
        compile(&policy).unwrap_or_else(|error| panic!("{place}: {error}"));
        let errors: Vec<_> = schema.iter_errors(&policy).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{place}: {errors:?}");
    }
}

#[test]
fn what_the_compiler_refuses_is_invalid_where_a_schema_can_tell() {
    let (schema, refused) = (schema(), read("tests/policies/refused.json"));
    let refused = refused.as_array().unwrap();
    assert!(refused.len() > 50, "only {}", refused.len());
    for case in refused {
        let structural = case["structural"].as_bool().unwrap();
        assert_eq!(!schema.is_valid(&case["policy"]), structural, "{case}");
        assert!(compile(&case["policy"]).is_err(), "{case}");
    }
}

#[test]
fn the_schema_knows_the_names_that_the_compiler_knows() {
    let schema = read("docs/schema/policy.json");
    let defs = &schema["$defs"];
    let of_rule = |require: Value| {
        let rule = json!({ "id": "r", "path": "/", "require": require });
        json!({ "version": 1, "rules": [rule] })
    };
    let unknown_in_rule = json!({ "version": 1, "rules": [{ "unknown": 1 }] });
    let unknown_in_claim = of_rule(json!({ "claim": "a", "unknown": 1 }));
    let claim = names(&defs["claim"]["properties"]);
    for (policy, known) in [
        (json!({ "unknown": 1 }), names(&schema["properties"])),
        (unknown_in_rule, names(&defs["rule"]["properties"])),
        (unknown_in_claim, claim.clone()),
        (of_rule(json!({ "claim": "a" })), {
            claim.into_iter().filter(|name| name != "claim").collect()
        }),
        (of_rule(json!({})), {
            let objects = ["all", "any", "not", "foreignPermission", "issuer", "level", "claim"];
            objects.iter().map(|name| defs[name]["required"][0].as_str().unwrap().into()).collect()
        }),
        (json!({ "version": 1, "otherwise": "" }), texts(&schema["properties"]["otherwise"])),
        (json!({ "version": 1, "case": "" }), texts(&schema["properties"]["case"])),
        (json!({ "version": 1, "allow": [""] }), texts(&schema["properties"]["allow"]["items"])),
    ] {
        assert_eq!(quoted(&compile(&policy).unwrap_err().message), known, "{policy}");
    }
    for word in texts(&defs["word"]) {
        compile(&of_rule(json!(word))).unwrap();
    }
}

fn names(properties: &Value) -> BTreeSet<String> {
    properties.as_object().unwrap().keys().cloned().collect()
}

fn texts(value: &Value) -> BTreeSet<String> {
    value["enum"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().into()).collect()
}

/// The words in backticks that a message says are known.
fn quoted(message: &str) -> BTreeSet<String> {
    let known = message.split("expected one of").last().unwrap();
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The blocks of JSON in a page that are policies; a comment ends its line.
fn policies_in(file: &str) -> Vec<Value> {
    let page = std::fs::read_to_string(root().join(file)).unwrap();
    let blocks = page.split("```json").skip(1).filter_map(|rest| rest.split("```").next());
    let policies = blocks.filter_map(|block| {
        let (_, block) = block.split_once('\n')?;
        let lines = block.lines().map(|line| line.split(" //").next().unwrap_or(line));
        let text = lines.collect::<Vec<_>>().join("\n");
        let value: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}:\n{text}"));
        value.get("rules").is_some().then_some(value)
    });
    policies.collect()
}
