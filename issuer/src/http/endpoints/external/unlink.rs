//! `DELETE /v1/me/identities/{id}`: take a log-in at a provider off the account.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::App;
use crate::external::identities::unlink;
use crate::http::extract::{Body, Id, MainCaller, Path};
use crate::problem::Problem;
use crate::secret::Secret;

/// What may be sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Needed where the last log-in is more than 15 minutes ago.
    password: Option<Secret>,
}

/// 204: it opens the account no more.
///
/// # Errors
/// 401 `authentication_too_old` or `credentials_invalid`, 404 where it is none of theirs, 409 for the
/// last way in.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Path(Id(id)): Path<Id>,
    body: Option<Body<Request>>,
) -> Result<StatusCode, Problem> {
    let password = body.and_then(|Body(request)| request.password);
    unlink(&app, &caller.user, &caller.session, id, password.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
