//! Revocation: what makes a micro token worthless before it expires (`docs/contract/tokens.md`,
//! "Revocation: status lists").
//!
//! Every micro token names a slot. It is taken at minting ([`taking`]), by whoever's token it is at
//! an *epoch*, which grows with every permission, role or level that is lost. Whoever ends a session
//! or takes something away calls one of the functions here, in the transaction of the change; the
//! slots of older epochs are marked then, and [`lists`] publishes the marks within a second.
//!
//! **No race between a change and a minting.** A change writes the row of the user or the session
//! before it marks slots; a minting that takes a slot writes the same rows, under the condition that
//! they still are as they were read. So one of them waits for the other. If the change comes first,
//! the condition fails, and the minting reads everything again: its token has the new rights. If the
//! minting comes first, the change finds its slot and marks it. A minting that has its slot already
//! writes nothing: its slot is of the epoch it has read, and is marked with the others.

pub mod lists;
pub mod slot;
pub mod taking;

use serde_json::Value;
use uuid::Uuid;

pub use lists::StatusLists;
pub use slot::{Holder, Mark, Slot};
pub use taking::{Bond, free_slots, take};

use crate::app::App;
use crate::db::{self, Connection, DbError};

/// Whether the slot that a claim `status` of ours names is marked. One that is in nobody's hands is as
/// good as marked: a restored backup does not know it.
///
/// # Errors
/// The database failed.
pub async fn is_marked(app: &App, claim: &Value) -> Result<bool, DbError> {
    let Some((family, shard, index)) = slot::place_of(claim, &app.issuer) else { return Ok(true) };
    let mark = db::slots::mark_of(&app.db, family, shard, index).await?;
    Ok(mark != Some(Mark::Valid))
}

/// A session was ended, in this transaction: its micro tokens are revoked.
///
/// # Errors
/// The database failed.
pub async fn session_ended(db: &mut Connection, session: Uuid) -> Result<(), DbError> {
    db::slots::revoke(db, &session.to_string()).await?;
    Ok(())
}

/// A person lost a permission, role or level, or what anonymous holders may do because they are none any
/// more: their micro tokens are stale.
///
/// # Errors
/// The database failed.
pub async fn user_lost(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    let Some(epoch) = db::users::raise_epoch(db, user).await? else {
        return Ok(());
    };
    db::slots::make_stale(db, &slot::user(user), epoch).await?;
    Ok(())
}

/// A role lost a permission or grew weaker: the micro tokens of everybody who holds it are stale.
///
/// # Errors
/// The database failed.
pub async fn role_lost(db: &mut Connection, role: &str) -> Result<(), DbError> {
    // From here on nobody is given the role until the change is committed: who gets it afterwards
    // gets it as it is then.
    db::roles::lock(db, role).await?;
    for user in db::roles::holders(db, role).await? {
        user_lost(db, user).await?;
    }
    for account in db::service_accounts::holders(db, role).await? {
        service_account_lost(db, &account).await?;
    }
    Ok(())
}

/// A service account lost a permission, role or level: its micro tokens are stale.
///
/// # Errors
/// The database failed.
pub async fn service_account_lost(db: &mut Connection, name: &str) -> Result<(), DbError> {
    let Some(epoch) = db::service_accounts::raise_epoch(db, name).await? else {
        return Ok(());
    };
    let holder = Holder::ServiceAccount(name.to_owned());
    db::slots::make_stale(db, &holder.subject(), epoch).await?;
    Ok(())
}

/// A service account was disabled or deleted, in this transaction: its micro tokens are revoked. Its
/// epoch grows, so that it finds another slot once it may be used again.
///
/// # Errors
/// The database failed.
pub async fn service_account_ended(db: &mut Connection, name: &str) -> Result<(), DbError> {
    db::service_accounts::raise_epoch(db, name).await?;
    db::slots::revoke(db, &Holder::ServiceAccount(name.to_owned()).key()).await?;
    Ok(())
}

/// Anonymous holders lost something at a service, in the transaction that wrote the service: the micro
/// tokens of all of them are stale, those of sessions as well. A slot does not say for which services its
/// tokens are, and who has no name gets the next one for the asking.
///
/// # Errors
/// The database failed.
pub async fn anonymous_lost(db: &mut Connection) -> Result<(), DbError> {
    db::users::raise_anonymous_epochs(db).await?;
    db::slots::make_anonymous_stale(db).await?;
    Ok(())
}
