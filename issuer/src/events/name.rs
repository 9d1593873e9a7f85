//! The names of events.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of an event.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum EventName {
    /// `user.created`
    #[serde(rename = "user.created")]
    UserCreated,
    /// `user.login`
    #[serde(rename = "user.login")]
    UserLogin,
    /// `user.logout`
    #[serde(rename = "user.logout")]
    UserLogout,
    /// `user.updated`
    #[serde(rename = "user.updated")]
    UserUpdated,
    /// `user.disabled`
    #[serde(rename = "user.disabled")]
    UserDisabled,
    /// `user.enabled`
    #[serde(rename = "user.enabled")]
    UserEnabled,
    /// `user.deleted`
    #[serde(rename = "user.deleted")]
    UserDeleted,
    /// `user.erased`
    #[serde(rename = "user.erased")]
    UserErased,
    /// `user.merged`
    #[serde(rename = "user.merged")]
    UserMerged,
    /// `session.revoked`
    #[serde(rename = "session.revoked")]
    SessionRevoked,
    /// `role.assigned`
    #[serde(rename = "role.assigned")]
    RoleAssigned,
    /// `role.unassigned`
    #[serde(rename = "role.unassigned")]
    RoleUnassigned,
    /// `role.created`
    #[serde(rename = "role.created")]
    RoleCreated,
    /// `role.changed`
    #[serde(rename = "role.changed")]
    RoleChanged,
    /// `role.deleted`
    #[serde(rename = "role.deleted")]
    RoleDeleted,
    /// `permission.granted`
    #[serde(rename = "permission.granted")]
    PermissionGranted,
    /// `permission.withdrawn`
    #[serde(rename = "permission.withdrawn")]
    PermissionWithdrawn,
    /// `service.created`
    #[serde(rename = "service.created")]
    ServiceCreated,
    /// `service.changed`
    #[serde(rename = "service.changed")]
    ServiceChanged,
    /// `service.deleted`
    #[serde(rename = "service.deleted")]
    ServiceDeleted,
    /// `key.rotated`
    #[serde(rename = "key.rotated")]
    KeyRotated,
    /// `key.revoked`
    #[serde(rename = "key.revoked")]
    KeyRevoked,
}

impl EventName {
    /// Every name.
    pub const ALL: [Self; 22] = [
        Self::UserCreated,
        Self::UserLogin,
        Self::UserLogout,
        Self::UserUpdated,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserDeleted,
        Self::UserErased,
        Self::UserMerged,
        Self::SessionRevoked,
        Self::RoleAssigned,
        Self::RoleUnassigned,
        Self::RoleCreated,
        Self::RoleChanged,
        Self::RoleDeleted,
        Self::PermissionGranted,
        Self::PermissionWithdrawn,
        Self::ServiceCreated,
        Self::ServiceChanged,
        Self::ServiceDeleted,
        Self::KeyRotated,
        Self::KeyRevoked,
    ];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::UserLogin => "user.login",
            Self::UserLogout => "user.logout",
            Self::UserUpdated => "user.updated",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::UserDeleted => "user.deleted",
            Self::UserErased => "user.erased",
            Self::UserMerged => "user.merged",
            Self::SessionRevoked => "session.revoked",
            Self::RoleAssigned => "role.assigned",
            Self::RoleUnassigned => "role.unassigned",
            Self::RoleCreated => "role.created",
            Self::RoleChanged => "role.changed",
            Self::RoleDeleted => "role.deleted",
            Self::PermissionGranted => "permission.granted",
            Self::PermissionWithdrawn => "permission.withdrawn",
            Self::ServiceCreated => "service.created",
            Self::ServiceChanged => "service.changed",
            Self::ServiceDeleted => "service.deleted",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
        }
    }

    /// The event of that name.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_in_the_schema_once_and_is_read_back() {
        let schema = super::super::schema().to_string();
        for name in EventName::ALL {
            assert_eq!(EventName::from_name(name.as_str()), Some(name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            let tag = format!("\"const\":\"{name}\"");
            assert_eq!(schema.matches(&tag).count(), 1, "{name}: {schema}");
        }
    }
}
