//! What can go wrong with keys.

use std::io;
use std::path::PathBuf;

use super::Algorithm;
use crate::db::DbError;
use crate::problem::Problem;
use crate::random::RandomError;

/// Keys can't be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The master key's file can't be read or made.
    #[error("the master key `{}` can't be read: {source}; put the file back, or start with an empty database", file.display())]
    MasterKeyFile {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The master key's file holds something else.
    #[error("the master key is not 32 bytes in base64url; put the right file back")]
    MasterKeyForm,
    /// A wrapped key does not open.
    #[error(
        "the key `{0}` does not open with this master key; put the master key back that belongs to this database"
    )]
    Unwrap(String),
    /// A key is not what it should be.
    #[error("a key can't be used: {0}")]
    Unusable(String),
    /// The cryptographic library refused.
    #[error("the cryptographic library refused")]
    Refused,
    /// There is no active key of an algorithm.
    #[error("there is no active key for {}", .0.as_str())]
    NoneActive(Algorithm),
    /// A service signs with a secret, and there is none.
    #[error("a service signs its tokens with HS256, and `micro.secret` is not set")]
    NoSecret,
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<aws_lc_rs::error::Unspecified> for KeyError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Refused
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            // A database that is away is worth another try.
            KeyError::Db(error) => error.into(),
            KeyError::MasterKeyFile { .. }
            | KeyError::MasterKeyForm
            | KeyError::Unwrap(_)
            | KeyError::Unusable(_)
            | KeyError::Refused
            | KeyError::NoneActive(_)
            | KeyError::NoSecret
            | KeyError::Random(_) => Self::internal(error),
        }
    }
}
