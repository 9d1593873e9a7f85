//! `POST /v1/me/factors/totp/confirm`: the first code of an authenticator app.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Codes;
use crate::app::App;
use crate::factors::authenticator;
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What the app shows now.
    code: Secret,
}

/// Makes the app a second factor: 200, with backup codes where it is the first. This session has
/// shown it.
///
/// # Errors
/// 422 where it is no code of the app, 409 where no app waits for one, 401 `second_factor_required` where
/// there is a factor by now that this session has not shown.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<Json<Codes>, Problem> {
    let codes = authenticator::confirm(&app, &caller.session, &request.code).await?;
    Ok(Json(Codes::of(codes)))
}
