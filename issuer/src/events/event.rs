//! What happens, as it is told.
//!
//! An event names people by id, and by the name that others see; no e-mail, no credential and no
//! address of a request is in any.

use std::time::{Duration, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::EventName;
use crate::clock::{UnixSeconds, claim_seconds};
use crate::db::users::User;

/// An event as it is sent: the body of a request, or of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// When it happened: RFC 3339, in UTC.
    timestamp: String,
    #[serde(flatten)]
    event: Event,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// An account was made: by registration, or by an administrator.
    #[serde(rename = "user.created")]
    UserCreated {
        /// Whose.
        user: Uuid,
        /// Its name.
        username: Option<String>,
    },
    /// Somebody logged in: a session began.
    #[serde(rename = "user.login")]
    UserLogin {
        /// Who.
        user: Uuid,
        /// The session.
        session: Uuid,
        /// How they proved who they are (RFC 8176).
        amr: Vec<String>,
    },
    /// Somebody ended a session of theirs.
    #[serde(rename = "user.logout")]
    UserLogout {
        /// Who.
        user: Uuid,
        /// The session.
        session: Uuid,
    },
    /// An account was changed.
    #[serde(rename = "user.updated")]
    UserUpdated {
        /// Whose.
        user: Uuid,
        /// What of it; the new values are not told.
        changed: Vec<UserField>,
    },
    /// An account was closed until it is opened again.
    #[serde(rename = "user.disabled")]
    UserDisabled {
        /// Whose.
        user: Uuid,
    },
    /// An account was opened again.
    #[serde(rename = "user.enabled")]
    UserEnabled {
        /// Whose.
        user: Uuid,
    },
    /// An account was deleted; name and e-mail stay reserved.
    #[serde(rename = "user.deleted")]
    UserDeleted {
        /// Whose.
        user: Uuid,
    },
    /// Whatever was known of a person was removed for good: forget it as well.
    #[serde(rename = "user.erased")]
    UserErased {
        /// Whose.
        user: Uuid,
    },
    /// Somebody who was anonymous logged in to an account they had before.
    #[serde(rename = "user.merged")]
    UserMerged {
        /// The anonymous holder.
        from: Uuid,
        /// The account.
        to: Uuid,
    },
    /// A session was ended, however; tokens of it are refused.
    #[serde(rename = "session.revoked")]
    SessionRevoked {
        /// Whose.
        user: Uuid,
        /// The session.
        session: Uuid,
        /// Why: `log_out`, `reuse`, `ahead`, `user_gone`, `holder`, `administrator`, `password`.
        reason: &'static str,
    },
    /// A user was given a role.
    #[serde(rename = "role.assigned")]
    RoleAssigned {
        /// Who.
        user: Uuid,
        /// Name of the role.
        role: String,
    },
    /// A role was taken from a user.
    #[serde(rename = "role.unassigned")]
    RoleUnassigned {
        /// From whom.
        user: Uuid,
        /// Name of the role.
        role: String,
    },
    /// A role was made.
    #[serde(rename = "role.created")]
    RoleCreated {
        /// Its name.
        role: String,
    },
    /// A role was changed.
    #[serde(rename = "role.changed")]
    RoleChanged {
        /// Its name.
        role: String,
    },
    /// A role was removed from everybody, and for good.
    #[serde(rename = "role.deleted")]
    RoleDeleted {
        /// Its name.
        role: String,
    },
    /// A holder was granted a permission besides roles.
    #[serde(rename = "permission.granted")]
    PermissionGranted {
        /// `user:<uuid>` or `svc:<name>`.
        holder: String,
        /// The permission.
        permission: String,
    },
    /// A permission was taken from a holder.
    #[serde(rename = "permission.withdrawn")]
    PermissionWithdrawn {
        /// `user:<uuid>` or `svc:<name>`.
        holder: String,
        /// The permission.
        permission: String,
    },
    /// A service was made.
    #[serde(rename = "service.created")]
    ServiceCreated {
        /// Its name.
        service: String,
    },
    /// A service was changed.
    #[serde(rename = "service.changed")]
    ServiceChanged {
        /// Its name.
        service: String,
    },
    /// A service was removed.
    #[serde(rename = "service.deleted")]
    ServiceDeleted {
        /// Its name.
        service: String,
    },
    /// Another key signs from now on.
    #[serde(rename = "key.rotated")]
    KeyRotated {
        /// The key that signs.
        kid: String,
        /// The one that did before.
        before: String,
        /// What it signs with.
        algorithm: String,
    },
    /// A key was taken back: whatever it signed is refused.
    #[serde(rename = "key.revoked")]
    KeyRevoked {
        /// The key.
        kid: String,
    },
}

