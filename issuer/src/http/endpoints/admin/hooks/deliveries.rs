//! `GET /v1/admin/hooks/{hook}/deliveries`: what is on its way to an endpoint, was taken, or was
//! given up.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::db::deliveries::{self, Delivery, Filter, State as Progress};
use crate::events::hooks;
use crate::http::extract::{AdminCaller, EndpointName, Path, Query};
use crate::http::page::{ByAge, Page, Paged, by_age};
use crate::problem::Problem;

/// Which deliveries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
    /// Only those that have got this far.
    state: Option<Progress>,
}

/// A delivery.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryItem {
    /// Id of the event: `webhook-id` of every attempt.
    pub(crate) event: String,
    /// Its name.
    pub(crate) name: String,
    /// What it is in order with, such as `user:<uuid>`.
    stream: String,
    pub(crate) state: Progress,
    /// How often it was tried.
    pub(crate) attempts: i64,
    /// When it is tried next, unless another of its stream goes before it; Unix seconds.
    due_at: i64,
    /// When it is given up, Unix seconds.
    give_up_at: i64,
    /// HTTP status of the last answer.
    status: Option<i64>,
    /// What became of the last attempt that failed.
    pub(crate) error: Option<String>,
    /// When the event happened, Unix seconds.
    created_at: i64,
    /// When it was delivered or given up, Unix seconds.
    ended_at: Option<i64>,
}

/// Lists deliveries, youngest first.
///
/// # Errors
/// 404 where there is no such endpoint, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(EndpointName(endpoint)): Path<EndpointName>,
    Query(which): Query<Which>,
) -> Result<Json<Paged<DeliveryItem>>, Problem> {
    let Page { limit, after } = Page::<ByAge>::of(which.limit, which.cursor.as_deref())?;
    let filter = Filter { endpoint, state: which.state };
    let mut connection = app.db.read().await?;
    hooks::exists(&app, &mut connection, endpoint).await?;
    let found = deliveries::list(&mut connection, filter, after.as_ref(), limit.to_read()).await?;
    let cursor = |last: &Delivery| by_age(last.created_at, last.event);
    Ok(Json(Paged::of(found, limit, cursor, DeliveryItem::of)))
}

impl DeliveryItem {
    /// The delivery as it is shown.
    #[must_use]
    pub fn of(delivery: Delivery) -> Self {
        Self {
            event: delivery.event.to_string(),
            name: delivery.name,
            stream: delivery.stream,
            state: delivery.state,
            attempts: delivery.attempts,
            due_at: delivery.due_at,
            give_up_at: delivery.give_up_at,
            status: delivery.status,
            error: delivery.error,
            created_at: delivery.created_at,
            ended_at: delivery.ended_at,
        }
    }
}
