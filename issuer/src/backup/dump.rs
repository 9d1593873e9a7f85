//! Making a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use serde::Serialize;

use super::format::{End, FORMAT, Header, Row, VERSION};
use super::{BackupError, Contents, REPORT_EVERY};
use crate::clock::UnixSeconds;
use crate::db::tables::{self, Carry, TABLES};
use crate::db::{Db, migrate};
use crate::one_time_code::hex;

/// Writes all that is to be kept into a new file, readable by its owner alone; the file appears
/// under its name when it is whole. The tables are dumped as they are, also those of an older version:
/// it may be at work, and a restore brings them up to date. `report` is told a table and its rows so
/// far now and then.
///
/// # Errors
/// See [`BackupError`].
pub async fn dump(
    db: &Db,
    file: &Path,
    now: UnixSeconds,
    mut report: impl FnMut(&str, u64),
) -> Result<Contents, BackupError> {
    let at = |source| BackupError::File { file: file.to_owned(), source };
    if file.exists() {
        return Err(at(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is such a file already",
        )));
    }
    let part = file.with_added_extension("part");
    let written = write(db, &part, now, &mut report, &at).await;
    match written {
        Ok(contents) => {
            fs::rename(&part, file).map_err(at)?;
            Ok(contents)
        }
        Err(error) => {
            // What is there of it is no backup; whether it can be removed changes nothing.
            let _ = fs::remove_file(&part);
            Err(error)
        }
    }
}

async fn write(
    db: &Db,
    part: &Path,
    now: UnixSeconds,
    report: &mut impl FnMut(&str, u64),
    at: &impl Fn(io::Error) -> BackupError,
) -> Result<Contents, BackupError> {
    let mut tx = db.snapshot().await?;
    let there = db.tables(&mut tx).await?;
    let migrations = match there.contains(migrate::NOTES) {
        true => migrate::noted(&mut tx).await?,
        false => BTreeSet::new(),
    };
    if migrations.is_empty() {
        return Err(BackupError::NoTables);
    }
    // What is not known here would be left out.
    migrate::none_newer(&migrations, &migrate::known())?;
    let mut out = Lines::create(part).map_err(at)?;
    let laika = env!("CARGO_PKG_VERSION").to_owned();
    let header =
        Header { format: FORMAT.to_owned(), version: VERSION, made_at: now, laika, migrations };
    out.line(&header).map_err(at)?;
    let mut tables = BTreeMap::new();
    for (table, carry) in TABLES {
        match carry {
            Carry::Rows if there.contains(table) => {}
            Carry::Rows | Carry::Nothing => continue,
        }
        let mut rows = 0;
        tables::read(&mut tx, table, |row| {
            out.line(&Row { table: table.to_owned(), row }).map_err(at)?;
            rows += 1;
            if rows % REPORT_EVERY == 0 {
                report(table, rows);
            }
            Ok::<_, BackupError>(())
        })
        .await?;
        if rows > 0 {
            tables.insert(table.to_owned(), rows);
        }
    }
    tx.rollback().await?;
    let rows = tables.values().sum();
    let sha256 = out.end(rows).map_err(at)?;
    Ok(Contents { made_at: now, tables, sha256 })
}

/// Lines on their way into a file, and their hash.
struct Lines {
    file: BufWriter<File>,
    hash: Context,
}

impl Lines {
    fn create(part: &Path) -> io::Result<Self> {
        // Left over from a backup that was cut off, or put there by somebody.
        match fs::remove_file(part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        // `create_new`: what is there keeps its modes and its readers, and a link leads elsewhere.
        options.write(true).create_new(true);
        // Password hashes are in it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: BufWriter::new(options.open(part)?), hash: Context::new(&SHA256) })
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.file.write_all(&text)
    }

    /// Writes the last line, and sees to it that all of it is on the disk.
    fn end(mut self, rows: u64) -> io::Result<String> {
        let sha256 = hex(self.hash.clone().finish().as_ref());
        self.line(&End { rows, sha256: sha256.clone() })?;
        self.file.into_inner()?.sync_all()?;
        Ok(sha256)
    }
}
