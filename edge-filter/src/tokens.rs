//! Where tokens stand in a request.

use laika_verifier::bearer::{self, Found};

use crate::filter::Headers;

/// A header in which a token may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlace {
    /// Name of the header, in lower case.
    pub header: String,
    /// The scheme before the token; `None` when the token is the whole value.
    pub scheme: Option<String>,
}

/// The tokens of a request.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// What all places hold together.
    pub(crate) found: Found,
    /// Names of the headers that hold one.
    pub(crate) carriers: Vec<String>,
}

impl TokenPlace {
    /// `Authorization: Bearer` (RFC 6750 section 2.1).
    #[must_use]
    pub fn authorization() -> Self {
        Self { header: "authorization".to_owned(), scheme: Some(bearer::SCHEME.to_owned()) }
    }

    fn tokens(&self, name: &str, value: &[u8]) -> Vec<String> {
        if !name.eq_ignore_ascii_case(&self.header) {
            return Vec::new();
        }
        match &self.scheme {
            Some(scheme) => bearer::tokens_of(value, scheme),
            None => vec![String::from_utf8_lossy(value).trim_matches(' ').to_owned()],
        }
    }
}

impl Tokens {
    pub(crate) fn find(headers: &Headers, places: &[TokenPlace]) -> Self {
        let mut tokens = Self { found: Found::None, carriers: Vec::new() };
        for (name, value) in headers {
            for token in places.iter().flat_map(|place| place.tokens(name, value)) {
                tokens.found = tokens.found.and(Some(token));
                tokens.carriers.push(name.clone());
            }
        }
        tokens
    }
}
