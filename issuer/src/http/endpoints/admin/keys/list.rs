//! `GET /v1/admin/keys`: list signing keys.

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::db::keys::{self, StoredKey};
use crate::http::extract::AdminCaller;
use crate::http::page::{Order, Page, Paged, bad_cursor, by_age, searchable};
use crate::keys::KeyView;
use crate::problem::Problem;

/// By age, oldest first, and by name where that is the same.
pub enum OldestFirst {}

impl Order for OldestFirst {
    type After = (i64, String);

    fn start() -> Self::After {
        (i64::MIN, String::new())
    }

    fn read(cursor: &str) -> Result<Self::After, Problem> {
        searchable("cursor", Some(cursor))?;
        let (at, kid) = cursor.split_once('.').ok_or_else(bad_cursor)?;
        Ok((at.parse().map_err(|_| bad_cursor())?, kid.to_owned()))
    }
}

/// Lists signing keys, oldest first, those that were revoked among them.
///
/// # Errors
/// 401 and 403 for whoever is no administrator of level 0, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Page { limit, after }: Page<OldestFirst>,
) -> Result<Json<Paged<KeyView>>, Problem> {
    caller.must_be_strongest()?;
    let mut connection = app.db.read().await?;
    let after = (after.0, after.1.as_str());
    let found = keys::page(&mut connection, after, limit.to_read()).await?;
    let cursor = |last: &StoredKey| by_age(last.created_at, &last.kid);
    Ok(Json(Paged::of(found, limit, cursor, |key| KeyView::of(&app, &key))))
}
