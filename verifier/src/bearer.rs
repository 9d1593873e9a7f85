//! Tokens in HTTP headers, and denials as HTTP answers: what the filter and the `tower` layer
//! share.

use laika_claims::json::push_value;
use laika_claims::policy::Decision;
use serde_json::Value;

/// The scheme of RFC 6750.
pub const SCHEME: &str = "Bearer";

/// Headers by which a client can make a backend see another method than the policy saw. A request
/// that has one of them is refused.
const METHOD_OVERRIDES: [&str; 3] =
    ["x-http-method-override", "x-http-method", "x-method-override"];

/// Methods that change nothing (RFC 9110 section 9.2.1).
const SAFE_METHODS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];

/// What the places where a token may stand hold together. Tokens are bytes that nobody has looked
/// at, and stay where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'h> {
    /// No token.
    None,
    /// One token, though perhaps in several places.
    One(&'h [u8]),
    /// Tokens that differ: nobody can say which one is meant.
    Several,
}

impl Found<'_> {
    /// Takes another place into account.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (found, Self::None) | (Self::None, found) => found,
            (Self::One(one), Self::One(other)) if one == other => self,
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

/// What the value of an `Authorization` header holds behind the scheme `scheme` (compared without
/// case, RFC 9110 section 11.1): no token, one, or several where a proxy has joined several headers
/// into one by commas.
#[must_use]
pub fn tokens_of<'h>(value: &'h [u8], scheme: &str) -> Found<'h> {
    let mut found = Found::None;
    let mut rest = value;
    loop {
        // No token has a comma, so what goes on behind one without the scheme belongs to it, and
        // makes it malformed.
        let next = memchr::memchr_iter(b',', rest)
            .filter_map(|comma| rest.split_at_checked(comma + 1))
            .find(|(_, others)| token_of(others, scheme).is_some());
        let credentials = next.and_then(|(part, _)| part.strip_suffix(b",")).unwrap_or(rest);
        found = found.and(token_of(credentials, scheme).map_or(Found::None, Found::One));
        match next {
            Some((_, others)) => rest = others,
            None => return found,
        }
    }
}

fn token_of<'h>(credentials: &'h [u8], scheme: &str) -> Option<&'h [u8]> {
    let (start, rest) = credentials.trim_ascii_start().split_at_checked(scheme.len())?;
    let is_ours = start.eq_ignore_ascii_case(scheme.as_bytes()) && rest.first() == Some(&b' ');
    is_ours.then(|| trimmed(rest))
}

/// What the value of a header holds that holds nothing but a token: several where a proxy has
/// joined several headers into one.
#[must_use]
pub fn bare_tokens_of(value: &[u8]) -> Found<'_> {
    all_of(value.split(|byte| *byte == b',').map(trimmed))
}

fn all_of<'h>(tokens: impl Iterator<Item = &'h [u8]>) -> Found<'h> {
    tokens.fold(Found::None, |found, token| found.and(Found::One(token)))
}

