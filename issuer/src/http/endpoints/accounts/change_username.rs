//! `PUT /v1/me/username`: change the name, once.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::{Username, change_username};
use crate::app::App;
use crate::http::extract::{Body, MainCaller};
use crate::http::tokens::UserView;
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[schemars(with = "Username")]
    username: String,
}

/// The account as it is since; tokens have the new name from the next minting on.
///
/// # Errors
/// 409 `username_already_changed`, or `already_registered` for a name that is taken.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<Json<UserView>, Problem> {
    let user = change_username(&app, &caller.session, &request.username).await?;
    Ok(Json(UserView::of(&user)))
}
