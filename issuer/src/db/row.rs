//! Reading rows, and checking how many a write changed.

use sqlx::Row as _;
use sqlx::any::{AnyQueryResult, AnyRow};
use uuid::Uuid;

use super::DbError;

/// A row, whoever found it.
pub trait Row {
    /// The text of a column; `None` where it is empty.
    ///
    /// # Errors
    /// There is no such column, or it holds no text.
    fn text(&self, column: &'static str) -> Result<Option<&str>, DbError>;

    /// The number of a column; `None` where it is empty.
    ///
    /// # Errors
    /// There is no such column, or it holds no whole number.
    fn number(&self, column: &'static str) -> Result<Option<i64>, DbError>;
}

impl Row for AnyRow {
    fn text(&self, column: &'static str) -> Result<Option<&str>, DbError> {
        Ok(self.try_get(column)?)
    }

    fn number(&self, column: &'static str) -> Result<Option<i64>, DbError> {
        Ok(self.try_get(column)?)
    }
}

/// What a column is read as.
pub trait Column<'r>: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// There is no such column, or it holds something else.
    fn of(row: &'r dyn Row, column: &'static str) -> Result<Self, DbError>;
}

impl<'r> Column<'r> for Option<&'r str> {
    fn of(row: &'r dyn Row, column: &'static str) -> Result<Self, DbError> {
        row.text(column)
    }
}

impl<'r> Column<'r> for &'r str {
    fn of(row: &'r dyn Row, column: &'static str) -> Result<Self, DbError> {
        row.text(column)?.ok_or_else(|| empty(column))
    }
}

impl Column<'_> for Option<String> {
    fn of(row: &dyn Row, column: &'static str) -> Result<Self, DbError> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

impl Column<'_> for String {
    fn of(row: &dyn Row, column: &'static str) -> Result<Self, DbError> {
        <&str>::of(row, column).map(str::to_owned)
    }
}

impl Column<'_> for Option<i64> {
    fn of(row: &dyn Row, column: &'static str) -> Result<Self, DbError> {
        row.number(column)
    }
}

impl Column<'_> for i64 {
    fn of(row: &dyn Row, column: &'static str) -> Result<Self, DbError> {
        row.number(column)?.ok_or_else(|| empty(column))
    }
}

fn empty(what: &'static str) -> DbError {
    DbError::Corrupt { what, value: "NULL".to_owned() }
}

/// The value of a column.
///
/// # Errors
/// There is no such column, or it holds another type.
pub fn get<'r, T: Column<'r>>(row: &'r dyn Row, column: &'static str) -> Result<T, DbError> {
    T::of(row, column)
}

/// The UUID of a column.
///
/// # Errors
/// There is no such column, or it holds something else.
pub fn get_uuid(row: &dyn Row, column: &'static str) -> Result<Uuid, DbError> {
    uuid(column, get(row, column)?)
}

/// The UUID of a column that may be empty.
///
/// # Errors
/// There is no such column, or it holds something else.
pub fn get_optional_uuid(row: &dyn Row, column: &'static str) -> Result<Option<Uuid>, DbError> {
    get::<Option<&str>>(row, column)?.map(|text| uuid(column, text)).transpose()
}

fn uuid(what: &'static str, text: &str) -> Result<Uuid, DbError> {
    Uuid::parse_str(text).map_err(|_| DbError::Corrupt { what, value: text.to_owned() })
}

/// That a write changed exactly one row.
///
/// # Errors
/// It changed none or several.
pub fn exactly_one(result: &AnyQueryResult) -> Result<(), DbError> {
    match result.rows_affected() {
        1 => Ok(()),
        other => Err(DbError::RowCount(other)),
    }
}
