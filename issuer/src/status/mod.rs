//! Revocation: what makes a micro token worthless before it expires (`docs/contract/tokens.md`,
//! "Revocation: status lists").
//!
//! Whoever ends a session or takes something away calls one of these, in the transaction of the
//! change.

use uuid::Uuid;

use crate::db::{self, Connection, DbError};

/// A session was ended: its micro tokens are revoked.
///
/// # Errors
/// The database failed.
pub async fn session_ended(_db: &mut Connection, _session: Uuid) -> Result<(), DbError> {
    Ok(())
}

/// A person lost a permission, role or level: their micro tokens are stale.
///
/// # Errors
/// The database failed.
pub async fn user_lost(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    db::users::raise_epoch(db, user).await
}

/// A role lost a permission or grew weaker: the micro tokens of everybody who holds it are stale.
///
/// # Errors
/// The database failed.
pub async fn role_lost(db: &mut Connection, role: &str) -> Result<(), DbError> {
    for user in db::roles::holders(db, role).await? {
        db::users::raise_epoch(db, user).await?;
    }
    for account in db::service_accounts::holders(db, role).await? {
        db::service_accounts::raise_epoch(db, &account).await?;
    }
    Ok(())
}

/// A service account lost a permission, role or level: its micro tokens are stale.
///
/// # Errors
/// The database failed.
pub async fn service_account_lost(db: &mut Connection, name: &str) -> Result<(), DbError> {
    db::service_accounts::raise_epoch(db, name).await
}

/// A service account was disabled or deleted: its micro tokens are revoked.
///
/// # Errors
/// The database failed.
pub async fn service_account_ended(_db: &mut Connection, _name: &str) -> Result<(), DbError> {
    Ok(())
}
