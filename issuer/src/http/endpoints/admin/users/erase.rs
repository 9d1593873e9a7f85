//! `POST /v1/admin/users/{user}/erase`: remove what is known of a person.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Removes name, e-mail and everything else about a person for good: 204. The id stays, and what
/// the audit log says of it.
///
/// # Errors
/// 404, 410 where it was done before, 403 for one that is not weaker, 409 for the last
/// administrator.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::users::erase(&mut act, user).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
