//! Accounts: disabled, enabled, deleted, erased; invitations.

use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use super::{Act, last_administrator, not_found};
use crate::accounts::{NewUser, add_user, refuse_taken_name, taken};
use crate::app::LINK_LIFETIME;
use crate::audit::{Action, Subject};
use crate::db;
use crate::db::grants::Holder;
use crate::db::invitations::Invited;
use crate::db::sessions::EndReason;
use crate::db::users::{User, UserStatus};
use crate::events::Event;
use crate::mail;
use crate::one_time_code::{self, INVITATION_PREFIX};
use crate::problem::{FieldCode, Problem};
use crate::{random, session, status};

/// A person whom something may be done to.
///
/// # Errors
/// There is no such person, or they are not weaker.
pub(super) async fn target(act: &mut Act<'_>, id: Uuid) -> Result<User, Problem> {
    let unknown = || not_found("user", &id.to_string());
    let user = db::users::by_id(act.db(), id).await?.ok_or_else(unknown)?;
    let level = db::roles::level_of(act.db(), id).await?;
    act.authority().may_act_on(id, level)?;
    Ok(user)
}

/// The same, where the account is not deleted.
///
/// # Errors
/// As for [`target`], and the account is deleted.
pub(super) async fn living_target(act: &mut Act<'_>, id: Uuid) -> Result<User, Problem> {
    let user = target(act, id).await?;
    match user.status {
        UserStatus::Active | UserStatus::Disabled => Ok(user),
        UserStatus::Deleted => Err(gone("this account was deleted")),
    }
}

/// A user to be made.
#[derive(Debug)]
pub struct Creation {
    /// The id that they are known by elsewhere; absent: a new one.
    pub id: Option<Uuid>,
    /// Name, e-mail and password.
    pub user: NewUser,
    /// Whether it is known that the e-mail is theirs: nobody asks them to prove it.
    pub email_verified: bool,
}

/// Writes a checked user with the default role.
///
/// # Errors
/// The name is taken, waits for somebody or was given up; the e-mail or the id is taken.
pub async fn create(act: &mut Act<'_>, new: &Creation) -> Result<User, Problem> {
    let (app, now) = (act.app(), act.now());
    let Creation { id, user: new, email_verified } = new;
    refuse_taken_name(app, act.db(), &new.username).await?;
    let id = match id {
        Some(id) if db::users::by_id(act.db(), *id).await?.is_some() => {
            let detail = format!("`{id}` is another user's");
            return Err(Problem::field("id", FieldCode::Taken, detail));
        }
        Some(id) => *id,
        None => random::uuid(&*app.random)?,
    };
    // Somebody may have lost it to a thief and still take it back.
    if *email_verified && db::accounts::prover_of(act.db(), new.email.key(), now).await?.is_some() {
        return Err(taken("email"));
    }
    let mut user = add_user(app, act.db(), id, new).await?;
    if *email_verified {
        db::accounts::prove_email(act.db(), id, new.email.key(), now).await?;
        user.email_verified_at = Some(now);
    }
    let after = json!({ "status": user.status.as_str(), "email_verified": email_verified });
    act.record(Action::UserCreated, Subject::User(user.id), None, Some(after)).await?;
    act.emit(&Event::created(&user)).await?;
    Ok(user)
}

/// Closes an account until it is enabled again; its sessions end. Nothing happens where it is
/// closed.
///
/// # Errors
/// There is no such user, they are not weaker, their account is deleted, or they are the last
/// administrator.
pub async fn disable(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    let user = living_target(act, id).await?;
    if user.status == UserStatus::Disabled {
        return Ok(());
    }
    keep_last_administrator(act, id).await?;
    db::users::set_status(act.db(), id, UserStatus::Disabled).await?;
    lose_everything(act, id).await?;
    note_status(act, Action::UserDisabled, &user, UserStatus::Disabled).await?;
    act.emit(&Event::UserDisabled { user: id }).await
}

