//! `POST /v1/admin/service-accounts/{account}/secret`: make a new secret.

use axum::Json;
use axum::extract::State;
use http::header::CACHE_CONTROL;
use schemars::JsonSchema;
use serde::Deserialize;

use super::NewSecret;
use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Body, Path, ServiceName};
use crate::oauth2::service_accounts::{MAX_OVERLAP, OVERLAP};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Seconds that the old secret still counts; absent: a day.
    #[schemars(range(min = 0, max = MAX_OVERLAP))]
    overlap: Option<i64>,
}

/// Makes a new secret: 200 with it, shown this once.
///
/// # Errors
/// 404, 403 where what the account holds may not be handed out, 422 for an overlap out of range.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(account)): Path<ServiceName>,
    Body(request): Body<Request>,
) -> Result<([(http::HeaderName, &'static str); 1], Json<NewSecret>), Problem> {
    let overlap = request.overlap.unwrap_or(OVERLAP);
    let mut act = caller.act(&app).await?;
    let secret = admin::service_accounts::rotate_secret(&mut act, &account, overlap).await?;
    act.commit().await?;
    let secret = NewSecret { secret: secret.reveal().to_owned() };
    Ok(([(CACHE_CONTROL, "no-store")], Json(secret)))
}
