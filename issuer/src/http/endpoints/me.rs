//! `GET /v1/me`: the caller's profile.

use axum::Json;

use crate::http::extract::MainCaller;
use crate::http::tokens::UserView;

/// The caller's own account.
pub async fn handle(caller: MainCaller) -> Json<UserView> {
    Json(UserView::of(&caller.user))
}
