//! `POST /v1/admin/keys/{kid}/revoke`: take a key back.

use axum::Json;
use axum::extract::State;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, KeyName, Path};
use crate::keys::Revoked;
use crate::problem::Problem;

/// Takes a key back: it is in no key set any more, and the answer says what becomes of its tokens.
/// Where it was the one that signs, another signs at once.
///
/// # Errors
/// 404, 403 below level 0, 409 where it was revoked before.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(KeyName(kid)): Path<KeyName>,
) -> Result<Json<Revoked>, Problem> {
    Ok(Json(admin::keys::revoke(caller.act(&app).await?, &kid).await?))
}
