//! Where SQLite and PostgreSQL differ: how connections are set up, and how a transaction begins.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::any::AnyPoolOptions;

use super::{Connection, DbError};

/// Connections that only read; SQLite in WAL mode lets them go on while one writes.
const SQLITE_READERS: u32 = 4;

/// Connections of one process to PostgreSQL, which by default allows a hundred in all.
const POSTGRES_CONNECTIONS: u32 = 10;

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

/// And those that only read, besides.
const SQLITE_READ_ONLY: &str = "PRAGMA query_only = ON";

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The kind that a URL names.
    pub(super) fn of(url: &str) -> Result<Self, DbError> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(DbError::Url(
                "the database is neither SQLite nor PostgreSQL; write its URL like \
                 `sqlite:///var/lib/laika/laika.db` or `postgres://laika@localhost/laika`"
                    .to_owned(),
            )),
        }
    }

    /// Connections that may write.
    pub(super) fn writers(self) -> AnyPoolOptions {
        match self {
            Self::Sqlite => pool(1, &SQLITE_SETUP, None),
            Self::Postgres => pool(POSTGRES_CONNECTIONS, &[], None),
        }
    }

    /// Connections that only read.
    pub(super) fn readers(self) -> AnyPoolOptions {
        match self {
            Self::Sqlite => pool(SQLITE_READERS, &SQLITE_SETUP, Some(SQLITE_READ_ONLY)),
            Self::Postgres => pool(POSTGRES_CONNECTIONS, &[], None),
        }
    }

    /// How a transaction that writes begins. SQLite's takes the write lock at once: one that begins
    /// by reading and then wants to write could otherwise find that another process was quicker,
    /// and fail.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Waits until no other transaction that asked for this is going on.
    pub(super) async fn exclude_others(self, db: &mut Connection) -> Result<(), DbError> {
        match self {
            // The write lock is held already.
            Self::Sqlite => {}
            // The number means nothing but this lock.
            Self::Postgres => {
                sqlx::query("SELECT pg_advisory_xact_lock(5219571103)").execute(db).await?;
            }
        }
        Ok(())
    }
}

fn pool(size: u32, setup: &'static [&'static str], last: Option<&'static str>) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for statement in setup.iter().copied().chain(last) {
                    sqlx::query(statement).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        // A full disk makes SQLite undo a transaction by itself; the driver's own attempt then fails,
        // and it would for ever take the connection for one within a transaction.
        .before_acquire(|connection, _| {
            let clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(clean) })
        })
}
