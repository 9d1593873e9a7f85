//! Tokens in HTTP headers, and denials as HTTP answers: what the filter and the `tower` layer
//! share.

use std::borrow::Cow;

use laika_claims::policy::Decision;
use serde_json::json;

/// The scheme of RFC 6750.
pub const SCHEME: &str = "Bearer";

/// Headers by which a client can make a backend see another method than the policy saw. A request
/// that has one of them is refused.
const METHOD_OVERRIDES: [&str; 3] =
    ["x-http-method-override", "x-http-method", "x-method-override"];

/// Methods that change nothing (RFC 9110 section 9.2.1).
const SAFE_METHODS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];

/// What the places where a token may stand hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'h> {
    /// No token.
    None,
    /// One token, though perhaps in several places.
    One(Cow<'h, str>),
    /// Tokens that differ: nobody can say which one is meant.
    Several,
}

impl<'h> Found<'h> {
    /// Takes another place into account.
    #[must_use]
    pub fn and(self, token: Option<Cow<'h, str>>) -> Self {
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
pub fn same_header(left: impl AsRef<[u8]>, right: impl AsRef<[u8]>) -> bool {
    let fold = |byte: &u8| {
        if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
    };
    let (left, right) = (left.as_ref(), right.as_ref());
    left.len() == right.len() && left.iter().map(fold).eq(right.iter().map(fold))
}

/// Whether a header of that name asks for another method.
#[must_use]
pub fn overrides_method(name: impl AsRef<[u8]>) -> bool {
    METHOD_OVERRIDES.iter().any(|known| same_header(known, name.as_ref()))
}

/// The tokens in the value of an `Authorization` header, behind the scheme `scheme` (compared
/// without case, RFC 9110 section 11.1): none, one, or several where a proxy has joined several
/// headers into one by commas.
///
/// Bytes that are not UTF-8 are replaced, so that such a token is malformed rather than absent.
#[must_use]
pub fn tokens_of<'h>(value: &'h [u8], scheme: &str) -> Vec<Cow<'h, str>> {
    // By far the most have none.
    if !value.contains(&b',') {
        return token_of(value.trim_ascii_start(), scheme).into_iter().collect();
    }
    let mut tokens: Vec<Cow<'h, str>> = Vec::new();
    for part in value.split(|byte| *byte == b',') {
        match (token_of(part.trim_ascii_start(), scheme), tokens.last_mut()) {
            (Some(token), _) => tokens.push(token),
            // No token has a comma, so what goes on behind one is malformed.
            (None, Some(token)) => {
                let token = token.to_mut();
                token.push(',');
                token.push_str(&text_of(part));
            }
            (None, None) => {}
        }
    }
    tokens
}

fn token_of<'h>(credentials: &'h [u8], scheme: &str) -> Option<Cow<'h, str>> {
    let (start, rest) = credentials.split_at_checked(scheme.len())?;
    if !start.eq_ignore_ascii_case(scheme.as_bytes()) || rest.first() != Some(&b' ') {
        return None;
    }
    Some(trimmed(rest))
}

/// The tokens in the value of a header that holds nothing else: several where a proxy has joined
/// several headers into one.
#[must_use]
pub fn bare_tokens_of(value: &[u8]) -> Vec<Cow<'_, str>> {
    value.split(|byte| *byte == b',').map(trimmed).collect()
}

/// Text without spaces at its ends.
fn trimmed(bytes: &[u8]) -> Cow<'_, str> {
    let start = bytes.iter().position(|byte| *byte != b' ').unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(start, |last| last + 1);
    text_of(bytes.get(start..end).unwrap_or_default())
}

/// The same text as [`String::from_utf8_lossy`], which looks at every byte by itself.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The values of the cookie `name` in a `Cookie` header (RFC 6265 section 4.2.1). Neither a token
/// nor a cookie's value has a comma: behind one stands another header, where somebody has joined
/// two.
#[must_use]
pub fn cookies_of<'h>(value: &'h [u8], name: &str) -> Vec<Cow<'h, str>> {
    let pairs = value.split(|byte| *byte == b';');
    let values = pairs.filter_map(|pair| cookie_value(pair, name));
    let parts = values.flat_map(|value| value.split(|byte| *byte == b','));
    parts.map(text_of).collect()
}

/// What a `Cookie` header says without the cookie `name`: nothing, where that was all.
#[must_use]
pub fn without_cookie(value: &[u8], name: &str) -> Vec<u8> {
    let pairs = value.split(|byte| *byte == b';');
    let others = pairs.filter(|pair| cookie_value(pair, name).is_none());
    let others: Vec<_> = others.map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty()).collect();
    others.join(b"; ".as_slice())
}

