//! Tokens in HTTP headers, and denials as HTTP answers: what the filter and the `tower` layer
//! share.

use laika_claims::policy::Decision;
use serde_json::json;

/// The scheme of RFC 6750.
pub const SCHEME: &str = "Bearer";

/// Headers by which a client can make a backend see another method than the policy saw. A request
/// that has one of them is refused.
const METHOD_OVERRIDES: [&str; 3] =
    ["x-http-method-override", "x-http-method", "x-method-override"];

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

/// Whether a backend may take both for one header: CGI and its heirs fold case and turn `-` into
/// `_` (RFC 3875 section 4.1.18).
#[must_use]
pub fn same_header(left: &str, right: &str) -> bool {
    let fold = |byte: u8| {
        if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
    };
    left.bytes().map(fold).eq(right.bytes().map(fold))
}

/// Whether a header of that name asks for another method.
#[must_use]
pub fn overrides_method(name: &str) -> bool {
    METHOD_OVERRIDES.iter().any(|known| same_header(known, name))
}

/// The tokens in the value of an `Authorization` header, behind the scheme `scheme` (compared
/// without case, RFC 9110 section 11.1): none, one, or several where a proxy has joined several
/// headers into one by commas.
///
/// Bytes that are not UTF-8 are replaced, so that such a token is malformed rather than absent.
#[must_use]
pub fn tokens_of(value: &[u8], scheme: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for part in value.split(|byte| *byte == b',') {
        match (token_of(part.trim_ascii_start(), scheme), tokens.last_mut()) {
            (Some(token), _) => tokens.push(token),
            // No token has a comma, so what goes on behind one is malformed.
            (None, Some(token)) => {
                token.push(',');
                token.push_str(&String::from_utf8_lossy(part));
            }
            (None, None) => {}
        }
    }
    tokens
}

fn token_of(credentials: &[u8], scheme: &str) -> Option<String> {
    let (start, rest) = credentials.split_at_checked(scheme.len())?;
    if !start.eq_ignore_ascii_case(scheme.as_bytes()) || rest.first() != Some(&b' ') {
        return None;
    }
    Some(String::from_utf8_lossy(rest).trim_matches(' ').to_owned())
}

/// A denial as `application/problem+json` (RFC 9457). It says what the holder of the token may
/// know: the code, and what was missing, in the words of the policy.
#[must_use]
pub fn problem(decision: &Decision<'_>) -> String {
    let code = decision.code.map_or("permission_denied", |code| code.as_str());
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
        let tokens = |value: &str| tokens_of(value.as_bytes(), SCHEME);
        assert_eq!(tokens("Bearer a.b.c"), ["a.b.c"]);
        assert_eq!(tokens("bEARER   a.b.c  "), ["a.b.c"]);
        assert_eq!(tokens("Bearer "), [""]);
        for other in ["", "Bearer", "Bearera.b.c", "Basic YTpi", "a.b.c", "Bearer\ta.b.c", ","] {
            assert_eq!(tokens(other), [""; 0], "{other:?}");
        }
        assert_eq!(tokens_of(b"Bearer a\xff", SCHEME), ["a\u{fffd}"]);
    }

    #[test]
    fn headers_that_a_proxy_has_joined_are_taken_apart() {
        let tokens = |value: &str| tokens_of(value.as_bytes(), SCHEME);
        assert_eq!(tokens("Bearer a,Bearer b"), ["a", "b"]);
        assert_eq!(tokens("Basic YTpi, bearer a"), ["a"]);
        assert_eq!(tokens("Bearer a,b"), ["a,b"]);
        assert_eq!(tokens("Bearer a, Basic YTpi"), ["a, Basic YTpi"]);
        assert_eq!(tokens("Bearer a,"), ["a,"]);
    }

    #[test]
    fn every_spelling_of_a_header_is_one_header() {
        for other in ["x-user-id", "X-User-Id", "x_user_id", "X_USER-ID"] {
            assert!(same_header("x-user-id", other), "{other}");
        }
        for other in ["x-user-i", "x-user-idx", "xuserid", "x.user.id", ""] {
            assert!(!same_header("x-user-id", other), "{other}");
        }
        assert!(overrides_method("X_HTTP_Method-Override") && !overrides_method("x-http"));
    }

    #[test]
    fn tokens_that_differ_are_several() {
        let found = |tokens: &[&str]| {
            tokens.iter().fold(Found::None, |found, token| found.and(Some((*token).to_owned())))
        };
        assert_eq!(found(&[]).and(None), Found::None);
        assert_eq!(found(&["a", "a"]).and(None), Found::One("a".to_owned()));
        assert_eq!(found(&["a", "b"]), Found::Several);
        assert_eq!(found(&["a", "b", "a"]), Found::Several);
    }
}
