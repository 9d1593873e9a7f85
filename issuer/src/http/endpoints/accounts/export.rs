//! `GET /v1/me/export`: everything that is held about the caller.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::db::audit::Written;
use crate::db::grants::{DirectGrant, Holder};
use crate::db::mail_codes::MailCode;
use crate::db::mails::{Listed, State as Progress};
use crate::db::sessions::Session;
use crate::db::{self, accounts, audit, sessions};
use crate::http::endpoints::external::identities;
use crate::http::endpoints::factors::overview;
use crate::http::endpoints::passkeys::list;
use crate::http::extract::MainCaller;
use crate::http::tokens::UserView;
use crate::problem::Problem;

/// What is read of a list that others read page by page; nobody has so much.
const ALL: i64 = 10_000;

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
    /// When they changed their name.
    username_changed_at: Option<i64>,
    /// What they are given.
    roles: Vec<Role>,
    /// What they are given besides roles.
    grants: Vec<Grant>,
    /// Sessions, also those that have ended, while they are kept.
    sessions: Vec<Item>,
    /// Browsers that are known to be theirs, by a cookie.
    browsers: Vec<Browser>,
    /// Codes that they have by mail, but for the codes: an e-mail that waits for its proof, and one
    /// that can be taken back.
    mail_codes: Vec<Code>,
    /// Mails to them, while they are kept.
    mails: Vec<Mail>,
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
struct Grant {
    permission: String,
    granted_at: i64,
    /// Who gave it, as the audit log writes it.
    granted_by: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Browser {
    known_until: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Code {
    /// What it opens: `change`, `undo` or `reset`.
    purpose: String,
    /// The address it was sent to.
    email: String,
    expires_at: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Mail {
    /// What it is about.
    kind: String,
    recipient: String,
    state: Progress,
    created_at: i64,
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
    /// The end that an administrator has set.
    ends_at: Option<i64>,
    /// When it ended before its time.
    ended_at: Option<i64>,
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

/// Everything that is held about the caller, but for what is a secret or the hash of one.
///
/// # Errors
/// 401 where the main token does not hold.
pub async fn handle(State(app): State<App>, caller: MainCaller) -> Result<Json<Export>, Problem> {
    let (user, now) = (&caller.user, app.clock.now());
    let db = &mut *app.db.read().await?;
    let of_user = db::grants::Filter {
        holder: Some(Holder::User(user.id).to_string()),
        ..db::grants::Filter::default()
    };
    Ok(Json(Export {
        exported_at: now,
        user: UserView::of(user),
        last_login_at: user.last_login_at,
        email_verified_at: user.email_verified_at,
        username_changed_at: accounts::renamed_at(db, user.id).await?,
        roles: each(accounts::roles(db, user.id).await?, role),
        grants: each(db::grants::list(db, &of_user, ("", ""), ALL).await?, grant),
        sessions: each(sessions::every_of_user(db, user.id).await?, item),
        browsers: each(db::devices::of_user(db, user.id).await?, browser),
        mail_codes: each(db::mail_codes::of_user(db, user.id).await?, code),
        mails: each(db::mails::of_user(db, user.id).await?, mail),
        identities: each(db::identities::page(db, user.id, "", ALL).await?, identities::Item::of),
        factors: overview::of(db, user.id).await?,
        passkeys: each(db::passkeys::page(db, user.id, "", ALL).await?, list::Item::of),
        audit: each(audit::about_user(db, user.id).await?, entry),
    }))
}

fn each<T, U>(found: Vec<T>, as_shown: fn(T) -> U) -> Vec<U> {
    found.into_iter().map(as_shown).collect()
}

fn role((role, granted_at): (String, i64)) -> Role {
    Role { role, granted_at }
}

fn grant(grant: DirectGrant) -> Grant {
    let DirectGrant { permission, granted_at, granted_by, .. } = grant;
    Grant { permission, granted_at, granted_by }
}

fn browser(known_until: i64) -> Browser {
    Browser { known_until }
}

fn code(code: MailCode) -> Code {
    let purpose = code.purpose.as_str().to_owned();
    Code { purpose, email: code.email, expires_at: code.expires_at }
}

fn mail(listed: Listed) -> Mail {
    Mail {
        kind: listed.mail.kind.as_str().to_owned(),
        recipient: listed.mail.recipient,
        state: listed.state,
        created_at: listed.mail.created_at,
    }
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
        ends_at: session.ends_at,
        ended_at: session.ended_at,
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
