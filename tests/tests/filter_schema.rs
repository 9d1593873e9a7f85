//! The published JSON Schema of the filter's configuration against its parser: neither may know a
//! name that the other does not, and what is accepted is valid.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use laika_edge_filter::Config;
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join(file)).unwrap()).unwrap()
}

/// The schema, with that of policies in the place where it names it.
fn schema() -> Validator {
    let mut schema = read("docs/schema/filter.json");
    schema["$defs"]["policy"] = read("docs/schema/policy.json");
    jsonschema::draft202012::new(&schema).unwrap()
}

fn document() -> Value {
    json!({
        "issuers": [{
            "issuer": "https://id.example", "audience": "orders",
            "jwks_uri": "https://id.example/keys", "cluster": "issuer",
        }],
        "policy": { "version": 1, "rules": [], "otherwise": "deny" },
    })
}

fn parse(document: &Value) -> Result<Config, String> {
    Config::from_json(document.to_string().as_bytes()).map_err(|error| error.message)
}

#[test]
fn the_schema_is_one() {
    jsonschema::meta::validate(&read("docs/schema/filter.json")).unwrap();
    assert!(schema().is_valid(&document()));
}

#[test]
fn what_the_readme_shows_is_valid() {
    let readme = std::fs::read_to_string(root().join("edge-filter/README.md")).unwrap();
    let (_, rest) = readme.split_once("```json\n").unwrap();
    let example: Value = serde_json::from_str(rest.split_once("```").unwrap().0).unwrap();
    let errors: Vec<_> = schema().iter_errors(&example).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    parse(&example).unwrap();
}

#[test]
fn the_schema_knows_the_names_that_the_parser_knows() {
    let schema = read("docs/schema/filter.json");
    let defs = &schema["$defs"];
    let with = |pointer: &str, name: &str, value: Value| {
        let mut document = document();
        document.pointer_mut(pointer).unwrap()[name] = value;
        document
    };
    let mut issuer = names(&defs["issuer"]["properties"]);
    assert!(issuer.remove("cluster"), "the filter takes it off before the rest is read");
    for (document, known) in [
        (with("", "unknown", json!(1)), names(&schema["properties"])),
        (with("/issuers/0", "unknown", json!(1)), issuer),
        (
            with("/issuers/0", "may_assert", json!({ "unknown": 1 })),
            names(&defs["issuer"]["properties"]["may_assert"]["properties"]),
        ),
        (with("/issuers/0", "profile", json!("")), words(&defs["issuer"]["properties"]["profile"])),
        (with("/issuers/0", "status", json!("")), words(&defs["issuer"]["properties"]["status"])),
        (with("", "token_from", json!([{ "unknown": 1 }])), names(&defs["place"]["properties"])),
        (
            with("", "forward", json!({ "unknown": 1 })),
            names(&schema["properties"]["forward"]["properties"]),
        ),
    ] {
        let message = parse(&document).unwrap_err();
        let mut told: BTreeSet<_> =
            message.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        told.remove("unknown");
        told.remove("");
        assert_eq!(told, known, "{message}");
        assert!(!self::schema().is_valid(&document), "{document}");
    }
}

#[test]
fn what_is_accepted_is_valid_and_what_a_schema_can_refuse_is_refused() {
    let schema = schema();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut document = document();
        change(&mut document);
        document
    };
    let cookie = || json!([{ "cookie": "micro" }]);
    for good in [
        changed(&|it| it["issuers"] = it["issuers"][0].clone()),
        changed(&|it| it["policy"] = json!(it["policy"].to_string())),
        changed(&|it| it["cache"] = json!(false)),
        changed(&|it| it["cache"] = json!({ "max_bytes": 1 })),
        changed(&|it| it["token_from"] = json!([{ "header": "x-token" }])),
        changed(&|it| {
            it["token_from"] = cookie();
            it["cookie_origins"] = json!(["https://app.example", "http://localhost:8080"]);
        }),
        changed(&|it| it["pass_preflight"] = json!(true)),
        changed(&|it| it["access_log"] = json!(true)),
        changed(&|it| it["forward"] = json!({ "headers": { "x-role": "/roles_of/0" } })),
        changed(&|it| it["issuers"][0]["typ"] = json!(["JWT", null])),
        changed(&|it| it["issuers"][0]["algorithms"] = json!(["RS256", "Ed25519"])),
    ] {
        parse(&good).unwrap_or_else(|error| panic!("{good}: {error}"));
        assert!(schema.is_valid(&good), "{good}");
    }
    for bad in [
        changed(&|it| it["issuers"] = json!([])),
        changed(&|it| it["issuers"][0]["discover"] = json!(true)),
        changed(&|it| it["issuers"][0]["cluster"] = json!("")),
        changed(&|it| it["issuers"][0]["algorithms"] = json!(["none"])),
        changed(&|it| it["issuers"][0]["status_max_stale"] = json!(-1)),
        changed(&|it| it["policy"]["version"] = json!(2)),
        changed(&|it| it["cache"] = json!(true)),
        changed(&|it| it["token_from"] = json!([])),
        changed(&|it| it["token_from"] = json!([{ "cookie": "a", "scheme": "b" }])),
        changed(&|it| it["token_from"] = json!([{ "header": "a b" }])),
        changed(&|it| {
            it["token_from"] = cookie();
            it["cookie_origins"] = json!(["https://App.example/"]);
        }),
        changed(&|it| it["forward"] = json!({ "headers": { "a b": "sub" } })),
        changed(&|it| it["forward"] = json!({ "headers": { "x-role": "/roles/0" } })),
        changed(&|it| it["max_token_size"] = json!(0)),
    ] {
        parse(&bad).unwrap_err();
        assert!(!schema.is_valid(&bad), "{bad}");
    }
}

fn names(properties: &Value) -> BTreeSet<String> {
    properties.as_object().unwrap().keys().cloned().collect()
}

fn words(of: &Value) -> BTreeSet<String> {
    of["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}
