//! `POST /v1/admin/grants`: grant a permission.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::admin;
use crate::app::App;
use crate::db::grants::Holder;
use crate::http::extract::{AdminCaller, Body, GrantName, HolderName};
use crate::problem::{FieldCode, Problem};

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `user:<uuid>` or `svc:<name>`.
    #[schemars(with = "HolderName")]
    holder: String,
    /// `orders:read`, `orders:*`.
    #[schemars(with = "GrantName")]
    permission: String,
}

/// Grants a holder a permission, besides roles: 204, also where they have it.
///
/// # Errors
/// 404 where there is no such holder, 403 for one that is not weaker and for a permission that the
/// administrator does not hold, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let holder = Holder::parse(&request.holder).ok_or_else(|| {
        let detail = "write `user:` and an id, or `svc:` and a name";
        Problem::field("holder", FieldCode::Malformed, detail)
    })?;
    let permission = laika_claims::Grant::parse(&request.permission)
        .map_err(|error| Problem::field("permission", FieldCode::Malformed, error.to_string()))?;
    let mut act = caller.act(&app).await?;
    admin::grants::grant(&mut act, &holder, &permission).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
