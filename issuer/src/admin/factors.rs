//! Other people's second factors: taken off, for whoever has lost them all.

use uuid::Uuid;

use super::Act;
use super::users::living_target;
use crate::audit::{Action, Subject};
use crate::db;
use crate::db::sessions::EndReason;
use crate::events::{Event, UserField};
use crate::factors::described;
use crate::problem::Problem;
use crate::session;

/// Removes every second factor and backup code of a user, and ends their sessions: whoever
/// has what was lost may be in one. Nothing happens where there are none.
///
/// # Errors
/// There is no such user, they are not weaker, or their account is deleted.
pub async fn reset(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    living_target(act, id).await?;
    let app = act.app();
    let before = db::factors::held(act.db(), id).await?;
    if !before.any() {
        return Ok(());
    }
    db::factors::remove_all(act.db(), id).await?;
    session::end_all(app, act.db(), id, None, EndReason::Administrator).await?;
    act.record(Action::FactorsRemoved, Subject::User(id), Some(described(before)), None).await?;
    act.emit(&Event::updated(id, UserField::Factors)).await
}
