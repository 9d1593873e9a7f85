//! `POST /v1/admin/hooks/{hook}/secret`: make a new secret.

use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use schemars::JsonSchema;
use serde::Deserialize;

use super::WithSecret;
use crate::app::App;
use crate::events::hooks::{self, OVERLAP};
use crate::http::extract::{AdminCaller, Body, Id, Path};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// How long the secret before also signs, in seconds; absent: a day.
    #[schemars(range(min = 0, max = 604_800))]
    overlap: Option<i64>,
}

/// Makes a new secret: 200 with it, shown this once. Until the overlap is over, requests carry two
/// signatures.
///
/// # Errors
/// 404, 403 below level 0, 422 for a time that is too long.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(id)): Path<Id>,
    Body(request): Body<Request>,
) -> Result<([(HeaderName, &'static str); 1], Json<WithSecret>), Problem> {
    let overlap = request.overlap.unwrap_or(OVERLAP);
    let mut act = caller.act(&app).await?;
    let (hook, secret) = hooks::rotate_secret(&mut act, id, overlap).await?;
    act.commit().await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(WithSecret::of(hook, &secret))))
}
