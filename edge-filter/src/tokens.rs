//! Where tokens stand in a request.

use laika_verifier::bearer::{self, Found, same_header};

use crate::filter::Headers;

/// A place where a token may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// A header.
    Header {
        /// Its name, in lower case.
        name: String,
        /// The scheme before the token; `None` when the token is the whole value.
        scheme: Option<String>,
    },
    /// The cookie of that name.
    Cookie(String),
}

/// The header that cookies stand in.
pub(crate) const COOKIE: &str = "cookie";

/// The tokens of a request.
#[derive(Debug)]
pub(crate) struct Tokens<'h> {
    /// What all places hold together.
    pub(crate) found: Found<'h>,
    /// Names of the headers that hold nothing but one.
    pub(crate) carriers: Vec<&'h [u8]>,
    /// Whether one stands in a cookie.
    pub(crate) in_cookie: bool,
}

impl TokenPlace {
    /// `Authorization: Bearer` (RFC 6750 section 2.1).
    #[must_use]
    pub fn authorization() -> Self {
        Self::Header { name: "authorization".to_owned(), scheme: Some(bearer::SCHEME.to_owned()) }
    }

    /// The header in which the token stands.
    pub(crate) fn header(&self) -> &str {
        match self {
            Self::Header { name, .. } => name,
            Self::Cookie(_) => COOKIE,
        }
    }

    /// Whether that is its header written with `_` for `-`, or the other way round.
    fn is_spelled(&self, name: &[u8]) -> bool {
        let ours = self.header();
        matches!(self, Self::Header { .. })
            && !name.eq_ignore_ascii_case(ours.as_bytes())
            && same_header(ours, name)
    }

    /// What it holds, if this is the header in which it is.
    fn find<'h>(&self, name: &[u8], value: &'h [u8]) -> Found<'h> {
        if !name.eq_ignore_ascii_case(self.header().as_bytes()) {
            return Found::None;
        }
        match self {
            Self::Header { scheme: Some(scheme), .. } => bearer::tokens_of(value, scheme),
            Self::Header { scheme: None, .. } => bearer::bare_tokens_of(value),
            Self::Cookie(name) => bearer::cookies_of(value, name),
        }
    }
}

impl<'h> Tokens<'h> {
    pub(crate) fn find(headers: &Headers<'h>, places: &[TokenPlace]) -> Self {
        let mut tokens = Self { found: Found::None, carriers: Vec::new(), in_cookie: false };
        for (name, value) in headers {
            for place in places {
                // A backend may take the other spelling for the header itself.
                if place.is_spelled(name) {
                    tokens.carriers.push(name);
                }
                let found = place.find(name, value);
                if found == Found::None {
                    continue;
                }
                tokens.found = tokens.found.and(found);
                match place {
                    TokenPlace::Header { .. } => tokens.carriers.push(name),
                    TokenPlace::Cookie(_) => tokens.in_cookie = true,
                }
            }
        }
        tokens
    }
}

/// What the `Cookie` headers of a request say, as one, without those that are places of tokens.
pub(crate) fn other_cookies(headers: &Headers<'_>, places: &[TokenPlace]) -> Vec<u8> {
    let lines = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(COOKIE.as_bytes()));
    let stripped = lines.map(|(_, line)| {
        places.iter().fold(line.to_vec(), |line, place| match place {
            TokenPlace::Cookie(name) => bearer::without_cookie(&line, name),
            TokenPlace::Header { .. } => line,
        })
    });
    let rest: Vec<_> = stripped.filter(|line| !line.is_empty()).collect();
    rest.join(b"; ".as_slice())
}
