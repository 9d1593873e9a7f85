//! Where SQLite and PostgreSQL differ: how connections are set up, and how a transaction begins.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::connect::Connect;
use super::in_place::InPlace;
use super::readers::Readers;
use super::{Connection, DbError};

/// Connections that only read; SQLite in WAL mode lets them go on while one writes.
const SQLITE_READERS: u32 = 4;

/// How long a request waits for a connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// What each SQLite connection is told first.
///
/// `synchronous = FULL`: under `NORMAL` a power failure may take back the last commits. A log-out
/// that has been answered must hold, and a rotation that is taken back would make the holder's
/// token look stolen. `temp_store = MEMORY`: a service whose only writable folder is its own has
/// nowhere else to put what a migration or a sort needs for a moment.
const SQLITE_SETUP: [&str; 5] = [
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
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

    /// Makes the file of an SQLite database that is not there, unless its URL says how it is to be
    /// opened (`?mode=ro`).
    pub(super) async fn make(self, connect: &Connect) -> Result<(), DbError> {
        let url = connect.url.reveal();
        if self != Self::Sqlite || url.contains("mode=") {
            return Ok(());
        }
        let options = SqliteConnectOptions::from_str(url)?;
        if !options.get_filename().exists() {
            let made = options.create_if_missing(true).connect().await;
            made.map_err(|error| self.not_opened(connect, "its folder", error))?.close().await?;
        }
        Ok(())
    }

    /// Opens one connection, sets it up as each is, and closes it.
    pub(super) async fn try_out(
        self,
        connect: &Connect,
        options: &AnyConnectOptions,
    ) -> Result<(), DbError> {
        let tried = async {
            let mut connection = options.connect().await?;
            for statement in self.setup(connect) {
                sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
            }
            connection.close().await
        };
        tried.await.map_err(|error| self.not_opened(connect, "it", error))
    }

    /// What is said of a database that could not be opened, for which `needed` must be there. Only
    /// what may be otherwise in a moment is left as it is.
    fn not_opened(self, connect: &Connect, needed: &str, error: sqlx::Error) -> DbError {
        let (code, said) = match error.as_database_error() {
            Some(database) => (database.code(), database.message().to_owned()),
            None => (None, error.to_string()),
        };
        let message = match (self, code.as_deref()) {
            (Self::Sqlite, Some(code)) if is_cantopen(code) => {
                format!("{said}; {needed} must be there, and this user must be let in")
            }
            (Self::Postgres, Some("3D000")) => format!("{said}; make it with `createdb`"),
            _ => match DbError::from(error) {
                DbError::Query(_) => said,
                passing => return passing,
            },
        };
        DbError::Open(match self {
            Self::Sqlite => format!("`{}`: {message}", file(connect)),
            Self::Postgres => message,
        })
    }

    /// What each connection that may write is told first.
    fn setup(self, connect: &Connect) -> Vec<String> {
        match self {
            Self::Sqlite => SQLITE_SETUP.map(str::to_owned).into(),
            Self::Postgres => postgres_setup(connect).into(),
        }
    }

    /// Connections that may write.
    pub(super) fn writers(self, connect: &Connect) -> AnyPoolOptions {
        let setup = self.setup(connect).into();
        match self {
            Self::Sqlite => sqlite_pool(setup),
            Self::Postgres => pool(connect.connections, setup),
        }
    }

    /// Connections that only read; `None` where those that write do it too.
    pub(super) fn readers(self, options: &AnyConnectOptions) -> Option<Readers> {
        match self {
            Self::Sqlite => {
                let setup = SQLITE_SETUP.into_iter().chain([SQLITE_READ_ONLY]);
                let setup = setup.map(str::to_owned).collect();
                Some(Readers::new(options.clone(), setup, SQLITE_READERS, ACQUIRE_TIMEOUT))
            }
            Self::Postgres => None,
        }
    }

    /// Connections that are asked on the spot; `None` where each answer comes over a network.
    pub(super) fn in_place(self, connect: &Connect) -> Result<Option<InPlace>, DbError> {
        match self {
            Self::Sqlite => {
                let options = SqliteConnectOptions::from_str(connect.url.reveal())?;
                Ok(Some(InPlace::new(options.get_filename())))
            }
            Self::Postgres => Ok(None),
        }
    }

    /// Connections for transactions that see one moment of the whole database; `None` where those
    /// that write do it too.
    pub(super) fn watchers(self) -> Option<AnyPoolOptions> {
        match self {
            Self::Sqlite => {
                let setup = SQLITE_SETUP.into_iter().chain([SQLITE_READ_ONLY]);
                Some(sqlite_pool(setup.map(str::to_owned).collect()))
            }
            Self::Postgres => None,
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

    /// How a transaction begins that sees one moment of the whole database, and only reads.
    pub(super) fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Lets the statements of this transaction take as long as they need.
    pub(super) async fn take_time(self, db: &mut Connection) -> Result<(), DbError> {
        match self {
            // Statements have no limit here.
            Self::Sqlite => {}
            Self::Postgres => {
                for limit in ["statement_timeout", "idle_in_transaction_session_timeout"] {
                    let sql = AssertSqlSafe(format!("SET LOCAL {limit} = 0"));
                    sqlx::query(sql).execute(&mut *db).await?;
                }
            }
        }
        Ok(())
    }

    /// What lists the tables that are there.
    pub(super) fn tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
            Self::Postgres => {
                "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()"
            }
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

/// What each connection to PostgreSQL is told first: a query that hangs must not hold a connection,
/// and a process that hangs must not hold locks.
fn postgres_setup(connect: &Connect) -> [String; 2] {
    let limit = connect.statement_timeout.as_millis();
    [
        format!("SET statement_timeout = {limit}"),
        format!("SET idle_in_transaction_session_timeout = {limit}"),
    ]
}

/// The file of an SQLite database, as messages name it.
fn file(connect: &Connect) -> String {
    let url = connect.url.reveal();
    let options = SqliteConnectOptions::from_str(url);
    options.map_or_else(|_| url.to_owned(), |options| options.get_filename().display().to_string())
}

/// `SQLITE_CANTOPEN`, and what it is in detail in the higher bytes.
fn is_cantopen(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 14)
}

/// One connection, to a file, which is not lost as one to a server is: it is not asked each time.
fn sqlite_pool(setup: Arc<[String]>) -> AnyPoolOptions {
    pool(1, setup).test_before_acquire(false)
}

fn pool(size: u32, setup: Arc<[String]>) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            let setup = Arc::clone(&setup);
            Box::pin(async move {
                for statement in setup.iter() {
                    sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *connection).await?;
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
