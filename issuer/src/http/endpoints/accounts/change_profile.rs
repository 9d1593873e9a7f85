//! `PATCH /v1/me`: change the profile.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::accounts::{ProfileChange, change_profile};
use crate::app::App;
use crate::http::extract::{Body, MainCaller};
use crate::http::tokens::UserView;
use crate::problem::Problem;

/// What is sent; what is absent stays, what is `null` goes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Plain text without `<` and `>`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>", length(max = 500))]
    description: Option<Option<String>>,
    /// An `https` URL.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>", length(max = 2048))]
    avatar_url: Option<Option<String>>,
    /// Whether anybody may read the profile.
    public: Option<bool>,
}

/// The account as it is since.
///
/// # Errors
/// 422 for a field that is not acceptable.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<Json<UserView>, Problem> {
    let Request { description, avatar_url, public } = request;
    let change = ProfileChange { description, avatar_url, public };
    let user = change_profile(&app, &caller.session, change).await?;
    Ok(Json(UserView::of(&user)))
}

/// Tells `null` from what is absent.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}
