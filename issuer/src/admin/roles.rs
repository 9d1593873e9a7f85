//! Roles: made, changed, removed; given to people and taken from them.

use laika_claims::{Grant, IssuerCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::users::living_target;
use super::{Act, description, last_administrator, not_found};
use crate::accounts::role_name;
use crate::audit::{Action, Subject};
use crate::config::MAX_LEVEL;
use crate::db::roles::{Role, STRONGEST};
use crate::db::{self, Constraint, DbError};
use crate::events::Event;
use crate::problem::{FieldCode, Problem};
use crate::status;

/// What is to be changed about a role.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another level.
    pub level: Option<i64>,
    /// Other permissions, instead of all it had.
    pub permissions: Option<Vec<String>>,
    /// Another description; `Some(None)` takes it away.
    pub description: Option<Option<String>>,
}

/// A role of which everything but the rights to make it was checked: name, level, description, and
/// that a role of a service grants permissions of that service only.
#[derive(Debug, Clone)]
pub struct Checked {
    role: Role,
    grants: Vec<Grant>,
}

impl Checked {
    /// Checks a role; its service is read from its name.
    ///
    /// # Errors
    /// The first field that can't be used.
    pub fn new(
        name: &str,
        level: i64,
        permissions: &[String],
        about: Option<String>,
    ) -> Result<Self, Problem> {
        let Some((service, _)) = role_name(name) else {
            let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
            let detail = format!("`{shown}` can't name a role; write it like `clerk`");
            return Err(Problem::field("name", FieldCode::Malformed, detail));
        };
        if !(STRONGEST..=MAX_LEVEL).contains(&level) {
            let detail = format!("choose {STRONGEST} to {MAX_LEVEL}; lower is stronger");
            return Err(Problem::field("level", FieldCode::NotAllowed, detail));
        }
        about.as_deref().map_or(Ok(()), description)?;
        let mut grants =
            permissions.iter().map(|text| grant(text)).collect::<Result<Vec<_>, _>>()?;
        grants.sort();
        grants.dedup();
        let foreign = |grant: &&Grant| service.is_some() && grant.service() != service;
        if let Some(foreign) = grants.iter().find(foreign) {
            let text = foreign.as_str();
            let detail = format!("`{text}` does not belong to the service of `{name}`");
            return Err(Problem::field("permissions", FieldCode::NotAllowed, detail));
        }
        let role = Role {
            name: name.to_owned(),
            service: service.map(str::to_owned),
            level,
            description: about,
            permissions: grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
        };
        Ok(Self { role, grants })
    }
}

