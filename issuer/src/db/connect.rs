//! Opening the database.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyPool, ConnectOptions};

use super::engine::Engine;
use super::in_place::InPlace;
use super::migrate::{self, Migrated};
use super::readers::{Reader, Readers};
use super::{Connection, DbError, Transaction};
use crate::secret::Secret;

/// Where the database is, and how to talk to it.
#[derive(Debug, Clone)]
pub struct Connect {
    /// `sqlite:///path/to/file` or `postgres://user@host/name`.
    pub url: Secret,
    /// The password, where it does not stand in the URL.
    pub password: Option<Secret>,
    /// Connections of this process to PostgreSQL.
    pub connections: u32,
    /// How long PostgreSQL may work on a statement of a request.
    pub statement_timeout: Duration,
}

impl Connect {
    /// To the database at `url`, with everything else as it is by default.
    #[must_use]
    pub fn to(url: &str) -> Self {
        Self {
            url: url.to_owned().into(),
            password: None,
            connections: 10,
            statement_timeout: Duration::from_secs(10),
        }
    }

    fn options(&self) -> Result<AnyConnectOptions, DbError> {
        let parsed = AnyConnectOptions::from_str(self.url.reveal());
        let unusable = |error| DbError::Url(format!("the database's URL can't be used: {error}"));
        let mut options = parsed.map_err(unusable)?.disable_statement_logging();
        if let Some(password) = &self.password {
            options.database_url.set_password(Some(password.reveal())).map_err(|()| {
                let message = "the database has a password and its URL has no place for one; \
                               write the URL like `postgres://laika@localhost/laika`";
                DbError::Url(message.to_owned())
            })?;
        }
        Ok(options)
    }
}

/// The database.
///
/// SQLite has one writer at a time. All writes of this process go through one connection, so they
/// queue here, in order, instead of meeting `SQLITE_BUSY` there; the busy timeout is for other
/// processes, such as `laika import` beside a running service. PostgreSQL needs no such care, and
/// one pool does both.
#[derive(Debug, Clone)]
pub struct Db {
    engine: Engine,
    writer: AnyPool,
    /// `None` where the writers read as well.
    readers: Option<Readers>,
    /// What is asked on the spot; `None` where that can't be done.
    in_place: Option<InPlace>,
    /// What snapshots are taken with.
    watchers: AnyPool,
    migrated: Migrated,
}

impl Db {
    /// Opens the database at `url` and brings its tables up to date; see [`Connect`] for the rest.
    ///
    /// # Errors
    /// See [`connect`](Self::connect).
    pub async fn open(url: &str) -> Result<Self, DbError> {
        Self::connect(&Connect::to(url)).await
    }

    /// Opens the database and brings its tables up to date; of SQLite one is made where there is none.
    ///
    /// # Errors
    /// The URL is of another kind, the database can't be opened, it was written by a newer version
    /// of this program, or a migration failed.
    pub async fn connect(connect: &Connect) -> Result<Self, DbError> {
        let mut db = Self::make(connect).await?;
        // One transaction that excludes others: of two processes that start at once one migrates and
        // the other finds it done, and one that is killed leaves everything as it was.
        let mut tx = db.write_at_length().await?;
        db.migrated = migrate::run(&mut tx).await?;
        tx.commit().await?;
        Ok(db)
    }

    /// Opens the database and leaves its tables alone; of SQLite an empty one is made where there is
    /// none.
    ///
    /// # Errors
    /// The URL is of another kind, or the database can't be opened.
    pub async fn make(connect: &Connect) -> Result<Self, DbError> {
        Engine::of(connect.url.reveal())?.make(connect).await?;
        Self::connect_as_it_is(connect).await
    }

