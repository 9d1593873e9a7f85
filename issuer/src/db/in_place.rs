//! SQLite, asked on the thread of whoever asks.
//!
//! `sqlx` keeps each connection on a thread of its own. The way there and back, and a row's way
//! through two drivers, take several times as long as to find a row by its key. So the statements
//! that nearly every request needs are asked here: a few rows by their keys, from pages that lie in
//! memory. Nothing waits here: where the file is locked, whoever asked goes to another connection.
//!
//! What was found is kept until anything is committed. A commit of this process counts from the
//! moment in which it was made; one of another process, such as `laika user disable` beside a running
//! service, from when SQLite tells of it, and that is asked once a millisecond at most.

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::ask::Parameter;
use super::row::Row;
use super::{DbError, transaction};
use crate::clock::{Clock as _, SystemClock};

/// Names of parameters, in the order in which they are given.
const NAMES: [&str; 3] = ["$1", "$2", "$3"];

/// How many rows each connection keeps at most: half a megabyte of sessions with their holders.
const MOST_KNOWN: usize = 256;

/// How long a commit of another process may go unseen.
const UNSEEN: Duration = Duration::from_millis(1);

/// Connections that only read; there are as many as threads ever asked at once.
#[derive(Debug, Clone)]
pub(super) struct InPlace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    /// The one that was used last lies on top, its pages in memory; `None` after the end.
    idle: Mutex<Option<Vec<Place>>>,
}

/// A connection, and what it has found.
#[derive(Debug)]
struct Place {
    connection: Connection,
    known: Known,
}

/// Rows as of one version of the database.
#[derive(Debug, Default)]
struct Known {
    version: i64,
    /// When that was last seen to be the version, by the monotonic clock, and how many transactions
    /// of this process had been committed before; `None` where it never was.
    seen: Option<(Duration, u64)>,
    rows: HashMap<Question, Box<dyn Any + Send>>,
}

/// A statement, by where its text lies, and its parameters.
type Question = ((usize, usize), Vec<Parameter<String>>);

impl InPlace {
    /// Connections to this file, none yet.
    pub(super) fn new(file: &Path) -> Self {
        Self(Arc::new(Inner { file: file.to_owned(), idle: Mutex::new(Some(Vec::new())) }))
    }

    /// See [`Ask::one`](super::ask::Ask::one).
    ///
    /// # Errors
    /// The query failed, or the row holds what can't be read.
    pub(super) fn one<T: Clone + Send + 'static>(
        &self,
        sql: &'static str,
        parameters: &[Parameter<&str>],
        read: fn(&dyn Row) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut place = self.take()?;
        let found = place.one(sql, parameters, read);
        if let Some(idle) = &mut *self.idle() {
            idle.push(place);
        }
        found
    }

    /// Closes every connection.
    pub(super) fn close(&self) {
        drop(self.idle().take());
    }

    fn take(&self) -> Result<Place, DbError> {
        let closed = || DbError::Unavailable("the database is closed".to_owned());
        if let Some(place) = self.idle().as_mut().ok_or_else(closed)?.pop() {
            return Ok(place);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.0.file, flags)?;
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Place { connection, known: Known::default() })
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Place>>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn one<T: Clone + Send + 'static>(
        &mut self,
        sql: &'static str,
        parameters: &[Parameter<&str>],
        read: fn(&dyn Row) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        // Looked at first: what is found after a commit in between only counts as older than it is.
        self.look()?;
        let owned = parameters.iter().map(|parameter| parameter.map(str::to_owned)).collect();
        let question = ((sql.as_ptr().addr(), sql.len()), owned);
        if let Some(row) = self.known.rows.get(&question).and_then(|row| row.downcast_ref::<T>()) {
            return Ok(Some(row.clone()));
        }
        let found = one(&self.connection, sql, parameters, read)?;
        if let Some(row) = &found {
            self.known.rows.insert(question, Box::new(row.clone()));
        }
        Ok(found)
    }

    /// Forgets what is known where anything was committed since, or where it is too much.
    fn look(&mut self) -> Result<(), DbError> {
        let (now, commits) = (SystemClock.monotonic(), transaction::commits());
        let Known { version, seen, rows } = &mut self.known;
        if seen.is_none_or(|(at, before)| before != commits || now.saturating_sub(at) >= UNSEEN) {
            let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
            let current = statement.query_row([], |row| row.get(0))?;
            if *version != current {
                *version = current;
                rows.clear();
            }
            *seen = Some((now, commits));
        }
        if rows.len() >= MOST_KNOWN {
            rows.clear();
        }
        Ok(())
    }
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    parameters: &[Parameter<&str>],
    read: fn(&dyn Row) -> Result<T, DbError>,
) -> Result<Option<T>, DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    for (name, parameter) in NAMES.into_iter().zip(parameters) {
        // SQLite numbers parameters as they come in the text, whatever they are called.
        let place = statement.parameter_index(name)?;
        let place = place.ok_or(rusqlite::Error::InvalidParameterName(name.to_owned()))?;
        match parameter {
            Parameter::Text(text) => statement.raw_bind_parameter(place, text)?,
            Parameter::Number(number) => statement.raw_bind_parameter(place, number)?,
        }
    }
    let mut rows = statement.raw_query();
    let row = rows.next()?;
    row.map(|row| read(&Found { row, next: Cell::new(0) })).transpose()
}

