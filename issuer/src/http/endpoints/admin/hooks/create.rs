//! `POST /v1/admin/hooks`: make an endpoint of events.

use axum::Json;
use axum::extract::State;
use http::header::CACHE_CONTROL;
use http::{HeaderName, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::WithSecret;
use crate::app::App;
use crate::events::{EventName, hooks};
use crate::http::extract::{AdminCaller, Body};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Where requests go: `https`, to an address that is public or listed.
    url: String,
    /// What it is for, in words.
    description: Option<String>,
    /// What it is told; absent: every event, also those there will be.
    events: Option<Vec<EventName>>,
}

/// Makes an endpoint: 201, with the secret that signs, shown this once.
///
/// # Errors
/// 403 below level 0, 409 where there are too many, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Body(request): Body<Request>,
) -> Result<(StatusCode, [(HeaderName, &'static str); 1], Json<WithSecret>), Problem> {
    let Request { url, description, events } = request;
    let mut act = caller.act(&app).await?;
    let (hook, secret) = hooks::create(&mut act, &url, description, events).await?;
    act.commit().await?;
    let made = WithSecret::of(hook, &secret);
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(made)))
}
