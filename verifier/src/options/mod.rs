//! What a verifier is told: one struct for every face.
//!
//! Names are snake_case here and in the filter's configuration; the JavaScript face spells them in
//! camelCase. Unknown members are refused, never ignored.

mod issuer;
#[cfg(test)]
mod tests;

use laika_claims::ErrorCode;
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::policy::{Context, Policy};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use crate::error::OptionsError;
use issuer::read_issuer;
pub(crate) use issuer::{IssuerOptions, IssuerRules, KeysFrom};

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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOptions {
    issuers: Value,
    policy: Option<Value>,
    clock_tolerance: Option<f64>,
    clock_skew: Option<f64>,
    max_token_size: Option<usize>,
    cache: Option<RawCache>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "write `false`, or an object with `max_bytes`")]
enum RawCache {
    Switch(bool),
    Size(RawCacheSize),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCacheSize {
    max_bytes: Option<usize>,
}

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
            .map_err(|error| OptionsError::new("", error.message))?;
        Self::from_value(document)
    }

    /// Reads options from a JSON value.
    ///
    /// # Errors
    /// As [`Options::from_json`].
    pub fn from_value(document: Value) -> Result<Self, OptionsError> {
        refuse_array(&document, "cache", "")?;
        let raw: RawOptions = read(document, "")?;
        let issuers = match raw.issuers {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| read_issuer(item, &format!("issuers[{index}]")))
                .collect::<Result<Vec<_>, _>>()?,
            one => vec![read_issuer(one, "issuers")?],
        };
        check_together(&issuers)?;
        let context = Context { several_issuers: issuers.len() > 1 };
        Ok(Self {
            issuers,
            policy: raw.policy.map(|policy| read_policy(policy, context)).transpose()?,
            cache_bytes: read_cache(raw.cache)?,
            limits: Limits {
                clock_tolerance: seconds(raw.clock_tolerance, 0.0, "clock_tolerance")?,
                clock_skew: seconds(raw.clock_skew, DEFAULT_SKEW, "clock_skew")?,
                max_token_size: match raw.max_token_size {
                    None => DEFAULT_TOKEN_SIZE,
                    Some(bytes @ 1..=MAX_TOKEN_SIZE) => bytes,
                    Some(_) => {
                        return Err(OptionsError::new(
                            "max_token_size",
                            format!("write a number of bytes from 1 to {MAX_TOKEN_SIZE}"),
                        ));
                    }
                },
            },
        })
    }
}

/// What must hold of several issuers: a partner's issuer must not speak for everyone.
fn check_together(issuers: &[IssuerOptions]) -> Result<(), OptionsError> {
    if issuers.is_empty() {
        return Err(OptionsError::new("issuers", "name at least one issuer"));
    }
    for (index, issuer) in issuers.iter().enumerate() {
        let at = |member: &str| format!("issuers[{index}].{member}");
        let others = issuers.get(..index).unwrap_or_default();
        if others.iter().any(|other| other.rules.issuer == issuer.rules.issuer) {
            return Err(OptionsError::new(at("issuer"), "this issuer is named twice"));
        }
        if issuers.len() > 1 && issuer.rules.may_assert.is_none() {
            return Err(OptionsError::new(
                at("may_assert"),
                "with several issuers, say what each may assert: `permissions`, `roles`, `level`",
            ));
        }
    }
    Ok(())
}

fn read_policy(value: Value, context: Context) -> Result<Policy, OptionsError> {
    let policy = match &value {
        Value::String(text) => Policy::from_json(text, context),
        document => Policy::from_value(document, context),
    };
    policy.map_err(|error| {
        let at =
            if error.at.is_empty() { "policy".to_owned() } else { format!("policy.{}", error.at) };
        OptionsError { code: ErrorCode::PolicyInvalid, at, message: error.message }
    })
}

fn read_cache(raw: Option<RawCache>) -> Result<Option<usize>, OptionsError> {
    match raw {
        None | Some(RawCache::Size(RawCacheSize { max_bytes: None })) => Ok(Some(DEFAULT_CACHE)),
        Some(RawCache::Switch(false)) => Ok(None),
        Some(RawCache::Size(RawCacheSize { max_bytes: Some(bytes @ 1..=MAX_CACHE) })) => {
            Ok(Some(bytes))
        }
        Some(RawCache::Size(_)) => Err(OptionsError::new(
            "cache.max_bytes",
            format!("write a number of bytes from 1 to {MAX_CACHE}, or `cache: false`"),
        )),
        Some(RawCache::Switch(true)) => Err(OptionsError::new(
            "cache",
            "leave it out for the default, or write `false` or an object with `max_bytes`",
        )),
    }
}

fn seconds(value: Option<f64>, default: f64, at: &str) -> Result<f64, OptionsError> {
    match value {
        None => Ok(default),
        Some(seconds) if (0.0..=MAX_SECONDS).contains(&seconds) => Ok(seconds),
        Some(_) => Err(OptionsError::new(at, "write a number of seconds from 0 to 86400")),
    }
}

/// Deserialises an object; an error says which member it was.
fn read<T: DeserializeOwned>(value: Value, at: &str) -> Result<T, OptionsError> {
    if !value.is_object() {
        return Err(OptionsError::new(at, "expected an object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let at = match (at, error.path().to_string()) {
            (at, member) if member == "." => at.to_owned(),
            ("", member) => member,
            (at, member) => format!("{at}.{member}"),
        };
        OptionsError::new(at, in_words_of_json(&error.into_inner().to_string()))
    })
}

/// Refuses an array where the member `name` is to be an object: serde would read one by position.
fn refuse_array(object: &Value, name: &str, at: &str) -> Result<(), OptionsError> {
    if object.get(name).is_some_and(Value::is_array) {
        let at = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        return Err(OptionsError::new(at, "expected an object, not an array"));
    }
    Ok(())
}

/// The message with the types that JSON has, not those that Rust has.
fn in_words_of_json(message: &str) -> String {
    let words = [
        ("expected f64", "expected a number"),
        ("expected usize", "expected a whole number"),
        ("invalid type: integer", "invalid type: number"),
        ("invalid type: floating point", "invalid type: number"),
        ("invalid value: integer", "invalid value: number"),
        ("expected string or map", "expected a string"),
        ("invalid type: map", "invalid type: object"),
        ("invalid type: sequence", "invalid type: array"),
        ("expected a sequence", "expected an array"),
    ];
    words.iter().fold(message.to_owned(), |message, (rust, json)| message.replace(rust, json))
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
