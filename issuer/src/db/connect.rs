//! Opening the database.

use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, ConnectOptions};

use super::{DbError, Transaction};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Connections that only read; SQLite in WAL mode lets them go on while one writes.
const READERS: u32 = 4;

/// How long a request waits for a connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// What each SQLite connection is told first.
///
/// `synchronous = FULL`: under `NORMAL` a power failure may take back the last commits. A log-out
/// that has been answered must hold, and a rotation that is taken back would make the holder's
/// token look stolen.
const SQLITE_SETUP: [&str; 4] = [
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
];

/// The database.
///
/// SQLite has one writer at a time. All writes of this process go through one connection, so they
/// queue here, in order, instead of meeting `SQLITE_BUSY` there; the busy timeout is for other
/// processes, such as `laika import` beside a running service.
#[derive(Debug, Clone)]
pub struct Db {
    writer: AnyPool,
    readers: AnyPool,
}

impl Db {
    /// Opens the database at `url` (`sqlite:///path/to/file`) and brings its tables up to date.
    ///
    /// # Errors
    /// The URL is of another kind, the file can't be opened, or a migration failed.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        sqlx::any::install_default_drivers();
        if !url.starts_with("sqlite:") {
            return Err(DbError::Url(
                "only SQLite is supported so far: give a URL such as `sqlite:///var/lib/laika/laika.db`"
                    .to_owned(),
            ));
        }
        let options = AnyConnectOptions::from_str(url)?.disable_statement_logging();
        let writer = pool(1, false).connect_with(options.clone()).await?;
        migrate(&writer).await?;
        let readers = pool(READERS, true).connect_with(options).await?;
        Ok(Self { writer, readers })
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// None became free in time, or the database is away.
    pub async fn read(&self) -> Result<PoolConnection<Any>, DbError> {
        Ok(self.readers.acquire().await?)
    }

    /// A transaction to write in. It takes SQLite's write lock at once: one that begins by reading
    /// and then wants to write could otherwise find that another process was quicker, and fail.
    ///
    /// # Errors
    /// The connection did not become free in time, or the database is away.
    pub async fn write(&self) -> Result<Transaction, DbError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Closes every connection; SQLite folds its log into the database file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Brings the tables up to date in one transaction that holds the write lock, so that of two
/// processes that start at once one migrates and the other finds it done.
async fn migrate(writer: &AnyPool) -> Result<(), DbError> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    MIGRATIONS.run(&mut *tx).await?;
    Ok(tx.commit().await?)
}

fn pool(size: u32, read_only: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for statement in SQLITE_SETUP {
                    sqlx::query(statement).execute(&mut *connection).await?;
                }
                if read_only {
                    sqlx::query("PRAGMA query_only = ON")
                        .execute(&mut *connection)
                        .await?;
                }
                Ok(())
            })
        })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A fresh database in a folder that goes away with the second value.
    pub(in crate::db) async fn scratch() -> (Db, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        (Db::open(&url).await.unwrap(), folder)
    }

    #[tokio::test]
    async fn opens_twice_and_sets_what_the_comments_promise() {
        let (db, folder) = scratch().await;
        db.close().await;
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let db = Db::open(&url).await.unwrap();
        let mut connection = db.read().await.unwrap();
        for (pragma, expected) in [("synchronous", 2), ("foreign_keys", 1), ("query_only", 1)] {
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
            let value: i64 = sqlx::query_scalar(sql)
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(mode, "wal");
    }

    #[tokio::test]
    async fn several_may_open_a_new_database_at_once() {
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
            let open = || Db::open(&url);
            let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
            for db in [a, b, c, d] {
                let mut connection = db.unwrap().read().await.unwrap();
                sqlx::query("SELECT id FROM users")
                    .fetch_all(&mut *connection)
                    .await
                    .unwrap();
            }
        }
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let (db, _folder) = scratch().await;
        let mut connection = db.read().await.unwrap();
        let result = sqlx::query("DELETE FROM users")
            .execute(&mut *connection)
            .await;
        assert!(result.is_err());
    }

    #[tokio::test]
    async fn another_kind_of_database_is_refused_by_name() {
        let error = Db::open("mysql://localhost/laika").await.unwrap_err();
        assert!(error.to_string().contains("sqlite://"), "{error}");
    }
}