/// Makes a role.
///
/// # Errors
/// There is one of this name, its service does not exist, or it may not be handed out.
pub async fn create(act: &mut Act<'_>, checked: Checked) -> Result<Role, Problem> {
    if db::roles::by_name(act.db(), &checked.role.name).await?.is_some() {
        let detail = format!("there is a role `{}` already", checked.role.name);
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    put(act, checked).await
}

/// Makes a role, or brings one that exists to this; nothing happens where it is so already.
///
/// # Errors
/// Its service does not exist, it may not be touched or handed out, or it is what makes the last
/// administrator.
pub async fn put(act: &mut Act<'_>, checked: Checked) -> Result<Role, Problem> {
    let Checked { role, grants } = checked;
    db::roles::lock(act.db(), &role.name).await?;
    let before = db::roles::by_name(act.db(), &role.name).await?;
    if before.as_ref() == Some(&role) {
        return Ok(role);
    }
    if let Some(before) = &before {
        act.authority().may_touch_role(before.level)?;
    }
    // A description alone hands nothing out.
    let same = |b: &Role| b.level == role.level && b.permissions == role.permissions;
    if !before.as_ref().is_some_and(same) {
        act.authority().may_hand_out(role.level, &grants)?;
    }
    if before.as_ref().is_some_and(|before| before.level == STRONGEST) && role.level != STRONGEST {
        keep_last_administrator(act, &role.name).await?;
    }
    write(act, &role).await?;
    if before.as_ref().is_some_and(|before| takes_away(before, &role, &grants)) {
        status::role_lost(act.db(), &role.name).await?;
    }
    let subject = Subject::Role(role.name.clone());
    let (action, event) = match before {
        Some(_) => (Action::RoleChanged, Event::RoleChanged { role: role.name.clone() }),
        None => (Action::RoleCreated, Event::RoleCreated { role: role.name.clone() }),
    };
    act.record(action, subject, before.as_ref().map(shown), Some(shown(&role))).await?;
    act.emit(&event).await?;
    Ok(role)
}

/// Changes parts of a role; the role since.
///
/// # Errors
/// There is no such role, a field can't be used, or as for [`put`].
pub async fn change(act: &mut Act<'_>, name: &str, change: Change) -> Result<Role, Problem> {
    let before = existing(act, name).await?;
    // Before its fields are looked at: whoever may not touch it learns nothing by trying.
    act.authority().may_touch_role(before.level)?;
    let level = change.level.unwrap_or(before.level);
    let permissions = change.permissions.unwrap_or(before.permissions);
    let description = change.description.unwrap_or(before.description);
    put(act, Checked::new(name, level, &permissions, description)?).await
}

/// Removes a role from everybody who holds it, and for good.
///
/// # Errors
/// There is no such role, it may not be touched, every registered user gets it, or it is what makes
/// the last administrator.
pub async fn delete(act: &mut Act<'_>, name: &str) -> Result<(), Problem> {
    let role = existing(act, name).await?;
    act.authority().may_touch_role(role.level)?;
    if name == act.app().settings.default_role.name {
        let detail =
            format!("every registered user gets `{name}`; set another `default_role.name`");
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    keep_last_administrator(act, name).await?;
    // While it still has holders.
    status::role_lost(act.db(), name).await?;
    db::roles::delete(act.db(), name).await?;
    act.record(Action::RoleDeleted, Subject::Role(name.to_owned()), Some(shown(&role)), None)
        .await?;
    act.emit(&Event::RoleDeleted { role: name.to_owned() }).await
}

/// Gives a user a role; whether they did not have it.
///
/// # Errors
/// There is no such user or role, the user is not weaker, or the role may not be handed out.
pub async fn assign(act: &mut Act<'_>, user: Uuid, name: &str) -> Result<bool, Problem> {
    living_target(act, user).await?;
    to_hand_out(act, name).await?;
    let now = act.now();
    if !db::roles::assign(act.db(), user, name, now).await? {
        return Ok(false);
    }
    let after = json!({ "role": name });
    act.record(Action::RoleAssigned, Subject::User(user), None, Some(after)).await?;
    act.emit(&Event::RoleAssigned { user, role: name.to_owned() }).await?;
    Ok(true)
}

/// Takes a role from a user.
///
/// # Errors
/// There is no such user or role, the user does not have it, the user is not weaker, the role may
/// not be touched, or it makes the user the last administrator.
pub async fn unassign(act: &mut Act<'_>, user: Uuid, name: &str) -> Result<(), Problem> {
    living_target(act, user).await?;
    let role = existing(act, name).await?;
    act.authority().may_touch_role(role.level)?;
    if db::roles::would_remove_last_administrator(act.db(), user, Some(name)).await? {
        return Err(last_administrator());
    }
    if !db::roles::unassign(act.db(), user, name).await? {
        let detail = format!("the user does not have the role `{name}`");
        return Err(Problem::issuer(IssuerCode::NotFound, detail));
    }
    status::user_lost(act.db(), user).await?;
    let before = json!({ "role": name });
    act.record(Action::RoleUnassigned, Subject::User(user), Some(before), None).await?;
    act.emit(&Event::RoleUnassigned { user, role: name.to_owned() }).await
}

/// A role that may be handed out, locked.
///
/// # Errors
/// There is no such role, or it may not be handed out.
pub(super) async fn to_hand_out(act: &mut Act<'_>, name: &str) -> Result<Role, Problem> {
    let role = existing(act, name).await?;
    let grants = role.permissions.iter().map(|text| grant(text)).collect::<Result<Vec<_>, _>>()?;
    act.authority().may_hand_out(role.level, &grants)?;
    Ok(role)
}

/// Reads a grant of a request.
///
/// # Errors
/// It is none; naming it.
pub fn grant(text: &str) -> Result<Grant, Problem> {
    Grant::parse(text).map_err(|error| {
        let shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
        Problem::field("permissions", FieldCode::Malformed, format!("`{shown}`: {error}"))
    })
}

async fn existing(act: &mut Act<'_>, name: &str) -> Result<Role, Problem> {
    // What is no name reaches no query.
    if role_name(name).is_none() {
        return Err(not_found("role", name));
    }
    db::roles::lock(act.db(), name).await?;
    db::roles::by_name(act.db(), name).await?.ok_or_else(|| not_found("role", name))
}

async fn keep_last_administrator(act: &mut Act<'_>, role: &str) -> Result<(), Problem> {
    if db::roles::is_last_of_administrators(act.db(), role).await? {
        return Err(last_administrator());
    }
    Ok(())
}

async fn write(act: &mut Act<'_>, role: &Role) -> Result<(), Problem> {
    let now = act.now();
    db::roles::put(act.db(), role, now).await.map_err(|error| match error {
        DbError::Conflict(Constraint::Reference) => {
            let service = role.service.as_deref().unwrap_or_default();
            let detail = format!("there is no service `{service}`; make it first");
            Problem::field("service", FieldCode::NotAllowed, detail)
        }
        other => other.into(),
    })
}

/// Whether holders of `before` have less once it is `after`: a weaker level, or a grant that none
/// of the new ones includes.
fn takes_away(before: &Role, after: &Role, grants: &[Grant]) -> bool {
    let kept = |text: &String| {
        Grant::parse(text).is_ok_and(|old| grants.iter().any(|new| new.includes(&old)))
    };
    after.level > before.level || !before.permissions.iter().all(kept)
}

/// A role as the audit log shows it.
fn shown(role: &Role) -> Value {
    json!({
        "level": role.level,
        "permissions": role.permissions,
        "description": role.description,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(level: i64, permissions: &[&str]) -> Checked {
        let permissions: Vec<_> = permissions.iter().map(|text| (*text).to_owned()).collect();
        Checked::new("clerk", level, &permissions, None).unwrap()
    }

    #[test]
    fn a_change_takes_away_what_no_new_grant_includes() {
        for (before, after, expected) in [
            ((50, &["a:x"][..]), (50, &["a:x", "a:y"][..]), false),
            ((50, &["a:x", "a:y"]), (50, &["a:*"]), false),
            ((50, &["a:*"]), (50, &["*"]), false),
            ((50, &["a:x", "a:y"]), (50, &["a:x"]), true),
            ((50, &["a:*"]), (50, &["a:x", "a:y"]), true),
            ((50, &[]), (49, &[]), false),
            ((50, &[]), (51, &[]), true),
        ] {
            let (old, new) = (checked(before.0, before.1), checked(after.0, after.1));
            let found = takes_away(&old.role, &new.role, &new.grants);
            assert_eq!(found, expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn what_can_be_no_role_is_named() {
        let long = "x".repeat(501);
        for (name, level, permissions, about, field) in [
            ("Clerk", 5, &[][..], None, "name"),
            ("a/b/c", 5, &[], None, "name"),
            ("clerk", -1, &[], None, "level"),
            ("clerk", 1_000_001, &[], None, "level"),
            ("clerk", 5, &["orders"], None, "permissions"),
            ("depot/clerk", 5, &["orders:read"], None, "permissions"),
            ("depot/clerk", 5, &["*"], None, "permissions"),
            ("clerk", 5, &[], Some("a\u{0}b"), "description"),
            ("clerk", 5, &[], Some(long.as_str()), "description"),
        ] {
            let permissions: Vec<_> = permissions.iter().map(|text| (*text).to_owned()).collect();
            let about = about.map(str::to_owned);
            let problem = Checked::new(name, level, &permissions, about).unwrap_err();
            assert_eq!(problem.fields[0].field, field, "{name}");
        }
    }
}