/// Without spaces at the ends.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != b' ').unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// What the cookies `name` in a `Cookie` header hold (RFC 6265 section 4.2.1). Neither a token nor
/// a cookie's value has a comma: behind one stands another header, where somebody has joined two.
#[must_use]
pub fn cookies_of<'h>(value: &'h [u8], name: &str) -> Found<'h> {
    let pairs = value.split(|byte| *byte == b';');
    let values = pairs.filter_map(|pair| cookie_value(pair, name));
    all_of(values.flat_map(|value| value.split(|byte| *byte == b',')))
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
    // Not every host hands names out in lower case.
    let is = |other: &[u8], name: &str| other.eq_ignore_ascii_case(name.as_bytes());
    let named = |name: &'static str| headers.iter().filter(move |(other, _)| is(other, name));
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
    let missing = Some(decision.missing.clone()).filter(|missing| !missing.is_empty());
    let members = [
        ("type", Some("about:blank".into())),
        ("title", Some(title.into())),
        ("status", Some(decision.status.into())),
        ("code", Some(code.into())),
        ("missing", missing.map(Value::from)),
    ];
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let mut problem = String::new();
    push_value(&mut problem, &Value::Object(members.collect()));
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_behind_its_scheme() {
        for value in ["Bearer a.b.c", "bEARER   a.b.c  ", "  Bearer a.b.c"] {
            assert_eq!(tokens_of(value.as_bytes(), SCHEME), Found::One(b"a.b.c"), "{value}");
        }
        assert_eq!(tokens_of(b"Bearer ", SCHEME), Found::One(b""));
        for other in ["", "Bearer", "Bearera.b.c", "Basic YTpi", "a.b.c", "Bearer\ta.b.c", ","] {
            assert_eq!(tokens_of(other.as_bytes(), SCHEME), Found::None, "{other:?}");
        }
        assert_eq!(tokens_of(b"Bearer a\xff", SCHEME), Found::One(b"a\xff"));
    }

    #[test]
    fn headers_that_a_proxy_has_joined_are_taken_apart() {
        for (value, found) in [
            ("Bearer a,Bearer b", Found::Several),
            ("Bearer a, bearer  a ", Found::One(b"a")),
            ("Basic YTpi, bearer a", Found::One(b"a")),
            ("Basic YTpi,,Bearer a ,Digest x", Found::One(b"a ,Digest x")),
            ("Bearer a,b", Found::One(b"a,b")),
            ("Bearer a,b,Bearer a", Found::Several),
            ("Bearer a, Basic YTpi", Found::One(b"a, Basic YTpi")),
            ("Bearer a,", Found::One(b"a,")),
            ("Basic YTpi, Digest x", Found::None),
        ] {
            assert_eq!(tokens_of(value.as_bytes(), SCHEME), found, "{value}");
        }
    }

    #[test]
    fn a_token_in_a_cookie_is_found_and_taken_out() {
        for (value, found, rest) in [
            ("micro=a.b.c", Found::One(b"a.b.c".as_slice()), ""),
            ("a=1; micro=a.b.c;b=2", Found::One(b"a.b.c"), "a=1; b=2"),
            ("micro=a; xmicro=b; micro=c", Found::Several, "xmicro=b"),
            ("micro=a; micro=a", Found::One(b"a"), ""),
            ("micro=a, micro=b", Found::Several, ""),
            ("Micro=a; micro = b; micro", Found::None, "Micro=a; micro = b; micro"),
            ("micro=", Found::One(b""), ""),
            ("a=b; \u{2000}micro=a", Found::None, "a=b; \u{2000}micro=a"),
            ("", Found::None, ""),
        ] {
            assert_eq!(cookies_of(value.as_bytes(), "micro"), found, "{value}");
            assert_eq!(without_cookie(value.as_bytes(), "micro"), rest.as_bytes(), "{value}");
        }
        assert_eq!(without_cookie(b"a=\xff; micro=x", "micro"), b"a=\xff");
        assert_eq!(cookies_of(b"a=b; \xa0micro=a", "micro"), Found::None);
        assert_eq!(cookies_of(b"micro=a\xa0", "micro"), Found::One(b"a\xa0"));
        assert_eq!(bare_tokens_of(b" a, b"), Found::Several);
        assert_eq!(bare_tokens_of(b" a\xff b "), Found::One(b"a\xff b"));
        assert_eq!(bare_tokens_of(b""), Found::One(b""));
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
            // As hosts hand names out that leave them as they came.
            let socket = ("Upgrade", "websocket");
            assert!(!may("GET", &[&[socket], headers].concat()), "{headers:?}");
        }
        assert!(may("POST", &[("Sec-Fetch-Site", "same-origin")]));
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
        let found = |tokens: &[&'static str]| all_of(tokens.iter().map(|token| token.as_bytes()));
        assert_eq!(found(&[]).and(Found::None), Found::None);
        assert_eq!(found(&["a", "a"]).and(Found::None), Found::One(b"a"));
        assert_eq!(Found::None.and(found(&["a"])), Found::One(b"a"));
        assert_eq!(found(&["a", "b"]), Found::Several);
        assert_eq!(found(&["a", "b", "a"]), Found::Several);
    }
}
