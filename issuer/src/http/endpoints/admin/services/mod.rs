//! `/v1/admin/services`: what accepts micro tokens.

pub mod change;
pub mod create;
pub mod delete;
pub mod list;
pub mod read;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::admin::services::Whole;
use crate::db::services::PermissionProvider;
use crate::keys::Family;
use crate::problem::{FieldCode, Problem};
use crate::seed::SeedAnonymous;

/// A service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceItem {
    /// The first segment of its permissions.
    name: String,
    /// `aud` of its tokens.
    audience: String,
    /// Life of its micro tokens in seconds.
    token_lifetime: i64,
    /// Algorithm of its micro tokens; absent: the issuer's.
    algorithm: Option<&'static str>,
    /// Its permission catalogue.
    permissions: Vec<String>,
    /// Services that a token of this one may also be for.
    may_share_with: Vec<String>,
    /// Further claims of its tokens: literals, and references such as `$user.email`.
    claim_template: Map<String, Value>,
    /// Where its permissions come from.
    permission_provider: PermissionProvider,
    /// Whether what a holder loses makes its tokens stale.
    stale: bool,
    /// What anonymous holders get; `null`: nothing.
    anonymous: Option<SeedAnonymous>,
}

impl ServiceItem {
    /// The service as it is shown.
    #[must_use]
    pub fn of(service: Whole) -> Self {
        Self {
            name: service.name,
            audience: service.audience,
            token_lifetime: service.token_lifetime,
            algorithm: service.algorithm.map(Family::as_str),
            permissions: service.permissions,
            may_share_with: service.may_share_with,
            claim_template: service.claim_template,
            permission_provider: service.permission_provider,
            stale: service.stale,
            anonymous: service.anonymous,
        }
    }
}

fn algorithm(name: &str) -> Result<Family, Problem> {
    Family::from_name(name).ok_or_else(|| {
        let detail = format!("choose {}", Family::NAMES);
        Problem::field("algorithm", FieldCode::NotAllowed, detail)
    })
}
