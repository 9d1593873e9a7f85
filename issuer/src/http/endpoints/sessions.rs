//! `GET /v1/sessions`: the caller's sessions.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::app::App;
use crate::db::sessions::{self, Session};
use crate::http::extract::MainCaller;
use crate::http::page::{ByAge, Page, Paged, by_age};
use crate::problem::Problem;

/// A session; times in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    id: String,
    /// Whether it is the one this call was made in.
    current: bool,
    client: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

/// Lists sessions that go on, youngest first.
///
/// # Errors
/// 401 where the main token does not hold, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Page { limit, after }: Page<ByAge>,
) -> Result<Json<Paged<Item>>, Problem> {
    let mut connection = app.db.read().await?;
    let now = app.clock.now();
    let (user, current) = (caller.user.id, caller.session.id);
    let found =
        sessions::of_user(&mut connection, user, after.as_ref(), limit.to_read(), now).await?;
    let cursor = |last: &Session| by_age(last.created_at, last.id);
    Ok(Json(Paged::of(found, limit, cursor, |session| item(session, current))))
}

fn item(session: Session, current: Uuid) -> Item {
    Item {
        current: session.id == current,
        id: session.id.to_string(),
        client: session.origin.client,
        address: session.origin.address,
        user_agent: session.origin.user_agent,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.ends_at.map_or(session.expires_at, |at| at.min(session.expires_at)),
    }
}
