//! What the holder of a session may do: status, roles, levels and permissions in one statement, so
//! that no minting sees half of a change.

use std::collections::BTreeMap;

use laika_claims::Grant;
use uuid::Uuid;

use super::row::get;
use super::users::UserStatus;
use super::{Connection, DbError};

/// What the holder of a session may do, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlements {
    /// Name of the holder; absent for an anonymous one.
    pub username: Option<String>,
    /// Whether the holder's account may be used.
    pub status: UserStatus,
    /// Whether the session had been ended.
    pub session_ended: bool,
    /// The holder's roles, by name.
    pub roles: Vec<HeldRole>,
    /// What the holder was granted directly, besides roles.
    pub grants: Vec<Grant>,
}

/// A role somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// `clerk` or `orders/clerk`.
    pub name: String,
    /// The service it belongs to.
    pub service: Option<String>,
    /// How strong it is; lower is stronger.
    pub level: i64,
    /// What it grants.
    pub grants: Vec<Grant>,
}

/// What the holder of this session may do; `None` where there is no such session.
///
/// # Errors
/// The query failed, or a permission in the database is not one.
pub async fn of_session(
    db: &mut Connection,
    session: Uuid,
) -> Result<Option<Entitlements>, DbError> {
    let rows = sqlx::query(
        "SELECT u.username, u.status, s.ended_at, r.name, r.service, r.level, rp.permission \
         FROM sessions s JOIN users u ON u.id = s.user_id \
         LEFT JOIN user_roles ur ON ur.user_id = u.id \
         LEFT JOIN roles r ON r.name = ur.role \
         LEFT JOIN role_permissions rp ON rp.role = r.name \
         WHERE s.id = $1 UNION ALL \
         SELECT u.username, u.status, s.ended_at, NULL, NULL, NULL, g.permission \
         FROM sessions s JOIN users u ON u.id = s.user_id \
         JOIN grants g ON g.holder = 'user:' || u.id \
         WHERE s.id = $1 ORDER BY name, permission",
    )
    .bind(session.to_string())
    .fetch_all(db)
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut entitlements = Entitlements {
        username: get(first, "username")?,
        status: UserStatus::parse(get(first, "status")?)?,
        session_ended: get::<Option<i64>>(first, "ended_at")?.is_some(),
        roles: Vec::new(),
        grants: Vec::new(),
    };
    let mut roles = BTreeMap::<String, HeldRole>::new();
    for row in &rows {
        let grant = get::<Option<String>>(row, "permission")?.map(grant).transpose()?;
        // No role at all comes as one row of nulls; what is granted directly has no role.
        let Some(name) = get::<Option<String>>(row, "name")? else {
            entitlements.grants.extend(grant);
            continue;
        };
        let role = HeldRole {
            name: name.clone(),
            service: get(row, "service")?,
            level: get(row, "level")?,
            grants: Vec::new(),
        };
        roles.entry(name).or_insert(role).grants.extend(grant);
    }
    entitlements.roles = roles.into_values().collect();
    Ok(Some(entitlements))
}

fn grant(text: String) -> Result<Grant, DbError> {
    Grant::parse(&text).map_err(|_| DbError::Corrupt { what: "a permission", value: text })
}
