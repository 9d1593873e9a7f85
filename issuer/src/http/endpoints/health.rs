//! `GET /livez` and `GET /readyz`.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::db;
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

/// Requests can be served: the database answers.
///
/// # Errors
/// 503 where it does not.
pub async fn ready(State(app): State<App>) -> Result<Json<Health>, Problem> {
    let mut connection = app.db.read().await?;
    db::keys::list(&mut connection).await?;
    Ok(Json(WELL))
}
