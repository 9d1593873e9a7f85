//! Whole tables: read row by row for a backup, written row by row by a restore.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};

use super::row::exactly_one;
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// What a backup does with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry {
    /// Its rows go along.
    Rows,
    /// They do not: they are worth nothing later, or must not be worth anything again.
    Nothing,
}

/// Every table, what others refer to before what refers to it.
///
/// Single-use codes are never carried: one that was used after the backup was made would otherwise
/// open its door a second time.
pub const TABLES: [(&str, Carry); 37] = [
    ("generations", Carry::Rows),
    ("services", Carry::Rows),
    ("service_permissions", Carry::Rows),
    ("service_sharing", Carry::Rows),
    ("service_anonymous_permissions", Carry::Rows),
    ("roles", Carry::Rows),
    ("role_permissions", Carry::Rows),
    ("users", Carry::Rows),
    ("user_roles", Carry::Rows),
    ("identities", Carry::Rows),
    ("totp", Carry::Rows),
    ("backup_codes", Carry::Nothing),
    ("passkeys", Carry::Rows),
    ("grants", Carry::Rows),
    ("reserved_usernames", Carry::Rows),
    ("service_accounts", Carry::Rows),
    ("service_account_secrets", Carry::Rows),
    ("service_account_roles", Carry::Rows),
    ("clients", Carry::Rows),
    ("sessions", Carry::Rows),
    ("status_slots", Carry::Rows),
    ("signing_keys", Carry::Rows),
    ("invitations", Carry::Nothing),
    ("registrations", Carry::Nothing),
    ("mail_codes", Carry::Nothing),
    ("mails", Carry::Nothing),
    ("external_states", Carry::Nothing),
    ("external_codes", Carry::Nothing),
    ("pending_log_ins", Carry::Nothing),
    ("passkey_challenges", Carry::Nothing),
    ("limits", Carry::Nothing),
    ("devices", Carry::Nothing),
    ("hooks", Carry::Rows),
    ("events", Carry::Nothing),
    ("event_streams", Carry::Nothing),
    ("deliveries", Carry::Nothing),
    ("audit", Carry::Rows),
];

/// What is added to the rotation counter of every restored session. Far more than a session is ever
/// rotated, and a thousand restores still fit a number of JavaScript (2^53).
const COUNTER_STEP: i64 = 1 << 32;

/// A row: columns with values, without those that hold nothing.
pub type Cells = Map<String, Value>;

/// Hands each row of a table to `take`, one after the other.
///
/// # Errors
/// The query failed, a column holds neither text nor a whole number, or `take` failed.
pub async fn read<E: From<DbError>>(
    db: &mut Connection,
    table: &'static str,
    mut take: impl FnMut(Cells) -> Result<(), E>,
) -> Result<(), E> {
    let sql = AssertSqlSafe(format!("SELECT * FROM {table}"));
    let mut rows = sqlx::query(sql).fetch(db);
    while let Some(row) = rows.try_next().await.map_err(DbError::from)? {
        take(cells(&row)?)?;
    }
    Ok(())
}

fn cells(row: &AnyRow) -> Result<Cells, DbError> {
    let mut cells = Cells::new();
    for column in row.columns() {
        let place = column.ordinal();
        let raw = row.try_get_raw(place)?;
        if raw.is_null() {
            continue;
        }
        let value = match raw.type_info().kind() {
            AnyTypeInfoKind::Text => Value::from(row.try_get::<String, _>(place)?),
            AnyTypeInfoKind::SmallInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::BigInt => {
                Value::from(row.try_get::<i64, _>(place)?)
            }
            AnyTypeInfoKind::Null
            | AnyTypeInfoKind::Bool
            | AnyTypeInfoKind::Real
            | AnyTypeInfoKind::Double
            | AnyTypeInfoKind::Blob => {
                let value = raw.type_info().name().to_owned();
                return Err(DbError::Corrupt { what: "the type of a column", value });
            }
        };
        cells.insert(column.name().to_owned(), value);
    }
    Ok(cells)
}

/// Writes a row.
///
/// # Errors
/// The query failed, or a column has another name or value than ours have.
pub async fn write(db: &mut Connection, table: &'static str, cells: &Cells) -> Result<(), DbError> {
    let mut names = Vec::new();
    let mut places = Vec::new();
    for (number, name) in cells.keys().enumerate() {
        if name.is_empty()
            || !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        {
            return Err(DbError::Corrupt { what: "the name of a column", value: name.clone() });
        }
        // What holds nothing was left out, so every value has a type that the database can see.
        names.push(format!("\"{name}\""));
        places.push(format!("${}", number + 1));
    }
    let (names, places) = (names.join(", "), places.join(", "));
    let sql = AssertSqlSafe(format!("INSERT INTO {table} ({names}) VALUES ({places})"));
    let mut query = sqlx::query(sql);
    for value in cells.values() {
        query = match (value, value.as_i64()) {
            (Value::String(text), _) => query.bind(text.clone()),
            (Value::Number(_), Some(number)) => query.bind(number),
            _ => {
                let value = value.to_string();
                return Err(DbError::Corrupt { what: "a column", value });
            }
        };
    }
    exactly_one(&query.execute(db).await?)
}

/// Empties every table; migrations put rows into some.
///
/// # Errors
/// The query failed.
pub async fn clear(db: &mut Connection, present: &BTreeSet<String>) -> Result<(), DbError> {
    for (table, _) in TABLES.iter().rev().filter(|(table, _)| present.contains(*table)) {
        let sql = AssertSqlSafe(format!("DELETE FROM {table}"));
        sqlx::query(sql).execute(&mut *db).await?;
    }
    Ok(())
}

/// Ends every session and raises every counter, so that no main token of before is ever accepted:
/// neither one that was replaced or revoked after the backup was made and would now be the current
/// one again, nor one that is ahead and would be reached. The number of sessions that went on.
///
/// # Errors
/// The query failed.
pub async fn end_time(db: &mut Connection, now: UnixSeconds) -> Result<u64, DbError> {
    let ended = sqlx::query(
        "UPDATE sessions SET ended_at = $1, end_reason = 'restored' \
         WHERE ended_at IS NULL AND expires_at > $1",
    )
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query("UPDATE sessions SET ctr = ctr + $1, current_used = 1")
        .bind(COUNTER_STEP)
        .execute(&mut *db)
        .await?;
    // What micro tokens refer to begins anew as well, and those of before are revoked.
    sqlx::query("UPDATE status_slots SET state = 1").execute(&mut *db).await?;
    sqlx::query("UPDATE users SET epoch = epoch + $1").bind(COUNTER_STEP).execute(db).await?;
    Ok(ended.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::connect::tests::scratch;

    #[tokio::test]
    async fn every_table_is_named_with_what_a_backup_does_with_it() {
        let (db, _folder) = scratch().await;
        let mut connection = db.read().await.unwrap();
        let found: BTreeSet<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )
        .fetch_all(&mut *connection)
        .await
        .unwrap()
        .into_iter()
        .collect();
        let named = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
        assert_eq!(found, named, "put the new table into `TABLES`, after what it refers to");
    }

    #[tokio::test]
    async fn a_name_that_is_no_column_of_ours_never_reaches_the_database() {
        let (db, _folder) = scratch().await;
        let mut tx = db.write().await.unwrap();
        for name in ["", "name\") SELECT 1 --", "Name", "na me"] {
            let cells = Cells::from_iter([(name.to_owned(), Value::from("x"))]);
            let error = write(&mut tx, "services", &cells).await.unwrap_err();
            assert!(matches!(error, DbError::Corrupt { .. }), "{error}");
        }
    }
}
