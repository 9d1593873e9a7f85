//! Why a policy does not compile.

use std::fmt;

use crate::document::Fault;
use crate::json::Position;

/// What is wrong with a policy, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// Where it stands, such as `rules[2].require.any[0]`; empty for the whole document.
    pub at: String,
    /// What is wrong and how to mend it.
    pub message: String,
    /// Where that is in the text, when it was compiled from text; the message says it too.
    pub position: Option<Position>,
}

impl PolicyError {
    /// The same error with its position in `text`, which is JSON.
    pub(super) fn positioned(mut self, text: &str) -> Self {
        self.position = Position::of(text, &self.at);
        if let Some(position) = self.position {
            self.message = format!("{} ({position})", self.message);
        }
        self
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "`{}`: {}", self.at, self.message)
        }
    }
}

impl From<Box<Fault>> for PolicyError {
    fn from(fault: Box<Fault>) -> Self {
        let Fault { at, message } = *fault;
        Self { at, message, position: None }
    }
}

impl std::error::Error for PolicyError {}
