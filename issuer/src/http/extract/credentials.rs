//! The main token of a request: in `Authorization` or in the cookie, never in both.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};
use laika_claims::ErrorCode;

use super::refuse_foreign_origin;
use crate::app::App;
use crate::http::cookie;
use crate::http::tokens::WantedTransport;
use crate::problem::Problem;

/// How a main token travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `Authorization: Bearer`.
    Header,
    /// The cookie that script can't read.
    Cookie,
}

impl Transport {
    /// How the tokens of an answer travel, as a request wants it. A page that wants a cookie must be
    /// of an allowed origin, since from then on its browser sends it along.
    ///
    /// # Errors
    /// `origin_refused`.
    pub fn wanted(
        app: &App,
        method: &Method,
        headers: &HeaderMap,
        wanted: Option<WantedTransport>,
    ) -> Result<Self, Problem> {
        match wanted {
            Some(WantedTransport::Cookie) => {
                refuse_foreign_origin(app, method, headers)?;
                Ok(Self::Cookie)
            }
            Some(WantedTransport::Body) | None => Ok(Self::Header),
        }
    }
}

/// The token of a request, and how it came.
///
/// # Errors
/// There is none, or it is not clear which one counts.
pub(super) fn find(app: &App, headers: &HeaderMap) -> Result<(String, Transport), Problem> {
    let header = bearer(headers)?;
    let cookie = cookie_token(app, headers)?;
    match (header, cookie) {
        (Some(token), None) => Ok((token, Transport::Header)),
        (None, Some(token)) => Ok((token, Transport::Cookie)),
        (None, None) => Err(Problem::token(ErrorCode::TokenMissing, "a main token is needed here")),
        (Some(_), Some(_)) => Err(ambiguous("a token in `Authorization` and one in a cookie")),
    }
}

/// RFC 6750 section 2.1; the scheme is compared without case (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(ambiguous("two `Authorization` headers"));
    }
    let malformed = || {
        let detail = "`Authorization` is not `Bearer` and a token";
        Problem::token(ErrorCode::TokenMalformed, detail)
    };
    let (scheme, token) =
        value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(malformed());
    }
    Ok(Some(token.to_owned()))
}

fn cookie_token(app: &App, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut found = cookie::values(headers, cookie::name(app));
    let first = found.next();
    if found.next().is_some() {
        return Err(ambiguous("two cookies with a token"));
    }
    Ok(first)
}

fn ambiguous(what: &str) -> Problem {
    let detail = format!("the request has {what}; send one token");
    Problem::token(ErrorCode::RequestInvalid, detail)
}
