//! `POST /v1/email/verify`: prove an e-mail with the code of a mail.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::{Proved, verify_email};
use crate::app::App;
use crate::http::extract::{Body, ClientAddress, ServiceName, Transport};
use crate::http::tokens::{self, WantedTransport};
use crate::limits;
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The code of the mail.
    #[schemars(regex(pattern = "^laika_mail_[A-Za-z0-9_-]{32}$"))]
    code: Secret,
    transport: Option<WantedTransport>,
    /// Also answer with a micro token for this service.
    #[schemars(with = "Option<ServiceName>")]
    service: Option<String>,
}

/// Completes a registration: 201 `Tokens`; or gives an account that exists another e-mail: 204. The
/// latter never logs in: whoever reads a mail has shown neither password nor second factor.
///
/// # Errors
/// 422 `code_invalid`, 429 after too many of those; 409 where the name was taken meanwhile.
pub async fn handle(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let transport = Transport::wanted(&app, &method, &headers, request.transport)?;
    tokens::check_service(request.service.as_ref())?;
    let from = address.address;
    let proving = verify_email(&app, &request.code, address.origin(None));
    match limits::try_code(&app, from, proving).await? {
        Proved::Registered(user, session) => {
            let service = request.service;
            tokens::answer(&app, StatusCode::CREATED, &user, &session, transport, service).await
        }
        Proved::Changed => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}
