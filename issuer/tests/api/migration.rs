//! Databases of every schema that ever landed, brought to the newest.
//!
//! `tests/schemas/NNNN.sql` is a database as of migration NNNN. Whoever adds a migration runs
//! `tests/schemas/make.py` first, which writes the dump of the schema before it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use laika_issuer::db::{self, Connect, Db};
use laika_issuer::mint::main_token;
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use uuid::Uuid;

use crate::scratch::Scratch;
use crate::support::Issuer;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The numbers that file names in a folder begin with.
pub(crate) fn numbers(name: &str) -> BTreeSet<i64> {
    let files = std::fs::read_dir(source(name)).unwrap();
    let number = |file: String| {
        file.ends_with(".sql").then(|| file.split(['_', '.']).next()?.parse().ok()).flatten()
    };
    files.filter_map(|file| number(file.unwrap().file_name().into_string().unwrap())).collect()
}

/// A database as of migration `number`, here or in this folder.
pub(crate) async fn old_database(number: i64, database: Option<&Scratch>, folder: &Path) -> String {
    let sqlite = || format!("sqlite://{}/old.db?mode=rwc", folder.display());
    let url = database.map_or_else(sqlite, Scratch::url);
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    let dump = std::fs::read_to_string(source(&format!("tests/schemas/{number:04}.sql"))).unwrap();
    sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.unwrap();
    let migrator = Migrator::new(source("migrations")).await.unwrap();
    let seen = migrator.iter().filter(|migration| migration.version <= number).cloned();
    Migrator::with_migrations(seen.collect()).skip(&mut connection, None).await.unwrap();
    connection.close().await.unwrap();
    url
}

#[tokio::test]
async fn who_waits_for_another_that_migrates_waits_as_long_as_that_takes() {
    // SQLite has no limit on statements.
    let Some(database) = Scratch::database() else { return };
    let limit = Duration::from_millis(200);
    let connect = Connect { statement_timeout: limit, ..Connect::to(&database.url()) };
    let first = Db::connect(&connect).await.unwrap();
    let at_work = first.write_at_length().await.unwrap();
    let work = async {
        tokio::time::sleep(4 * limit).await;
        at_work.commit().await.unwrap();
    };
    let (second, ()) = tokio::join!(Db::connect(&connect), work);
    second.unwrap().close().await;
    first.close().await;
}

/// Migrations that came in one piece with the one after them, so that no database ever stopped
/// there; `make.py` leaves them out as well.
const NEVER_THE_LAST: RangeInclusive<i64> = 2..=8;

#[test]
fn every_schema_that_landed_has_a_dump() {
    let mut landed = numbers("migrations");
    landed.pop_last();
    landed.retain(|number| !NEVER_THE_LAST.contains(number));
    let missing: Vec<_> = landed.difference(&numbers("tests/schemas")).copied().collect();
    assert_eq!(
        missing, [0; 0],
        "run `python3 issuer/tests/schemas/make.py`, and commit what it adds"
    );
}

#[tokio::test]
async fn from_every_schema_users_log_in_sessions_go_on_and_roles_hold() {
    let issuer = Issuer::start().await;
    for number in numbers("tests/schemas") {
        let (folder, database) = (tempfile::tempdir().unwrap(), Scratch::database());
        let url = old_database(number, database.as_ref(), folder.path()).await;
        let db = Db::open(&url).await.unwrap();
        assert_eq!(db.migrated().from, Some(number));
        assert!(db.migrated().ran.iter().all(|ran| *ran > number));
        // A master key of its own: the dump has no keys, and new ones are made.
        let again = issuer.on(&url).await;
        let main = again.log_in().await;
        let micro = again.micro(&main, "orders").await.expect(200);
        assert_eq!(micro["permissions"], json!(["orders:read"]), "{number}");

        let mut connection = db.read().await.unwrap();
        for (id, status) in [(1_u128, 200), (2, 401)] {
            let id = Uuid::from_u128(0x5e55_0000_0000_4000_8000_0000_0000_0000 + id);
            let found = db::entitlements::of_session(&mut *connection, id).await.unwrap();
            let found = found.unwrap();
            assert_eq!(found.user.username.as_deref(), Some("Laika"));
            let token = main_token::issue(&again.app, &found.session).unwrap().token;
            assert_eq!(again.renew(&token).await.status, status, "{number}");
        }
        let body = json!({ "login": "belka", "password": crate::support::PASSWORD });
        again.post("/v1/sessions", None, body).await.problem(401, "credentials_invalid");
        drop(connection);
        db.close().await;
        again.app.db.close().await;
    }
}

#[tokio::test]
async fn a_migration_that_breaks_off_leaves_everything_as_it_was() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Scratch::database());
    let url = old_database(1, database.as_ref(), folder.path()).await;
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    // Migration 4 stumbles over it, after 2 and 3 have done their work.
    let stone = "CREATE TABLE limits (stone TEXT)";
    sqlx::query(stone).execute(&mut connection).await.unwrap();
    Db::open(&url).await.unwrap_err();
    let as_it_was = Db::connect_as_it_is(&db::Connect::to(&url)).await.unwrap();
    let mut tx = as_it_was.write_at_length().await.unwrap();
    assert_eq!(db::migrate::applied(&mut tx).await.unwrap(), BTreeSet::from([1]));
    tx.rollback().await.unwrap();
    as_it_was.close().await;
    sqlx::query("DROP TABLE limits").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let db = Db::open(&url).await.unwrap();
    assert_eq!((db.migrated().from, db.migrated().ran.first()), (Some(1), Some(&2)));
    db.close().await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_with_a_sentence() {
    let issuer = Issuer::start().await;
    let url = issuer.app.settings.database_url.clone();
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let error = Db::open(&url).await.unwrap_err().to_string();
    assert!(error.contains("newer version") && error.contains("9999"), "{error}");
}
