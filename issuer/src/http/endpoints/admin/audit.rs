//! `GET /v1/admin/audit`: who did what, to whom, when.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::audit::Action;
use crate::db::audit::{self, Filter, Written};
use crate::http::extract::{AdminCaller, Query};
use crate::http::page::{ByAge, Page, Paged, by_age, searchable};
use crate::problem::{FieldCode, Problem};

/// Which entries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
    /// `user:<uuid>`, `command-line`, `issuer`.
    actor: Option<String>,
    /// `user:<uuid>`, `session:<uuid>`, `role:<name>`, `service:<name>`, `svc:<name>`, `client:<id>`,
    /// `key:<kid>`, `hook:<id>`, `database`.
    subject: Option<String>,
    /// Only this.
    #[schemars(with = "Option<Action>")]
    action: Option<String>,
    /// Not before this moment, Unix seconds.
    from: Option<i64>,
    /// Before this moment, Unix seconds.
    to: Option<i64>,
}

/// An entry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    id: String,
    /// Unix seconds.
    at: i64,
    actor: String,
    action: String,
    subject: String,
    /// What was changed, as it was.
    before: Option<Value>,
    /// As it is since.
    after: Option<Value>,
    /// Where the request came from.
    address: Option<String>,
}

/// Lists entries, youngest first.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be, or an action that is not.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(which): Query<Which>,
) -> Result<Json<Paged<Item>>, Problem> {
    let Page { limit, after } = Page::<ByAge>::of(which.limit, which.cursor.as_deref())?;
    for (field, text) in [("actor", &which.actor), ("subject", &which.subject)] {
        searchable(field, text.as_deref())?;
    }
    let filter = Filter {
        actor: which.actor,
        subject: which.subject,
        action: which.action.as_deref().map(action).transpose()?,
        from: which.from,
        to: which.to,
    };
    let mut connection = app.db.read().await?;
    let found = audit::list(&mut connection, &filter, after.as_ref(), limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last| by_age(last.at, &last.id), Item::of)))
}

/// One that is never written would find nothing, and look as if nothing had happened.
fn action(text: &str) -> Result<Action, Problem> {
    Action::from_name(text).ok_or_else(|| {
        let like: Vec<_> = Action::like(text).iter().map(|like| format!("`{like}`")).collect();
        let detail = match like.as_slice() {
            [] => "no such action; `/openapi.json` names them all".to_owned(),
            like => format!("no such action; there are {}", like.join(", ")),
        };
        Problem::field("action", FieldCode::NotAllowed, detail)
    })
}

impl Item {
    /// The entry as it is shown.
    #[must_use]
    pub fn of(written: Written) -> Self {
        // What the issuer wrote is JSON; anything else is shown as the text it is.
        let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            id: written.id,
            at: written.at,
            actor: written.actor,
            action: written.action,
            subject: written.subject,
            before: written.before.map(json),
            after: written.after.map(json),
            address: written.address,
        }
    }
}
