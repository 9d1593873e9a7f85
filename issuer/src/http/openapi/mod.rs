//! The OpenAPI 3.1 document, made of the table of endpoints: what the router serves is what it
//! says.
//!
//! Every answer is there, refusals too: `refusals` works out what an endpoint may refuse from
//! what it takes and who may call it. `docs/openapi.json` is this document as it was committed;
//! `cargo run -p laika-issuer --example openapi > docs/openapi.json` renews it.

mod operation;
mod parameters;
mod refusals;
mod responses;
mod schemas;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use self::operation::operation;
use self::responses::Responses;
use self::schemas::Schemas;
use super::endpoint::Endpoint;
use super::table::families;

const ABOUT: &str = "\
Users, sessions, roles, permissions and tokens. The API's contract is `docs/contract/issuer.md`.

- What is refused is answered with `application/problem+json` (RFC 9457); `code` tells what \
happened, and each answer lists its codes.
- A path answers a method that it does not have with 405 `method_not_allowed` and `Allow`; a path \
that is not here with 404 `not_found`. What answers `GET` answers `HEAD` too.
- Bodies and query strings are read strictly: what is unknown, there twice or of another type is \
refused. Where an endpoint takes no body, one that comes is not read.
- Every answer carries `X-Request-Id`, by which its line in the log is found.";

/// The document, as it is served and committed.
#[must_use]
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", build()));
    &DOCUMENT
}

/// How the document names an operation: verb and path in one word, such as `postSessions`.
fn operation_id(endpoint: &Endpoint) -> String {
    let words = endpoint.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty() && *word != "v1");
    words.fold(endpoint.verb.as_str().to_ascii_lowercase(), |id, word| id + &capital(word))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn build() -> Value {
    let families = families();
    let schemas = Schemas::of(families.iter().flat_map(|family| &family.endpoints));
    let mut responses = Responses::new(&schemas);
    let mut paths = Map::new();
    for family in &families {
        for endpoint in &family.endpoints {
            let operations = paths.entry(endpoint.path).or_insert_with(|| json!({}));
            if let Value::Object(operations) = operations {
                operations.insert(
                    endpoint.verb.as_str().to_ascii_lowercase(),
                    operation(family.name, endpoint, &schemas, &mut responses),
                );
            }
        }
    }
    let tags: Vec<_> = families
        .iter()
        .map(|family| json!({ "name": family.name, "description": family.about }))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Laika's issuer",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": ABOUT,
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "responses": responses.shared(),
            "headers": responses::headers(),
            "securitySchemes": operation::security_schemes(),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::http::table::table;

    #[test]
    fn the_committed_document_is_this_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == document(),
            "the API has changed and `docs/openapi.json` has not; renew it with `cargo run -p \
             laika-issuer --example openapi > docs/openapi.json`, and read the difference"
        );
    }

    #[test]
    fn every_reference_leads_somewhere_and_everything_shared_is_used() {
        let document: Value = serde_json::from_str(document()).unwrap();
        let mut used = BTreeSet::new();
        collect(&document, &mut used);
        for reference in &used {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "`{reference}` leads nowhere");
        }
        for kind in ["schemas", "responses", "headers"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                let reference = format!("#/components/{kind}/{name}");
                assert!(used.contains(&reference), "nothing uses `{reference}`");
            }
        }
    }

    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if name == "$ref" => {
                            found.insert(text.clone());
                        }
                        _ => collect(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let endpoints = table();
        let names: BTreeSet<_> = endpoints.iter().map(operation_id).collect();
        assert_eq!(names.len(), endpoints.len(), "two of them have one name: {names:?}");
        assert!(names.contains("postSessionsCurrentRenew"), "{names:?}");
    }
}