/// What of an account was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserField {
    /// The name.
    Username,
    /// The e-mail, or that it is proved.
    Email,
    /// The password.
    Password,
    /// Description, picture, or who may see them.
    Profile,
    /// Log-ins at providers that lead to it.
    Identities,
    /// Second factors.
    Factors,
}

impl Event {
    /// An account was made.
    #[must_use]
    pub fn created(user: &User) -> Self {
        Self::UserCreated { user: user.id, username: user.username.clone() }
    }

    /// This of an account was changed.
    #[must_use]
    pub fn updated(user: Uuid, changed: UserField) -> Self {
        Self::UserUpdated { user, changed: vec![changed] }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> EventName {
        match self {
            Self::UserCreated { .. } => EventName::UserCreated,
            Self::UserLogin { .. } => EventName::UserLogin,
            Self::UserLogout { .. } => EventName::UserLogout,
            Self::UserUpdated { .. } => EventName::UserUpdated,
            Self::UserDisabled { .. } => EventName::UserDisabled,
            Self::UserEnabled { .. } => EventName::UserEnabled,
            Self::UserDeleted { .. } => EventName::UserDeleted,
            Self::UserErased { .. } => EventName::UserErased,
            Self::UserMerged { .. } => EventName::UserMerged,
            Self::SessionRevoked { .. } => EventName::SessionRevoked,
            Self::RoleAssigned { .. } => EventName::RoleAssigned,
            Self::RoleUnassigned { .. } => EventName::RoleUnassigned,
            Self::RoleCreated { .. } => EventName::RoleCreated,
            Self::RoleChanged { .. } => EventName::RoleChanged,
            Self::RoleDeleted { .. } => EventName::RoleDeleted,
            Self::PermissionGranted { .. } => EventName::PermissionGranted,
            Self::PermissionWithdrawn { .. } => EventName::PermissionWithdrawn,
            Self::ServiceCreated { .. } => EventName::ServiceCreated,
            Self::ServiceChanged { .. } => EventName::ServiceChanged,
            Self::ServiceDeleted { .. } => EventName::ServiceDeleted,
            Self::KeyRotated { .. } => EventName::KeyRotated,
            Self::KeyRevoked { .. } => EventName::KeyRevoked,
        }
    }

    /// What it happened to, as the audit log names subjects; events of one are told in order.
    #[must_use]
    pub fn stream(&self) -> String {
        match self {
            Self::UserCreated { user, .. }
            | Self::UserLogin { user, .. }
            | Self::UserLogout { user, .. }
            | Self::UserUpdated { user, .. }
            | Self::UserDisabled { user }
            | Self::UserEnabled { user }
            | Self::UserDeleted { user }
            | Self::UserErased { user }
            | Self::UserMerged { to: user, .. }
            | Self::SessionRevoked { user, .. }
            | Self::RoleAssigned { user, .. }
            | Self::RoleUnassigned { user, .. } => format!("user:{user}"),
            Self::PermissionGranted { holder, .. } | Self::PermissionWithdrawn { holder, .. } => {
                holder.clone()
            }
            Self::RoleCreated { role }
            | Self::RoleChanged { role }
            | Self::RoleDeleted { role } => format!("role:{role}"),
            Self::ServiceCreated { service }
            | Self::ServiceChanged { service }
            | Self::ServiceDeleted { service } => format!("service:{service}"),
            // Of all keys together: which one signs is a sequence.
            Self::KeyRotated { .. } | Self::KeyRevoked { .. } => "keys".to_owned(),
        }
    }

    /// The text that is sent.
    ///
    /// # Errors
    /// Never, in effect: everything in it can be written as JSON.
    pub fn body(&self, now: UnixSeconds) -> Result<String, serde_json::Error> {
        let at = UNIX_EPOCH + Duration::from_secs(claim_seconds(now));
        let timestamp = humantime::format_rfc3339_seconds(at).to_string();
        serde_json::to_string(&Message { timestamp, event: self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_published_schema_is_the_one_of_the_code() {
        let published = include_str!("../../../docs/schema/events.json");
        let published: Value = serde_json::from_str(published).unwrap();
        let message = "run `laika hook schema > docs/schema/events.json`";
        assert_eq!(published, super::super::schema(), "{message}");
    }

    #[test]
    fn an_event_is_written_as_its_schema_says() {
        let user = Uuid::nil();
        let event = Event::UserCreated { user, username: Some("laika".to_owned()) };
        let body: Value = serde_json::from_str(&event.body(1_800_000_000).unwrap()).unwrap();
        let expected = json!({
            "type": "user.created", "timestamp": "2027-01-15T08:00:00Z",
            "data": { "user": user.to_string(), "username": "laika" },
        });
        assert_eq!(body, expected);
    }
}
