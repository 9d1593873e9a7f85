//! Permissions besides roles: granted to one holder, and taken away.

use laika_claims::Grant;
use serde_json::json;

use super::users::living_target;
use super::{Act, not_found, service_accounts};
use crate::audit::{Action, Subject};
use crate::db;
use crate::db::grants::Holder;
use crate::events::Event;
use crate::problem::Problem;
use crate::status;

/// Grants a holder a permission; whether it was not theirs before.
///
/// # Errors
/// There is no such holder, they are not weaker, or the administrator does not hold it.
pub async fn grant(
    act: &mut Act<'_>,
    holder: &Holder,
    permission: &Grant,
) -> Result<bool, Problem> {
    let subject = check(act, holder).await?;
    act.authority().may_grant(std::slice::from_ref(permission))?;
    let (by, now) = (act.actor.to_string(), act.now());
    if !db::grants::add(act.db(), holder, permission, &by, now).await? {
        return Ok(false);
    }
    let after = json!({ "permission": permission.as_str() });
    act.record(Action::PermissionGranted, subject.clone(), None, Some(after)).await?;
    let (holder, permission) = (subject.to_string(), permission.as_str().to_owned());
    act.emit(&Event::PermissionGranted { holder, permission }).await?;
    Ok(true)
}

/// Takes a permission from a holder that was granted directly.
///
/// # Errors
/// There is no such holder or grant, or they are not weaker.
pub async fn withdraw(
    act: &mut Act<'_>,
    holder: &Holder,
    permission: &Grant,
) -> Result<(), Problem> {
    let subject = check(act, holder).await?;
    if !db::grants::remove(act.db(), holder, permission).await? {
        return Err(not_found("direct grant", permission.as_str()));
    }
    match holder {
        Holder::User(id) => status::user_lost(act.db(), *id).await?,
        Holder::ServiceAccount(name) => status::service_account_lost(act.db(), name).await?,
    }
    let before = json!({ "permission": permission.as_str() });
    act.record(Action::PermissionWithdrawn, subject.clone(), Some(before), None).await?;
    let (holder, permission) = (subject.to_string(), permission.as_str().to_owned());
    act.emit(&Event::PermissionWithdrawn { holder, permission }).await
}

/// That the holder exists and may be acted on.
async fn check(act: &mut Act<'_>, holder: &Holder) -> Result<Subject, Problem> {
    match holder {
        Holder::User(id) => {
            living_target(act, *id).await?;
            Ok(Subject::User(*id))
        }
        Holder::ServiceAccount(name) => {
            service_accounts::target(act, name).await?;
            Ok(Subject::ServiceAccount(name.clone()))
        }
    }
}
