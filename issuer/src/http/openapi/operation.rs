//! One operation: who may call it, what it takes, what it answers.

use serde_json::{Map, Value, json};

use super::operation_id;
use super::parameters::parameters;
use super::responses::Responses;
use super::schemas::{Schemas, Side};
use crate::http::cookie;
use crate::http::endpoint::{Auth, Body, Endpoint};

/// The operation of `endpoint`.
pub(super) fn operation(
    family: &str,
    endpoint: &Endpoint,
    schemas: &Schemas,
    responses: &mut Responses<'_>,
) -> Value {
    let mut operation = Map::new();
    let mut set = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    set("operationId", operation_id(endpoint).into());
    set("tags", json!([family]));
    set("summary", endpoint.summary.into());
    set("security", security(endpoint.auth));
    let parameters = parameters(endpoint, schemas);
    if !parameters.is_empty() {
        set("parameters", parameters.into());
    }
    if let Some(body) = endpoint.body {
        let (kind, schema, required) = match body {
            Body::Json(schema) => ("application/json", schema, true),
            Body::JsonOrNothing(schema) => ("application/json", schema, false),
            Body::Form(schema) => ("application/x-www-form-urlencoded", schema, true),
        };
        let content = Map::from_iter([(
            kind.to_owned(),
            json!({ "schema": schemas.schema(schema, Side::Read) }),
        )]);
        set("requestBody", json!({ "required": required, "content": content }));
    }
    set("responses", responses.of(endpoint));
    Value::Object(operation)
}

/// The ways in which callers are known.
pub(super) fn security_schemes() -> Value {
    json!({
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "Id and secret of a client or service account (RFC 6749 section 2.3.1).",
        },
        "mainCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie::SECURE_NAME,
            "description": format!(
                "A main token in a cookie; `{}` on plain loopback. Calls that change something \
                 need an allowed `Origin`.",
                cookie::PLAIN_NAME
            ),
        },
        "mainToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A main token, in one place only: here or in the cookie.",
        },
    })
}

fn security(auth: Auth) -> Value {
    match auth {
        Auth::None => json!([]),
        Auth::MainOptional | Auth::MainIfGood => {
            json!([{}, { "mainToken": [] }, { "mainCookie": [] }])
        }
        Auth::Main | Auth::Administrator => json!([{ "mainToken": [] }, { "mainCookie": [] }]),
        Auth::Client => json!([{ "client": [] }]),
    }
}
