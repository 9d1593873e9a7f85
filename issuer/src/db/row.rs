//! Reading rows, and checking how many a write changed.

use sqlx::any::{AnyQueryResult, AnyRow};
use sqlx::{Any, ColumnIndex, Decode, Row as _, Type};
use uuid::Uuid;

use super::DbError;

/// The value of a column.
///
/// # Errors
/// There is no such column, or it holds another type.
pub fn get<'r, T>(row: &'r AnyRow, column: &'static str) -> Result<T, DbError>
where
    T: Decode<'r, Any> + Type<Any>,
    &'static str: ColumnIndex<AnyRow>,
{
    Ok(row.try_get(column)?)
}

/// The UUID of a column.
///
/// # Errors
/// There is no such column, or it holds something else.
pub fn get_uuid(row: &AnyRow, column: &'static str) -> Result<Uuid, DbError> {
    let text: String = get(row, column)?;
    Uuid::parse_str(&text).map_err(|_| DbError::Corrupt { what: column, value: text })
}

/// The UUID of a column that may be empty.
///
/// # Errors
/// There is no such column, or it holds something else.
pub fn get_optional_uuid(row: &AnyRow, column: &'static str) -> Result<Option<Uuid>, DbError> {
    let text: Option<String> = get(row, column)?;
    text.map(|text| {
        Uuid::parse_str(&text).map_err(|_| DbError::Corrupt { what: column, value: text })
    })
    .transpose()
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
