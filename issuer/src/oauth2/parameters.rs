//! Parameters of a request (RFC 6749 section 3.2): none twice, empty ones as good as absent,
//! unknown ones without meaning.

use std::borrow::Cow;
use std::collections::BTreeMap;

use laika_claims::Grant;

use super::error::{OAuthCode, OAuthError};
use crate::mint::grants::parse_wanted;
use crate::secret::Secret;

/// Parameters that name services, and so may be there several times (RFC 8707 section 2, RFC 8693
/// section 2.1).
const SEVERAL: [&str; 2] = ["resource", "audience"];

/// The parameters of a request.
#[derive(Debug)]
pub struct Parameters {
    single: BTreeMap<String, Secret>,
    /// Services, by name or audience.
    pub targets: Vec<String>,
}

impl Parameters {
    /// Reads a form.
    ///
    /// # Errors
    /// A parameter is there twice, or is no text.
    pub fn parse(form: &[u8]) -> Result<Self, OAuthError> {
        let mut parameters = Self { single: BTreeMap::new(), targets: Vec::new() };
        for (name, value) in pairs(form) {
            // What is not UTF-8 reads as this letter, which no parameter has.
            if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
                return Err(OAuthError::new(OAuthCode::InvalidRequest, "the form is not UTF-8"));
            }
            if SEVERAL.contains(&&*name) {
                if !value.is_empty() {
                    parameters.targets.push(value.into_owned());
                }
                continue;
            }
            if parameters.single.contains_key(&*name) {
                let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
                let description = format!("`{shown}` is there twice");
                return Err(OAuthError::new(OAuthCode::InvalidRequest, description));
            }
            parameters.single.insert(name.into_owned(), value.into_owned().into());
        }
        Ok(parameters)
    }

    /// A parameter, if it is there with a value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.single.get(name).map(Secret::reveal).filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// It is not; naming it.
    pub fn need(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| {
            OAuthError::new(OAuthCode::InvalidRequest, format!("`{name}` is missing"))
        })
    }

    /// The services that a token is asked for.
    ///
    /// # Errors
    /// None is named.
    pub fn services(&self) -> Result<Vec<String>, OAuthError> {
        if self.targets.is_empty() {
            let description = "name the service with `resource`, by its name or audience";
            return Err(OAuthError::new(OAuthCode::InvalidTarget, description));
        }
        Ok(self.targets.clone())
    }

    /// The permissions that `scope` narrows a token to.
    ///
    /// # Errors
    /// One of them is no permission.
    pub fn scope(&self) -> Result<Option<Vec<Grant>>, OAuthError> {
        let Some(scope) = self.get("scope") else { return Ok(None) };
        let wanted: Vec<_> = scope.split_whitespace().map(str::to_owned).collect();
        parse_wanted(&wanted).map(Some).map_err(|problem| {
            let detail =
                problem.fields.first().map_or(problem.detail.clone(), |f| f.detail.clone());
            OAuthError::new(OAuthCode::InvalidScope, detail)
        })
    }
}

/// Names and values of a form, decoded (URL standard, *application/x-www-form-urlencoded parsing*).
fn pairs(form: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let written = str::from_utf8(form).ok().filter(|text| !text.contains(['%', '+']));
    // Most forms of ours are long tokens, which stand there as they are.
    let plain =
        written.into_iter().flat_map(|text| text.split('&').filter(|pair| !pair.is_empty()));
    let plain = plain.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let encoded = written.is_none().then(|| form_urlencoded::parse(form));
    plain.map(|(name, value)| (name.into(), value.into())).chain(encoded.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_the_same_whether_it_holds_what_must_be_decoded_or_not() {
        let parts =
            ["", "&", "=", "a", "token", "\u{e9}", "a.b-c_d", "\u{0}", "%2b", "+", "%", "%f"];
        for number in 0..parts.len().pow(4) {
            let digit = |place| parts[number / parts.len().pow(place) % parts.len()];
            let form: String = (0..4).map(digit).collect();
            let expected: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
            assert_eq!(pairs(form.as_bytes()).collect::<Vec<_>>(), expected, "{form:?}");
        }
    }

    #[test]
    fn nothing_may_be_there_twice_but_services() {
        let read = Parameters::parse(b"grant_type=a&resource=x&resource=y&audience=z&unknown=1&b=")
            .unwrap();
        assert_eq!((read.get("grant_type"), read.get("b")), (Some("a"), None));
        assert_eq!(read.services().unwrap(), ["x", "y", "z"]);
        for bad in [&b"a=1&a=1"[..], b"a=&a=1", b"unknown=1&unknown=2", b"a=%ff", b"%ff=1"] {
            assert!(Parameters::parse(bad).is_err());
        }
        assert!(Parameters::parse(b"").unwrap().services().is_err());
    }
}
