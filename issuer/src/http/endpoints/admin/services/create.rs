//! `POST /v1/admin/services`: make a service.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ServiceItem, algorithm};
use crate::admin;
use crate::app::App;
use crate::db::services::PermissionProvider;
use crate::http::extract::{AdminCaller, Body, ServiceName};
use crate::keys::Family;
use crate::problem::Problem;
use crate::seed::{SeedAnonymous, SeedService};

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The first segment of its permissions.
    #[schemars(with = "ServiceName")]
    name: String,
    /// `aud` of its tokens; absent: the name.
    #[schemars(length(min = 1, max = 256))]
    audience: Option<String>,
    /// Life of its micro tokens in seconds; absent: the issuer's setting.
    token_lifetime: Option<i64>,
    /// Algorithm of its micro tokens; absent: the issuer's.
    #[schemars(with = "Option<Family>")]
    algorithm: Option<String>,
    /// Its permission catalogue.
    #[serde(default)]
    permissions: Vec<String>,
    /// Services that a token of this one may also be for.
    #[serde(default)]
    #[schemars(with = "Vec<ServiceName>")]
    may_share_with: Vec<String>,
    /// Further claims of its tokens: literals, and references such as `$user.email`.
    #[serde(default)]
    claim_template: Map<String, Value>,
    /// Where its permissions come from.
    #[serde(default)]
    permission_provider: PermissionProvider,
    /// Whether what a holder loses makes its tokens stale; absent: yes.
    stale: Option<bool>,
    /// What anonymous holders get; absent: nothing.
    anonymous: Option<SeedAnonymous>,
}

/// Makes a service: 201.
///
/// # Errors
/// 403 below level 0, 409 where there is one of this name, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<ServiceItem>), Problem> {
    let service = SeedService {
        name: request.name,
        audience: request.audience,
        token_lifetime: request.token_lifetime,
        algorithm: request.algorithm.as_deref().map(algorithm).transpose()?,
        permissions: request.permissions,
        may_share_with: request.may_share_with,
        claim_template: request.claim_template,
        permission_provider: request.permission_provider,
        stale: request.stale,
        anonymous: request.anonymous,
    };
    let mut act = caller.act(&app).await?;
    let made = admin::services::create(&mut act, &service).await?;
    act.commit().await?;
    Ok((StatusCode::CREATED, Json(ServiceItem::of(made))))
}
