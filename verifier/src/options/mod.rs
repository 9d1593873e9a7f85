//! What a verifier is told: one struct for every face.
//!
//! Names are snake_case here and in the filter's configuration; the JavaScript face spells them in
//! camelCase. Unknown members are refused, never ignored.

mod issuer;
#[cfg(test)]
mod tests;

use laika_claims::ErrorCode;
use laika_claims::document::{self, Fault, Members, Node};
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::policy::{Context, Policy, PolicyError};
use serde_json::Value;

use crate::error::OptionsError;
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

const DEFAULT_CACHE: usize = 1024 * 1024;
const MAX_CACHE: usize = 256 * 1024 * 1024;

/// Most bytes a token may be allowed to have.
const MAX_TOKEN_SIZE: usize = 1024 * 1024;
const DEFAULT_TOKEN_SIZE: usize = 16 * 1024;
const DEFAULT_SKEW: f64 = 60.0;
/// No clock is a day wrong by accident, and no list is of use for longer.
const MAX_SECONDS: f64 = 86_400.0;

impl Options {
    /// The names of all members.
    pub const MEMBERS: [&str; 6] =
        ["issuers", "policy", "clock_tolerance", "clock_skew", "max_token_size", "cache"];

    /// Reads options from JSON text, strictly.
    ///
    /// # Errors
    /// The first thing that is not understood, where it stands, and how to mend it.
    pub fn from_json(text: &str) -> Result<Self, OptionsError> {
        let document = json::parse(text.as_bytes(), DOCUMENT_LIMITS)
            .map_err(|error| Box::new(Fault { at: String::new(), message: error.message }))?;
        Self::from_value(document)
    }

    /// Reads options from a JSON value.
    ///
    /// # Errors
    /// As [`Options::from_json`].
    pub fn from_value(document: Value) -> Result<Self, OptionsError> {
        Self::read(&Node::whole(&document).members(&Self::MEMBERS)?)
    }

    /// Reads options that are the members [`Options::MEMBERS`] of a document; others are for whoever
    /// knows them.
    ///
    /// # Errors
    /// As [`Options::from_json`].
    pub fn read(members: &Members<'_, '_>) -> Result<Self, OptionsError> {
        let mut options = Self::read_all_but_policy(members)?;
        let grants = options.grants();
        let context = Context { several_issuers: options.issuers.len() > 1, grants: &grants };
        let policy = members.read_given("policy", |node| read_policy(node, context));
        options.policy = policy
            .map_err(|fault| OptionsError { code: ErrorCode::PolicyInvalid, ..fault.into() })?;
        Ok(options)
    }

    /// The claims from which permissions and roles are read, of all issuers. What stands there is what
    /// an issuer says, not yet what it may say.
    #[must_use]
    pub fn grants(&self) -> Vec<String> {
        let mut grants = Vec::new();
        self.issuers.iter().for_each(|issuer| issuer.rules.add_grants(&mut grants));
        grants
    }

    fn read_all_but_policy(members: &Members<'_, '_>) -> document::Result<Self> {
        let seconds = |name| members.read_given(name, seconds);
        let limits = Limits {
            clock_tolerance: seconds("clock_tolerance")?.unwrap_or_default(),
            clock_skew: seconds("clock_skew")?.unwrap_or(DEFAULT_SKEW),
            max_token_size: members
                .read_given("max_token_size", token_size)?
                .unwrap_or(DEFAULT_TOKEN_SIZE),
        };
        let cache_bytes = members.read_given("cache", cache_bytes)?.unwrap_or(Some(DEFAULT_CACHE));
        Ok(Self {
            issuers: read_issuers(&members.required("issuers")?)?,
            policy: None,
            limits,
            cache_bytes,
        })
    }
}

/// One issuer or several. A partner's issuer must not speak for everyone, so each of several says
/// what it may assert.
fn read_issuers(node: &Node<'_, '_>) -> document::Result<Vec<IssuerOptions>> {
    if !node.value().is_array() {
        return Ok(vec![IssuerOptions::read(&node.members(&issuer::MEMBERS)?)?]);
    }
    let items = node.items()?;
    if items.len() == 0 {
        return Err(node.refuse(format_args!("name at least one issuer")));
    }
    let several = items.len() > 1;
    let mut issuers: Vec<IssuerOptions> = Vec::with_capacity(items.len());
    for item in items {
        let members = item.members(&issuer::MEMBERS)?;
        let issuer = IssuerOptions::read(&members)?;
        let same = |other: &IssuerOptions| {
            issuer.rules.is_issuer(&other.rules.issuer)
                || other.rules.is_issuer(&issuer.rules.issuer)
        };
        if issuers.iter().any(same) {
            return Err(members.refuse(
                "issuer",
                format_args!(
                    "this issuer is named twice: write one entry, which may list the audiences of \
                     both (with the profile `entra` it covers both spellings of a tenant)"
                ),
            ));
        }
        if several && issuer.rules.may_assert.is_none() {
            return Err(members.refuse(
                "may_assert",
                format_args!(
                    "with several issuers, say what each may assert: `permissions`, `roles`, \
                     `level`"
                ),
            ));
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

/// A policy, as an object or as its text.
fn read_policy(node: &Node<'_, '_>, context: Context<'_>) -> document::Result<Policy> {
    match node.value() {
        Value::String(text) => Policy::from_json(text, context).map_err(|error| {
            let PolicyError { at, message, .. } = error;
            let at = if at.is_empty() { "policy".to_owned() } else { format!("policy.{at}") };
            Box::new(Fault { at, message })
        }),
        _ => Policy::read(node, context),
    }
}

/// Bytes of the cache; `None` for none.
fn cache_bytes(node: &Node<'_, '_>) -> document::Result<Option<usize>> {
    let bytes = match node.value() {
        Value::Bool(false) => return Ok(None),
        Value::Bool(true) => {
            return Err(node.refuse(format_args!(
                "leave it out for the default, or write `false` or an object with `max_bytes`"
            )));
        }
        Value::Object(_) | Value::Array(_) => {
            node.members(&["max_bytes"])?.read_given("max_bytes", cache_size)?
        }
        _ => return Err(node.refuse(format_args!("write `false`, or an object with `max_bytes`"))),
    };
    Ok(Some(bytes.unwrap_or(DEFAULT_CACHE)))
}

fn cache_size(node: &Node<'_, '_>) -> document::Result<usize> {
    match node.size()? {
        bytes @ 1..=MAX_CACHE => Ok(bytes),
        _ => Err(node.refuse(format_args!(
            "write a number of bytes from 1 to {MAX_CACHE}, or `cache: false`"
        ))),
    }
}

fn token_size(node: &Node<'_, '_>) -> document::Result<usize> {
    match node.size()? {
        bytes @ 1..=MAX_TOKEN_SIZE => Ok(bytes),
        _ => Err(node.refuse(format_args!("write a number of bytes from 1 to {MAX_TOKEN_SIZE}"))),
    }
}

/// A time of up to a day.
fn seconds(node: &Node<'_, '_>) -> document::Result<f64> {
    let seconds = node.number()?;
    if (0.0..=MAX_SECONDS).contains(&seconds) {
        return Ok(seconds);
    }
    Err(node.refuse(format_args!("write a number of seconds from 0 to 86400")))
}
