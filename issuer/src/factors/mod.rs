//! Factors besides the password: authenticator apps (TOTP), backup codes, passkeys.
//!
//! # Design
//!
//! * **One door.** Every way into an account that exists ends in [`session::enter`],
//!   which asks for a second factor where there is one and none was shown. What was shown so far waits in a row for five
//!   minutes and five attempts ([`pending`]); nothing of the log-in has happened until then.
//! * **A code is good once.** A TOTP code uses up its step and all before it, a backup code is
//!   deleted, each in one statement: of two that bring the same code one gets in, whichever replicas
//!   they ask.
//! * **Factors guard themselves.** Whoever changes how an account with a factor is entered shows one,
//!   in this session ([`must_be_shown`]); a session of before, or of whoever knows the password
//!   alone, does not do.
//!
//! | module | what lives there |
//! |---|---|
//! | [`totp`] | the codes themselves: RFC 4226 and RFC 6238 |
//! | [`authenticator`] | an authenticator app enrolled, confirmed, removed |
//! | [`backup_codes`] | codes for whoever has lost the rest |
//! | [`passkeys`] | passkeys: a second factor, and a way in that is two |
//! | [`proof`] | what is shown, and whether it is good |
//! | [`pending`] | log-ins that wait for it |
//! | [`mod@step_up`] | a session whose holder proves anew who they are |

pub mod authenticator;
pub mod backup_codes;
pub mod passkeys;
pub mod pending;
pub mod proof;
pub mod step_up;
pub mod totp;

use laika_claims::IssuerCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

pub use backup_codes::BackupCodes;
pub use pending::{Second, Waiting, finish, forget_expired, wait};
pub use proof::{Code, Proof};
pub use step_up::{Shown, step_up};

use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::clock::UnixSeconds;
use crate::db::factors::Held;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::db::{self, Connection};
use crate::events::{self, Event, UserField};
use crate::problem::Problem;
use crate::session::{self, Factor};

/// What can be shown as a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A passkey.
    Passkey,
    /// A code of an authenticator app.
    Totp,
    /// A backup code.
    BackupCode,
}

impl Method {
    /// What somebody who holds these can show.
    #[must_use]
    pub fn of(held: Held) -> Vec<Self> {
        let all = [
            (held.passkeys > 0, Self::Passkey),
            (held.totp, Self::Totp),
            (held.backup_codes > 0, Self::BackupCode),
        ];
        all.into_iter().filter_map(|(there, method)| there.then_some(method)).collect()
    }
}

/// That a session has shown a second factor, where its account has one.
///
/// # Errors
/// `second_factor_required`.
pub async fn must_be_shown(app: &App, session: &Session) -> Result<(), Problem> {
    if session::is_several(&session.amr) {
        return Ok(());
    }
    must_have_shown(&mut *app.db.read().await?, session).await
}

/// The same in the caller's transaction, which holds the session.
///
/// # Errors
/// `second_factor_required`.
pub async fn must_have_shown(db: &mut Connection, session: &Session) -> Result<(), Problem> {
    must_show(session, db::factors::held(db, session.user_id).await?)
}

fn must_show(session: &Session, held: Held) -> Result<(), Problem> {
    if session::is_several(&session.amr) || !held.any() { Ok(()) } else { Err(required()) }
}

fn required() -> Problem {
    let detail = "this account has a second factor, which this session has not shown; show it at \
                  `POST /v1/sessions/current/step-up`";
    Problem::issuer(IssuerCode::SecondFactorRequired, detail)
}

fn refused() -> Problem {
    let detail = "not a code or passkey of this account, or one that was used";
    Problem::issuer(IssuerCode::CredentialsInvalid, detail)
}

/// The name of whoever is to have a factor.
fn named(user: &User) -> Result<&str, Problem> {
    user.username.as_deref().ok_or_else(|| {
        let detail = "this needs an account; register first";
        Problem::issuer(IssuerCode::NotPermitted, detail)
    })
}

