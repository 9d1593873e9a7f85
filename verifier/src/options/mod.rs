//! What a verifier is told: one struct for every face.
//!
//! Names are snake_case here and in the filter's configuration; the JavaScript face spells them in
//! camelCase. Unknown members are refused, never ignored.

mod issuer;
pub(crate) mod members;
#[cfg(test)]
mod tests;

use laika_claims::ErrorCode;
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::policy::{Context, Policy};
use serde_json::Value;

use crate::error::OptionsError;
use issuer::read_issuer;
pub(crate) use issuer::{IssuerOptions, IssuerRules, KeysFrom};
use members::Members;

/// Options of a [`Verifier`](crate::Verifier), read and checked.
#[derive(Debug)]
pub struct Options {
    pub(crate) issuers: Vec<IssuerOptions>,
    pub(crate) policy: Option<Policy>,
    pub(crate) limits: Limits,
    /// Of the cache of verified tokens, if there is to be one.
    pub(crate) cache_bytes: Option<usize>,
}

/// Bounds that hold for every issuer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Seconds added to `exp`.
    pub(crate) clock_tolerance: f64,
    /// Seconds `nbf` and `iat` may lie ahead.
    pub(crate) clock_skew: f64,
    /// Bytes.
    pub(crate) max_token_size: usize,
}

const MEMBERS: [&str; 6] =
    ["issuers", "policy", "clock_tolerance", "clock_skew", "max_token_size", "cache"];

const DEFAULT_CACHE: usize = 1024 * 1024;
const MAX_CACHE: usize = 256 * 1024 * 1024;

/// Most bytes a token may be allowed to have.
const MAX_TOKEN_SIZE: usize = 1024 * 1024;
const DEFAULT_TOKEN_SIZE: usize = 16 * 1024;
const DEFAULT_SKEW: f64 = 60.0;
/// No clock is a day wrong by accident.
const MAX_SECONDS: f64 = 86_400.0;

impl Options {
    /// Reads options from JSON text, strictly.
    ///
    /// # Errors
    /// The first thing that is not understood, where it stands, and how to mend it.
    pub fn from_json(text: &str) -> Result<Self, OptionsError> {
        let document = json::parse(text.as_bytes(), DOCUMENT_LIMITS)
            .map_err(|error| *OptionsError::new("", &error.message))?;
        Self::from_value(document)
    }

    /// Reads options from a JSON value.
    ///
    /// # Errors
    /// As [`Options::from_json`].
    pub fn from_value(document: Value) -> Result<Self, OptionsError> {
        Self::read(&document).map_err(|error| *error)
    }

    fn read(document: &Value) -> Result<Self, Box<OptionsError>> {
        let members = Members::read(document, "", &MEMBERS)?;
        let clock_tolerance = members.number("clock_tolerance")?;
        let clock_skew = members.number("clock_skew")?;
        let max_token_size = members.size("max_token_size")?;
        let cache_bytes = read_cache(members.get("cache"))?;
        let issuers = match members.required("issuers")? {
            Value::Array(items) => {
                let mut issuers = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    issuers.push(read_issuer(item, &format!("issuers[{index}]"))?);
                }
                issuers
            }
            one => vec![read_issuer(one, "issuers")?],
        };
        check_together(&issuers)?;
        let context = Context { several_issuers: issuers.len() > 1 };
        Ok(Self {
            issuers,
            policy: members.get("policy").map(|policy| read_policy(policy, context)).transpose()?,
            cache_bytes,
            limits: Limits {
                clock_tolerance: seconds(clock_tolerance, 0.0, "clock_tolerance")?,
                clock_skew: seconds(clock_skew, DEFAULT_SKEW, "clock_skew")?,
                max_token_size: match max_token_size {
                    None => DEFAULT_TOKEN_SIZE,
                    Some(bytes @ 1..=MAX_TOKEN_SIZE) => bytes,
                    Some(_) => {
                        return Err(OptionsError::new(
                            "max_token_size",
                            &format!("write a number of bytes from 1 to {MAX_TOKEN_SIZE}"),
                        ));
                    }
                },
            },
        })
    }
}

/// What must hold of several issuers: a partner's issuer must not speak for everyone.
fn check_together(issuers: &[IssuerOptions]) -> Result<(), Box<OptionsError>> {
    if issuers.is_empty() {
        return Err(OptionsError::new("issuers", "name at least one issuer"));
    }
    for (index, issuer) in issuers.iter().enumerate() {
        let at = |member: &str| format!("issuers[{index}].{member}");
        let others = issuers.get(..index).unwrap_or_default();
        if others.iter().any(|other| other.rules.issuer == issuer.rules.issuer) {
            return Err(OptionsError::new(&at("issuer"), "this issuer is named twice"));
        }
        if issuers.len() > 1 && issuer.rules.may_assert.is_none() {
            return Err(OptionsError::new(
                &at("may_assert"),
                "with several issuers, say what each may assert: `permissions`, `roles`, `level`",
            ));
        }
    }
    Ok(())
}

fn read_policy(value: &Value, context: Context) -> Result<Policy, Box<OptionsError>> {
    let policy = match value {
        Value::String(text) => Policy::from_json(text, context),
        document => Policy::from_value(document, context),
    };
    policy.map_err(|error| {
        let at =
            if error.at.is_empty() { "policy".to_owned() } else { format!("policy.{}", error.at) };
        Box::new(OptionsError { code: ErrorCode::PolicyInvalid, at, message: error.message })
    })
}

fn read_cache(cache: Option<&Value>) -> Result<Option<usize>, Box<OptionsError>> {
    let refuse = |message: &str| Err(OptionsError::new("cache", message));
    let bytes = match cache {
        None => None,
        Some(Value::Bool(false)) => return Ok(None),
        Some(Value::Bool(true)) => {
            return refuse(
                "leave it out for the default, or write `false` or an object with `max_bytes`",
            );
        }
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            Members::read(value, "cache", &["max_bytes"])?.size("max_bytes")?
        }
        Some(_) => return refuse("write `false`, or an object with `max_bytes`"),
    };
    match bytes.unwrap_or(DEFAULT_CACHE) {
        bytes @ 1..=MAX_CACHE => Ok(Some(bytes)),
        _ => Err(OptionsError::new(
            "cache.max_bytes",
            &format!("write a number of bytes from 1 to {MAX_CACHE}, or `cache: false`"),
        )),
    }
}

fn seconds(value: Option<f64>, default: f64, at: &str) -> Result<f64, Box<OptionsError>> {
    match value {
        None => Ok(default),
        Some(seconds) if (0.0..=MAX_SECONDS).contains(&seconds) => Ok(seconds),
        Some(_) => Err(OptionsError::new(at, "write a number of seconds from 0 to 86400")),
    }
}
