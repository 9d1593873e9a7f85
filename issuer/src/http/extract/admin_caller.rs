//! Callers who administer.

use axum::extract::FromRequestParts;
use http::request::Parts;
use laika_claims::IssuerCode;
use uuid::Uuid;

use super::{ClientAddress, MainCaller};
use crate::admin::rules::Refusal;
use crate::admin::{Act, is_administrator, not_an_administrator};
use crate::app::App;
use crate::clock::is_recent;
use crate::db;
use crate::db::roles::STRONGEST;
use crate::factors;
use crate::problem::Problem;

/// How recently an administrator must have proved who they are to change anything, in seconds.
const MAX_AGE: i64 = 3600;

/// An administrator, by main token; no micro token and no service account is one. Where the method
/// changes something, one who proved recently who they are, with the second factor where they have one.
#[derive(Debug, Clone)]
pub struct AdminCaller {
    id: Uuid,
    level: i64,
    address: Option<String>,
}

impl AdminCaller {
    /// Begins what the administrator does.
    ///
    /// # Errors
    /// They are no administrator any more.
    pub async fn act<'a>(&self, app: &'a App) -> Result<Act<'a>, Problem> {
        Act::of_administrator(app, self.id, self.address.clone()).await
    }

    /// Refuses whoever is not at level 0, where also reading is for those.
    ///
    /// # Errors
    /// They are not.
    pub fn must_be_strongest(&self) -> Result<(), Problem> {
        if self.level == STRONGEST { Ok(()) } else { Err(Refusal::LevelZeroOnly.into()) }
    }
}

impl FromRequestParts<App> for AdminCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = MainCaller::from_request_parts(parts, app).await?;
        let Ok(address) = ClientAddress::from_request_parts(parts, app).await;
        let mut connection = app.db.read().await?;
        let level = db::roles::level_of(&mut connection, caller.user.id).await?;
        let level = level.filter(|_| is_administrator(level, app.settings.admin.level));
        let Some(level) = level else { return Err(not_an_administrator()) };
        let recent = is_recent(caller.session.auth_time, app.clock.now(), MAX_AGE);
        if !parts.method.is_safe() && !recent {
            let detail = format!("log in again: changes need a log-in of the last {MAX_AGE} s");
            return Err(Problem::issuer(IssuerCode::AuthenticationTooOld, detail));
        }
        drop(connection);
        if !parts.method.is_safe() {
            factors::must_be_shown(app, &caller.session).await?;
        }
        Ok(Self { id: caller.user.id, level, address: address.origin(None).address })
    }
}
