//! `POST /v1/tokens/anonymous`: tokens without an account.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::micro_token::Answer;
use crate::app::App;
use crate::http::extract::{Body, ClientAddress, ServiceName, Transport};
use crate::http::tokens::{self, WantedTransport};
use crate::limits::{self, Key, Limited};
use crate::mint::anonymous;
use crate::problem::{FieldCode, Problem};

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The service the micro token is for; needed without `session`.
    #[schemars(with = "Option<ServiceName>")]
    service: Option<String>,
    /// Also begin a session, with a main token.
    #[serde(default)]
    session: bool,
    transport: Option<WantedTransport>,
}

/// A micro token: 200; or a session: 201 `Tokens`.
///
/// # Errors
/// 422 for what can't name a service, 429 where too many were asked for or wait for
/// their turn.
pub async fn handle(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let transport = Transport::wanted(&app, &method, &headers, request.transport)?;
    tokens::check_service(request.service.as_ref())?;
    if !request.session && request.service.is_none() {
        let detail = "name a service, or ask for a session";
        return Err(Problem::field("service", FieldCode::Missing, detail));
    }
    limits::take_now(&app, &[(Limited::Anonymous, Key::address(address.address))]).await?;
    anonymous::wait(&app, address.address).await?;
    match request.service {
        Some(service) if !request.session => {
            Ok(Json(Answer::of(anonymous::mint(&app, service).await?)).into_response())
        }
        service => {
            let (user, session) = anonymous::start(&app, address.origin(None)).await?;
            tokens::answer(&app, StatusCode::CREATED, &user, &session, transport, service).await
        }
    }
}
