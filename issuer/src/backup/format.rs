//! The lines of a backup.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::UnixSeconds;
use crate::db::tables::Cells;

/// What the first line says it is.
pub const FORMAT: &str = "laika-backup";

/// The version of the format; another is refused.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// The moment it shows.
    pub made_at: UnixSeconds,
    /// The version of the program that made it.
    pub laika: String,
    /// The migrations that the database had seen.
    pub migrations: BTreeSet<i64>,
}

/// Any other line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A row of a table.
    Row(Row),
    /// The last line.
    End(End),
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Which table.
    pub table: String,
    /// Its columns that hold something.
    pub row: Cells,
}

/// The last line: a file that was cut off has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many rows there were.
    pub rows: u64,
    /// SHA-256 of all lines before this one with their line ends, in hexadecimal.
    pub sha256: String,
}
