//! `GET /v1/sessions`: the caller's sessions.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::db::sessions::{self, Cursor, Session};
use crate::http::extract::{MainCaller, Query};
use crate::problem::{FieldCode, Problem};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 100;

/// Which page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// One page of sessions.
#[derive(Debug, Serialize)]
pub struct Sessions {
    items: Vec<Item>,
    /// Where the next page begins; `null` at the end.
    next_cursor: Option<String>,
}

/// A session; times in Unix seconds.
#[derive(Debug, Serialize)]
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
) -> Result<Json<Sessions>, Problem> {
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let detail = format!("choose 1 to {MAX_LIMIT}");
        return Err(Problem::field("limit", FieldCode::NotAllowed, detail));
    }
    let after = page.cursor.as_deref().map(read_cursor).transpose()?;
    let mut connection = app.db.read().await?;
    let now = app.clock.now();
    // One more than asked for tells whether there is a next page.
    let mut found =
        sessions::of_user(&mut connection, caller.user.id, after.as_ref(), limit + 1, now).await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    found.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(Json(Sessions {
        next_cursor: found.last().filter(|_| more).map(write_cursor),
        items: found.into_iter().map(|session| item(session, caller.session.id)).collect(),
    }))
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
        expires_at: session.expires_at,
    }
}

fn write_cursor(last: &Session) -> String {
    format!("{}.{}", last.created_at, last.id)
}

fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    text.split_once('.')
        .and_then(|(time, id)| Some((time.parse().ok()?, Uuid::parse_str(id).ok()?.to_string())))
        .ok_or_else(|| {
            let detail = "not a cursor of this list; take `next_cursor` as it is";
            Problem::field("cursor", FieldCode::Malformed, detail)
        })
}
