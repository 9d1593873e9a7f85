//! What the holder of a session may do: status, roles, levels and permissions in one statement, so
//! that no minting sees half of a change.

use std::collections::BTreeMap;

use laika_claims::Grant;
use uuid::Uuid;

use super::row::get;
use super::users::UserStatus;
use super::{Connection, DbError, slots};
use crate::keys::Algorithm;
use crate::status::Slot;

/// What the holder of a session may do, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlements {
    /// Name of the holder; absent for an anonymous one.
    pub username: Option<String>,
    /// Whether the holder's account may be used.
    pub status: UserStatus,
    /// Grows with everything the holder loses; read together with what they have.
    pub epoch: i64,
    /// The slot of the session's tokens at this epoch, if one was taken.
    pub slot: Option<Slot>,
    /// Whether the session had been ended.
    pub session_ended: bool,
    /// The holder's roles, by name.
    pub roles: Vec<HeldRole>,
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

/// What the holder of this session may do, with the slot of its tokens that are signed so; `None`
/// where there is no such session.
///
/// # Errors
/// The query failed, or a permission in the database is not one.
pub async fn of_session(
    db: &mut Connection,
    session: Uuid,
    algorithm: Algorithm,
) -> Result<Option<Entitlements>, DbError> {
    let rows = sqlx::query(
        "SELECT u.username, u.status, u.epoch, s.ended_at, r.name, r.service, r.level, \
         rp.permission, st.shard AS slot_shard, st.idx AS slot_idx, st.state AS slot_state, \
         st.expires_at AS slot_expires_at \
         FROM sessions s JOIN users u ON u.id = s.user_id \
         LEFT JOIN status_slots st ON st.holder = s.id AND st.epoch = u.epoch AND st.family = $2 \
         LEFT JOIN user_roles ur ON ur.user_id = u.id \
         LEFT JOIN roles r ON r.name = ur.role \
         LEFT JOIN role_permissions rp ON rp.role = r.name \
         WHERE s.id = $1 ORDER BY r.name, rp.permission",
    )
    .bind(session.to_string())
    .bind(algorithm.as_str())
    .fetch_all(db)
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut entitlements = Entitlements {
        username: get(first, "username")?,
        status: UserStatus::parse(get(first, "status")?)?,
        epoch: get(first, "epoch")?,
        slot: slots::slot(first, algorithm)?,
        session_ended: get::<Option<i64>>(first, "ended_at")?.is_some(),
        roles: Vec::new(),
    };
    let mut roles = BTreeMap::<String, HeldRole>::new();
    for row in &rows {
        // No role at all comes as one row of nulls.
        let Some(name) = get::<Option<String>>(row, "name")? else {
            continue;
        };
        let role = HeldRole {
            name: name.clone(),
            service: get(row, "service")?,
            level: get(row, "level")?,
            grants: Vec::new(),
        };
        let grant = get::<Option<String>>(row, "permission")?.map(grant).transpose()?;
        roles.entry(name).or_insert(role).grants.extend(grant);
    }
    entitlements.roles = roles.into_values().collect();
    Ok(Some(entitlements))
}

fn grant(text: String) -> Result<Grant, DbError> {
    Grant::parse(&text).map_err(|_| DbError::Corrupt { what: "a permission", value: text })
}
