//! `POST /oauth2/revoke`: end the session of a main token (RFC 7009).

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;

use crate::app::App;
use crate::http::oauth::OAuthRequest;
use crate::oauth2::{OAuthError, inspect};

/// What is sent.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the form; its parameters are read one by one")]
pub struct Request {
    /// A main token.
    token: String,
    token_type_hint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// Ends the session: 200, also for a token that counts for nothing.
///
/// # Errors
/// `unsupported_token_type` for a micro token.
pub async fn handle(
    State(app): State<App>,
    request: OAuthRequest,
) -> Result<StatusCode, OAuthError> {
    inspect::revoke(&app, &request.parameters).await?;
    Ok(StatusCode::OK)
}