    /// Opens the database and leaves its tables alone, whatever they are.
    ///
    /// # Errors
    /// The URL is of another kind, or the database can't be opened.
    pub async fn connect_as_it_is(connect: &Connect) -> Result<Self, DbError> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of(connect.url.reveal())?;
        let options = connect.options()?;
        // Once without a pool, which would try again until its time is up and then say only that.
        engine.try_out(connect, &options).await?;
        let writer = engine.writers(connect).connect_with(options.clone()).await?;
        let readers = engine.readers(&options);
        let in_place = engine.in_place(connect)?;
        let watchers = match engine.watchers() {
            Some(watchers) => watchers.connect_lazy_with(options),
            None => writer.clone(),
        };
        Ok(Self { engine, writer, readers, in_place, watchers, migrated: Migrated::default() })
    }

    /// What was done to its tables when it was opened.
    #[must_use]
    pub fn migrated(&self) -> &Migrated {
        &self.migrated
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// None became free in time, or the database is away.
    pub async fn read(&self) -> Result<Reader, DbError> {
        match &self.readers {
            Some(readers) => readers.take().await,
            None => Ok(Reader::Pooled(self.writer.acquire().await?)),
        }
    }

    /// Connections that answer on the spot, where there are any.
    pub(super) fn in_place(&self) -> Option<&InPlace> {
        self.in_place.as_ref()
    }

    /// A transaction to write in.
    ///
    /// # Errors
    /// No connection became free in time, or the database is away.
    pub async fn write(&self) -> Result<Transaction, DbError> {
        Ok(Transaction::new(self.writer.begin_with(self.engine.begin()).await?))
    }

    /// A transaction that no other of this kind runs beside, in any process: for what is done once,
    /// at the start.
    ///
    /// # Errors
    /// No connection became free in time, or the database is away.
    pub async fn write_alone(&self) -> Result<Transaction, DbError> {
        let mut tx = self.write().await?;
        self.engine.exclude_others(&mut tx).await?;
        Ok(tx)
    }

    /// The tables that are there, whoever made them.
    ///
    /// # Errors
    /// The query failed.
    pub async fn tables(&self, db: &mut Connection) -> Result<BTreeSet<String>, DbError> {
        let found: Vec<String> = sqlx::query_scalar(self.engine.tables()).fetch_all(db).await?;
        Ok(found.into_iter().collect())
    }

    /// Whether the tables are those of this program: every migration of it was made.
    ///
    /// # Errors
    /// The database is away.
    pub async fn is_up_to_date(&self) -> Result<bool, DbError> {
        let ours = i64::try_from(super::migrate::MIGRATIONS.iter().count()).unwrap_or(i64::MAX);
        // A younger version of the program may have made more.
        let made: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations")
            .fetch_one(&mut *self.read().await?)
            .await?;
        Ok(made >= ours)
    }

    /// How many connections there are, by what they do.
    #[must_use]
    pub fn connections(&self) -> Vec<(&'static str, i64)> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let resting = self.writer.num_idle();
        let all = usize::try_from(self.writer.size()).unwrap_or(usize::MAX);
        let busy = number(all.saturating_sub(resting));
        match &self.readers {
            Some(readers) => {
                let (reading, idle) = readers.count();
                vec![
                    ("writing", busy),
                    ("idle_to_write", number(resting)),
                    ("reading", number(reading)),
                    ("idle_to_read", number(idle)),
                ]
            }
            None => vec![("busy", busy), ("idle", number(resting))],
        }
    }

    /// A transaction that sees one moment of the whole database, and only reads; its statements may
    /// take long.
    ///
    /// # Errors
    /// No connection became free in time, or the database is away.
    pub async fn snapshot(&self) -> Result<Transaction, DbError> {
        let begun = self.watchers.begin_with(self.engine.begin_snapshot()).await?;
        let mut tx = Transaction::new(begun);
        self.engine.take_time(&mut tx).await?;
        Ok(tx)
    }

    /// Like [`write_alone`](Self::write_alone), for work whose statements may take long.
    ///
    /// # Errors
    /// No connection became free in time, or the database is away.
    pub async fn write_at_length(&self) -> Result<Transaction, DbError> {
        let mut tx = self.write().await?;
        // Before it waits for others, whose statements may take long as well.
        self.engine.take_time(&mut tx).await?;
        self.engine.exclude_others(&mut tx).await?;
        Ok(tx)
    }

    /// Closes every connection; SQLite folds its log into the database file.
    pub async fn close(&self) {
        if let Some(in_place) = &self.in_place {
            in_place.close();
        }
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.watchers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A fresh database in a folder that goes away with the second value.
    pub(in crate::db) async fn scratch() -> (Db, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", folder.path().display());
        (Db::open(&url).await.unwrap(), folder)
    }

    #[tokio::test]
    async fn opens_twice_and_sets_what_the_comments_promise() {
        let (db, folder) = scratch().await;
        db.close().await;
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let other = url.replace("test.db", "other.db?mode=rw");
        assert!(Db::open(&other).await.is_err(), "none is made where the URL says so");
        let db = Db::open(&url).await.unwrap();
        let mut connection = db.read().await.unwrap();
        for (pragma, expected) in
            [("synchronous", 2), ("foreign_keys", 1), ("query_only", 1), ("temp_store", 2)]
        {
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
            let value: i64 = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(mode, "wal");
    }

    #[tokio::test]
    async fn what_is_no_database_is_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (here, text) = (folder.path().display(), folder.path().join("text"));
        std::fs::write(&text, "not a database, and long enough to be taken for the head of one")
            .unwrap();
        for (path, why) in [
            (here.to_string(), "unable to open"),
            (format!("{here}/no/such/folder/laika.db"), "folder must be there"),
            (text.display().to_string(), "not a database"),
        ] {
            let error = Db::open(&format!("sqlite://{path}")).await.unwrap_err();
            assert!(matches!(error, DbError::Open(_)), "{error}");
            let error = error.to_string();
            assert!(error.contains(why) && error.contains(&format!("`{path}`")), "{error}");
        }
        assert!(!folder.path().join("no").exists());
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
                sqlx::query("SELECT id FROM users").fetch_all(&mut *connection).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let (db, _folder) = scratch().await;
        let mut connection = db.read().await.unwrap();
        let result = sqlx::query("DELETE FROM users").execute(&mut *connection).await;
        assert!(result.is_err());
    }

    #[tokio::test]
    async fn another_kind_of_database_is_refused_by_name() {
        let error = Db::open("mysql://localhost/laika").await.unwrap_err();
        assert!(error.to_string().contains("sqlite:///"), "{error}");
    }
}
