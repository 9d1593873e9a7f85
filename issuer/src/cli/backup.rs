//! `laika backup` and `laika restore`.

use std::path::Path;

use super::exit::Failure;
use super::output;
use crate::backup::{self, BackupError};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Settings;
use crate::db::Db;
use crate::random::SystemRandom;
use crate::serve;

pub(super) async fn backup(settings: &Settings, file: &Path, json: bool) -> Result<(), Failure> {
    let db = Db::connect_as_it_is(&settings.connect()).await?;
    let contents = backup::dump(&db, file, SystemClock.now(), progress).await?;
    db.close().await;
    output::remark(&format!(
        "the signing keys in it are worth nothing without the master key `{}`; keep that as well, \
         elsewhere",
        settings.master_key_file.display()
    ));
    if json {
        return output::value(&contents);
    }
    let rows = contents.tables.iter().map(|(table, rows)| [table.clone(), rows.to_string()]);
    output::table(&rows.collect::<Vec<_>>())?;
    output::line(&format!("sha256 {}", contents.sha256))
}

pub(super) async fn restore(settings: &Settings, file: &Path, json: bool) -> Result<(), Failure> {
    serve::make_folder(&settings.data_dir)?;
    let db = Db::make(&settings.connect()).await?;
    let key = &settings.master_key_file;
    let restored = backup::restore(&db, file, key, &SystemClock, &SystemRandom, progress).await?;
    db.close().await;
    output::remark(&format!(
        "every session has ended, {} of them before their time: everybody logs in again",
        restored.sessions_ended
    ));
    output::remark(&format!(
        "all else is as it was at {}: look again at keys revoked, accounts disabled, passwords \
         changed and roles taken away since",
        timestamp(restored.contents.made_at)
    ));
    if json {
        return output::value(&restored);
    }
    let rows = restored.contents.tables.iter();
    output::table(&rows.map(|(table, rows)| [table.clone(), rows.to_string()]).collect::<Vec<_>>())
}

fn progress(table: &str, rows: u64) {
    output::remark(&format!("{table}: {rows} rows"));
}

/// A time in words; as seconds, where it is before 1970.
fn timestamp(at: i64) -> String {
    let Ok(seconds) = u64::try_from(at) else { return at.to_string() };
    let time = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds));
    time.map_or_else(|| at.to_string(), |time| humantime::format_rfc3339_seconds(time).to_string())
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Db(error) => Self::Db(error),
            BackupError::Problem(problem) => problem.into(),
            BackupError::File { .. }
            | BackupError::Damaged { .. }
            | BackupError::NoTables
            | BackupError::NotEmpty
            | BackupError::MasterKey(_) => Self::Refused(error.to_string()),
        }
    }
}
