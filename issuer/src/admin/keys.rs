//! Signing keys: rotated, revoked, taken in, given away; at level 0 only.
//!
//! Each of these also makes it happen: what has changed is read again by this process at once, and
//! nobody who calls can forget it. Other processes look every two seconds, and whenever they publish.

use super::Act;
use crate::app::App;
use crate::audit::By;
use crate::keys::{self, Algorithm, KeyView, Revoked, Rotated, SigningKey};
use crate::problem::Problem;

/// Begins a rotation, or with `at_once` completes one; see [`keys::rotate`].
///
/// # Errors
/// Too many keys are published, or the administrator is not at level 0.
pub async fn rotate(
    mut act: Act<'_>,
    algorithm: Algorithm,
    at_once: bool,
) -> Result<Rotated, Problem> {
    let (app, by) = begin(&act)?;
    let rotated = keys::rotate(app, act.db(), &by, algorithm, at_once).await?;
    finish(act).await?;
    Ok(rotated)
}

/// Takes a key back; see [`keys::revoke`].
///
/// # Errors
/// There is no such key, it was revoked before, or the administrator is not at level 0.
pub async fn revoke(mut act: Act<'_>, kid: &str) -> Result<Revoked, Problem> {
    let (app, by) = begin(&act)?;
    let revoked = keys::revoke(app, act.db(), &by, kid).await?;
    finish(act).await?;
    Ok(revoked)
}

/// Takes a key in that was made elsewhere; see [`keys::import`].
///
/// # Errors
/// It is here already, another waits for its turn, or the administrator is not at level 0.
pub async fn import(mut act: Act<'_>, key: &SigningKey) -> Result<KeyView, Problem> {
    let (app, by) = begin(&act)?;
    let imported = keys::import(app, act.db(), &by, key).await?;
    finish(act).await?;
    Ok(imported)
}

/// A key with its secret, to be taken elsewhere.
///
/// # Errors
/// There is no such key, it was revoked, or the administrator is not at level 0.
pub async fn export(mut act: Act<'_>, kid: &str) -> Result<SigningKey, Problem> {
    let (app, by) = begin(&act)?;
    let key = keys::export(app, act.db(), &by, kid).await?;
    act.commit().await?;
    Ok(key)
}

fn begin<'a>(act: &Act<'a>) -> Result<(&'a App, By), Problem> {
    act.authority().may_touch_infrastructure()?;
    Ok((act.app(), act.by()))
}

async fn finish(act: Act<'_>) -> Result<(), Problem> {
    let app = act.app();
    act.commit().await?;
    app.keys.reread(&app.db, &*app.clock).await?;
    Ok(())
}
