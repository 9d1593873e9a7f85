//! `GET /v1/me/factors`: what the caller can show besides their password.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::app::App;
use crate::db::factors::Totp;
use crate::db::{self, Connection};
use crate::http::extract::MainCaller;
use crate::problem::Problem;

/// What there is; times in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Factors")]
pub struct Answer {
    /// The authenticator app; `null`: there is none.
    totp: Option<Authenticator>,
    /// How many passkeys there are; `GET /v1/me/passkeys` lists them.
    passkeys: i64,
    /// How many backup codes are left.
    backup_codes: i64,
}

/// An authenticator app.
#[derive(Debug, Serialize, JsonSchema)]
struct Authenticator {
    confirmed_at: i64,
    last_used_at: Option<i64>,
}

/// What the caller has.
///
/// # Errors
/// 401 where the main token does not hold.
pub async fn handle(State(app): State<App>, caller: MainCaller) -> Result<Json<Answer>, Problem> {
    let mut connection = app.db.read().await?;
    Ok(Json(of(&mut connection, caller.user.id).await?))
}

/// What a user has.
pub(in crate::http::endpoints) async fn of(
    db: &mut Connection,
    user: Uuid,
) -> Result<Answer, Problem> {
    let held = db::factors::held(db, user).await?;
    let totp = db::factors::totp(db, user).await?;
    Ok(Answer {
        totp: totp.and_then(view),
        passkeys: held.passkeys,
        backup_codes: held.backup_codes,
    })
}

fn view(totp: Totp) -> Option<Authenticator> {
    Some(Authenticator { confirmed_at: totp.confirmed_at?, last_used_at: totp.last_used_at })
}
