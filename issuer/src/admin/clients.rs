//! Registered clients: made, renamed, removed; at level 0 only.

use super::Act;
use crate::db::clients::Client;
use crate::oauth2::clients::{self, New};
use crate::problem::Problem;
use crate::secret::Secret;

/// Registers a client; the secret of a confidential one, which is shown once.
///
/// # Errors
/// A field can't be used, or the administrator is not at level 0.
pub async fn create(act: &mut Act<'_>, new: &New) -> Result<(Client, Option<Secret>), Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, by) = (act.app(), act.by());
    clients::create(app, act.db(), &by, new).await
}

/// Changes what people read.
///
/// # Errors
/// There is no such client, the name can't be used, or the administrator is not at level 0.
pub async fn rename(act: &mut Act<'_>, client_id: &str, name: &str) -> Result<(), Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, by) = (act.app(), act.by());
    clients::rename(app, act.db(), &by, client_id, name).await
}

/// Makes a new secret; the one before it stops counting at once.
///
/// # Errors
/// There is no such client, it is a public one, or the administrator is not at level 0.
pub async fn rotate_secret(act: &mut Act<'_>, client_id: &str) -> Result<Secret, Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, by) = (act.app(), act.by());
    clients::rotate_secret(app, act.db(), &by, client_id).await
}

/// Removes a client.
///
/// # Errors
/// There is no such client, or the administrator is not at level 0.
pub async fn delete(act: &mut Act<'_>, client_id: &str) -> Result<(), Problem> {
    act.authority().may_touch_infrastructure()?;
    let (app, by) = (act.app(), act.by());
    clients::delete(app, act.db(), &by, client_id).await
}
