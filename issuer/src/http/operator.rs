//! What is served on `metrics_listen`, where only operators come: metrics and health.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;

use super::endpoints::health;
use super::layers;
use crate::app::App;
use crate::metrics::MEDIA_TYPE;
use crate::problem::Problem;

/// `GET /metrics`, `/livez` and `/readyz`.
pub fn router(app: App) -> Router {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready));
    layers::around(router, &app).with_state(app)
}

async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let text = app.metrics.text(&app).await.map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}
