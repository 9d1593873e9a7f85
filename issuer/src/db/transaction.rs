//! Transactions, and how many of this process were committed.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Connection, DbError};

/// Of all databases of this process: whoever keeps what was found asks more often than needed where
/// there are several, and never too rarely.
static COMMITS: AtomicU64 = AtomicU64::new(0);

/// How many transactions of this process were committed. A commit is counted before anybody hears
/// that it was made: what was found while the number stood still is as of all of them.
pub(super) fn commits() -> u64 {
    COMMITS.load(Ordering::SeqCst)
}

/// A transaction; it ends in `commit`, or is undone when dropped.
#[derive(Debug)]
pub struct Transaction(sqlx::Transaction<'static, sqlx::Any>);

impl Transaction {
    /// What `begun` has begun.
    pub(super) fn new(begun: sqlx::Transaction<'static, sqlx::Any>) -> Self {
        Self(begun)
    }

    /// Makes everything that was done in it last.
    ///
    /// # Errors
    /// It could not be made to last. Where the connection broke meanwhile, it may have been.
    pub async fn commit(self) -> Result<(), DbError> {
        let committed = self.0.commit().await;
        // Also after an error, which need not mean that nothing was written.
        COMMITS.fetch_add(1, Ordering::SeqCst);
        Ok(committed?)
    }

    /// Undoes everything that was done in it, and waits for that.
    ///
    /// # Errors
    /// The connection broke; the database undoes it by itself then.
    pub async fn rollback(self) -> Result<(), DbError> {
        Ok(self.0.rollback().await?)
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// Steps of [`in_steps`] in one go, of a thousand rows each.
pub const MOST_STEPS: usize = 50;

/// Does a piece of work again and again until none is left, each time in a transaction of its own, so
/// that others write in between. `step` does a bounded part and says how much there was. Where there
/// is more than `most` steps do, the rest waits for the next go.
///
/// # Errors
/// The first step that fails.
pub async fn in_steps<E, F>(most: usize, step: impl Fn() -> F) -> Result<(), E>
where
    F: Future<Output = Result<u64, E>>,
{
    for _ in 0..most {
        if step().await? == 0 {
            break;
        }
    }
    Ok(())
}
