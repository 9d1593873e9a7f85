//! Where a browser may be sent after a log-in: what the settings list, and the issuer's own page.
//!
//! The list is compared as text. Nothing is decoded or resolved, so a host that another reader would
//! find in `https://good.example\@evil.example` is no matter of opinion: such a text is refused.

use crate::outgoing::is_loopback;
use http::Uri;

/// Longest `next`, in bytes.
const MAX_LENGTH: usize = 2048;

/// Parameters that the way back adds.
const OURS: [&str; 2] = ["code", "error"];

/// A place to which a browser may be sent: a URL without query, or everything below one that ends
/// in `/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    base: String,
    below: bool,
}

impl Allowed {
    /// Reads an entry of the list.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (base, below) = match text.strip_suffix('*') {
            Some(base) if base.ends_with('/') => (base, true),
            Some(_) => return Err("has a `*` that does not follow a `/` at the end"),
            None => (text, false),
        };
        if !is_plain(base) || base.contains(['?', '*', '%']) {
            return Err("has a query, a fragment, a user, or a letter that no plain URL has");
        }
        let Some((scheme, rest)) = base.split_once(':') else {
            return Err("is no URL");
        };
        if scheme.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err("has upper-case letters in its scheme");
        }
        match scheme {
            "https" | "http" => {
                let Some(uri) = rest.strip_prefix("//").and_then(|_| base.parse::<Uri>().ok())
                else {
                    return Err("is no URL");
                };
                let host = uri.host().unwrap_or_default();
                let path = rest.get(2..).and_then(|rest| rest.find('/'));
                if host.is_empty() || path.is_none() {
                    return Err("has no host or no path; a path is at least `/`");
                }
                if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Err("has upper-case letters in its host");
                }
                if scheme == "http" && !is_loopback(host) {
                    return Err("is neither https nor on this machine");
                }
                let path = uri.path();
                if path != "/" && !path.strip_prefix('/').is_some_and(is_clean) {
                    return Err("has an empty or a dot segment in its path");
                }
            }
            // RFC 8252 section 7.1: a name in reverse, which its owner holds.
            _ if !scheme.contains('.') || below => {
                return Err("is no https URL, and no whole URL of an app such as `org.kennel:/in`");
            }
            _ => {}
        }
        Ok(Self { base: base.to_owned(), below })
    }

    fn covers(&self, base: &str) -> bool {
        if !self.below {
            return self.base == base;
        }
        base.strip_prefix(&self.base).is_some_and(|rest| rest.is_empty() || is_clean(rest))
    }
}

/// Whether `next` is allowed: by the list, or as the page at `own`, the issuer's public URL.
#[must_use]
pub fn is_allowed(next: &str, allowed: &[Allowed], own: &str) -> bool {
    if next.len() > MAX_LENGTH || !is_plain(next) {
        return false;
    }
    let (base, query) = next.split_once('?').unwrap_or((next, ""));
    let clashes = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| OURS.contains(&&*name));
    let is_own = base.strip_prefix(own) == Some("/");
    !clashes && (is_own || allowed.iter().any(|entry| entry.covers(base)))
}

/// `next` with a parameter.
#[must_use]
pub fn with(next: &str, name: &str, value: &str) -> String {
    let joint = match next.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{next}{joint}{pair}")
}

