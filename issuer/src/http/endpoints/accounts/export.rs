//! `GET /v1/me/export`: everything that is held about the caller.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::db::audit::Written;
use crate::db::sessions::Session;
use crate::db::{self, accounts, audit, sessions};
use crate::http::endpoints::external::identities;
use crate::http::endpoints::factors::overview;
use crate::http::endpoints::passkeys::list;
use crate::http::extract::MainCaller;
use crate::http::tokens::UserView;
use crate::problem::Problem;

/// Sessions that are read; nobody has so many.
const MAX_SESSIONS: i64 = 10_000;

/// Everything that is held about somebody; times in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Export {
    /// When it was made.
    exported_at: i64,
    /// The account.
    user: UserView,
    /// When they last logged in.
    last_login_at: Option<i64>,
    /// When they proved their e-mail.
    email_verified_at: Option<i64>,
    /// What they are given.
    roles: Vec<Role>,
    /// Sessions that go on.
    sessions: Vec<Item>,
    /// Log-ins at providers that open the account.
    identities: Vec<identities::Item>,
    /// What they can show besides a password, but for the secrets.
    factors: overview::Answer,
    /// Their passkeys, but for ids and keys of authenticators.
    passkeys: Vec<list::Item>,
    /// What was done by them or to them.
    audit: Vec<Entry>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Role {
    role: String,
    granted_at: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Item {
    id: String,
    client: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    amr: Vec<String>,
    auth_time: i64,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Entry {
    at: i64,
    actor: String,
    action: String,
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
    address: Option<String>,
}

/// Everything that is held about the caller, but for the hash of the password.
///
/// # Errors
/// 401 where the main token does not hold.
pub async fn handle(State(app): State<App>, caller: MainCaller) -> Result<Json<Export>, Problem> {
    let (user, now) = (&caller.user, app.clock.now());
    let mut connection = app.db.read().await?;
    let roles = accounts::roles(&mut connection, user.id).await?;
    let sessions = sessions::of_user(&mut connection, user.id, None, MAX_SESSIONS, now).await?;
    let linked = db::identities::page(&mut connection, user.id, "", MAX_SESSIONS).await?;
    let passkeys = db::passkeys::page(&mut connection, user.id, "", MAX_SESSIONS).await?;
    let factors = overview::of(&mut connection, user.id).await?;
    let audit = audit::about_user(&mut connection, user.id).await?;
    Ok(Json(Export {
        exported_at: now,
        user: UserView::of(user),
        last_login_at: user.last_login_at,
        email_verified_at: user.email_verified_at,
        roles: roles.into_iter().map(|(role, granted_at)| Role { role, granted_at }).collect(),
        sessions: sessions.into_iter().map(item).collect(),
        identities: linked.into_iter().map(identities::Item::of).collect(),
        factors,
        passkeys: passkeys.into_iter().map(list::Item::of).collect(),
        audit: audit.into_iter().map(entry).collect(),
    }))
}

fn item(session: Session) -> Item {
    Item {
        id: session.id.to_string(),
        client: session.origin.client,
        address: session.origin.address,
        user_agent: session.origin.user_agent,
        amr: session.amr,
        auth_time: session.auth_time,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
    }
}

fn entry(written: Written) -> Entry {
    let value = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    Entry {
        at: written.at,
        actor: written.actor,
        action: written.action,
        subject: written.subject,
        before: value(written.before),
        after: value(written.after),
        address: written.address,
    }
}
