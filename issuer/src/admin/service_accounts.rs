//! Service accounts: made, changed, removed.
//!
//! Whoever knows the secret of an account holds all that it holds. So one rule covers everything:
//! an account may be acted on by whoever may hand out every role and permission it has (a), before
//! and after. What speaks for a service reads and exchanges that service's tokens, and is for level
//! 0 (c).

use super::Act;
use super::roles::to_hand_out;
use crate::oauth2::service_accounts::{self as accounts, New};
use crate::problem::Problem;
use crate::secret::Secret;

/// Makes a service account; its secret, which is shown once.
///
/// # Errors
/// The name can't be used, a role does not exist or may not be handed out, or it is to speak for a
/// service and the administrator is not at level 0.
pub async fn create(act: &mut Act<'_>, new: &New) -> Result<Secret, Problem> {
    if new.service.is_some() {
        act.authority().may_touch_infrastructure()?;
    }
    for role in &new.roles {
        to_hand_out(act, role).await?;
    }
    let (app, by) = (act.app(), act.by());
    accounts::create(app, act.db(), &by, new).await
}

/// Replaces the roles.
///
/// # Errors
/// There is no such account or role, or one of its roles, old or new, may not be handed out.
pub async fn set_roles(act: &mut Act<'_>, name: &str, roles: &[String]) -> Result<(), Problem> {
    target(act, name).await?;
    for role in roles {
        to_hand_out(act, role).await?;
    }
    let (app, by) = (act.app(), act.by());
    accounts::set_roles(app, act.db(), &by, name, roles).await
}

/// Makes a new secret; the one before it counts for `overlap` seconds more.
///
/// # Errors
/// There is no such account, the overlap is out of range, or what it holds may not be handed out.
pub async fn rotate_secret(act: &mut Act<'_>, name: &str, overlap: i64) -> Result<Secret, Problem> {
    target(act, name).await?;
    let (app, by) = (act.app(), act.by());
    accounts::rotate_secret(app, act.db(), &by, name, overlap).await
}

/// Disables the account, or enables it again.
///
/// # Errors
/// There is no such account, or what it holds may not be handed out.
pub async fn set_disabled(act: &mut Act<'_>, name: &str, disabled: bool) -> Result<(), Problem> {
    target(act, name).await?;
    let (app, by) = (act.app(), act.by());
    accounts::set_disabled(app, act.db(), &by, name, disabled).await
}

/// Deletes the account; its name stays reserved.
///
/// # Errors
/// There is no such account, or what it holds may not be handed out.
pub async fn delete(act: &mut Act<'_>, name: &str) -> Result<(), Problem> {
    target(act, name).await?;
    let (app, by) = (act.app(), act.by());
    accounts::delete(app, act.db(), &by, name).await
}

/// That the account exists and may be acted on.
pub(super) async fn target(act: &mut Act<'_>, name: &str) -> Result<(), Problem> {
    let account = accounts::find(act.db(), name).await?;
    if account.service.is_some() {
        act.authority().may_touch_infrastructure()?;
    }
    for role in &account.roles {
        act.authority().may_hand_out(role.level, &role.grants)?;
    }
    Ok(act.authority().may_grant(&account.grants)?)
}
