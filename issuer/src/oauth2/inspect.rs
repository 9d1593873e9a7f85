//! Introspection (RFC 7662) and revocation (RFC 7009).

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::client::Asker;
use super::error::{OAuthCode, OAuthError};
use super::exchange::speaks_for;
use super::parameters::Parameters;
use super::subject;
use crate::app::App;
use crate::db::sessions::EndReason;
use crate::mint::main_token;
use crate::problem::unless_refused;
use crate::session;

/// What a service account may know of a token: its claims, where it is a micro token for the
/// account's service, the session goes on, and the token's slot is neither revoked nor stale. `None`
/// otherwise, also for a main token, which is nobody's business but the issuer's.
///
/// # Errors
/// The caller is no service account, or the token is missing.
pub async fn introspect(
    app: &App,
    asker: &Asker,
    parameters: &Parameters,
) -> Result<Option<Arc<Map<String, Value>>>, OAuthError> {
    let Asker::ServiceAccount(account) = asker else {
        let description = "a service account must show its secret";
        return Err(OAuthError::new(OAuthCode::InvalidClient, description));
    };
    let token = parameters.need("token")?;
    let Ok(micro) = subject::prove(app, token).await? else { return Ok(None) };
    if !speaks_for(app, account, &micro).await? {
        return Ok(None);
    }
    Ok(micro.living(app).await?.map(|_| micro.claims))
}

/// Ends the session of a main token, also of one that has been replaced. A token that does not
/// hold is as good as revoked.
///
/// # Errors
/// The token is missing, or it is a micro token: those end with their session, or expire.
pub async fn revoke(app: &App, parameters: &Parameters) -> Result<(), OAuthError> {
    let token = parameters.need("token")?;
    if subject::prove(app, token).await?.is_ok() {
        let description = "a micro token can't be revoked; revoke the main token";
        return Err(OAuthError::new(OAuthCode::UnsupportedTokenType, description));
    }
    let proved = unless_refused(main_token::prove(app, token).await)?;
    let Some(claims) = proved else { return Ok(()) };
    if let Ok(session) = Uuid::parse_str(&claims.sid) {
        session::end(app, session, EndReason::LogOut).await?;
    }
    Ok(())
}