/// What comes before every new factor, in its transaction: the session goes on, and has shown the
/// factor that its account may have got since it began with this one. What there was so far.
async fn adding(db: &mut Connection, session: &Session) -> Result<Held, Problem> {
    session::hold(db, session).await?;
    let before = db::factors::held(db, session.user_id).await?;
    must_show(session, before)?;
    Ok(before)
}

/// What goes with every new factor, in its transaction: the session has shown it, the first one
/// brings backup codes, the log and whoever listens hear of it.
async fn added(
    app: &App,
    db: &mut Connection,
    session: &Session,
    (action, about): (Action, serde_json::Value),
    (before, factor): (Held, Factor),
) -> Result<Option<BackupCodes>, Problem> {
    let amr = session::with(&session.amr, factor);
    db::sessions::authenticated(db, session.id, &amr, session.auth_time).await?;
    let codes = match before.any() {
        true => None,
        false => Some(backup_codes::make(app, db, session.user_id).await?),
    };
    note(app, db, owner(session), action, (None, Some(about))).await?;
    Ok(codes)
}

/// What goes with the end of a factor: the last one takes the backup codes along, and the log-ins
/// that wait for it begin anew.
async fn removed(
    app: &App,
    db: &mut Connection,
    session: &Session,
    action: Action,
    about: serde_json::Value,
) -> Result<(), Problem> {
    keep_none_without(db, session.user_id).await?;
    note(app, db, owner(session), action, (Some(about), None)).await
}

/// Takes off an account every factor that it has got since this moment, and backup codes that were made
/// since, in the caller's transaction.
///
/// # Errors
/// The database failed.
pub async fn remove_since(
    app: &App,
    db: &mut Connection,
    user: Uuid,
    since: UnixSeconds,
    address: Option<&String>,
) -> Result<(), Problem> {
    let mut gone = Vec::new();
    let totp = db::factors::totp(db, user).await?;
    if totp.and_then(|totp| totp.confirmed_at).is_some_and(|at| at >= since) {
        db::factors::remove_totp(db, user).await?;
        gone.push((Action::TotpRemoved, json!({ "totp": true })));
    }
    for passkey in db::passkeys::page(db, user, "", passkeys::MOST).await? {
        if passkey.created_at >= since {
            db::passkeys::remove(db, user, passkey.id).await?;
            gone.push((Action::PasskeyRemoved, passkeys::described(&passkey)));
        }
    }
    keep_none_without(db, user).await?;
    // Made anew for a factor that stays: who did so keeps them on paper.
    let codes = db::factors::remove_backup_codes_since(db, user, since).await?;
    if codes > 0 {
        gone.push((Action::BackupCodesRemoved, json!({ "left": codes })));
    }
    for (action, about) in gone {
        note(app, db, (user, address), action, (Some(about), None)).await?;
    }
    Ok(())
}

/// Removes what is worth something beside a factor alone, where there is none.
async fn keep_none_without(db: &mut Connection, user: Uuid) -> Result<(), Problem> {
    if !db::factors::held(db, user).await?.any() {
        db::factors::remove_all(db, user).await?;
    }
    Ok(())
}

/// Whose factors a session changes, and from where.
fn owner(session: &Session) -> (Uuid, Option<&String>) {
    (session.user_id, session.origin.address.as_ref())
}

async fn note(
    app: &App,
    db: &mut Connection,
    (user, address): (Uuid, Option<&String>),
    action: Action,
    (before, after): (Option<serde_json::Value>, Option<serde_json::Value>),
) -> Result<(), Problem> {
    let entry = Entry {
        before,
        after,
        ..Entry::new(Actor::User(user), action, Subject::User(user)).from(address.cloned())
    };
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::updated(user, UserField::Factors)).await?;
    tracing::info!(%user, %action, "changed how their account is entered");
    Ok(())
}

/// What the audit log says of what somebody held.
#[must_use]
pub fn described(held: Held) -> serde_json::Value {
    json!({ "totp": held.totp, "passkeys": held.passkeys, "backup_codes": held.backup_codes })
}
