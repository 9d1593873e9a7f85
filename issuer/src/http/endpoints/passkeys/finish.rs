//! `POST /v1/sessions/passkey/finish`: sign in by a passkey.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::App;
use crate::factors::passkeys::{SignIn, finish};
use crate::http::endpoints::log_in::{check_client, let_in};
use crate::http::extract::{AnonymousHolder, Body, ClientAddress, ServiceName, Transport, merging};
use crate::http::tokens::{self, WantedTransport};
use crate::problem::Problem;
use crate::webauthn::AuthenticationResponse;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What `navigator.credentials.get()` gave, by `toJSON()`.
    credential: AuthenticationResponse,
    /// What the client calls itself, for the list of sessions.
    client: Option<String>,
    /// Also answer with a micro token for this service.
    #[schemars(with = "Option<ServiceName>")]
    service: Option<String>,
    transport: Option<WantedTransport>,
}

/// Starts a session of whoever's passkey it is: 201 `Tokens`. An anonymous holder who shows their main
/// token is merged into the account.
///
/// # Errors
/// 401 `credentials_invalid` for an unknown passkey and a wrong signature alike, 422 `code_invalid` for
/// a challenge that was not made for a sign-in, was used or has expired.
pub async fn handle(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    holder: Result<AnonymousHolder, Problem>,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let transport = Transport::wanted(&app, &method, &headers, request.transport)?;
    tokens::check_service(request.service.as_ref())?;
    check_client(request.client.as_deref().unwrap_or_default())?;
    let from = address.address;
    let origin = address.origin(request.client);
    let sign_in = SignIn { response: request.credential, holder: merging(holder)?, origin };
    let (user, session) = finish(&app, sign_in).await?;
    let_in(&app, (&user, &session), request.service, (transport, from, &headers)).await
}
