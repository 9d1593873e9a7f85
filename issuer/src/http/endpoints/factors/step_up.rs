//! `POST /v1/sessions/current/step-up`: prove anew who holds the session.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{missing, proof};
use crate::app::App;
use crate::factors::{Shown, step_up};
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session;
use crate::webauthn::AuthenticationResponse;

/// What is sent: the password, a factor, or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Enough by itself where the account has no second factor.
    password: Option<Secret>,
    /// What the authenticator app shows.
    totp: Option<Secret>,
    /// One of the backup codes.
    backup_code: Option<Secret>,
    /// What a passkey signed, which `POST /v1/sessions/current/step-up/passkey` asked for.
    passkey: Option<AuthenticationResponse>,
}

/// What the session says from now on; micro tokens say it when they are minted next.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// Now, in Unix seconds.
    auth_time: i64,
    /// What was shown in this session (RFC 8176).
    amr: Vec<String>,
    /// `aal1`, or `aal2` where that is more than one factor.
    acr: Option<&'static str>,
}

/// Refreshes `auth_time` and `amr` of the session.
///
/// # Errors
/// 401 `credentials_invalid`, or `second_factor_required` where the account has a factor and the
/// password came alone; 429 after too many failures of the account.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<Json<Answer>, Problem> {
    let factor = proof(request.totp, request.backup_code, request.passkey)?;
    let shown = Shown { password: request.password, factor };
    if shown.password.is_none() && shown.factor.is_none() {
        return Err(missing(&["password", "totp", "backup_code", "passkey"]));
    }
    let session = step_up(&app, &caller.user, &caller.session, &shown).await?;
    let acr = session::acr(&session.amr);
    Ok(Json(Answer { auth_time: session.auth_time, amr: session.amr, acr }))
}
