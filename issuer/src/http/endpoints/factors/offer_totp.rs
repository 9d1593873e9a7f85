//! `POST /v1/me/factors/totp`: begin with an authenticator app.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::Password;
use crate::app::App;
use crate::factors::authenticator;
use crate::http::extract::{Body, MainCaller};
use crate::problem::Problem;

/// What the app is to take; shown this once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// In base32, to be typed.
    secret: String,
    /// `otpauth://totp/..`, for a link on the device that has the app.
    uri: String,
    /// That as a QR code, for an app on another device: an SVG image.
    qr_code: String,
}

/// Makes a secret; it is a factor when a code of it was sent to `/confirm`.
///
/// # Errors
/// 401 `authentication_too_old`, `credentials_invalid` or `second_factor_required`, 409 where there
/// is an app, 403 for an anonymous holder.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    body: Option<Body<Password>>,
) -> Result<Json<Answer>, Problem> {
    let password = body.and_then(|Body(request)| request.password);
    let (user, session) = (&caller.user, &caller.session);
    let offer = authenticator::offer(&app, user, session, password.as_ref()).await?;
    Ok(Json(Answer {
        secret: offer.secret.to_string(),
        uri: offer.uri.to_string(),
        qr_code: offer.image.to_string(),
    }))
}
