//! `PATCH /v1/me/passkeys/{passkey}`: give a passkey another name.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::list::Item;
use crate::app::App;
use crate::factors::passkeys::{Name, rename};
use crate::http::extract::{Body, Id, MainCaller, Path};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What its owner calls it, in 1 to 64 characters.
    name: String,
}

/// The passkey since.
///
/// # Errors
/// 404 where it is none of theirs, 422 for a name that can't be.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Path(Id(id)): Path<Id>,
    Body(request): Body<Request>,
) -> Result<Json<Item>, Problem> {
    let name = Name::parse(&request.name)?;
    Ok(Json(Item::of(rename(&app, &caller.session, id, &name).await?)))
}
