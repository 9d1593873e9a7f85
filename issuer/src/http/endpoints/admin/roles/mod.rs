//! `/v1/admin/roles`: named sets of permissions.

pub mod change;
pub mod create;
pub mod delete;
pub mod list;
pub mod read;
pub mod users;

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::roles::Role;

/// A role.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoleItem {
    /// `clerk` for a global role, `orders/clerk` for a role of a service.
    name: String,
    /// The service it belongs to.
    service: Option<String>,
    /// How strong it is; lower is stronger.
    level: i64,
    description: Option<String>,
    permissions: Vec<String>,
}

impl RoleItem {
    /// The role as it is shown.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Self {
            name: role.name,
            service: role.service,
            level: role.level,
            description: role.description,
            permissions: role.permissions,
        }
    }
}
