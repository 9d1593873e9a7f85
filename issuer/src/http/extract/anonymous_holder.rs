//! Anonymous holders who call where a main token is not needed.

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use laika_claims::IssuerCode;

use super::MainCaller;
use crate::app::App;
use crate::db::sessions::Session;
use crate::problem::{Problem, unless_refused};

/// Whoever calls, by their main token if they sent one. A token in `Authorization` must hold; a
/// cookie comes along whether anybody meant it or not, so one of no use here is passed over.
#[derive(Debug, Clone)]
pub enum AnonymousHolder {
    /// Nobody known.
    Nobody,
    /// An anonymous holder, in this session.
    Holder(Box<Session>),
    /// Somebody with an account, who showed its main token on purpose.
    Registered,
}

impl AnonymousHolder {
    /// The session of the anonymous holder, if it is one.
    ///
    /// # Errors
    /// Somebody with an account.
    pub fn session(self) -> Result<Option<Session>, Problem> {
        match self {
            Self::Nobody => Ok(None),
            Self::Holder(session) => Ok(Some(*session)),
            Self::Registered => {
                let detail = "this main token belongs to an account already; leave it out";
                Err(Problem::issuer(IssuerCode::Conflict, detail))
            }
        }
    }
}

/// The session of the anonymous holder among those who log in to an account. They may well show a
/// main token that has run out, or that of another account.
///
/// # Errors
/// The service failed: who they are is not known, and they would not become one with it later.
pub fn merging(holder: Result<AnonymousHolder, Problem>) -> Result<Option<Session>, Problem> {
    Ok(match unless_refused(holder)? {
        Some(AnonymousHolder::Holder(session)) => Some(*session),
        Some(AnonymousHolder::Nobody | AnonymousHolder::Registered) | None => None,
    })
}

impl FromRequestParts<App> for AnonymousHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let meant = parts.headers.contains_key(AUTHORIZATION);
        let caller = MainCaller::from_request_parts(parts, app).await;
        let caller = if meant { Some(caller?) } else { unless_refused(caller)? };
        Ok(match caller {
            Some(caller) if caller.user.is_anonymous() => {
                Self::Holder(Box::new(caller.session.clone()))
            }
            Some(_) if meant => Self::Registered,
            Some(_) | None => Self::Nobody,
        })
    }
}
