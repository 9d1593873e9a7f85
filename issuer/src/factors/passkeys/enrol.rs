//! A new passkey: offered, confirmed.

use laika_claims::IssuerCode;
use serde_json::json;

use super::challenge::{self, LIFETIME, Purpose};
use super::{Name, relying_party};
use crate::accounts;
use crate::app::App;
use crate::audit::Action;
use crate::db;
use crate::db::passkeys::Passkey;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::factors::{BackupCodes, added, adding, named};
use crate::problem::{FieldCode, Problem};
use crate::random;
use crate::secret::Secret;
use crate::session::Factor;
use crate::webauthn::options::CreationOptions;
use crate::webauthn::{Registration, RegistrationResponse, encode};

/// Passkeys that an account can have.
pub const MOST: i64 = 50;

/// A passkey that is one from now on.
#[derive(Debug)]
pub struct Enrolled {
    /// The passkey.
    pub passkey: Passkey,
    /// Backup codes, where it is the first factor.
    pub backup_codes: Option<BackupCodes>,
}

/// Begins with a passkey, on an authenticator that has none of this account yet.
///
/// # Errors
/// Neither the password nor a fresh log-in, a factor that was not shown, or there are too many.
pub async fn offer(
    app: &App,
    user: &User,
    session: &Session,
    password: Option<&Secret>,
) -> Result<CreationOptions, Problem> {
    let rp = relying_party(app)?;
    let username = named(user)?;
    let proved = accounts::prove_anew(app, user, session, password).await?;
    let mut tx = app.db.write().await?;
    proved.hold(&mut tx).await?;
    let known = db::passkeys::page(&mut tx, user.id, "", MOST).await?;
    if i64::try_from(known.len()).unwrap_or(MOST) >= MOST {
        return Err(too_many());
    }
    let challenge = challenge::issue(app, &mut tx, &Purpose::Enrol(session.id)).await?;
    tx.commit().await?;
    let known: Vec<_> = known.into_iter().map(|passkey| passkey.credential_id).collect();
    let handle = (user.id.as_bytes().as_slice(), username);
    Ok(CreationOptions::new(rp, &challenge, handle, &known, LIFETIME))
}

/// Makes it a passkey of the account; backup codes come along where it is the first factor.
///
/// # Errors
/// It is none for this relying party, its challenge is not that of [`offer`] in this session, or
/// somebody has it already; a factor that was not shown.
pub async fn confirm(
    app: &App,
    session: &Session,
    name: &Name,
    response: &RegistrationResponse,
) -> Result<Enrolled, Problem> {
    let rp = relying_party(app)?;
    let made = Registration::read(rp, response)
        .map_err(|fault| Problem::field("credential", FieldCode::NotAllowed, fault.to_string()))?;
    challenge::redeem(app, &Purpose::Enrol(session.id), &made.challenge).await?;
    let passkey = Passkey {
        id: random::uuid(&*app.random)?,
        user_id: session.user_id,
        credential_id: encode(&made.id),
        public_key: encode(made.key.as_cose()),
        sign_count: made.sign_count.into(),
        backup: made.backup,
        name: name.as_str().to_owned(),
        created_at: app.clock.now(),
        last_used_at: None,
    };
    let mut tx = app.db.write().await?;
    let before = adding(&mut tx, session).await?;
    if before.passkeys >= MOST {
        return Err(too_many());
    }
    if !db::passkeys::insert(&mut tx, &passkey).await? {
        let detail =
            "this passkey belongs to an account already; let the authenticator make another";
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    let about = (Action::PasskeyAdded, described(&passkey));
    let backup_codes = added(app, &mut tx, session, about, (before, Factor::Passkey)).await?;
    tx.commit().await?;
    Ok(Enrolled { passkey, backup_codes })
}

/// What the audit log says of a passkey.
pub(in crate::factors) fn described(passkey: &Passkey) -> serde_json::Value {
    json!({ "passkey": passkey.id.to_string(), "name": passkey.name })
}

fn too_many() -> Problem {
    let detail = format!("an account has at most {MOST} passkeys; remove one first");
    Problem::issuer(IssuerCode::Conflict, detail)
}
