//! `POST /v1/sessions/passkey/begin`: ask for a passkey, whoever it is.

use axum::Json;
use axum::extract::State;

use super::{Request, ask};
use crate::app::App;
use crate::factors::passkeys::begin;
use crate::http::extract::ClientAddress;
use crate::problem::Problem;

/// What a passkey is to sign; the same for everybody, so it tells of nobody.
///
/// # Errors
/// 429 after too many from this address, 404 where the issuer's address can have none.
pub async fn handle(
    State(app): State<App>,
    address: ClientAddress,
) -> Result<Json<Request>, Problem> {
    Ok(ask(begin(&app, address.address).await?))
}
