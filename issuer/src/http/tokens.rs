//! The answer `Tokens`: what registration, log-in and renewal give.

use axum::Json;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cookie;
use super::extract::Transport;
use crate::app::App;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::mint::target::check_names;
use crate::mint::{MicroRequest, main_token, micro_token};
use crate::problem::Problem;

/// How a client wants its main token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WantedTransport {
    /// In a cookie that script can't read.
    Cookie,
    /// In the answer.
    Body,
}

/// Tokens for a client; lifetimes in seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tokens {
    /// The main token; absent where it went into the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_token: Option<String>,
    /// Life of the main token.
    pub main_expires_in: i64,
    /// A micro token, where a service was named; absent also where somebody whom it depends on, such as
    /// the service's permission provider, does not answer: then ask for it by itself, a little later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_token: Option<String>,
    /// Life of the micro token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_expires_in: Option<i64>,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// The session.
    pub session_id: String,
    /// Whose it is.
    pub user: UserView,
}

/// What a user sees of their own account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserView {
    /// `sub` of their tokens.
    pub id: String,
    /// Their name; absent for an anonymous holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Their e-mail; absent for an anonymous holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the e-mail is proved to be theirs.
    pub email_verified: bool,
    /// `true` for an anonymous holder, else absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// What they say about themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Address of their picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Whether anybody may read their profile.
    pub public: bool,
    /// When they registered, Unix seconds.
    pub created_at: i64,
}

impl UserView {
    /// What `user` sees of their own account.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.username.clone(),
            email: user.email.clone(),
            email_verified: user.email_verified_at.is_some(),
            anonymous: user.is_anonymous(),
            description: user.description.clone(),
            avatar_url: user.avatar_url.clone(),
            public: user.public,
            created_at: user.created_at,
        }
    }
}

/// Checks the field `service` of a registration or log-in, before anything is done.
///
/// # Errors
/// It can't name a service.
pub fn check_service(service: Option<&String>) -> Result<(), Problem> {
    service.map_or(Ok(()), |name| check_names("service", std::slice::from_ref(name)))
}

/// The tokens of a session, with a micro token for `service` if one is named and what it depends on
/// answers.
///
/// # Errors
/// Minting failed.
pub async fn answer(
    app: &App,
    status: StatusCode,
    user: &User,
    session: &Session,
    transport: Transport,
    service: Option<String>,
) -> Result<Response, Problem> {
    let main = main_token::issue(app, session)?;
    let micro = match service {
        Some(service) => {
            let request = MicroRequest { services: vec![service], ..MicroRequest::default() };
            match micro_token::mint(app, session, &request).await {
                Ok(micro) => Some(micro),
                // What comes before is done and can't be asked for again; a micro token can.
                Err(problem) if problem.code.status() == 503 => {
                    let cause = problem.cause.as_deref().unwrap_or(&problem.detail);
                    tracing::warn!(cause, "an answer leaves out the micro token");
                    None
                }
                Err(problem) => return Err(problem),
            }
        }
        None => None,
    };
    let cookie = match transport {
        Transport::Cookie => Some((SET_COOKIE, cookie::store(app, &main)?)),
        Transport::Header => None,
    };
    let tokens = Tokens {
        main_expires_in: main.expires_in,
        main_token: (transport == Transport::Header).then_some(main.token),
        micro_expires_in: micro.as_ref().map(|micro| micro.expires_in),
        micro_token: micro.map(|micro| micro.token),
        token_type: "Bearer",
        session_id: session.id.to_string(),
        user: UserView::of(user),
    };
    Ok((status, AppendHeaders(cookie), Json(tokens)).into_response())
}
