//! `POST /v1/admin/keys/rotate`: publish the next key, or let it sign at once.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Body};
use crate::keys::{Algorithm, Rotated};
use crate::problem::{FieldCode, Problem};

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `RS256`, `PS256`, `ES256` or `EdDSA`; absent: the issuer's.
    algorithm: Option<String>,
    /// Let the next key sign at once, and say what that costs.
    #[serde(default)]
    now: bool,
}

/// Publishes the next key, which signs when every verifier knows it; where one waits already, that.
/// With `now` it signs at once.
///
/// # Errors
/// 403 below level 0, 409 where too many keys are published, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Body(request): Body<Request>,
) -> Result<Json<Rotated>, Problem> {
    let algorithm = match &request.algorithm {
        Some(name) => Algorithm::from_name(name).ok_or_else(|| {
            let detail = format!("choose {}", Algorithm::NAMES);
            Problem::field("algorithm", FieldCode::NotAllowed, detail)
        })?,
        None => app.settings.signing_algorithm,
    };
    Ok(Json(admin::keys::rotate(caller.act(&app).await?, algorithm, request.now).await?))
}
