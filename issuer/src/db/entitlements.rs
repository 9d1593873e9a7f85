//! What the holder of a session may do: session, status, roles, levels and permissions in one
//! statement, so that no minting sees half of a change.

use std::sync::Arc;

use laika_claims::Grant;
use uuid::Uuid;

use super::DbError;
use super::ask::{Ask, Parameter};
use super::row::{Row, get};
use super::sessions::{self, Session};
use super::slots::{self, HeldSlot};
use super::users::{self, User};

/// A session, its holder, and what they may do, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlements {
    /// The session.
    pub session: Session,
    /// Its holder.
    pub user: User,
    /// The holder's roles, by name.
    pub roles: Vec<HeldRole>,
    /// The slots that tokens of this session carry at the holder's epoch.
    pub slots: Vec<HeldSlot>,
    /// What the holder was granted directly, besides roles.
    pub grants: Vec<Grant>,
}

/// A role somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// `clerk` or `orders/clerk`.
    pub name: String,
    /// How strong it is; lower is stronger.
    pub level: i64,
    /// What it grants.
    pub grants: Vec<Grant>,
}

impl HeldRole {
    /// The service it belongs to; `None` for a global role.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.name.split_once('/').map(|(service, _)| service)
    }
}

/// The roles of whoever a row is about, as one text: roles divided by `|`, and in each its name,
/// its level and its grants divided by spaces. One row for a holder, however many roles and grants
/// there are: what a query costs here is mostly its rows and columns. Neither `|` nor a space can
/// stand in a name or a grant.
macro_rules! held_roles {
    ($table:literal, $column:literal, $holder:literal) => {
        concat!(
            "(SELECT string_agg(r.name || ' ' || CAST(r.level AS TEXT) || COALESCE((SELECT \
             string_agg(' ' || rp.permission, '') FROM role_permissions rp \
             WHERE rp.role = r.name), ''), '|') FROM ",
            $table,
            " h JOIN roles r ON r.name = h.role WHERE h.",
            $column,
            " = ",
            $holder,
            ")"
        )
    };
}
pub(super) use held_roles;

/// What the holder of this session may do; `None` where there is no such session. Shared, because
/// the same is found again and again until anything is committed.
///
/// # Errors
/// The query failed, or a permission in the database is not one.
pub async fn of_session(db: impl Ask, session: Uuid) -> Result<Option<Arc<Entitlements>>, DbError> {
    let sql = concat!(
        "SELECT ",
        sessions::columns!(),
        ", ",
        users::columns!(),
        ", ",
        held_roles!("user_roles", "user_id", "u.id"),
        " AS held, ",
        slots::held_slots!("s.id", "u.epoch"),
        " AS slots, (SELECT string_agg(g.permission, ' ') FROM grants g \
         WHERE g.holder = 'user:' || u.id) AS granted FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1"
    );
    db.one(sql, &[Parameter::Text(&session.to_string())], entitlements).await
}

fn entitlements(row: &dyn Row) -> Result<Arc<Entitlements>, DbError> {
    Ok(Arc::new(Entitlements {
        session: sessions::session(row)?,
        user: users::user(row)?,
        roles: held(row)?,
        slots: slots::of_text(get(row, "slots")?)?,
        grants: granted(row)?,
    }))
}

/// The roles in the column `held` of a row; see [`held_roles`].
pub(super) fn held(row: &dyn Row) -> Result<Vec<HeldRole>, DbError> {
    let text: Option<&str> = get(row, "held")?;
    let mut roles =
        text.iter().flat_map(|text| text.split('|')).map(role).collect::<Result<Vec<_>, _>>()?;
    roles.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(roles)
}

/// The grants in the column `granted` of a row, divided by spaces.
pub(super) fn granted(row: &dyn Row) -> Result<Vec<Grant>, DbError> {
    let text: Option<&str> = get(row, "granted")?;
    text.iter().flat_map(|text| text.split(' ')).map(grant).collect()
}

fn role(text: &str) -> Result<HeldRole, DbError> {
    let corrupt = || DbError::Corrupt { what: "a role", value: text.to_owned() };
    let mut words = text.split(' ');
    let (Some(name), Some(level)) = (words.next(), words.next()) else {
        return Err(corrupt());
    };
    Ok(HeldRole {
        name: name.to_owned(),
        level: level.parse().map_err(|_| corrupt())?,
        grants: words.map(grant).collect::<Result<_, _>>()?,
    })
}

fn grant(text: &str) -> Result<Grant, DbError> {
    Grant::parse(text)
        .map_err(|_| DbError::Corrupt { what: "a permission", value: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_from_its_text() {
        let found = role("orders/clerk 50 orders:read orders:*").unwrap();
        assert_eq!((found.name.as_str(), found.level), ("orders/clerk", 50));
        assert_eq!(found.service(), Some("orders"));
        assert_eq!(found.grants.len(), 2);
        let bare = role("user 1000").unwrap();
        assert_eq!((bare.service(), bare.grants.len()), (None, 0));
        for corrupt in ["", "user", "user strong", "user 5 orders"] {
            assert!(role(corrupt).is_err(), "{corrupt}");
        }
    }
}
