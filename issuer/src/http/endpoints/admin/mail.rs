//! `GET /v1/admin/mail`: what is in the outbox, and what came back.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::db::mails::{self, Listed, State as Progress};
use crate::http::extract::{AdminCaller, Query};
use crate::http::page::{ByAge, Page, Paged, by_age};
use crate::problem::Problem;

/// From this reply code of SMTP on, a server has refused for good (RFC 5321 section 4.2.1).
const FOR_GOOD: i64 = 500;

/// Which mails.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
    /// Only those that have got this far.
    state: Option<Progress>,
}

/// A mail.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MailItem {
    id: String,
    /// What it is about: `registration`, `resend`, `change`, `undo`, `reset`.
    kind: &'static str,
    /// Where it goes.
    recipient: String,
    /// The account it is about.
    user: Option<String>,
    /// In which language it is written; `null`: in the one that is set.
    language: Option<String>,
    state: Progress,
    /// How often it was tried.
    attempts: i64,
    /// When it is tried next, Unix seconds.
    due_at: i64,
    /// Whether a server refused it for good, mostly because there is no such mailbox.
    bounced: bool,
    /// The server's reply code.
    reply: Option<i64>,
    /// Why it was given up.
    error: Option<String>,
    /// When it was asked for, Unix seconds.
    created_at: i64,
    /// When it ended, Unix seconds.
    ended_at: Option<i64>,
}

/// Lists mails, youngest first.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(which): Query<Which>,
) -> Result<Json<Paged<MailItem>>, Problem> {
    let Page { limit, after } = Page::<ByAge>::of(which.limit, which.cursor.as_deref())?;
    let mut connection = app.db.read().await?;
    let found = mails::list(&mut connection, which.state, after.as_ref(), limit.to_read()).await?;
    let cursor = |last: &Listed| by_age(last.mail.created_at, last.mail.id);
    Ok(Json(Paged::of(found, limit, cursor, MailItem::of)))
}

impl MailItem {
    /// The mail as it is shown.
    #[must_use]
    pub fn of(listed: Listed) -> Self {
        let Listed { mail, state, due_at, error, reply, ended_at } = listed;
        Self {
            id: mail.id.to_string(),
            kind: mail.kind.as_str(),
            recipient: mail.recipient,
            user: mail.user.map(|user| user.to_string()),
            language: mail.language,
            state,
            attempts: mail.attempts,
            due_at,
            bounced: reply.is_some_and(|reply| reply >= FOR_GOOD),
            reply,
            error,
            created_at: mail.created_at,
            ended_at,
        }
    }
}
