//! `POST /v1/users`: register.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::accounts::Sent;
use crate::accounts::{Email, Registered, Registration, Username, register};
use crate::app::App;
use crate::http::extract::{AnonymousHolder, Body, ClientAddress, ServiceName, Transport};
use crate::http::tokens::{self, WantedTransport};
use crate::limits::{self, Key, Limited};
use crate::mail::PROOF_LIFETIME;
use crate::problem::Problem;
use crate::secret::Secret;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[schemars(with = "Username")]
    username: String,
    #[schemars(with = "Email")]
    email: String,
    #[schemars(length(min = 8, max = 256))]
    password: Secret,
    /// Also answer with a micro token for this service.
    #[schemars(with = "Option<ServiceName>")]
    service: Option<String>,
    transport: Option<WantedTransport>,
    /// A single-use code that gives a role.
    invitation: Option<Secret>,
}

/// Makes an account and its first session: 201 `Tokens`. With mail, 202 whatever there is about the
/// e-mail, and a mail to it. With an anonymous holder's main token the account keeps their id.
///
/// # Errors
/// 422 for fields and weak passwords, 409 for a name that is taken, without mail also for an e-mail.
pub async fn handle(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    address: ClientAddress,
    holder: AnonymousHolder,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let transport = Transport::wanted(&app, &method, &headers, request.transport)?;
    tokens::check_service(request.service.as_ref())?;
    let registration = Registration {
        username: request.username,
        email: request.email,
        password: request.password,
        invitation: request.invitation,
    };
    limits::take_now(&app, &[(Limited::Registration, Key::address(address.address))]).await?;
    let holder = holder.session()?;
    match register(&app, &registration, holder, address.origin(None)).await? {
        Registered::Now(user, session) => {
            let service = request.service;
            tokens::answer(&app, StatusCode::CREATED, &user, &session, transport, service).await
        }
        Registered::Waiting => {
            let sent = Sent { expires_in: PROOF_LIFETIME };
            Ok((StatusCode::ACCEPTED, Json(sent)).into_response())
        }
    }
}
