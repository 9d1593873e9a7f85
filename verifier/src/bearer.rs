//! Tokens in HTTP headers, and denials as HTTP answers: what the filter and the `tower` layer
//! share.

use laika_claims::policy::Decision;
use serde_json::json;

/// The scheme of RFC 6750.
pub const SCHEME: &str = "Bearer";

/// Headers by which a client can make a backend see another method than the policy saw. A request
/// that has one of them is refused.
pub const METHOD_OVERRIDES: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

/// What the places where a token may stand hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No token.
    None,
    /// One token, though perhaps in several places.
    One(String),
    /// Tokens that differ: nobody can say which one is meant.
    Several,
}

impl Found {
    /// Takes another place into account.
    #[must_use]
    pub fn and(self, token: Option<String>) -> Self {
        match (self, token) {
            (found, None) => found,
            (Self::None, Some(token)) => Self::One(token),
            (Self::One(first), Some(token)) if first == token => Self::One(first),
            _ => Self::Several,
        }
    }
}

/// The token in the value of an `Authorization` header, if it has the scheme `scheme` (compared
/// without case, RFC 9110 section 11.1).
///
/// Bytes that are not UTF-8 are replaced, so that such a token is malformed rather than absent.
#[must_use]
pub fn token_of(value: &[u8], scheme: &str) -> Option<String> {
    let (start, rest) = value.split_at_checked(scheme.len())?;
    if !start.eq_ignore_ascii_case(scheme.as_bytes()) || rest.first() != Some(&b' ') {
        return None;
    }
    Some(String::from_utf8_lossy(rest).trim_matches(' ').to_owned())
}

/// A denial as `application/problem+json` (RFC 9457). It says what the holder of the token may
/// know: the code, and what was missing, in the words of the policy.
#[must_use]
pub fn problem(decision: &Decision<'_>) -> String {
    let code = decision
        .code
        .map_or("permission_denied", |code| code.as_str());
    let title = match decision.status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        _ => "Service Unavailable",
    };
    let mut problem = json!({
        "type": "about:blank", "title": title, "status": decision.status, "code": code,
    });
    if !decision.missing.is_empty()
        && let Some(members) = problem.as_object_mut()
    {
        members.insert("missing".to_owned(), json!(decision.missing));
    }
    problem.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_behind_its_scheme() {
        let token = |value: &str| token_of(value.as_bytes(), SCHEME);
        assert_eq!(token("Bearer a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(token("bEARER   a.b.c  ").as_deref(), Some("a.b.c"));
        assert_eq!(token("Bearer ").as_deref(), Some(""));
        for other in [
            "",
            "Bearer",
            "Bearera.b.c",
            "Basic YTpi",
            "a.b.c",
            "Bearer\ta.b.c",
        ] {
            assert_eq!(token(other), None, "{other:?}");
        }
        assert_eq!(
            token_of(b"Bearer a\xff", SCHEME).as_deref(),
            Some("a\u{fffd}")
        );
    }

    #[test]
    fn tokens_that_differ_are_several() {
        let found = |tokens: &[&str]| {
            tokens.iter().fold(Found::None, |found, token| {
                found.and(Some((*token).to_owned()))
            })
        };
        assert_eq!(found(&[]).and(None), Found::None);
        assert_eq!(found(&["a", "a"]).and(None), Found::One("a".to_owned()));
        assert_eq!(found(&["a", "b"]), Found::Several);
        assert_eq!(found(&["a", "b", "a"]), Found::Several);
    }
}
