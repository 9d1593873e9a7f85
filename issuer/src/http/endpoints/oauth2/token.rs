//! `POST /oauth2/token`: tokens by the standards (RFC 6749, RFC 8693).

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::http::oauth::{OAuthRequest, answer};
use crate::oauth2::exchange::{ACCESS_TOKEN, JWT};
use crate::oauth2::grants::GRANT_TYPES;
use crate::oauth2::{OAuthError, grants};

/// What is sent; which fields are needed depends on the grant.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the form; its parameters are read one by one")]
pub struct Request {
    /// `refresh_token`, `client_credentials` or
    /// `urn:ietf:params:oauth:grant-type:token-exchange`.
    #[schemars(extend("enum" = GRANT_TYPES))]
    grant_type: String,
    /// The service, by name or audience; may be there several times.
    resource: Option<Vec<String>>,
    /// The same, as token exchange calls it.
    audience: Option<Vec<String>>,
    /// Only these permissions, divided by spaces.
    scope: Option<String>,
    /// A main token.
    refresh_token: Option<String>,
    /// The token to exchange.
    subject_token: Option<String>,
    /// What kind of token that is.
    subject_token_type: Option<String>,
    /// What kind of token is wanted: an access token, which is what there is.
    #[schemars(extend("enum" = [ACCESS_TOKEN, JWT, null]))]
    requested_token_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// Tokens, as RFC 6749 section 5.1 has them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    /// The successor of the main token.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
}

/// Grants what is asked for.
///
/// # Errors
/// As RFC 6749 section 5.2 has it.
pub async fn handle(State(app): State<App>, request: OAuthRequest) -> Result<Response, OAuthError> {
    let granted = grants::grant(&app, &request.asker, &request.parameters).await?;
    Ok(answer(Answer {
        access_token: granted.access.token,
        token_type: "Bearer",
        expires_in: granted.access.expires_in,
        scope: granted.access.scope,
        refresh_token: granted.refresh,
        issued_token_type: granted.exchanged.then_some(ACCESS_TOKEN),
    }))
}
