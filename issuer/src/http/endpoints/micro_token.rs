//! `POST /v1/tokens/micro`: a micro token.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::SET_COOKIE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::http::cookie;
use crate::http::extract::{Body, GrantName, MainCaller, ServiceName, Transport};
use crate::mint::grants::parse_wanted;
use crate::mint::target::{MAX_SERVICES, check_names};
use crate::mint::{Holder, MainToken, MicroRequest, MicroToken, main_token, micro_token};
use crate::problem::Problem;
use crate::session;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[schemars(with = "Vec<ServiceName>", length(min = 1, max = MAX_SERVICES))]
    services: Vec<String>,
    /// Only these permissions.
    #[schemars(with = "Option<Vec<GrantName>>")]
    permissions: Option<Vec<String>>,
}

/// A micro token; lifetimes in seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    micro_token: String,
    expires_in: i64,
    permissions: Vec<String>,
    /// The successor of the main token, where it was time for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    main_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_expires_in: Option<i64>,
}

impl Answer {
    /// The answer with a micro token alone.
    #[must_use]
    pub fn of(micro: MicroToken) -> Self {
        Self {
            micro_token: micro.token,
            expires_in: micro.expires_in,
            permissions: micro.permissions,
            main_token: None,
            main_expires_in: None,
        }
    }
}

/// Mints a micro token, and replaces a main token that has grown old.
///
/// # Errors
/// 401 where the main token does not hold, 403 for a permission that is not granted.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    check_names("services", &request.services)?;
    let narrow = request.permissions.as_deref().map(parse_wanted).transpose()?;
    let request = MicroRequest { services: request.services, narrow, ..MicroRequest::default() };
    let micro = micro_token::mint_for(&app, &Holder::Person(&caller.held), &request).await?;
    let transport = caller.proof.transport;
    let main = successor(&app, &caller).await?;
    let cookie = match (&main, transport) {
        (Some(main), Transport::Cookie) => Some((SET_COOKIE, cookie::store(&app, main)?)),
        _ => None,
    };
    let answer = Answer {
        main_expires_in: main.as_ref().map(|main| main.expires_in),
        main_token: main.filter(|_| transport == Transport::Header).map(|main| main.token),
        ..Answer::of(micro)
    };
    Ok((AppendHeaders(cookie), Json(answer)).into_response())
}

/// The next main token, where the caller needs one: theirs is old, or was replaced and the answer
/// that said so may be lost.
async fn successor(app: &App, caller: &MainCaller) -> Result<Option<MainToken>, Problem> {
    if caller.holds_previous {
        return main_token::issue(app, &caller.session).map(Some);
    }
    if app.clock.now() - caller.session.rotated_at < app.settings.main.rotate_after {
        return Ok(None);
    }
    let rotated = session::rotate(app, &caller.proof.claims).await?;
    main_token::issue(app, &rotated.session).map(Some)
}
