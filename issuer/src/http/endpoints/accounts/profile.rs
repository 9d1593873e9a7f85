//! `GET /v1/users/{username}`: a profile that anybody may read.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use laika_claims::IssuerCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::public_profile;
use crate::app::App;
use crate::problem::Problem;

/// A profile. Its texts are plain text, not markup.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Profile {
    id: String,
    username: String,
    description: Option<String>,
    avatar_url: Option<String>,
}

/// The profile of a user who allows it.
///
/// # Errors
/// 404, whether there is no such user or their profile is their own.
pub async fn handle(
    State(app): State<App>,
    username: Result<Path<String>, PathRejection>,
) -> Result<Json<Profile>, Problem> {
    let Ok(Path(username)) = username else { return Err(no_profile()) };
    let user = public_profile(&app, &username).await?.ok_or_else(no_profile)?;
    Ok(Json(Profile {
        id: user.id.to_string(),
        username: user.username.unwrap_or_default(),
        description: user.description,
        avatar_url: user.avatar_url,
    }))
}

fn no_profile() -> Problem {
    Problem::issuer(IssuerCode::NotFound, "no such user, or the profile is not public")
}
