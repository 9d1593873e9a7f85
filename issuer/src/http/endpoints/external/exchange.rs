//! `POST /v1/login/exchange`: a one-time code for tokens.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{answer, page, session_of};
use crate::app::App;
use crate::external::exchange::{Finisher, exchange};
use crate::http::endpoints::log_in::check_client;
use crate::http::extract::{Body, ClientAddress, MainCaller, Transport};
use crate::http::tokens::{self, WantedTransport};
use crate::limits;
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The code that came to `next`.
    code: Secret,
    /// The secret that `code_challenge` is the hash of.
    code_verifier: Secret,
    /// What the client calls itself, for the list of sessions.
    client: Option<String>,
    /// Also answer with a micro token for this service.
    service: Option<String>,
    transport: Option<WantedTransport>,
}

/// Logs in: 201 `Tokens`, or 200 where a second factor is to be shown. Where the code is of a link
/// that was asked for, 200 with the identity.
///
/// # Errors
/// 422 `code_invalid` where the code is not this client's, on this page, within a minute, for the
/// first time; 403 and 409 by the rules of linking.
pub async fn handle(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    caller: Result<MainCaller, Problem>,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let transport = Transport::wanted(&app, &method, &headers, request.transport)?;
    tokens::check_service(request.service.as_ref())?;
    check_client(request.client.as_deref().unwrap_or_default())?;
    let from = address.address;
    let origin = address.origin(request.client);
    let finisher = Finisher { origin, ..session_of(caller, &headers)? };
    let work = exchange(&app, &request.code, &request.code_verifier, page(&headers), finisher);
    let finished = limits::try_code(&app, from, work).await?;
    answer(&app, finished, transport, request.service).await
}
