//! Why a token, or a verifier's options, are refused.

use std::fmt;

use laika_claims::ErrorCode;
use laika_claims::document::Fault;
use serde_json::Value;

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifyError(Box<Details>);

#[derive(Debug, Clone, PartialEq)]
struct Details {
    code: ErrorCode,
    message: String,
    claim: Option<String>,
    expected: Option<Value>,
    actual: Option<Value>,
    wanted: Option<Wanted>,
}

/// What was not there, so that a fetch may bring it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Index of the issuer in the options.
    pub(crate) issuer: usize,
    pub(crate) missing: Missing,
}

/// What an issuer's fetch may bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Any keys at all.
    Keys,
    /// The key with this `kid`.
    Key(String),
    /// The status list at this URL.
    List(String),
}

impl VerifyError {
    #[cold]
    #[inline(never)]
    pub(crate) fn new(code: ErrorCode, message: fmt::Arguments<'_>) -> Self {
        Self(Box::new(Details {
            code,
            message: message.to_string(),
            claim: None,
            expected: None,
            actual: None,
            wanted: None,
        }))
    }

    /// An error about the claim `name`.
    #[cold]
    #[inline(never)]
    pub(crate) fn claim(code: ErrorCode, name: &str, message: fmt::Arguments<'_>) -> Self {
        let mut error = Self::new(code, message);
        error.0.claim = Some(name.to_owned());
        error
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn expecting(mut self, expected: Value, actual: Option<Value>) -> Self {
        self.0.expected = Some(expected);
        self.0.actual = actual;
        self
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn wanting(mut self, issuer: usize, missing: Missing) -> Self {
        self.0.wanted = Some(Wanted { issuer, missing });
        self
    }

    pub(crate) fn wanted(&self) -> Option<&Wanted> {
        self.0.wanted.as_ref()
    }

    /// The code, which is a contract.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// What is wrong, in words; these may change.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The claim it is about, if it is about one.
    #[must_use]
    pub fn claim_name(&self) -> Option<&str> {
        self.0.claim.as_deref()
    }

    /// What the claim should have been.
    #[must_use]
    pub fn expected(&self) -> Option<&Value> {
        self.0.expected.as_ref()
    }

    /// What the claim was.
    #[must_use]
    pub fn actual(&self) -> Option<&Value> {
        self.0.actual.as_ref()
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl std::error::Error for VerifyError {}

/// Why options, or the policy in them, are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsError {
    /// `options_invalid` or `policy_invalid`.
    pub code: ErrorCode,
    /// Where it stands, such as `issuers[0].jwks_uri`; empty for the whole.
    pub at: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl From<Box<Fault>> for OptionsError {
    fn from(fault: Box<Fault>) -> Self {
        let Fault { at, message } = *fault;
        Self { code: ErrorCode::OptionsInvalid, at, message }
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            write!(f, "{}: {}", self.code, self.message)
        } else {
            write!(f, "{}: `{}`: {}", self.code, self.at, self.message)
        }
    }
}

impl std::error::Error for OptionsError {}
