//! Migrations: the tables brought up to date.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Serialize;
use sqlx::SqlStr;
use sqlx::migrate::{Migrate as _, Migration, MigrationType, Migrator};

use super::{Connection, DbError};

/// The files of `migrations/`, named once more: `sqlx::migrate!` would list them, but has all of sqlx
/// and SQLite compiled a second time, for the compiler.
macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../migrations/", $name, ".sql")))),*]
    };
}

static FILES: [(&str, &str); 17] = files![
    "0001_accounts_services_sessions_keys"
    "0002_people_without_a_name"
    "0003_accounts_and_mail"
    "0004_limits"
    "0005_services_and_clients"
    "0006_keys"
    "0007_status_slots"
    "0008_grants"
    "0009_restore"
    "0010_external_logins"
    "0011_events"
    "0012_factors"
    "0013_passkeys"
    "0014_proofs"
    "0015_backup_codes"
    "0016_invitations_to_the_first"
    "0017_mails_by_recipient"
];

pub(super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let migrations = FILES.iter().filter_map(|(name, sql)| {
        let (version, description) = name.split_once('_')?;
        let (version, description) = (version.parse().ok()?, description.replace('_', " "));
        let sql = SqlStr::from_static(sql);
        Some(Migration::new(version, description.into(), MigrationType::Simple, sql, false))
    });
    Migrator::with_migrations(migrations.collect())
});

/// Where it is noted which migrations have been run.
pub const NOTES: &str = "_sqlx_migrations";

/// What was done to the tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// The newest migration there was before; absent: there were no tables.
    pub from: Option<i64>,
    /// The newest migration there is now.
    pub to: i64,
    /// What was run, in order.
    pub ran: Vec<i64>,
}

/// Runs what has not been run yet.
///
/// # Errors
/// [`DbError::Newer`] where a newer version of this program has been at work, or a migration
/// failed.
pub(super) async fn run(db: &mut Connection) -> Result<Migrated, DbError> {
    let (before, known) = (applied(db).await?, known());
    none_newer(&before, &known)?;
    MIGRATIONS.run(&mut *db).await?;
    Ok(Migrated {
        from: before.last().copied(),
        to: known.last().copied().unwrap_or_default(),
        ran: known.difference(&before).copied().collect(),
    })
}

/// Runs exactly these, on an empty database: the tables as they were when a backup was made.
///
/// # Errors
/// A migration failed, or one of them is not known.
pub async fn run_only(db: &mut Connection, versions: &BTreeSet<i64>) -> Result<(), DbError> {
    none_newer(versions, &known())?;
    let wanted = MIGRATIONS.iter().filter(|migration| versions.contains(&migration.version));
    Ok(Migrator::with_migrations(wanted.cloned().collect()).run(&mut *db).await?)
}

/// Runs the rest.
///
/// # Errors
/// A migration failed.
pub async fn run_rest(db: &mut Connection) -> Result<(), DbError> {
    Ok(MIGRATIONS.run(&mut *db).await?)
}

/// The migrations that have been run.
///
/// # Errors
/// The query failed.
pub async fn applied(db: &mut Connection) -> Result<BTreeSet<i64>, DbError> {
    db.ensure_migrations_table(NOTES).await?;
    noted(db).await
}

/// The same of a database that has been migrated, also where nothing may be written.
///
/// # Errors
/// The query failed.
pub async fn noted(db: &mut Connection) -> Result<BTreeSet<i64>, DbError> {
    let applied = db.list_applied_migrations(NOTES).await?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

/// That no newer version of this program has been at work.
///
/// # Errors
/// [`DbError::Newer`] where one has.
pub fn none_newer(found: &BTreeSet<i64>, known: &BTreeSet<i64>) -> Result<(), DbError> {
    let newer = found.difference(known).last().copied();
    let known = known.last().copied().unwrap_or_default();
    newer.map_or(Ok(()), |found| Err(DbError::Newer { found, known }))
}

/// The migrations that this program knows.
#[must_use]
pub fn known() -> BTreeSet<i64> {
    MIGRATIONS.iter().map(|migration| migration.version).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn what_is_named_is_what_the_folder_has_as_sqlx_reads_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let read = Migrator::new(folder.as_path()).await.unwrap();
        let all = |migrator: &Migrator| {
            let noted = |found: &Migration| {
                let Migration { version, description, checksum, no_tx, .. } = found.clone();
                (version, description, checksum, found.migration_type, no_tx)
            };
            migrator.iter().map(noted).collect::<Vec<_>>()
        };
        assert_eq!(all(&MIGRATIONS), all(&read));
    }
}
