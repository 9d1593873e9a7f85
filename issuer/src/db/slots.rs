//! Slots of status lists.

use sqlx::any::AnyRow;

use super::ask::{Ask, Parameter};
use super::row::get;
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::keys::Family;
use crate::status::{Mark, Slot};

/// How many places are looked at together.
pub const CANDIDATES: usize = 8;

/// A slot that is to be taken.
#[derive(Debug, Clone)]
pub struct NewSlot<'a> {
    /// Where, and until when.
    pub slot: Slot,
    /// Whose tokens carry it.
    pub holder: &'a str,
    /// Who loses it together with others.
    pub subject: &'a str,
    /// Epoch of the subject.
    pub epoch: i64,
    /// When.
    pub taken_at: UnixSeconds,
}

/// A slot with the epoch it is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldSlot {
    /// The epoch.
    pub epoch: i64,
    /// The slot.
    pub slot: Slot,
}

/// The slots of a holder at its epoch, and those that no loss reaches, as one text; see
/// [`of_text`]. Slots divided by `|`, their numbers by spaces: one column, however many there are.
macro_rules! held_slots {
    ($holder:literal, $epoch:literal) => {
        concat!(
            "(SELECT string_agg(st.family || ' ' || CAST(st.epoch AS TEXT) || ' ' || \
             CAST(st.shard AS TEXT) || ' ' || CAST(st.idx AS TEXT) || ' ' || \
             CAST(st.state AS TEXT) || ' ' || CAST(st.expires_at AS TEXT), '|') \
             FROM status_slots st WHERE st.holder = ",
            $holder,
            // Not `IN`: SQLite would make a table of the two for each query.
            " AND (st.epoch = ",
            $epoch,
            " OR st.epoch < 0))"
        )
    };
}
pub(super) use held_slots;

/// The slots in a text that [`held_slots`] has made.
///
/// # Errors
/// It is another text.
pub(super) fn of_text(text: Option<&str>) -> Result<Vec<HeldSlot>, DbError> {
    text.iter().flat_map(|text| text.split('|')).map(held_slot).collect()
}

fn held_slot(text: &str) -> Result<HeldSlot, DbError> {
    let read = || {
        let (family, numbers) = text.split_once(' ')?;
        let mut numbers = numbers.split(' ').map(|number| number.parse::<i64>().ok());
        let mut next = || numbers.next().flatten();
        let epoch = next()?;
        let slot = Slot {
            family: Family::from_name(family)?,
            shard: next()?,
            index: next()?,
            mark: Mark::from_bits(next()?)?,
            expires_at: next()?,
        };
        Some(HeldSlot { epoch, slot })
    };
    read().ok_or_else(|| DbError::Corrupt { what: "a slot", value: text.to_owned() })
}

/// The slot of a holder at an epoch, whatever became of it.
///
/// # Errors
/// The query failed.
pub async fn held(
    db: &mut Connection,
    holder: &str,
    epoch: i64,
    family: Family,
) -> Result<Option<Slot>, DbError> {
    let row = sqlx::query(
        "SELECT shard AS slot_shard, idx AS slot_idx, state AS slot_state, \
         expires_at AS slot_expires_at FROM status_slots \
         WHERE holder = $1 AND epoch = $2 AND family = $3",
    )
    .bind(holder)
    .bind(epoch)
    .bind(family.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| slot(&row, family)).transpose()?.flatten())
}

/// What became of a slot; `None` where nobody has taken it.
///
/// # Errors
/// The query failed.
pub async fn mark_of(
    db: impl Ask,
    family: Family,
    shard: i64,
    index: i64,
) -> Result<Option<Mark>, DbError> {
    let sql = "SELECT state FROM status_slots WHERE family = $1 AND shard = $2 AND idx = $3";
    let place =
        [Parameter::Text(family.as_str()), Parameter::Number(shard), Parameter::Number(index)];
    db.one(sql, &place, |row| mark(get(row, "state")?)).await
}

