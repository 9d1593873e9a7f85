//! Connections to SQLite that only read.
//!
//! A pool of `sqlx` asks a connection whether it is still there when it is taken and when it is given
//! back, and gives it back in a task of its own. A file has no connection that could be lost, and
//! both questions go to the connection's thread and back, which takes longer than most of our
//! queries. So connections that read lie here, and are taken and given back without a word.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Connection, DbError};

/// At most so many connections, opened when they are first needed.
#[derive(Debug, Clone)]
pub(super) struct Readers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: AnyConnectOptions,
    /// What each connection is told first.
    setup: Vec<String>,
    timeout: Duration,
    /// One for each connection that may be lent.
    turns: Arc<Semaphore>,
    size: u32,
    /// The one that was used last lies on top: its statements are still prepared, its pages cached.
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// None yet.
    pub(super) fn new(
        options: AnyConnectOptions,
        setup: Vec<String>,
        size: u32,
        timeout: Duration,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(usize::MAX)));
        Self(Arc::new(Inner { options, setup, timeout, turns, size, idle: Mutex::default() }))
    }

    /// One of them; waits for it.
    ///
    /// # Errors
    /// None became free in time, all are closed, or a new one can't be opened.
    pub(super) async fn take(&self) -> Result<Reader, DbError> {
        let turn = tokio::time::timeout(self.0.timeout, Arc::clone(&self.0.turns).acquire_owned())
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open().await?,
        };
        Ok(Reader::Own(Lent { connection: Some(connection), home: self.clone(), _turn: turn }))
    }

    /// How many are at work, and how many rest.
    pub(super) fn count(&self) -> (usize, usize) {
        let free = self.0.turns.available_permits();
        let size = usize::try_from(self.0.size).unwrap_or(usize::MAX);
        (size.saturating_sub(free), self.idle().len())
    }

    /// Waits for all that are at work, and closes every one.
    pub(super) async fn close(&self) {
        let all = self.0.turns.acquire_many(self.0.size).await;
        self.0.turns.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection that only read did not close well");
            }
        }
    }

    async fn open(&self) -> Result<Connection, DbError> {
        let mut connection = self.0.options.connect().await?;
        for statement in &self.0.setup {
            sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut connection).await?;
        }
        Ok(connection)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to read with; it goes back where it came from.
#[derive(Debug)]
pub enum Reader {
    /// Of [`Db`](super::Db)'s own readers.
    Own(Lent),
    /// Of a pool that reads and writes.
    Pooled(PoolConnection<Any>),
}

/// A connection that is lent.
#[derive(Debug)]
pub struct Lent {
    /// Always there until it is dropped.
    connection: Option<Connection>,
    home: Readers,
    /// Given up after the connection lies where the next one looks.
    _turn: OwnedSemaphorePermit,
}

impl Lent {
    #[expect(clippy::expect_used, reason = "only `drop` takes it away")]
    fn get(&self) -> &Connection {
        self.connection.as_ref().expect("a connection that is lent")
    }

    #[expect(clippy::expect_used, reason = "only `drop` takes it away")]
    fn get_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a connection that is lent")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // A transaction that was left open would show its moment for ever.
        if let Some(connection) = self.connection.take().filter(|c| !c.is_in_transaction()) {
            self.home.idle().push(connection);
        }
    }
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Self::Own(lent) => lent.get(),
            Self::Pooled(connection) => connection,
        }
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Connection {
        match self {
            Self::Own(lent) => lent.get_mut(),
            Self::Pooled(connection) => connection,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::task::{Context, Waker};

    use super::super::connect::tests::scratch;
    use super::*;

    async fn one(connection: &mut Connection) -> i64 {
        sqlx::query_scalar("SELECT 1").fetch_one(connection).await.unwrap()
    }

    #[tokio::test]
    async fn a_connection_is_used_again_and_no_more_are_opened_than_there_may_be() {
        let (db, _folder) = scratch().await;
        for _ in 0..3 {
            assert_eq!(one(&mut db.read().await.unwrap()).await, 1);
        }
        let counted =
            |what| db.connections().into_iter().find(|(kind, _)| *kind == what).unwrap().1;
        assert_eq!((counted("reading"), counted("idle_to_read")), (0, 1));
        let mut taken = Vec::new();
        for _ in 0..4 {
            taken.push(db.read().await.unwrap());
        }
        assert_eq!((counted("reading"), counted("idle_to_read")), (4, 0));
        let mut fifth = Box::pin(db.read());
        let mut context = Context::from_waker(Waker::noop());
        assert!(fifth.as_mut().poll(&mut context).is_pending());
        drop(taken);
        assert_eq!(one(&mut fifth.await.unwrap()).await, 1);
        assert_eq!(counted("idle_to_read"), 4);
    }

    #[tokio::test]
    async fn a_query_that_was_given_up_harms_none_after_it() {
        let (db, _folder) = scratch().await;
        for _ in 0..20 {
            let mut connection = db.read().await.unwrap();
            let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) \
                        SELECT i FROM n";
            let mut query = Box::pin(sqlx::query(long).fetch_all(&mut *connection));
            let mut context = Context::from_waker(Waker::noop());
            assert!(query.as_mut().poll(&mut context).is_pending());
            drop(query);
            drop(connection);
            assert_eq!(one(&mut db.read().await.unwrap()).await, 1);
        }
    }

    #[tokio::test]
    async fn an_open_transaction_ends_with_its_connection() {
        let (db, _folder) = scratch().await;
        let mut connection = db.read().await.unwrap();
        std::mem::forget(connection.begin().await.unwrap());
        drop(connection);
        let connection = db.read().await.unwrap();
        assert!(!connection.is_in_transaction());
    }

    #[tokio::test]
    async fn after_the_end_there_is_none() {
        let (db, _folder) = scratch().await;
        drop(db.read().await.unwrap());
        db.close().await;
        assert!(db.read().await.is_err());
    }
}
