//! `POST /v1/admin/services/{service}/provider-secret`: make a new secret for requests to its
//! permission provider.

use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::admin;
use crate::app::App;
use crate::events::hooks::OVERLAP;
use crate::http::extract::{AdminCaller, Body, Path, ServiceName};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// How long the secret before also signs, in seconds; absent: a day.
    #[schemars(range(min = 0, max = 604_800))]
    overlap: Option<i64>,
}

/// The new secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// What checks signatures, `whsec_` and base64; shown this once.
    secret: String,
}

/// Makes a new secret: 200 with it, shown this once. Until the overlap is over, requests carry two
/// signatures.
///
/// # Errors
/// 404, 403 below level 0, 422 for a time that is too long.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(name)): Path<ServiceName>,
    Body(request): Body<Request>,
) -> Result<([(HeaderName, &'static str); 1], Json<Answer>), Problem> {
    let overlap = request.overlap.unwrap_or(OVERLAP);
    let mut act = caller.act(&app).await?;
    let secret = admin::services::rotate_provider_secret(&mut act, &name, overlap).await?;
    act.commit().await?;
    let secret = secret.reveal().to_owned();
    Ok(([(CACHE_CONTROL, "no-store")], Json(Answer { secret })))
}