/// Which of these places are taken.
///
/// # Errors
/// The query failed.
pub async fn taken_among(
    db: &mut Connection,
    family: Family,
    shard: i64,
    places: [i64; CANDIDATES],
) -> Result<Vec<i64>, DbError> {
    let mut query = sqlx::query_scalar(
        "SELECT idx FROM status_slots WHERE family = $1 AND shard = $2 \
         AND idx IN ($3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(family.as_str())
    .bind(shard);
    for place in places {
        query = query.bind(place);
    }
    Ok(query.fetch_all(db).await?)
}

/// Takes a slot; whether it was free, and its holder had none of this epoch.
///
/// # Errors
/// The query failed.
pub async fn insert(db: &mut Connection, new: &NewSlot<'_>) -> Result<bool, DbError> {
    let result = sqlx::query(
        "INSERT INTO status_slots (family, shard, idx, holder, subject, epoch, state, taken_at, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    )
    .bind(new.slot.family.as_str())
    .bind(new.slot.shard)
    .bind(new.slot.index)
    .bind(new.holder)
    .bind(new.subject)
    .bind(new.epoch)
    .bind(new.slot.mark.bits())
    .bind(new.taken_at)
    .bind(new.slot.expires_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Lets a slot be carried for longer; whether it is still the holder's and nothing became of it.
///
/// # Errors
/// The query failed.
pub async fn extend(
    db: &mut Connection,
    slot: &Slot,
    holder: &str,
    epoch: i64,
    expires_at: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE status_slots SET expires_at = CASE WHEN expires_at < $6 THEN $6 ELSE expires_at \
         END WHERE family = $1 AND shard = $2 AND idx = $3 AND holder = $4 AND epoch = $5 \
         AND state = 0",
    )
    .bind(slot.family.as_str())
    .bind(slot.shard)
    .bind(slot.index)
    .bind(holder)
    .bind(epoch)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Leaves a slot to nobody, so that who held it may take another. It stays taken for its tokens.
///
/// # Errors
/// The query failed.
pub async fn leave(db: &mut Connection, slot: &Slot) -> Result<(), DbError> {
    sqlx::query(
        // A name that no holder has, and no other slot.
        "UPDATE status_slots SET holder = 'left:' || CAST(shard AS TEXT) || ':' || \
         CAST(idx AS TEXT) WHERE family = $1 AND shard = $2 AND idx = $3",
    )
    .bind(slot.family.as_str())
    .bind(slot.shard)
    .bind(slot.index)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks every slot of a holder as revoked; how many there were.
///
/// # Errors
/// The query failed.
pub async fn revoke(db: &mut Connection, holder: &str) -> Result<u64, DbError> {
    let result = sqlx::query("UPDATE status_slots SET state = 1 WHERE holder = $1 AND state <> 1")
        .bind(holder)
        .execute(db)
        .await?;
    Ok(result.rows_affected())
}

/// Marks the slots of a subject from before `epoch` as stale, but for those that are revoked; how
/// many there were.
///
/// # Errors
/// The query failed.
pub async fn make_stale(db: &mut Connection, subject: &str, epoch: i64) -> Result<u64, DbError> {
    let result = sqlx::query(
        "UPDATE status_slots SET state = 3 WHERE subject = $1 AND epoch < $2 AND state = 0",
    )
    .bind(subject)
    .bind(epoch)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// Marks the slots of anonymous holders as stale, with a session and without, but for those that are
/// revoked; how many there were.
///
/// # Errors
/// The query failed.
pub async fn make_anonymous_stale(db: &mut Connection) -> Result<u64, DbError> {
    let without =
        sqlx::query("UPDATE status_slots SET state = 3 WHERE state = 0 AND subject LIKE 'anon:%'")
            .execute(&mut *db)
            .await?;
    // By itself, not by `OR`, which PostgreSQL answers by all users for each slot.
    let with = sqlx::query(
        "UPDATE status_slots SET state = 3 WHERE state = 0 AND subject LIKE 'user:%' \
         AND EXISTS (SELECT 1 FROM users u WHERE u.id = substr(status_slots.subject, 6) \
         AND u.username IS NULL)",
    )
    .execute(db)
    .await?;
    Ok(without.rows_affected() + with.rows_affected())
}

/// The slots of a list that something became of.
///
/// # Errors
/// The query failed.
pub async fn marked(
    db: &mut Connection,
    family: Family,
    shard: i64,
) -> Result<Vec<(i64, Mark)>, DbError> {
    let rows = sqlx::query(
        "SELECT idx, state FROM status_slots WHERE family = $1 AND shard = $2 AND state <> 0",
    )
    .bind(family.as_str())
    .bind(shard)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((get(row, "idx")?, mark(get(row, "state")?)?))).collect()
}

/// Whether any slot of this list is taken.
///
/// # Errors
/// The query failed.
pub async fn is_in_use(db: &mut Connection, family: Family, shard: i64) -> Result<bool, DbError> {
    let row = sqlx::query("SELECT idx FROM status_slots WHERE family = $1 AND shard = $2 LIMIT 1")
        .bind(family.as_str())
        .bind(shard)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Frees slots that no token has carried since `before`, a thousand at most; how many there were.
///
/// # Errors
/// The query failed.
pub async fn free(db: &mut Connection, before: UnixSeconds) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM status_slots WHERE expires_at < $1 AND (family, shard, idx) IN \
         (SELECT family, shard, idx FROM status_slots WHERE expires_at < $1 \
         ORDER BY expires_at LIMIT 1000)",
    )
    .bind(before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// The slot in a row with the columns `slot_shard`, `slot_idx`, `slot_state`, `slot_expires_at`, of
/// nulls where there is none.
pub(super) fn slot(row: &AnyRow, family: Family) -> Result<Option<Slot>, DbError> {
    let Some(index) = get::<Option<i64>>(row, "slot_idx")? else {
        return Ok(None);
    };
    Ok(Some(Slot {
        family,
        shard: get(row, "slot_shard")?,
        index,
        mark: mark(get(row, "slot_state")?)?,
        expires_at: get(row, "slot_expires_at")?,
    }))
}

fn mark(bits: i64) -> Result<Mark, DbError> {
    Mark::from_bits(bits)
        .ok_or_else(|| DbError::Corrupt { what: "the state of a slot", value: bits.to_string() })
}
