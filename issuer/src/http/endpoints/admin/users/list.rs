//! `GET /v1/admin/users`: search users.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::UserItem;
use crate::accounts::login_key;
use crate::app::App;
use crate::db::directory::{self, Filter};
use crate::db::users::{User, UserStatus};
use crate::http::extract::{AdminCaller, Query};
use crate::http::page::{ByAge, Page, Paged, by_age, searchable};
use crate::problem::{FieldCode, Problem};

/// Which users; all that is named must fit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
    /// The user of this name.
    username: Option<String>,
    /// The user of this e-mail.
    email: Option<String>,
    /// Names and e-mails that begin like this.
    prefix: Option<String>,
    /// `active`, `disabled` or `deleted`.
    status: Option<String>,
    /// Holders of this role.
    role: Option<String>,
}

/// Lists users, youngest first.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page or search that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(which): Query<Which>,
) -> Result<Json<Paged<UserItem>>, Problem> {
    let Page { limit, after } = Page::<ByAge>::of(which.limit, which.cursor.as_deref())?;
    let filter = filter(which)?;
    let mut connection = app.db.read().await?;
    let found =
        directory::search(&mut connection, &filter, after.as_ref(), limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, cursor, UserItem::of)))
}

/// The cursor behind a user.
pub(in crate::http::endpoints::admin) fn cursor(last: &User) -> String {
    by_age(last.created_at, last.id)
}

fn filter(which: Which) -> Result<Filter, Problem> {
    for (field, text) in [
        ("username", &which.username),
        ("email", &which.email),
        ("prefix", &which.prefix),
        ("role", &which.role),
    ] {
        searchable(field, text.as_deref())?;
    }
    let status = which.status.as_deref().map(UserStatus::parse).transpose().map_err(|_| {
        let detail = "choose `active`, `disabled` or `deleted`";
        Problem::field("status", FieldCode::NotAllowed, detail)
    })?;
    Ok(Filter {
        username: which.username.as_deref().map(login_key),
        email: which.email.as_deref().map(login_key),
        prefix: which.prefix.as_deref().map(login_key),
        status,
        role: which.role,
    })
}
