//! Backup and restore, in a format of our own that both databases read and write, so that it also
//! moves an installation from one to the other.
//!
//! A backup is a text of lines of JSON: a [`Header`](format::Header), then each row under the name
//! of its table, then a line with the number of rows and the SHA-256 of all that was before. It is
//! read from one moment of the database, beside a running service. Signing keys stay wrapped: it is
//! worth nothing without the master key, which is not in it.
//!
//! A restore must not bring back what was taken away after the backup was made. It can't know what
//! that was, so it takes the safe reading: every session ends, every counter rises beyond what was
//! ever issued, single-use codes are not in a backup at all.

mod dump;
pub mod format;
mod restore;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::Serialize;

use crate::clock::UnixSeconds;
use crate::db::DbError;
use crate::keys::KeyError;
use crate::problem::Problem;

pub use dump::dump;
pub use restore::restore;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// The moment it shows.
    pub made_at: UnixSeconds,
    /// Rows in each table that has any.
    pub tables: BTreeMap<String, u64>,
    /// SHA-256 of its lines but the last, in hexadecimal.
    pub sha256: String,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What was in the backup.
    #[serde(flatten)]
    pub contents: Contents,
    /// Sessions that went on when it was made, and have ended now.
    pub sessions_ended: u64,
    /// The newest migration of the backup, and of the database now.
    pub migrations: (i64, i64),
}

/// A backup or a restore did not come about.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file can't be read or written.
    #[error("`{}`: {source}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no backup, or is damaged.
    #[error("`{}` can't be restored: line {line}: {message}", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Which line.
        line: u64,
        /// What is wrong there.
        message: String,
    },
    /// There is no database of ours.
    #[error(
        "there is no database of laika: where `database_url` or `data_dir` leads are no tables of it"
    )]
    NoTables,
    /// The database is in use.
    #[error(
        "the database has tables already; restore into an empty one, and nothing is overwritten \
         by mistake"
    )]
    NotEmpty,
    /// The master key does not open the keys of the backup.
    #[error("{0}; the master key of the backed-up service belongs there before the restore")]
    MasterKey(#[from] KeyError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The audit log could not be written.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 100_000;
