//! Statements that find one row at most, asked of the whole database or within a transaction.

use super::row::Row;
use super::{Connection, Db, DbError};

/// A parameter of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parameter<S> {
    /// `TEXT`.
    Text(S),
    /// `BIGINT`.
    Number(i64),
}

impl<S> Parameter<S> {
    /// The same with another kind of text.
    pub(super) fn map<O>(self, text: impl FnOnce(S) -> O) -> Parameter<O> {
        match self {
            Self::Text(found) => Parameter::Text(text(found)),
            Self::Number(number) => Parameter::Number(number),
        }
    }
}

/// Whom a statement can be asked of.
pub trait Ask: Send {
    /// The row that `sql` finds with `parameters` for `$1` to `$3`, as `read` reads it; `None` where
    /// it finds none.
    ///
    /// # Errors
    /// The query failed, or the row holds what can't be read.
    fn one<T: Clone + Send + 'static>(
        self,
        sql: &'static str,
        parameters: &[Parameter<&str>],
        read: fn(&dyn Row) -> Result<T, DbError>,
    ) -> impl Future<Output = Result<Option<T>, DbError>> + Send;
}

/// By itself, at this moment.
impl Ask for &Db {
    async fn one<T: Clone + Send + 'static>(
        self,
        sql: &'static str,
        parameters: &[Parameter<&str>],
        read: fn(&dyn Row) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        match self.in_place().map(|here| here.one(sql, parameters, read)) {
            // Where that can't be done without waiting, a connection does it that may wait.
            None | Some(Err(DbError::Unavailable(_))) => {
                self.read().await?.one(sql, parameters, read).await
            }
            Some(found) => found,
        }
    }
}

/// Within what this connection has begun.
impl Ask for &mut Connection {
    async fn one<T: Clone + Send + 'static>(
        self,
        sql: &'static str,
        parameters: &[Parameter<&str>],
        read: fn(&dyn Row) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let query = parameters.iter().fold(sqlx::query(sql), |query, parameter| match parameter {
            Parameter::Text(text) => query.bind((*text).to_owned()),
            Parameter::Number(number) => query.bind(*number),
        });
        query.fetch_optional(self).await?.map(|row| read(&row)).transpose()
    }
}
