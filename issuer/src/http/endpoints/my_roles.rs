//! `GET /v1/me/roles`: the caller's roles.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::admin::rules::is_administrator;
use crate::app::App;
use crate::db::roles;
use crate::http::extract::MainCaller;
use crate::problem::Problem;

/// The caller's roles: all of them, since there are few.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// The strongest level among the global ones.
    level: Option<i64>,
    /// Whether that level is an administrator's, so that `/v1/admin` is open to the caller.
    administrates: bool,
    roles: Vec<Item>,
}

/// A role of the caller.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// `clerk` for a global role, `orders/clerk` for a role of a service.
    name: String,
    /// The service it belongs to.
    service: Option<String>,
    /// How strong it is; lower is stronger.
    level: i64,
    description: Option<String>,
}

/// Lists the caller's roles.
///
/// # Errors
/// 401 where the main token does not hold.
pub async fn handle(State(app): State<App>, caller: MainCaller) -> Result<Json<Answer>, Problem> {
    let mut connection = app.db.read().await?;
    let roles = roles::of_user(&mut connection, caller.user.id).await?;
    let level = roles.iter().filter(|r| r.service.is_none()).map(|r| r.level).min();
    Ok(Json(Answer {
        level,
        administrates: is_administrator(level, app.settings.admin.level),
        roles: roles
            .into_iter()
            .map(|role| Item {
                name: role.name,
                service: role.service,
                level: role.level,
                description: role.description,
            })
            .collect(),
    }))
}
