//! A passkey that is used: asked for, and checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use super::challenge::{self, LIFETIME, Purpose};
use super::relying_party;
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db;
use crate::db::passkeys::Passkey;
use crate::db::sessions::Session;
use crate::factors::pending;
use crate::factors::refused;
use crate::one_time_code;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::webauthn::options::RequestOptions;
use crate::webauthn::{Assertion, AuthenticationResponse, Fault, PublicKey, encode};

/// Asks for a passkey of whoever's log-in waits by this id.
///
/// # Errors
/// `code_invalid` where nothing waits by it, `conflict` where the account has no passkey.
pub async fn ask_second_factor(app: &App, id: &Secret) -> Result<RequestOptions, Problem> {
    let hash = one_time_code::hash(id.reveal());
    let mut connection = app.db.read().await?;
    let now = app.clock.now();
    let user = db::pending_log_ins::user_of(&mut connection, &hash, pending::MOST, now).await?;
    drop(connection);
    let user = user.ok_or_else(pending::unknown)?;
    ask(app, user, &Purpose::SecondFactor(hash)).await
}

/// Asks for a passkey of whoever holds this session.
///
/// # Errors
/// There are no passkeys for this issuer's address, or the account has none.
pub async fn ask_step_up(app: &App, session: &Session) -> Result<RequestOptions, Problem> {
    ask(app, session.user_id, &Purpose::StepUp(session.id)).await
}

async fn ask(app: &App, user: Uuid, purpose: &Purpose) -> Result<RequestOptions, Problem> {
    let rp = relying_party(app)?;
    let mut tx = app.db.write().await?;
    let known = db::passkeys::page(&mut tx, user, "", super::MOST).await?;
    if known.is_empty() {
        let detail = "this account has no passkey";
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    let challenge = challenge::issue(app, &mut tx, purpose).await?;
    tx.commit().await?;
    let known: Vec<_> = known.into_iter().map(|passkey| passkey.credential_id).collect();
    Ok(RequestOptions::new(rp, &challenge, &known, LIFETIME))
}

/// Checks a passkey that is used, in transactions of its own: what it says of its counter stands,
/// whatever becomes of what it is used for. `whose` says whose it must be, where that is known.
///
/// # Errors
/// `code_invalid` for a challenge that was not made for this; `credentials_invalid` for all that is
/// wrong with the passkey.
pub(in crate::factors) async fn prove(
    app: &App,
    purpose: &Purpose,
    whose: Option<Uuid>,
    response: &AuthenticationResponse,
    address: Option<&String>,
) -> Result<Passkey, Problem> {
    let rp = relying_party(app)?;
    let shown = Assertion::read(rp, response).map_err(wrong)?;
    challenge::redeem(app, purpose, &shown.challenge).await?;
    let mut tx = app.db.write().await?;
    let found = db::passkeys::by_credential(&mut tx, &encode(&shown.id)).await?;
    let found = found.filter(|passkey| whose.is_none_or(|user| passkey.user_id == user));
    let passkey = found.ok_or_else(refused)?;
    let handle = shown.user_handle.as_deref();
    // Level 2, section 7.2, step 6: it must be there where nobody said who signs in.
    let fits = match whose {
        Some(_) => handle.is_none_or(|handle| handle == passkey.user_id.as_bytes()),
        None => handle == Some(passkey.user_id.as_bytes().as_slice()),
    };
    if !fits {
        return Err(refused());
    }
    shown.check(&key(&passkey)?, passkey.backup).map_err(wrong)?;
    let (count, now) = (i64::from(shown.sign_count), app.clock.now());
    let went_on = db::passkeys::used(&mut tx, passkey.id, count, shown.backup, now).await?;
    if !went_on {
        let user = passkey.user_id;
        let entry = Entry::new(Actor::User(user), Action::PasskeyCountRefused, Subject::User(user))
            .before(json!({ "passkey": passkey.id.to_string(), "count": passkey.sign_count }))
            .after(json!({ "count": count }))
            .from(address.cloned());
        audit::record(app, &mut tx, &entry).await?;
        tracing::warn!(%user, passkey = %passkey.id, "a passkey's counter did not go on: it may exist twice");
    }
    tx.commit().await?;
    if went_on { Ok(passkey) } else { Err(refused()) }
}

fn key(passkey: &Passkey) -> Result<PublicKey, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(&passkey.public_key).map_err(Problem::internal)?;
    PublicKey::stored(&bytes).map_err(Problem::internal)
}

/// The answer is the same whatever is wrong; the log says what.
fn wrong(fault: Fault) -> Problem {
    tracing::info!(%fault, "a passkey was refused");
    refused()
}