/// The origin of `next`, where it is a web page.
#[must_use]
pub fn origin(next: &str) -> Option<&str> {
    let rest = next.strip_prefix("https://").or_else(|| next.strip_prefix("http://"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    next.get(..next.len() - rest.len() + end)
}

/// Visible ASCII without what some reader of URLs takes for something else.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\@#<>\"'`{}|^".contains(&byte))
}

/// Segments of a path: letters and digits, none of them empty but the last, none of them dots.
fn is_clean(path: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let body = path.strip_suffix('/').unwrap_or(path);
    path.bytes().all(letter) && body.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://id.kennel.org";

    fn list(texts: &[&str]) -> Vec<Allowed> {
        texts.iter().map(|text| Allowed::parse(text).unwrap()).collect()
    }

    #[test]
    fn entries_are_whole_urls() {
        for good in [
            "https://app.kennel.org/",
            "https://app.kennel.org/in",
            "https://app.kennel.org/in/*",
            "https://app.kennel.org:8443/in",
            "http://127.0.0.1:3000/in",
            "http://[::1]:3000/*",
            "https://xn--80aa.org/in",
            "org.kennel.app:/in",
        ] {
            assert!(Allowed::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "*",
            "/in",
            "app.kennel.org/in",
            "https://*",
            "https://app.kennel.org",
            "https://app.kennel.org/in*",
            "https://app.kennel.org/in?x",
            "https://app.kennel.org/in#x",
            "https://u@app.kennel.org/in",
            "https://app.kennel.org\\@evil.org/",
            "https://App.kennel.org/in",
            "HTTPS://app.kennel.org/in",
            "https://app.kennel.org//in",
            "https://app.kennel.org/../in",
            "https://app.kennel.org/%2e%2e",
            "https:app.kennel.org/in",
            "https:///in",
            "http://app.kennel.org/in",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp:/in",
            "org.kennel.app:/*",
        ] {
            assert!(Allowed::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_what_is_listed_is_a_way_back() {
        let list = list(&[
            "https://app.kennel.org/in",
            "https://app.kennel.org/deep/*",
            "https://xn--80aa.org/in",
            "org.kennel.app:/in",
        ]);
        for good in [
            "https://id.kennel.org/",
            "https://id.kennel.org/?tab=2",
            "https://app.kennel.org/in",
            "https://app.kennel.org/in?state=a%20b&x=https://y",
            "https://app.kennel.org/deep/",
            "https://app.kennel.org/deep/a/b-c_d~e.html",
            "https://app.kennel.org/deep/a/",
            "https://xn--80aa.org/in",
            "org.kennel.app:/in?x=1",
        ] {
            assert!(is_allowed(good, &list, OWN), "{good}");
        }
        for bad in [
            "",
            "/",
            "//evil.org/in",
            "/\\evil.org",
            "https://id.kennel.org",
            "https://id.kennel.org/in",
            "https://id.kennel.org.evil.org/",
            "https://id.kennel.orgevil.org/",
            "http://id.kennel.org/",
            "https://app.kennel.org/",
            "https://app.kennel.org/in/",
            "https://app.kennel.org/in2",
            "https://app.kennel.org/IN",
            "https://app.kennel.org:443/in",
            "https://app.kennel.org:444/in",
            "https://app.kennel.org/deep",
            "https://app.kennel.org/deep//evil.org",
            "https://app.kennel.org/deep/../in2",
            "https://app.kennel.org/deep/./x",
            "https://app.kennel.org/deep/%2e%2e/in2",
            "https://app.kennel.org/deep/..",
            "https://app.kennel.org/deep/a;b",
            "https://app.kennel.org@evil.org/in",
            "https://evil.org\\@app.kennel.org/in",
            "https://app.kennel.org/in#x",
            "https://app.kennel.org/in?x=a@b",
            "https://app.kennel.org/in\r\nSet-Cookie: a=b",
            " https://app.kennel.org/in",
            "https://app.kennel.org/in\t",
            "https://app.kennel.org/in?code=1",
            "https://app.kennel.org/in?a=b&error=1",
            "https://app.kennel.org/in?%63ode=1",
            "https://\u{430}pp.kennel.org/in",
            "https://аа.org/in",
            "org.kennel.app:/in/x",
            "javascript:alert(1)",
        ] {
            assert!(!is_allowed(bad, &list, OWN), "{bad}");
        }
        let long = format!("https://app.kennel.org/in?{}", "x".repeat(2048));
        assert!(!is_allowed(&long, &list, OWN));
    }

    #[test]
    fn parameters_are_added_to_what_is_there() {
        assert_eq!(with("https://a/in", "code", "a b"), "https://a/in?code=a+b");
        assert_eq!(with("https://a/in?", "code", "1"), "https://a/in?code=1");
        assert_eq!(with("https://a/in?x=1", "code", "1"), "https://a/in?x=1&code=1");
        assert_eq!(origin("https://a:1/in?x"), Some("https://a:1"));
        assert_eq!(origin("org.kennel.app:/in"), None);
    }
}
