//! `GET /livez` and `GET /readyz`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::db;
use crate::problem::Problem;

/// The process runs.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Requests can be served: the database answers.
///
/// # Errors
/// 503 where it does not.
pub async fn ready(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let mut connection = app.db.read().await?;
    db::keys::list(&mut connection).await?;
    Ok(Json(json!({ "status": "ok" })))
}
