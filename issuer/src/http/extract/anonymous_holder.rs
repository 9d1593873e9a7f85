//! Anonymous holders who call where a main token is not needed.

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use laika_claims::IssuerCode;

use super::MainCaller;
use crate::app::App;
use crate::db::sessions::Session;
use crate::problem::Problem;

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
#[must_use]
pub fn merging(holder: Result<AnonymousHolder, Problem>) -> Option<Session> {
    match holder {
        Ok(AnonymousHolder::Holder(session)) => Some(*session),
        Ok(AnonymousHolder::Nobody | AnonymousHolder::Registered) | Err(_) => None,
    }
}

impl FromRequestParts<App> for AnonymousHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let meant = parts.headers.contains_key(AUTHORIZATION);
        match MainCaller::from_request_parts(parts, app).await {
            Ok(caller) if caller.user.is_anonymous() => {
                Ok(Self::Holder(Box::new(caller.session.clone())))
            }
            Ok(_) if meant => Ok(Self::Registered),
            Err(problem) if meant => Err(problem),
            Ok(_) | Err(_) => Ok(Self::Nobody),
        }
    }
}
