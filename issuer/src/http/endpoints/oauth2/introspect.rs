//! `POST /oauth2/introspect`: whether a token counts (RFC 7662).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::App;
use crate::http::oauth::{OAuthRequest, answer};
use crate::mint::template::INTROSPECTED;
use crate::oauth2::{OAuthError, inspect};

/// What is sent.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the form; its parameters are read one by one")]
pub struct Request {
    token: String,
    token_type_hint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// Whether the token counts, and if so what it says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// The claims of the token.
    #[serde(flatten)]
    claims: &'a Map<String, Value>,
}

/// Says what a service account may know of a token.
///
/// # Errors
/// 401 for who is no service account.
pub async fn handle(State(app): State<App>, request: OAuthRequest) -> Result<Response, OAuthError> {
    let claims = inspect::introspect(&app, &request.asker, &request.parameters).await?;
    let active = claims.is_some();
    let token_type = active.then_some("Bearer");
    let mut claims = claims.unwrap_or_default();
    // Tokens of before these names were the issuer's may have them; no member is there twice.
    if INTROSPECTED.iter().any(|name| claims.contains_key(*name)) {
        Arc::make_mut(&mut claims).retain(|name, _| !INTROSPECTED.contains(&name.as_str()));
    }
    Ok(answer(Answer { active, token_type, claims: &claims }))
}
