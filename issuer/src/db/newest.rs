//! The newest rows: what the clocks of all that write have said.

use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// When the newest row was written; `None` where there are none.
///
/// # Errors
/// The query failed, such as where the tables are not there.
pub async fn written_at(db: &mut Connection) -> Result<Option<UnixSeconds>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT MAX(at) FROM (SELECT MAX(at) AS at FROM audit \
         UNION ALL SELECT MAX(rotated_at) FROM sessions \
         UNION ALL SELECT MAX(created_at) FROM users \
         UNION ALL SELECT MAX(created_at) FROM signing_keys) newest",
    )
    .fetch_one(db)
    .await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::connect::tests::scratch;

    #[tokio::test]
    async fn the_newest_row_of_any_table_counts() {
        let (db, _folder) = scratch().await;
        let mut tx = db.write().await.unwrap();
        assert_eq!(written_at(&mut tx).await.unwrap(), None);
        crate::db::users::insert_anonymous(&mut tx, uuid::Uuid::from_u128(1), 70).await.unwrap();
        assert_eq!(written_at(&mut tx).await.unwrap(), Some(70));
    }
}
