//! `POST /v1/sessions`: log in.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::{LogIn, log_in};
use crate::app::App;
use crate::http::extract::{Body, ClientAddress, Transport, refuse_foreign_origin};
use crate::http::tokens::{self, WantedTransport};
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;

/// Longest name a client may give itself, in bytes.
const MAX_CLIENT: usize = 128;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Name or e-mail.
    login: String,
    password: Secret,
    /// What the client calls itself, for the list of sessions.
    client: Option<String>,
    /// Also answer with a micro token for this service.
    service: Option<String>,
    transport: Option<WantedTransport>,
}

/// Starts a session: 201 `Tokens`.
///
/// # Errors
/// 401 `credentials_invalid` for an unknown user and for a wrong password alike.
pub async fn handle(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let transport = Transport::from(request.transport);
    if transport == Transport::Cookie {
        refuse_foreign_origin(&app, &method, &headers)?;
    }
    tokens::check_service(request.service.as_ref())?;
    check_client(request.client.as_deref().unwrap_or_default())?;
    let credentials = LogIn { login: request.login, password: request.password };
    let (user, session) = log_in(&app, &credentials, address.origin(request.client)).await?;
    tokens::answer(&app, StatusCode::CREATED, &user, &session, transport, request.service).await
}

fn check_client(client: &str) -> Result<(), Problem> {
    if client.len() > MAX_CLIENT {
        let detail = format!("at most {MAX_CLIENT} bytes");
        return Err(Problem::field("client", FieldCode::TooLong, detail));
    }
    if client.chars().any(char::is_control) {
        return Err(Problem::field("client", FieldCode::Malformed, "no control characters"));
    }
    Ok(())
}
