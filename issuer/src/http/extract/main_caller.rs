//! Callers that show a main token.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use laika_claims::token::MainClaims;

use super::credentials::{Transport, find};
use super::refuse_foreign_origin;
use crate::app::App;
use crate::db::entitlements::Entitlements;
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
    /// Their session, who they are, and what they may do.
    pub held: Arc<Entitlements>,
    /// Whether they still hold the token before the current one.
    pub holds_previous: bool,
    /// The token they showed.
    pub proof: MainProof,
}

impl Deref for MainCaller {
    type Target = Entitlements;

    fn deref(&self) -> &Entitlements {
        &self.held
    }
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
        Ok(Self { held: caller.held, holds_previous: caller.holds_previous, proof })
    }
}
