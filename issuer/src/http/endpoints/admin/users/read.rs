//! `GET /v1/admin/users/{user}`: one user.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{UserItem, existing};
use crate::app::App;
use crate::db::{directory, roles};
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// A user, with what lists leave out.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    #[serde(flatten)]
    user: UserItem,
    /// The strongest level among their global roles; absent where they have none.
    level: Option<i64>,
    /// When their data was removed for good, Unix seconds.
    erased_at: Option<i64>,
}

/// Reads a user, whether or not they may be acted on.
///
/// # Errors
/// 404 where there is no such user.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<Json<Answer>, Problem> {
    let mut connection = app.db.read().await?;
    let found = existing(&mut connection, user).await?;
    Ok(Json(Answer {
        user: UserItem::of(found),
        level: roles::level_of(&mut connection, user).await?,
        erased_at: directory::erased_at(&mut connection, user).await?,
    }))
}
