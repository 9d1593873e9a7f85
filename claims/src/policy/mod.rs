//! The policy: one document that says what each request needs, and one answer everywhere.
//!
//! # Design
//!
//! A [`Policy`] is compiled once from JSON, refused whole when anything in it is not understood,
//! and then decides requests without allocating for the allowed ones. Rules stand in a tree of
//! path segments, so a decision costs the same with ten rules and with ten thousand, and their
//! order never matters: the most specific path decides, and two rules that tie are an error.
//!
//! A decision has two steps. [`Policy::route`] reads the request target strictly and finds the
//! rule; [`Route::decide`] evaluates it for whoever the token speaks for. A request that can't be
//! judged without guessing is refused in the first step, before any token is looked at.

mod compile;
mod decide;
mod error;
mod evaluate;
mod explain;
mod host;
mod methods;
mod pattern;
mod place;
mod requirement;
mod routes;
mod short;
mod table;
mod target;

pub use decide::{Bearer, Decision, Request, Route};
pub use error::PolicyError;
pub use evaluate::Verdict;
pub use explain::Explanation;
use methods::Methods;
use place::Place;
use requirement::Requirement;
use routes::Routes;
use target::Reading;

use serde_json::Value;

use crate::document::{self, Node};
use crate::json::{self, DOCUMENT_LIMITS};

/// The name under which the document's `otherwise` appears as the rule that decided.
pub const OTHERWISE: &str = "otherwise";

/// A compiled policy.
#[derive(Debug)]
pub struct Policy {
    rules: Vec<Rule>,
    /// What rules demand, each once where it is a word: ten thousand rules demand a few things.
    requirements: Vec<Requirement>,
    routes: Routes,
    /// What a request needs that no path matches; `None` denies it.
    otherwise: Option<Requirement>,
    reading: Reading,
}

/// What the compiler must know besides the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context<'a> {
    /// Whether tokens of more than one issuer reach this policy. Then a rule that tests `sub`,
    /// `username`, or a claim that grants something, must say whose.
    pub several_issuers: bool,
    /// Claims from which permissions and roles are read, besides those of Laika's own names.
    pub grants: &'a [String],
}

/// Aligned to no more than it takes in WebAssembly, so that it lies in one line of a cache.
#[derive(Debug)]
#[repr(align(32))]
struct Rule {
    id: Box<str>,
    methods: Methods,
    /// The place of what it demands.
    require: Place,
    /// The place of another rule for the same path and other methods.
    next: Option<Place>,
}

impl Policy {
    /// Compiles a policy from JSON text.
    ///
    /// # Errors
    /// The first thing in it that is not understood, where it stands, and how to mend it.
    pub fn from_json(text: &str, context: Context<'_>) -> Result<Self, PolicyError> {
        let document = json::parse(text.as_bytes(), DOCUMENT_LIMITS).map_err(|error| {
            PolicyError { at: String::new(), message: error.message, position: error.position }
        })?;
        Self::from_value(&document, context).map_err(|error| error.positioned(text))
    }

    /// Compiles a policy from a JSON value.
    ///
    /// # Errors
    /// As [`Policy::from_json`].
    pub fn from_value(document: &Value, context: Context<'_>) -> Result<Self, PolicyError> {
        Ok(Self::read(&Node::whole(document), context)?)
    }

    /// Compiles a policy that is a part of a document.
    ///
    /// # Errors
    /// As [`Policy::from_json`], with its place in the whole document.
    pub fn read(document: &Node<'_, '_>, context: Context<'_>) -> document::Result<Self> {
        compile::compile(document, context)
    }

    /// How many rules it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// The id of the rule at [`Decision::place`].
    #[must_use]
    pub fn rule_at(&self, place: usize) -> Option<&str> {
        self.rules.get(place).map(|rule| &*rule.id)
    }

    /// Whether it has no rule, so that `otherwise` decides everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

#[cfg(test)]
mod tests;