/// A row of SQLite.
struct Found<'r> {
    row: &'r rusqlite::Row<'r>,
    /// Where the next column is looked for first: most are read in the order of the statement.
    next: Cell<usize>,
}

impl Found<'_> {
    fn value(&self, column: &'static str) -> Result<ValueRef<'_>, DbError> {
        let statement = self.row.as_ref();
        let (next, count) = (self.next.get(), statement.column_count());
        let place = (next..count)
            .chain(0..next)
            .find(|place| statement.column_name(*place).is_ok_and(|name| name == column))
            .ok_or_else(|| rusqlite::Error::InvalidColumnName(column.to_owned()))?;
        if place == next {
            self.next.set(next + 1);
        }
        Ok(self.row.get_ref(place)?)
    }
}

impl Row for Found<'_> {
    fn text(&self, column: &'static str) -> Result<Option<&str>, DbError> {
        Ok(self.value(column)?.as_str_or_null().map_err(rusqlite::Error::from)?)
    }

    fn number(&self, column: &'static str) -> Result<Option<i64>, DbError> {
        Ok(self.value(column)?.as_i64_or_null().map_err(rusqlite::Error::from)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::connect::tests::scratch;
    use super::super::row::get;
    use super::super::{Ask as _, Db};
    use super::*;

    const ROLE: &str = "SELECT description, level, name FROM roles WHERE level >= $2 AND name = $1";

    type Role = (String, i64, Option<String>);
    type Read = fn(&dyn Row) -> Result<(), DbError>;

    fn role(row: &dyn Row) -> Result<Role, DbError> {
        Ok((get(row, "name")?, get(row, "level")?, get(row, "description")?))
    }

    async fn set_level(db: &Db, level: i64) {
        let mut tx = db.write().await.unwrap();
        sqlx::query("UPDATE roles SET level = $1 WHERE name = 'administrator'")
            .bind(level)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn every_question_is_answered_as_of_its_own_moment() {
        let (db, _folder) = scratch().await;
        let here = db.in_place().unwrap();
        let least = |least| [Parameter::Text("administrator"), Parameter::Number(least)];
        for level in 0..5 {
            set_level(&db, level).await;
            let found = ("administrator".to_owned(), level, None);
            assert_eq!(here.one(ROLE, &least(level), role).unwrap(), Some(found.clone()));
            assert_eq!(here.one(ROLE, &least(level + 1), role).unwrap(), None);
            let mut connection = db.read().await.unwrap();
            let there = connection.one(ROLE, &least(level), role).await.unwrap();
            assert_eq!(there, Some(found));
        }
        assert_eq!(here.idle().as_ref().unwrap().len(), 1, "one thread asked");
    }

    #[tokio::test]
    async fn what_a_row_does_not_hold_is_an_error_and_no_guess() {
        let (db, _folder) = scratch().await;
        let here = db.in_place().unwrap();
        let sql = "SELECT name, level, description FROM roles WHERE name = $1";
        let name = [Parameter::Text("administrator")];
        let read: [Read; 4] = [
            |row| get::<i64>(row, "name").map(drop),
            |row| get::<&str>(row, "level").map(drop),
            |row| get::<String>(row, "description").map(drop),
            |row| get::<Option<i64>>(row, "absent").map(drop),
        ];
        for read in read {
            assert!(here.one(sql, &name, read).is_err());
            assert!((&mut *db.read().await.unwrap()).one(sql, &name, read).await.is_err());
        }
        let unknown = here.one("SELECT name FROM roles", &name, |_| Ok(()));
        assert!(unknown.is_err(), "a parameter that is not in the text");
    }

    #[tokio::test]
    async fn nothing_can_be_written_here() {
        let (db, _folder) = scratch().await;
        let here = db.in_place().unwrap();
        assert!(here.one("DELETE FROM roles RETURNING name", &[], |_| Ok(())).is_err());
        let count = here.one("SELECT COUNT(*) AS n FROM roles", &[], |row| get::<i64>(row, "n"));
        assert!(count.unwrap() > Some(0));
    }

    #[tokio::test]
    async fn what_is_known_is_forgotten_with_any_commit_and_never_too_much() {
        let (db, _folder) = scratch().await;
        let here = db.in_place().unwrap();
        let known = || here.idle().as_ref().unwrap().first().map(|place| place.known.rows.len());
        let sql = "SELECT level + $2 AS n FROM roles WHERE name = $1";
        let ask = |add| {
            let parameters = [Parameter::Text("administrator"), Parameter::Number(add)];
            here.one(sql, &parameters, |row| get::<i64>(row, "n")).unwrap()
        };
        assert_eq!([ask(1), ask(2), ask(1), ask(2)], [Some(1), Some(2), Some(1), Some(2)]);
        assert_eq!(known(), Some(2));
        set_level(&db, 7).await;
        assert_eq!(ask(1), Some(8));
        assert_eq!(known(), Some(1));
        let most = i64::try_from(MOST_KNOWN).unwrap();
        for add in 0..3 * most {
            assert_eq!(ask(add), Some(7 + add));
            assert!(known().unwrap() <= MOST_KNOWN);
        }
        // Another kind of value from the same statement is no mistake.
        let parameters = [Parameter::Text("administrator"), Parameter::Number(3 * most - 1)];
        let found = here.one(sql, &parameters, |row| Ok(get::<i64>(row, "n")?.to_string()));
        assert_eq!(found.unwrap(), Some((7 + 3 * most - 1).to_string()));
    }

    #[tokio::test]
    async fn what_another_process_commits_is_seen_after_a_millisecond() {
        let (db, folder) = scratch().await;
        let here = db.in_place().unwrap();
        let least = [Parameter::Text("administrator"), Parameter::Number(0)];
        // A connection of which this process does not count the commits.
        let other = Connection::open(folder.path().join("test.db")).unwrap();
        for level in 1..20 {
            let sql = "UPDATE roles SET level = ?1 WHERE name = 'administrator'";
            assert_eq!(other.execute(sql, [level]).unwrap(), 1);
            std::thread::sleep(UNSEEN);
            let found = here.one(ROLE, &least, role).unwrap();
            assert_eq!(found, Some(("administrator".to_owned(), level, None)));
        }
    }

    #[tokio::test]
    async fn a_locked_file_is_not_waited_for_here_but_elsewhere() {
        let (db, folder) = scratch().await;
        let here = db.in_place().unwrap();
        let name = [Parameter::Text("administrator"), Parameter::Number(0)];
        assert!(here.one(ROLE, &name, role).unwrap().is_some());
        here.close();
        let closed = here.one(ROLE, &name, role);
        assert!(matches!(closed, Err(DbError::Unavailable(_))), "{closed:?}");
        assert!((&db).one(ROLE, &name, role).await.unwrap().is_some());

        db.close().await;
        let file = folder.path().join("test.db");
        let locker = Connection::open(&file).unwrap();
        locker.pragma_update(None, "locking_mode", "EXCLUSIVE").unwrap();
        locker.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let here = InPlace::new(&file);
        let locked = here.one(ROLE, &name, role);
        assert!(matches!(locked, Err(DbError::Unavailable(_))), "{locked:?}");
        drop(locker);
        assert!(here.one(ROLE, &name, role).unwrap().is_some());
    }
}
