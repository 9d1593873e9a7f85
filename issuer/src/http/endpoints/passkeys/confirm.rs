//! `POST /v1/me/passkeys/confirm`: what an authenticator made.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::Item;
use crate::app::App;
use crate::factors::passkeys::{Enrolled, Name, confirm};
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;
use crate::webauthn::RegistrationResponse;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What its owner calls it; `passkey` where nothing is said.
    name: Option<String>,
    /// What `navigator.credentials.create()` gave, by `toJSON()`.
    credential: RegistrationResponse,
}

/// The passkey, and backup codes, shown this once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    passkey: Item,
    /// Ten codes, each good once; absent where there were codes before, which go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_codes: Option<Vec<String>>,
}

/// Makes it a passkey of the account, and this session one that has shown it: 201.
///
/// # Errors
/// 422 where it is none, or not for the challenge of this session; 409 where it is somebody's already;
/// 401 `second_factor_required` where there is a factor by now that this session has not shown.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let name = request.name.as_deref().map(Name::parse).transpose()?.unwrap_or_default();
    let enrolled = confirm(&app, &caller.session, &name, &request.credential).await?;
    let Enrolled { passkey, backup_codes } = enrolled;
    let backup_codes = backup_codes.map(|codes| codes.reveal());
    Ok((StatusCode::CREATED, Json(Answer { passkey: Item::of(passkey), backup_codes })))
}