/// Opens an account that was disabled. Nothing happens where it is open.
///
/// # Errors
/// There is no such user, they are not weaker, or their account is deleted.
pub async fn enable(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    let user = living_target(act, id).await?;
    if user.status == UserStatus::Active {
        return Ok(());
    }
    db::users::set_status(act.db(), id, UserStatus::Active).await?;
    note_status(act, Action::UserEnabled, &user, UserStatus::Active).await?;
    act.emit(&Event::UserEnabled { user: id }).await
}

/// Deletes an account; its sessions end, name and e-mail stay reserved.
///
/// # Errors
/// There is no such user, they are not weaker, their account is deleted already, or they are the
/// last administrator.
pub async fn delete(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    let user = living_target(act, id).await?;
    keep_last_administrator(act, id).await?;
    let now = act.now();
    db::accounts::delete(act.db(), id, now).await?;
    mail::remove_all(act.db(), id).await?;
    lose_everything(act, id).await?;
    note_status(act, Action::UserDeleted, &user, UserStatus::Deleted).await?;
    act.emit(&Event::UserDeleted { user: id }).await
}

/// Removes what is known of a person for good, deleted before or not. What is left is the id, and
/// the audit log, which names nobody but by id.
///
/// # Errors
/// There is no such user, they are not weaker, they were erased already, or they are the last
/// administrator.
pub async fn erase(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    // Before what is theirs, as wherever that changes: else two could wait for each other.
    db::directory::lock(act.db(), id).await?;
    let user = target(act, id).await?;
    if db::directory::erased_at(act.db(), id).await?.is_some() {
        return Err(gone("this account was erased"));
    }
    keep_last_administrator(act, id).await?;
    let now = act.now();
    lose_everything(act, id).await?;
    // While it is known which addresses were theirs.
    mail::remove_all(act.db(), id).await?;
    db::directory::erase(act.db(), id, now).await?;
    db::identities::remove_all(act.db(), id).await?;
    db::factors::remove_all(act.db(), id).await?;
    db::devices::remove_all(act.db(), id, None).await?;
    db::sessions::forget_origins(act.db(), id).await?;
    db::roles::unassign_all(act.db(), id).await?;
    db::grants::remove_all(act.db(), &Holder::User(id)).await?;
    db::audit::forget_user(act.db(), id).await?;
    note_status(act, Action::UserErased, &user, UserStatus::Deleted).await?;
    let event = Event::UserErased { user: id };
    // What was told of them before goes as well, unless it is still to be told.
    db::deliveries::forget_stream(act.db(), &event.stream()).await?;
    act.emit(&event).await
}

/// Makes a single-use code that gives whoever registers with it a role.
///
/// # Errors
/// There is no such role, or it may not be handed out.
pub async fn invite(act: &mut Act<'_>, role: &str) -> Result<String, Problem> {
    super::roles::to_hand_out(act, role).await?;
    let (app, now) = (act.app(), act.now());
    let code = one_time_code::generate(INVITATION_PREFIX, &*app.random)?;
    let expires_at = now.saturating_add(LINK_LIFETIME);
    let hash = one_time_code::hash(&code);
    db::invitations::add(act.db(), Invited::To(role), &hash, now, expires_at).await?;
    act.record(Action::InvitationCreated, Subject::Role(role.to_owned()), None, None).await?;
    Ok(code)
}

async fn keep_last_administrator(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    if db::roles::would_remove_last_administrator(act.db(), id, None).await? {
        return Err(last_administrator());
    }
    Ok(())
}

/// Ends every session, and makes what was minted stale.
async fn lose_everything(act: &mut Act<'_>, id: Uuid) -> Result<(), Problem> {
    let app = act.app();
    session::end_all(app, act.db(), id, None, EndReason::UserGone).await?;
    Ok(status::user_lost(act.db(), id).await?)
}

async fn note_status(
    act: &mut Act<'_>,
    action: Action,
    before: &User,
    after: UserStatus,
) -> Result<(), Problem> {
    let (before, id) = (json!({ "status": before.status.as_str() }), before.id);
    let after = json!({ "status": after.as_str() });
    act.record(action, Subject::User(id), Some(before), Some(after)).await
}

fn gone(detail: &str) -> Problem {
    Problem::issuer(IssuerCode::Gone, detail)
}
