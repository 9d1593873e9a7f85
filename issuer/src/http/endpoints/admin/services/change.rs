//! `PATCH /v1/admin/services/{service}`: change a service.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ServiceItem, algorithm};
use crate::admin;
use crate::app::App;
use crate::db::services::PermissionProvider;
use crate::http::extract::{AdminCaller, Body, Path, ServiceName};
use crate::http::patch::present;
use crate::keys::Family;
use crate::problem::Problem;
use crate::seed::{SeedAnonymous, SeedService};

/// What is sent; what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `null`: the name.
    #[serde(default, deserialize_with = "present")]
    audience: Option<Option<String>>,
    /// `null`: the issuer's setting.
    #[serde(default, deserialize_with = "present")]
    token_lifetime: Option<Option<i64>>,
    /// `null`: the issuer's.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<Family>")]
    algorithm: Option<Option<String>>,
    /// Instead of the whole catalogue.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Vec<String>")]
    permissions: Option<Vec<String>>,
    /// Instead of the whole list.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Vec<ServiceName>")]
    may_share_with: Option<Vec<String>>,
    /// Instead of the whole template.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Map<String, Value>")]
    claim_template: Option<Map<String, Value>>,
    /// Where its permissions come from.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "PermissionProvider")]
    permission_provider: Option<PermissionProvider>,
    /// Whether what a holder loses makes its tokens stale.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    stale: Option<bool>,
    /// What anonymous holders get; `null`: nothing.
    #[serde(default, deserialize_with = "present")]
    anonymous: Option<Option<SeedAnonymous>>,
}

/// Changes a service: the service since.
///
/// # Errors
/// 404, 403 below level 0, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(name)): Path<ServiceName>,
    Body(request): Body<Request>,
) -> Result<Json<ServiceItem>, Problem> {
    let wanted = match &request.algorithm {
        Some(Some(name)) => Some(Some(algorithm(name)?)),
        Some(None) => Some(None),
        None => None,
    };
    let mut act = caller.act(&app).await?;
    let before = SeedService::from(admin::services::by_name(act.db(), &name).await?);
    let service = SeedService {
        name,
        audience: request.audience.unwrap_or(before.audience),
        token_lifetime: request.token_lifetime.unwrap_or(before.token_lifetime),
        algorithm: wanted.unwrap_or(before.algorithm),
        permissions: request.permissions.unwrap_or(before.permissions),
        may_share_with: request.may_share_with.unwrap_or(before.may_share_with),
        claim_template: request.claim_template.unwrap_or(before.claim_template),
        permission_provider: request.permission_provider.unwrap_or(before.permission_provider),
        stale: request.stale.or(before.stale),
        anonymous: request.anonymous.unwrap_or(before.anonymous),
    };
    let since = admin::services::put(&mut act, &service).await?;
    act.commit().await?;
    Ok(Json(ServiceItem::of(since)))
}
