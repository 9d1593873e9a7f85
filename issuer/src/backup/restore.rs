//! Restoring a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::json;

use super::format::{End, FORMAT, Header, Line, VERSION};
use super::{BackupError, Contents, REPORT_EVERY, Restored};
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::clock::Clock;
use crate::db::tables::{self, Carry, TABLES};
use crate::db::{self, Connection, Db, migrate};
use crate::keys::KeyRing;
use crate::one_time_code::hex;
use crate::random::Random;

/// Fills an empty database with what is in the file: all of it, or nothing. Every session ends.
/// `report` is told a table and its rows so far now and then.
///
/// # Errors
/// See [`BackupError`].
pub async fn restore(
    db: &Db,
    file: &Path,
    master_key_file: &Path,
    clock: &dyn Clock,
    random: &dyn Random,
    mut report: impl FnMut(&str, u64),
) -> Result<Restored, BackupError> {
    // All of it is read once before anything is done, so that a damaged file is told at once.
    let (header, contents) = examine(file)?;
    let mut tx = db.write_at_length().await?;
    if !migrate::applied(&mut tx).await?.is_empty() {
        return Err(BackupError::NotEmpty);
    }
    migrate::run_only(&mut tx, &header.migrations).await?;
    let present = contents.tables.keys().cloned().collect();
    tables::clear(&mut tx, &present).await?;
    fill(&mut tx, file, &contents, &mut report).await?;
    migrate::run_rest(&mut tx).await?;
    KeyRing::check_master_key(&db::keys::list(&mut tx).await?, master_key_file, random)?;
    let now = clock.now();
    let sessions_ended = tables::end_time(&mut tx, now).await?;
    let entry =
        Entry::new(Actor::CommandLine, Action::DatabaseRestored, Subject::Database).after(json!({
            "made_at": contents.made_at,
            "sha256": contents.sha256,
            "sessions_ended": sessions_ended,
        }));
    audit::record_by(&mut tx, &entry, clock, random).await?;
    tx.commit().await?;
    let newest = |versions: BTreeSet<i64>| versions.last().copied().unwrap_or_default();
    let migrations = (newest(header.migrations), newest(migrate::known()));
    Ok(Restored { contents, sessions_ended, migrations })
}

/// Reads a backup from its first line to its last, and says what is in it.
fn examine(file: &Path) -> Result<(Header, Contents), BackupError> {
    let mut lines = Lines::open(file)?;
    let Some(first) = lines.next()? else {
        return Err(lines.damaged("the file is empty"));
    };
    let header: Header = serde_json::from_slice(&first)
        .map_err(|error| lines.damaged(&format!("this is no backup of laika: {error}")))?;
    if header.format != FORMAT || header.version != VERSION {
        let message = format!("version {} of the format is not known here", header.version);
        return Err(lines.damaged(&message));
    }
    let mut known = BTreeMap::new();
    for (table, carry) in TABLES {
        match carry {
            Carry::Rows => known.insert(table.to_owned(), 0),
            Carry::Nothing => None,
        };
    }
    let mut tables = BTreeMap::new();
    loop {
        let before = lines.hash.clone();
        let Some(text) = lines.next()? else {
            return Err(lines.damaged("the file was cut off: its last line is missing"));
        };
        let row = match serde_json::from_slice(&text) {
            Ok(Line::Row(row)) => row,
            Ok(Line::End(end)) => {
                let contents = finish(&mut lines, &end, before, &header, tables)?;
                return Ok((header, contents));
            }
            Err(error) => return Err(lines.damaged(&error.to_string())),
        };
        if !known.contains_key(&row.table) {
            return Err(lines.damaged(&format!("there is no table `{}`", row.table)));
        }
        *tables.entry(row.table).or_insert(0) += 1;
    }
}

fn finish(
    lines: &mut Lines<'_>,
    end: &End,
    before: Context,
    header: &Header,
    tables: BTreeMap<String, u64>,
) -> Result<Contents, BackupError> {
    let sha256 = hex(before.finish().as_ref());
    if sha256 != end.sha256 || tables.values().sum::<u64>() != end.rows {
        return Err(lines.damaged("the file was changed: its SHA-256 is not the one it names"));
    }
    if lines.next()?.is_some() {
        return Err(lines.damaged("something follows the last line"));
    }
    Ok(Contents { made_at: header.made_at, tables, sha256 })
}

/// Writes the rows; they stand in an order in which what is referred to comes first.
async fn fill(
    db: &mut Connection,
    file: &Path,
    contents: &Contents,
    report: &mut impl FnMut(&str, u64),
) -> Result<(), BackupError> {
    let mut lines = Lines::open(file)?;
    lines.next()?;
    let mut rows: u64 = 0;
    while let Some(text) = lines.next()? {
        match serde_json::from_slice(&text) {
            Ok(Line::Row(row)) => {
                let (table, _) = TABLES
                    .into_iter()
                    .find(|(table, _)| *table == row.table)
                    .ok_or_else(|| lines.damaged("there is no such table"))?;
                tables::write(db, table, &row.row).await.map_err(|error| {
                    lines.damaged(&format!("the database does not take this row: {error}"))
                })?;
                rows += 1;
                if rows.is_multiple_of(REPORT_EVERY) {
                    report(table, rows);
                }
            }
            Ok(Line::End(end)) if end.sha256 == contents.sha256 && end.rows == rows => {
                return Ok(());
            }
            Ok(Line::End(_)) | Err(_) => break,
        }
    }
    Err(lines.damaged("the file was changed while it was restored"))
}

/// A backup, line by line.
struct Lines<'f> {
    path: &'f Path,
    file: BufReader<File>,
    hash: Context,
    number: u64,
}

impl<'f> Lines<'f> {
    fn open(path: &'f Path) -> Result<Self, BackupError> {
        let file = File::open(path)
            .map_err(|source| BackupError::File { file: path.to_owned(), source })?;
        Ok(Self { path, file: BufReader::new(file), hash: Context::new(&SHA256), number: 0 })
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, BackupError> {
        let mut line = Vec::new();
        let read = |source: io::Error| BackupError::File { file: self.path.to_owned(), source };
        if self.file.read_until(b'\n', &mut line).map_err(read)? == 0 {
            return Ok(None);
        }
        self.hash.update(&line);
        self.number += 1;
        Ok(Some(line))
    }

    fn damaged(&self, message: &str) -> BackupError {
        BackupError::Damaged {
            file: self.path.to_owned(),
            line: self.number,
            message: message.to_owned(),
        }
    }
}
