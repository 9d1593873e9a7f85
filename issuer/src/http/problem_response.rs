//! A [`Problem`] as an HTTP response (RFC 9457).
//!
//! `into_response` leaves the problem in the response's extensions; the outermost layer, which
//! knows the request id, writes the body and the log line. So a problem is logged once, and its
//! answer and its log line carry the same id.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::problem::{FieldProblem, Problem, Strength};

/// What is answered when something is refused or fails (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
struct Body<'a> {
    /// `urn:laika:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What happened; what to switch on.
    code: &'static str,
    /// One sentence for people.
    detail: &'a str,
    /// Which fields of the request are at fault; absent where it is none.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: &'a [FieldProblem],
    /// Permissions that were asked for and are not granted; absent where it is none.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing: &'a [String],
    /// Of a refused password.
    #[serde(skip_serializing_if = "Option::is_none")]
    strength: Option<&'a Strength>,
    /// By which the request is found in the log.
    request_id: &'a str,
}

/// How a problem's body looks.
pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Body<'_>>()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = status(&self).into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The whole answer to a problem.
pub(super) fn render(problem: &Problem, request_id: &str) -> Response {
    let status = status(problem);
    let body = Body {
        kind: format!("urn:laika:problem:{}", problem.code.as_str()),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: problem.code.as_str(),
        detail: &problem.detail,
        fields: &problem.fields,
        missing: &problem.missing,
        strength: problem.strength.as_deref(),
        request_id,
    };
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let missing: Vec<&str> = problem.missing.iter().map(String::as_str).collect();
    if let Some(challenge) = problem.code.challenge().header(None, &missing, None) {
        insert(headers, WWW_AUTHENTICATE, &challenge);
    }
    if let Some(seconds) = problem.retry_after {
        insert(headers, RETRY_AFTER, &seconds.to_string());
    }
    response
}

fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn insert(headers: &mut HeaderMap, name: http::HeaderName, value: &str) {
    // Challenges and numbers are visible ASCII; anything else would be left out, not sent broken.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
