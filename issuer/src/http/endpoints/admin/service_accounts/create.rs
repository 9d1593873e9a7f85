//! `POST /v1/admin/service-accounts`: make a service account.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use schemars::JsonSchema;
use serde::Deserialize;

use super::NewSecret;
use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Body, RoleName, ServiceName};
use crate::oauth2::service_accounts::New;
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its name, which nothing else had before.
    #[schemars(with = "ServiceName")]
    name: String,
    /// The service it speaks for, if any.
    #[schemars(with = "Option<ServiceName>")]
    service: Option<String>,
    /// Its roles.
    #[serde(default)]
    #[schemars(with = "Vec<RoleName>")]
    roles: Vec<String>,
}

/// An answer that no cache keeps.
type Unkept<T> = (StatusCode, [(http::HeaderName, &'static str); 1], Json<T>);

/// Makes a service account: 201 with its secret, which is shown this once.
///
/// # Errors
/// 403 for roles that may not be handed out, and below level 0 for one that speaks for a service;
/// 404 for a role that does not exist, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Body(request): Body<Request>,
) -> Result<Unkept<NewSecret>, Problem> {
    let new = New { name: request.name, service: request.service, roles: request.roles };
    let mut act = caller.act(&app).await?;
    let secret = admin::service_accounts::create(&mut act, &new).await?;
    act.commit().await?;
    let secret = NewSecret { secret: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(secret)))
}
