//! Callers that show a main token.

use axum::extract::FromRequestParts;
use http::request::Parts;
use laika_claims::token::MainClaims;

use super::credentials::{Transport, find};
use super::refuse_foreign_origin;
use crate::app::App;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::mint::main_token;
use crate::problem::Problem;
use crate::session;

/// A main token whose signature and claims hold; its session is not checked yet. Only rotation
/// takes this, because it checks the session in the transaction that changes it.
#[derive(Debug, Clone)]
pub struct MainProof {
    /// What the token says.
    pub claims: MainClaims,
    /// How it came, and so how its successor goes back.
    pub transport: Transport,
}

/// Somebody with a main token that holds, in a session that goes on.
#[derive(Debug, Clone)]
pub struct MainCaller {
    /// Who they are.
    pub user: User,
    /// Their session.
    pub session: Session,
    /// Whether they still hold the token before the current one.
    pub holds_previous: bool,
    /// The token they showed.
    pub proof: MainProof,
}

impl FromRequestParts<App> for MainProof {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (token, transport) = find(app, &parts.headers)?;
        if transport == Transport::Cookie {
            refuse_foreign_origin(app, &parts.method, &parts.headers)?;
        }
        let claims = main_token::prove(app, &token).await?;
        Ok(Self { claims, transport })
    }
}

impl FromRequestParts<App> for MainCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let proof = MainProof::from_request_parts(parts, app).await?;
        let caller = session::check(app, &proof.claims).await?;
        Ok(Self {
            user: caller.user,
            session: caller.session,
            holds_previous: caller.holds_previous,
            proof,
        })
    }
}
