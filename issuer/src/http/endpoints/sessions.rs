//! `GET /v1/sessions`: the caller's sessions.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::db::sessions::{self, Cursor, Session};
use crate::http::extract::{MainCaller, Query};
use crate::http::page::{Limit, Paged, bad_cursor};
use crate::problem::Problem;

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
}

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
    Query(page): Query<Page>,
) -> Result<Json<Paged<Item>>, Problem> {
    let limit = Limit::parse(page.limit)?;
    let after = page.cursor.as_deref().map(read_cursor).transpose()?;
    let mut connection = app.db.read().await?;
    let now = app.clock.now();
    let (user, current) = (caller.user.id, caller.session.id);
    let found =
        sessions::of_user(&mut connection, user, after.as_ref(), limit.to_read(), now).await?;
    Ok(Json(Paged::of(found, limit, write_cursor, |session| item(session, current))))
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

fn write_cursor(last: &Session) -> String {
    format!("{}.{}", last.created_at, last.id)
}

fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    text.split_once('.')
        .and_then(|(time, id)| Some((time.parse().ok()?, Uuid::parse_str(id).ok()?.to_string())))
        .ok_or_else(bad_cursor)
}