fn cookie_value<'c>(pair: &'c [u8], name: &str) -> Option<&'c [u8]> {
    pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// Whether a token from a cookie counts for a request of `method` with these headers. A browser
/// sends cookies along whoever asks for it: methods that may change something, and WebSockets, need
/// a page of the own origin or one of `allowed`.
#[must_use]
pub fn may_use_cookie(method: &str, headers: &[(&[u8], &[u8])], allowed: &[String]) -> bool {
    let named =
        |name: &'static str| headers.iter().filter(move |(other, _)| *other == name.as_bytes());
    let only = |name| {
        let mut values = named(name).map(|(_, value)| std::str::from_utf8(value).ok());
        values.next().flatten().filter(|_| values.next().is_none())
    };
    let is_web_socket = |protocol: &[u8]| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket");
    let upgrades = named("upgrade").flat_map(|(_, value)| value.split(|byte| *byte == b','));
    if SAFE_METHODS.contains(&method) && !upgrades.into_iter().any(is_web_socket) {
        return true;
    }
    only("sec-fetch-site") == Some("same-origin")
        || only("origin").is_some_and(|origin| allowed.iter().any(|allowed| allowed == origin))
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
        let tokens = |value: &'static str| tokens_of(value.as_bytes(), SCHEME);
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
        let tokens = |value: &'static str| tokens_of(value.as_bytes(), SCHEME);
        assert_eq!(tokens("Bearer a,Bearer b"), ["a", "b"]);
        assert_eq!(tokens("Basic YTpi, bearer a"), ["a"]);
        assert_eq!(tokens("Bearer a,b"), ["a,b"]);
        assert_eq!(tokens("Bearer a, Basic YTpi"), ["a, Basic YTpi"]);
        assert_eq!(tokens("Bearer a,"), ["a,"]);
    }

    #[test]
    fn a_token_in_a_cookie_is_found_and_taken_out() {
        for (value, tokens, rest) in [
            ("micro=a.b.c", &["a.b.c"][..], ""),
            ("a=1; micro=a.b.c;b=2", &["a.b.c"], "a=1; b=2"),
            ("micro=a; xmicro=b; micro=c", &["a", "c"], "xmicro=b"),
            ("micro=a, micro=b", &["a", " micro=b"], ""),
            ("Micro=a; micro = b; micro", &[], "Micro=a; micro = b; micro"),
            ("micro=", &[""], ""),
            ("", &[], ""),
        ] {
            assert_eq!(cookies_of(value.as_bytes(), "micro"), tokens, "{value}");
            assert_eq!(without_cookie(value.as_bytes(), "micro"), rest.as_bytes(), "{value}");
        }
        assert_eq!(without_cookie(b"a=\xff; micro=x", "micro"), b"a=\xff");
        assert_eq!(bare_tokens_of(b" a, b"), ["a", "b"]);
        assert_eq!(bare_tokens_of(b"  ,a\xff b  "), ["", "a\u{fffd} b"]);
    }

    #[test]
    fn a_cookie_counts_for_pages_of_the_own_origin_or_an_allowed_one() {
        let allowed = ["https://app.example".to_owned()];
        let may = |method: &str, headers: &[(&'static str, &'static str)]| {
            let bytes =
                |(name, value): &(&'static str, &'static str)| (name.as_bytes(), value.as_bytes());
            let headers: Vec<_> = headers.iter().map(bytes).collect();
            may_use_cookie(method, &headers, &allowed)
        };
        assert!(may("GET", &[]) && may("HEAD", &[("origin", "https://evil.example")]));
        assert!(may("POST", &[("sec-fetch-site", "same-origin")]));
        assert!(may("POST", &[("origin", "https://app.example")]));
        let socket = ("upgrade", "h2c, WebSocket");
        assert!(may("GET", &[socket, ("origin", "https://app.example")]));
        for headers in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "https://app.example.evil.example")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://app.example"), ("origin", "https://evil.example")],
        ] {
            assert!(!may("POST", headers), "{headers:?}");
            assert!(!may("get", headers), "{headers:?}");
            assert!(!may("GET", &[&[socket], headers].concat()), "{headers:?}");
        }
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
            tokens
                .iter()
                .fold(Found::None, |found, token| found.and(Some(token.to_string().into())))
        };
        assert_eq!(found(&[]).and(None), Found::None);
        assert_eq!(found(&["a", "a"]).and(None), Found::One("a".into()));
        assert_eq!(found(&["a", "b"]), Found::Several);
        assert_eq!(found(&["a", "b", "a"]), Found::Several);
    }
}
