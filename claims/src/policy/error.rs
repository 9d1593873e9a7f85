//! Why a policy does not compile.

use std::fmt;

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
    /// In a box, so that the many results on the way of an error are small.
    #[cold]
    #[inline(never)]
    pub(super) fn new(at: &str, message: &str) -> Box<Self> {
        Box::new(Self { at: at.to_owned(), message: message.to_owned(), position: None })
    }

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

impl std::error::Error for PolicyError {}
