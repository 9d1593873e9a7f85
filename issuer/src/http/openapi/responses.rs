//! What an operation answers, with success and with refusals.

use std::collections::BTreeMap;

use http::StatusCode;
use laika_claims::code::Challenge;
use serde_json::{Map, Value, json};

use super::schemas::{Schemas, Side};
use super::{capital, refusals};
use crate::http::endpoint::{Answer, Endpoint};
use crate::http::problem_response;
use crate::problem::Code;

/// Up to so many codes make the name of a shared answer.
const NAMED_BY_CODES: usize = 3;

/// The answers of operations; refusals that several share stand once.
pub(super) struct Responses<'a> {
    schemas: &'a Schemas,
    shared: Map<String, Value>,
}

impl<'a> Responses<'a> {
    pub(super) fn new(schemas: &'a Schemas) -> Self {
        Self { schemas, shared: Map::new() }
    }

    /// Everything `endpoint` answers, by status.
    pub(super) fn of(&mut self, endpoint: &Endpoint) -> Value {
        let mut by_status = Map::new();
        let mut successes = BTreeMap::<u16, Vec<&Answer>>::new();
        for answer in &endpoint.answers {
            successes.entry(answer.status).or_default().push(answer);
        }
        let published = successes.contains_key(&304);
        for (status, answers) in successes {
            by_status.insert(status.to_string(), self.success(status, &answers, published));
        }
        for (status, codes) in refusals::of(endpoint) {
            // A standard may have its own words for this status; what comes before it is reached
            // has ours.
            if let Some(Value::Object(answer)) = by_status.get_mut(&status.to_string()) {
                let kinds = answer.entry("content").or_insert_with(|| json!({}));
                if let Value::Object(kinds) = kinds {
                    kinds.extend(content(self.problem(&codes)));
                }
                continue;
            }
            by_status.insert(status.to_string(), self.refusal(status, &codes));
        }
        Value::Object(by_status)
    }

    /// `components.responses`.
    pub(super) fn shared(self) -> Map<String, Value> {
        self.shared
    }

    fn success(&self, status: u16, answers: &[&Answer], published: bool) -> Value {
        let mut kinds = BTreeMap::<&str, Vec<Value>>::new();
        for (kind, schema) in answers.iter().filter_map(|answer| answer.content) {
            let schema = match schema {
                Some(schema) => self.schemas.schema(schema, Side::Written),
                None if kind.ends_with("json") => json!({ "type": "object" }),
                None => json!({ "type": "string" }),
            };
            let known = kinds.entry(kind).or_default();
            if !known.contains(&schema) {
                known.push(schema);
            }
        }
        let content: Map<_, _> = kinds
            .into_iter()
            .map(|(kind, mut schemas)| {
                let one = if schemas.len() == 1 { schemas.pop() } else { None };
                let schema = one.unwrap_or_else(|| json!({ "anyOf": schemas }));
                (kind.to_owned(), json!({ "schema": schema }))
            })
            .collect();
        let mut headers = vec!["X-Request-Id"];
        if published {
            headers.extend(["Cache-Control", "ETag"]);
        }
        if status == 401 {
            headers.push("WWW-Authenticate");
        }
        let mut answer = Map::new();
        answer.insert("description".to_owned(), phrase(status).into());
        answer.insert("headers".to_owned(), refer_to(&headers));
        if !content.is_empty() {
            answer.insert("content".to_owned(), content.into());
        }
        Value::Object(answer)
    }

    /// A reference to the shared refusal with these codes.
    fn refusal(&mut self, status: u16, codes: &[Code]) -> Value {
        let mut headers = vec!["X-Request-Id"];
        if codes.iter().all(|code| code.challenge() != Challenge::None) {
            headers.push("WWW-Authenticate");
        } else if codes.iter().any(|code| code.challenge() != Challenge::None) {
            headers.push("WWW-Authenticate-Maybe");
        }
        if matches!(status, 429 | 503) {
            headers.push("Retry-After");
        }
        let listed: Vec<_> = codes.iter().map(|code| format!("`{}`", code.as_str())).collect();
        let answer = json!({
            "description": format!("{}: {}", phrase(status), listed.join(", ")),
            "headers": refer_to(&headers),
            "content": content(self.problem(codes)),
        });
        let name = self.share(status, codes, answer);
        json!({ "$ref": format!("#/components/responses/{name}") })
    }

    fn share(&mut self, status: u16, codes: &[Code], answer: Value) -> String {
        let words = |text: &str| -> String { text.split(['_', ' ']).map(capital).collect() };
        let name = if codes.len() <= NAMED_BY_CODES {
            codes.iter().map(|code| words(code.as_str())).collect::<Vec<_>>().join("Or")
        } else {
            words(phrase(status))
        };
        let mut chosen = name.clone();
        for number in 2.. {
            match self.shared.get(&chosen) {
                Some(other) if *other != answer => chosen = format!("{name}{number}"),
                Some(_) | None => break,
            }
        }
        self.shared.insert(chosen.clone(), answer);
        chosen
    }

    fn problem(&self, codes: &[Code]) -> Value {
        let codes: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
        let mut schema = self.schemas.schema(problem_response::schema, Side::Written);
        if let Value::Object(schema) = &mut schema {
            schema.insert("properties".to_owned(), json!({ "code": { "enum": codes } }));
        }
        schema
    }
}

/// `components.headers`.
pub(super) fn headers() -> Value {
    let header = |required: bool, kind: &str, description: &str| {
        json!({
            "description": description,
            "required": required,
            "schema": { "type": kind },
        })
    };
    json!({
        "Cache-Control": header(true, "string", "How long it may be kept."),
        "ETag": header(true, "string", "Of this version, for `If-None-Match`."),
        "Retry-After": header(true, "integer", "Seconds after which trying again makes sense."),
        "WWW-Authenticate": header(true, "string", "The challenge (RFC 6750 section 3)."),
        "WWW-Authenticate-Maybe": header(
            false,
            "string",
            "The challenge (RFC 6750 section 3), with codes that another token would mend.",
        ),
        "X-Request-Id": header(true, "string", "By which the request is found in the log."),
    })
}

/// References to headers; `-Maybe` is no part of a header's name.
fn refer_to(names: &[&str]) -> Value {
    let references = names.iter().map(|name| {
        let reference = json!({ "$ref": format!("#/components/headers/{name}") });
        (name.trim_end_matches("-Maybe").to_owned(), reference)
    });
    Value::Object(references.collect())
}

fn content(schema: Value) -> Map<String, Value> {
    Map::from_iter([("application/problem+json".to_owned(), json!({ "schema": schema }))])
}

fn phrase(status: u16) -> &'static str {
    let known = StatusCode::from_u16(status).ok();
    known.as_ref().and_then(StatusCode::canonical_reason).unwrap_or("Answer")
}
