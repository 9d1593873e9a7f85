//! `POST /v1/sessions`: log in.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::{LogIn, log_in};
use crate::app::App;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::http::cookie;
use crate::http::endpoints::factors::ask;
use crate::http::extract::{AnonymousHolder, Body, ClientAddress, ServiceName, Transport, merging};
use crate::http::tokens::{self, WantedTransport};
use crate::limits::log_in::{Whence, remember_device};
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;
use crate::session::Entered;

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
    #[schemars(with = "Option<ServiceName>")]
    service: Option<String>,
    transport: Option<WantedTransport>,
}

/// Starts a session: 201 `Tokens`, or 200 where a second factor is to be shown. An anonymous holder
/// who shows their main token is merged into the account.
///
/// # Errors
/// 401 `credentials_invalid` for an unknown user and for a wrong password alike, 429 after too many
/// failures.
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
    let credentials = LogIn { login: request.login, password: request.password };
    let from = Whence { address: address.address, device: cookie::device(&app, &headers) };
    let origin = address.origin(request.client);
    let holder = merging(holder)?;
    let (user, session) = match log_in(&app, &credentials, &from, holder.as_ref(), origin).await? {
        Entered::In(user, session) => (user, session),
        Entered::Waits(waiting) => return Ok(ask(waiting)),
    };
    let browser = (transport, from.address, &headers);
    let_in(&app, (&user, &session), request.service, browser).await
}

/// The answer to whoever is in: 201 `Tokens`, with the cookie by which their browser is known from now
/// on, so that guesses from elsewhere do not slow them. A client that keeps its main token itself is
/// not expected to keep cookies.
///
/// # Errors
/// The micro token that was asked for can't be made, or the database failed.
pub(super) async fn let_in(
    app: &App,
    (user, session): (&User, &Session),
    service: Option<String>,
    (transport, address, headers): (Transport, Option<IpAddr>, &HeaderMap),
) -> Result<Response, Problem> {
    let status = StatusCode::CREATED;
    let mut answer = tokens::answer(app, status, user, session, transport, service).await?;
    if transport == Transport::Cookie {
        let from = Whence { address, device: cookie::device(app, headers) };
        let mut tx = app.db.write().await?;
        let device = remember_device(app, &mut tx, user.id, &from).await?;
        tx.commit().await?;
        answer.headers_mut().append(SET_COOKIE, cookie::store_device(app, &device)?);
    }
    Ok(answer)
}

/// That a client may call itself this.
///
/// # Errors
/// It is too long, or holds control characters.
pub(super) fn check_client(client: &str) -> Result<(), Problem> {
    if client.len() > MAX_CLIENT {
        let detail = format!("at most {MAX_CLIENT} bytes");
        return Err(Problem::field("client", FieldCode::TooLong, detail));
    }
    if client.chars().any(char::is_control) {
        return Err(Problem::field("client", FieldCode::Malformed, "no control characters"));
    }
    Ok(())
}
