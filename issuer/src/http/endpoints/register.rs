//! `POST /v1/users`: register.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::{Registration, register};
use crate::app::App;
use crate::http::extract::{Body, ClientAddress, Transport, refuse_foreign_origin};
use crate::http::tokens::{self, WantedTransport};
use crate::limits::{self, Key, Limited};
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    username: String,
    email: String,
    password: Secret,
    /// Also answer with a micro token for this service.
    service: Option<String>,
    transport: Option<WantedTransport>,
    /// A single-use code that gives a role.
    invitation: Option<Secret>,
}

/// Makes an account and its first session: 201 `Tokens`.
///
/// # Errors
/// 422 for fields and weak passwords, 409 for a name or e-mail that is taken.
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
    let registration = Registration {
        username: request.username,
        email: request.email,
        password: request.password,
        invitation: request.invitation,
    };
    limits::take_now(&app, &[(Limited::Registration, Key::address(address.address))]).await?;
    let (user, session) = register(&app, &registration, address.origin(None)).await?;
    tokens::answer(&app, StatusCode::CREATED, &user, &session, transport, request.service).await
}
