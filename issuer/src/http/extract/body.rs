//! JSON bodies, read strictly: one object, no duplicate members, no unknown ones, at most 64 KiB.

use axum::body::to_bytes;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use laika_claims::IssuerCode;
use laika_claims::json::{self, Limits};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::App;
use crate::problem::{FieldCode, Problem};

/// Largest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

const LIMITS: Limits = Limits { depth: 16, members: 512 };

/// A body of this type.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_json) {
            let detail = "the body must be JSON, with `Content-Type: application/json`";
            return Err(Problem::issuer(IssuerCode::MediaTypeUnsupported, detail));
        }
        // Also where the length is not announced: what passes the limit is not read.
        let bytes = to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| {
            let detail = format!("the body is cut off or larger than {MAX_BODY} bytes");
            Problem::issuer(IssuerCode::BodyTooLarge, detail)
        })?;
        parse(&bytes).map(Self)
    }
}

/// Absent where neither a body nor its type is announced.
impl<T: DeserializeOwned> OptionalFromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Option<Self>, Problem> {
        let headers = request.headers();
        let empty = headers.get(CONTENT_LENGTH).is_none_or(|length| length == "0");
        let announced =
            headers.contains_key(CONTENT_TYPE) || headers.contains_key(TRANSFER_ENCODING) || !empty;
        if !announced {
            return Ok(None);
        }
        <Self as FromRequest<App>>::from_request(request, app).await.map(Some)
    }
}

/// `application/json`, whatever its parameters and case (RFC 9110 section 8.3.1).
fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let object = json::parse_object(bytes, LIMITS).map_err(|error| {
        Problem::issuer(IssuerCode::BodyInvalid, format!("the body is not acceptable: {error}"))
    })?;
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        describe(&path, &error.into_inner().to_string())
    })
}

/// What serde found, as a problem of one field. A missing field is not on the path, only in the
/// message; the tests hold serde to its wording.
fn describe(path: &str, message: &str) -> Problem {
    if let Some(rest) = message.strip_prefix("missing field `") {
        let field = rest.trim_end_matches('`');
        return Problem::field(field, FieldCode::Missing, "this field is needed");
    }
    if message.starts_with("unknown field ") {
        let known = message.split_once("expected ").map_or("", |(_, known)| known);
        let detail = format!("there is no such field; expected {known}");
        return Problem::field(path, FieldCode::Unknown, detail);
    }
    // The message shows the value, which may be a password; the type that is expected says enough.
    let expected = message.rsplit_once("expected ").map_or("another value", |(_, what)| what);
    Problem::field(path, FieldCode::WrongType, format!("expected {expected}"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        name: String,
        #[expect(dead_code, reason = "only its type matters here")]
        list: Option<Vec<String>>,
    }

    #[test]
    fn the_field_at_fault_is_named_and_its_value_is_not_shown() {
        for (body, field, code) in [
            (r#"{}"#, "name", FieldCode::Missing),
            (r#"{"name":7}"#, "name", FieldCode::WrongType),
            (r#"{"name":null}"#, "name", FieldCode::WrongType),
            (r#"{"name":"x","nmae":"secret"}"#, "nmae", FieldCode::Unknown),
            (r#"{"name":"x","list":"secret"}"#, "list", FieldCode::WrongType),
            (r#"{"name":"x","list":["a",{"secret":1}]}"#, "list[1]", FieldCode::WrongType),
        ] {
            let problem = parse::<Example>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code.status(), 422, "{body}");
            assert_eq!(problem.fields[0].field, field, "{body}");
            assert_eq!(problem.fields[0].code, code, "{body}");
            assert!(!problem.to_string().contains("secret"), "{problem}");
        }
        assert_eq!(parse::<Example>(br#"{"name":"x"}"#).unwrap().name, "x");
    }

    #[test]
    fn what_is_no_strict_json_object_is_refused_whole() {
        for body in [&b""[..], b"[]", b"{", b"{} {}", b"{\"name\":\"\xff\"}", b"\xef\xbb\xbf{}"] {
            assert_eq!(parse::<Example>(body).unwrap_err().code.status(), 400);
        }
        let problem = parse::<Example>(br#"{"name":"a","name":"b"}"#).unwrap_err();
        assert!(problem.detail.contains("`name`"), "{problem}");
    }

    #[test]
    fn only_json_is_json() {
        for good in ["application/json", "Application/JSON; charset=utf-8"] {
            assert!(is_json(good), "{good}");
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
