//! `GET /livez` and `GET /readyz`.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::problem::Problem;

/// How the service is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`; anything else is a problem.
    status: &'static str,
}

const WELL: Health = Health { status: "ok" };

/// The process runs.
pub async fn live() -> Json<Health> {
    Json(WELL)
}

/// Requests can be served: the database answers, its tables are those of this version, and the
/// service was not told to end.
///
/// # Errors
/// 503 where one of these is not so.
pub async fn ready(State(app): State<App>) -> Result<Json<Health>, Problem> {
    if app.ending.load(Ordering::Relaxed) {
        return Err(Problem::overloaded("told to end"));
    }
    app.readiness.check(&app).await?;
    Ok(Json(WELL))
}
