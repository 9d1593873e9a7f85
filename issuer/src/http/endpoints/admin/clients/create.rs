//! `POST /v1/admin/clients`: register a client.

use axum::Json;
use axum::extract::State;
use http::header::CACHE_CONTROL;
use http::{HeaderName, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::WithSecret;
use crate::admin;
use crate::app::App;
use crate::db::clients::ClientKind;
use crate::http::extract::{AdminCaller, Body, ServiceName};
use crate::oauth2::clients::New;
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What it calls itself in requests.
    #[schemars(with = "ServiceName")]
    client_id: String,
    /// What people read.
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// Whether it can keep a secret.
    kind: ClientKind,
}

/// Registers a client: 201, with the secret of a confidential one, shown this once.
///
/// # Errors
/// 403 below level 0, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Body(request): Body<Request>,
) -> Result<(StatusCode, [(HeaderName, &'static str); 1], Json<WithSecret>), Problem> {
    let Request { client_id, name, kind } = request;
    let mut act = caller.act(&app).await?;
    let (client, secret) = admin::clients::create(&mut act, &New { client_id, name, kind }).await?;
    act.commit().await?;
    let made = WithSecret::of(client, secret.as_ref());
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(made)))
}
