//! `POST /v1/login/{provider}/finish`: the provider's answer, brought by a client without a browser.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ProviderName, answer, session_of};
use crate::app::App;
use crate::external::answer::Parameters;
use crate::external::exchange::{Finisher, finish};
use crate::http::endpoints::log_in::check_client;
use crate::http::extract::{Body, ClientAddress, MainCaller, Path, Transport};
use crate::http::tokens::{self, WantedTransport};
use crate::limits;
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent: the parameters of the provider's answer, and nothing else of it. A token of the
/// provider is never taken: it may have been made for anybody.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    code: Secret,
    state: Secret,
    /// Who answers (RFC 9207), where the provider says so.
    iss: Option<String>,
    /// What the client calls itself, for the list of sessions.
    client: Option<String>,
    /// Also answer with a micro token for this service.
    service: Option<String>,
    transport: Option<WantedTransport>,
}

/// Logs in: 201 `Tokens`, or 200 where a second factor is to be shown. Where the state is of a link
/// that was asked for, 200 with the identity.
///
/// # Errors
/// 422 `code_invalid` where this session began nothing with this state within ten minutes, 502
/// `provider_failed`, 403 and 409 by the rules of linking.
pub async fn handle(
    State(app): State<App>,
    Path(ProviderName(name)): Path<ProviderName>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    caller: Result<MainCaller, Problem>,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let known = app.providers.get(&name)?;
    let transport = Transport::wanted(&app, &method, &headers, request.transport)?;
    tokens::check_service(request.service.as_ref())?;
    check_client(request.client.as_deref().unwrap_or_default())?;
    let from = address.address;
    let origin = address.origin(request.client);
    let finisher = Finisher { origin, ..session_of(caller, &headers)? };
    let said = Parameters { code: Some(request.code), error: None, iss: request.iss };
    let work = finish(&app, known, &request.state, said, finisher);
    let finished = limits::try_code(&app, from, work).await?;
    answer(&app, finished, transport, request.service).await
}
