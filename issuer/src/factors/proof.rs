//! What is shown as a second factor, and whether it is good.

use uuid::Uuid;

use super::passkeys::{self, Purpose};
use super::{authenticator, backup_codes, refused};
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db::{self, Connection};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session::Factor;
use crate::webauthn::AuthenticationResponse;

/// Longest code that is looked at, in bytes.
const MAX_CODE: usize = 64;

/// Something that somebody shows.
#[derive(Debug)]
pub enum Proof {
    /// A code.
    Code(Code),
    /// A passkey.
    Passkey(Box<AuthenticationResponse>),
}

/// A code that somebody shows.
#[derive(Debug)]
pub enum Code {
    /// A code of an authenticator app.
    Totp(Secret),
    /// A backup code.
    BackupCode(Secret),
}

/// A proof of which all is checked that can be checked outside the transaction that it is for: a
/// passkey, whose counter stands whatever becomes of that, was good; a code still waits.
pub(super) enum Seen<'p> {
    /// The passkey of this id.
    Passkey(Uuid),
    Code(&'p Code),
}

/// Looks at what a user shows, in transactions of its own. `purpose` is what a passkey's challenge must
/// have been made for.
///
/// # Errors
/// `code_invalid` for a challenge that was not; `credentials_invalid` where a passkey is not good, or
/// not this user's.
pub(super) async fn see<'p>(
    app: &App,
    user: Uuid,
    proof: &'p Proof,
    purpose: Purpose,
    address: Option<&String>,
) -> Result<Seen<'p>, Problem> {
    match proof {
        Proof::Passkey(response) => {
            let shown = passkeys::prove(app, &purpose, Some(user), response, address).await?;
            Ok(Seen::Passkey(shown.id))
        }
        Proof::Code(code) => Ok(Seen::Code(code)),
    }
}

impl Seen<'_> {
    /// The factor that it is, in the caller's transaction, in which a code is used up and a passkey is
    /// still there.
    ///
    /// # Errors
    /// `credentials_invalid` where a code is not good, or not this user's, or a passkey was removed.
    pub(super) async fn factor(
        self,
        app: &App,
        db: &mut Connection,
        user: Uuid,
        address: Option<&String>,
    ) -> Result<Factor, Problem> {
        match self {
            Self::Passkey(id) => {
                db::passkeys::by_id(db, user, id).await?.ok_or_else(refused)?;
                Ok(Factor::Passkey)
            }
            Self::Code(code) => show(app, db, user, code, address).await.map(|()| Factor::Code),
        }
    }
}

/// Checks a code that a user shows and uses it up, in the caller's transaction.
///
/// # Errors
/// `credentials_invalid` where it is not good, or not this user's.
async fn show(
    app: &App,
    db: &mut Connection,
    user: Uuid,
    code: &Code,
    address: Option<&String>,
) -> Result<(), Problem> {
    let now = app.clock.now();
    match code {
        Code::Totp(code) => {
            let totp = db::factors::totp(db, user).await?;
            let totp = totp.filter(|totp| totp.confirmed_at.is_some()).ok_or_else(refused)?;
            let secret = authenticator::secret(app, user, &totp)?;
            let code = code.reveal().trim();
            let step = secret.step_of(code, now).ok_or_else(refused)?;
            // Of two that bring the same code, one gets it.
            if !db::factors::take_step(db, user, step, now).await? {
                return Err(refused());
            }
            Ok(())
        }
        Code::BackupCode(code) => {
            if code.reveal().len() > MAX_CODE {
                return Err(refused());
            }
            let hash = backup_codes::hash(code);
            if !db::factors::take_backup_code(db, user, &hash).await? {
                return Err(refused());
            }
            let entry = Entry::new(Actor::User(user), Action::BackupCodeUsed, Subject::User(user))
                .from(address.cloned());
            audit::record(app, db, &entry).await?;
            Ok(())
        }
    }
}
