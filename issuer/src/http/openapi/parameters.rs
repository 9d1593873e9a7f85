//! Parameters of an operation: of its path, its query string, and the header that revalidates.

use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use crate::http::endpoint::Endpoint;
use crate::http::form;

/// The parameters of `endpoint`.
pub(super) fn parameters(endpoint: &Endpoint, schemas: &Schemas) -> Vec<Value> {
    let path = of_path(endpoint.path).map(|name| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": form::of_path(name),
        })
    });
    let members = endpoint.query.map(|query| schemas.members(query)).unwrap_or_default();
    let query = members.into_iter().map(|(name, schema, required)| {
        let (schema, description) = of_query(schema);
        let mut parameter = Map::new();
        parameter.insert("name".to_owned(), name.into());
        parameter.insert("in".to_owned(), "query".into());
        parameter.insert("required".to_owned(), required.into());
        parameter.insert("schema".to_owned(), schema);
        parameter.extend(description.map(|text| ("description".to_owned(), text)));
        Value::Object(parameter)
    });
    let revalidates = endpoint.answers.iter().any(|answer| answer.status == 304);
    let held = revalidates.then(|| {
        json!({
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of what is held: 304 where it is still the same.",
            "schema": { "type": "string" },
        })
    });
    path.chain(query).chain(held).collect()
}

/// The names of a path's `{parameters}`; `{*rest}` is one that may hold slashes.
pub(super) fn of_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| {
        Some(segment.strip_prefix('{')?.strip_suffix('}')?.trim_start_matches('*'))
    })
}

/// A member of a query string: it can be left out, never be `null`. What it means stands beside
/// its schema.
fn of_query(mut schema: Value) -> (Value, Option<Value>) {
    let Value::Object(members) = &mut schema else {
        return (schema, None);
    };
    let description = members.remove("description");
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = choices.as_slice() {
            return (only.clone(), description);
        }
    }
    (schema, description)
}
