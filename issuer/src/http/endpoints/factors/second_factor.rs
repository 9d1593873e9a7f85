//! `POST /v1/sessions/second-factor`: the second step of a log-in.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{missing, proof};
use crate::app::App;
use crate::factors::{Second, finish};
use crate::http::endpoints::log_in::let_in;
use crate::http::extract::{Body, ClientAddress, ServiceName, Transport};
use crate::http::tokens::{self, WantedTransport};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::webauthn::AuthenticationResponse;

/// What is sent: the id, and one of what `methods` named.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// That of the first step's answer.
    id: Secret,
    /// What the authenticator app shows.
    totp: Option<Secret>,
    /// One of the backup codes.
    backup_code: Option<Secret>,
    /// What a passkey signed, which `POST /v1/sessions/second-factor/passkey` asked for.
    passkey: Option<AuthenticationResponse>,
    /// Also answer with a micro token for this service.
    #[schemars(with = "Option<ServiceName>")]
    service: Option<String>,
    transport: Option<WantedTransport>,
}

/// Logs in: 201 `Tokens`.
///
/// # Errors
/// 401 `credentials_invalid` for what is not good, five times at most; 422 `code_invalid` where no
/// log-in waits by this id any more; 429 after too many failures of the account.
pub async fn handle(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let transport = Transport::wanted(&app, &method, &headers, request.transport)?;
    tokens::check_service(request.service.as_ref())?;
    let shown = proof(request.totp, request.backup_code, request.passkey)?;
    let proof = shown.ok_or_else(|| missing(&["totp", "backup_code", "passkey"]))?;
    let from = address.address;
    let second = Second { id: request.id, proof, origin: address.origin(None) };
    let (user, session) = finish(&app, second).await?;
    let_in(&app, (&user, &session), request.service, (transport, from, &headers)).await
}
