//! `/v1/admin/grants`: permissions besides roles.

pub mod add;
pub mod list;
pub mod remove;

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::grants::DirectGrant;

/// A permission that a holder was given directly.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GrantItem {
    /// `user:<uuid>` or `svc:<name>`.
    holder: String,
    permission: String,
    /// Unix seconds.
    granted_at: i64,
    /// Who gave it: `user:<uuid>`, `command-line`.
    granted_by: String,
}

impl GrantItem {
    /// The grant as it is shown.
    #[must_use]
    pub fn of(grant: DirectGrant) -> Self {
        Self {
            holder: grant.holder,
            permission: grant.permission,
            granted_at: grant.granted_at,
            granted_by: grant.granted_by,
        }
    }
}
