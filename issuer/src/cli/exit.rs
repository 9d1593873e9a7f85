//! Exit codes. They are stable: scripts rely on them.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | it failed: address in use, keys that do not open, a fault |
//! | 2 | the command line is wrong |
//! | 3 | a setting, or an option of a verifier, is wrong |
//! | 4 | the database can't be opened or does not answer |
//! | 5 | what was asked for is refused: a name that is taken, a field that can't be used, a policy that does not compile, a key that no verifier takes |
//! | 6 | the token does not hold |
//! | 7 | keys or status of a token can't be fetched, so nothing is known of it |
//! | 8 | a test of a policy is not as expected |

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::db::DbError;
use crate::problem::Problem;
use crate::serve::ServeError;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// A setting is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The database can't be opened or does not answer.
    #[error("{0}")]
    Db(#[from] DbError),
    /// What was asked for is refused.
    #[error("{0}")]
    Refused(String),
    /// An option of a verifier is wrong.
    #[error("{0}")]
    Options(String),
    /// A token does not hold.
    #[error("{0}")]
    Token(String),
    /// Keys or status of a token can't be fetched.
    #[error("{0}")]
    Unreachable(String),
    /// A test of a policy is not as expected.
    #[error("{0}")]
    Tests(String),
}

impl Failure {
    /// Its exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Config(_) | Self::Options(_) => 3,
            Self::Db(_) => 4,
            Self::Refused(_) => 5,
            Self::Token(_) => 6,
            Self::Unreachable(_) => 7,
            Self::Tests(_) => 8,
        }
    }

    /// Says what happened on standard error; its exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        // Nowhere to complain when standard error is gone.
        let _ = writeln!(io::stderr(), "laika: {self}");
        ExitCode::from(self.code())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        match problem.code.status() {
            400..=499 => Self::Refused(problem.to_string()),
            _ => Self::Failed(problem.to_string()),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Db(error) => Self::Db(error),
            ServeError::Config(error) => Self::Config(error),
            ServeError::Problem(problem) => problem.into(),
            ServeError::Folder { .. } | ServeError::Listen { .. } | ServeError::Io(_) => {
                Self::Failed(error.to_string())
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
