//! What is answered when something is refused or fails.
//!
//! A [`Problem`] knows two audiences: `detail` and `fields` are for whoever asked, `cause` is for
//! the log alone. The codes, their statuses and challenges are `laika_claims::code`.

use std::fmt;

use laika_claims::code::{Challenge, ErrorCode, IssuerCode};
use schemars::JsonSchema;
use serde::Serialize;

/// A refusal or failure on its way to whoever asked.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What happened, as the contract names it.
    pub code: Code,
    /// One sentence for whoever asked.
    pub detail: String,
    /// Which fields of the request are at fault.
    pub fields: Vec<FieldProblem>,
    /// The strength of a refused password.
    pub strength: Option<Box<Strength>>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// Permissions that were asked for and are not granted.
    pub missing: Vec<String>,
    /// What happened inside; logged, never answered.
    pub cause: Option<String>,
}

/// A code of either list in `laika_claims::code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// About a token or a request.
    Token(ErrorCode),
    /// Only the issuer says this.
    Issuer(IssuerCode),
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// Name of the field.
    pub field: String,
    /// What kind of fault.
    pub code: FieldCode,
    /// One sentence.
    pub detail: String,
}

/// The kinds of faults a field can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// It must be there and is not.
    Missing,
    /// There is no such field.
    Unknown,
    /// It has another type.
    WrongType,
    /// Shorter than allowed.
    TooShort,
    /// Longer than allowed.
    TooLong,
    /// It does not have the form it must have.
    Malformed,
    /// Somebody else has it, or nobody may.
    Taken,
    /// A well-formed value that can't be used here.
    NotAllowed,
}

/// How guessable a refused password is, and what would help (zxcvbn).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Strength {
    /// 0 (guessed at once) to 4 (very hard to guess).
    pub score: u8,
    /// About how many guesses it takes.
    pub guesses: u64,
    /// What is weak about it.
    pub warning: Option<String>,
    /// What would make it stronger.
    pub suggestions: Vec<String>,
}

impl Problem {
    /// A refusal that only the issuer can state.
    #[must_use]
    pub fn issuer(code: IssuerCode, detail: impl Into<String>) -> Self {
        Self::new(Code::Issuer(code), detail.into())
    }

    /// A refusal about a token or a request.
    #[must_use]
    pub fn token(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::new(Code::Token(code), detail.into())
    }

    /// Whether it is this refusal.
    #[must_use]
    pub fn is(&self, code: IssuerCode) -> bool {
        self.code == Code::Issuer(code)
    }

    /// Fields that are not acceptable.
    #[must_use]
    pub fn fields(fields: Vec<FieldProblem>) -> Self {
        let names: Vec<_> = fields.iter().map(|field| format!("`{}`", field.field)).collect();
        let detail = format!("not acceptable: {}", names.join(", "));
        Self { fields, ..Self::issuer(IssuerCode::FieldsInvalid, detail) }
    }

    /// One field that is not acceptable.
    #[must_use]
    pub fn field(field: &str, code: FieldCode, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldProblem::new(field, code, detail)])
    }

    /// A fault of the service: `cause` goes to the log, the answer says nothing.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        let problem = Self::issuer(IssuerCode::Internal, "something went wrong inside");
        Self { cause: Some(cause.to_string()), ..problem }
    }

    /// Too much to do at the moment.
    #[must_use]
    pub fn overloaded(cause: &str) -> Self {
        let problem = Self::issuer(IssuerCode::Overloaded, "too much to do; try again shortly");
        Self { retry_after: Some(1), cause: Some(cause.to_owned()), ..problem }
    }

    /// Somebody outside does not say what a token depends on.
    #[must_use]
    pub fn unanswered(cause: &str) -> Self {
        let detail = "what this token depends on does not answer; try again shortly";
        Self { detail: detail.to_owned(), retry_after: Some(5), ..Self::overloaded(cause) }
    }

    fn new(code: Code, detail: String) -> Self {
        Self {
            code,
            detail,
            fields: Vec::new(),
            strength: None,
            retry_after: None,
            missing: Vec::new(),
            cause: None,
        }
    }
}

/// What was found, where it does not matter if it is refused: `None` then.
///
/// # Errors
/// The service failed, so nobody knows whether it would be refused.
pub fn unless_refused<T>(found: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.code.status() >= 500 => Err(problem),
        Err(_) => Ok(None),
    }
}

impl FieldProblem {
    /// What is wrong with `field`.
    #[must_use]
    pub fn new(field: &str, code: FieldCode, detail: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code, detail: detail.into() }
    }
}

impl Code {
    /// The code as it is written on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token(code) => code.as_str(),
            Self::Issuer(code) => code.as_str(),
        }
    }

    /// HTTP status that answers it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Token(code) => code.status(),
            Self::Issuer(code) => code.status(),
        }
    }

    /// The challenge that goes with a 401 or 403.
    #[must_use]
    pub fn challenge(self) -> Challenge {
        match self {
            Self::Token(code) => code.challenge(),
            Self::Issuer(code) => code.challenge(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        for field in &self.fields {
            write!(f, "; `{}`: {}", field.field, field.detail)?;
        }
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
