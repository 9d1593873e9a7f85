//! `/v1/admin/service-accounts`: programs with an account of their own.

pub mod create;
pub mod delete;
pub mod disable;
pub mod enable;
pub mod list;
pub mod read;
pub mod rotate;
pub mod set_roles;

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::service_accounts::ServiceAccount;

/// A service account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceAccountItem {
    /// `svc:<name>` is the `sub` of its tokens.
    name: String,
    /// The service it speaks for: it may introspect and exchange tokens of that service.
    service: Option<String>,
    /// Its roles, by name.
    roles: Vec<String>,
    /// Permissions besides roles.
    grants: Vec<String>,
    /// Whether no secret of it counts.
    disabled: bool,
    /// Unix seconds.
    created_at: i64,
    /// Unix seconds, to within a few minutes.
    last_used_at: Option<i64>,
}

/// A secret, which is shown this once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewSecret {
    /// `laika_svc_..`; only its hash is kept.
    pub secret: String,
}

impl ServiceAccountItem {
    /// The account as it is shown.
    #[must_use]
    pub fn of(account: &ServiceAccount) -> Self {
        Self {
            name: account.name.clone(),
            service: account.service.clone(),
            roles: account.roles.iter().map(|role| role.name.clone()).collect(),
            grants: account.grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
            disabled: account.disabled_at.is_some(),
            created_at: account.created_at,
            last_used_at: account.last_used_at,
        }
    }
}
