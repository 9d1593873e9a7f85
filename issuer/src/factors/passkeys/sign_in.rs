//! Signing in by a passkey alone, without a user name.

use std::net::IpAddr;

use super::challenge::{self, LIFETIME, Purpose};
use super::prove::prove;
use super::relying_party;
use crate::accounts;
use crate::app::App;
use crate::db::passkeys::Passkey;
use crate::db::sessions::{Origin, Session};
use crate::db::users::User;
use crate::db::{self, Connection};
use crate::factors::refused;
use crate::limits::{self, Key, Limited};
use crate::metrics::LogInOutcome;
use crate::problem::Problem;
use crate::session::{self, Arrival, Entered, Way};
use crate::webauthn::AuthenticationResponse;
use crate::webauthn::options::RequestOptions;

/// What somebody brings who signs in.
#[derive(Debug)]
pub struct SignIn {
    /// What the passkey signed.
    pub response: AuthenticationResponse,
    /// The session of the anonymous holder who turns out to be them.
    pub holder: Option<Session>,
    /// Where they come from.
    pub origin: Origin,
}

/// Asks for whichever passkey there is; the same for everybody.
///
/// # Errors
/// 429 after too many from this address.
pub async fn begin(app: &App, from: Option<IpAddr>) -> Result<RequestOptions, Problem> {
    let rp = relying_party(app)?;
    limits::take_now(app, &[(Limited::Passkey, Key::address(from))]).await?;
    let mut tx = app.db.write().await?;
    let challenge = challenge::issue(app, &mut tx, &Purpose::SignIn).await?;
    tx.commit().await?;
    Ok(RequestOptions::new(rp, &challenge, &[], LIFETIME))
}

/// Signs in whoever's passkey it is.
///
/// # Errors
/// `code_invalid` for a challenge that is not good; `credentials_invalid` for all that is wrong with the
/// passkey, and where the account is closed; `email_unverified` where its e-mail must be proved first.
pub async fn finish(app: &App, sign_in: SignIn) -> Result<(User, Session), Problem> {
    let SignIn { response, holder, origin } = sign_in;
    let refuse = |_: &Problem| app.metrics.log_in(LogInOutcome::Refused);
    let address = origin.address.as_ref();
    let shown = prove(app, &Purpose::SignIn, None, &response, address).await;
    let shown = shown.inspect_err(refuse)?;
    let mut tx = app.db.write().await?;
    let user = opened(app, &mut tx, &shown).await.inspect_err(refuse)?;
    let holder = holder.map(|session| session.user_id);
    let arrival = Arrival { user, way: Way::Passkey, holder, origin };
    let (user, session) = match session::enter(app, &mut tx, arrival).await? {
        Entered::In(user, session) => (*user, *session),
        Entered::Waits(_) => {
            return Err(Problem::internal("a passkey was asked for another factor"));
        }
    };
    tx.commit().await?;
    app.metrics.log_in(LogInOutcome::Done);
    tracing::info!(user = %user.id, session = %session.id, "signed in by a passkey");
    Ok((user, session))
}

/// Whose account a passkey opens that was shown, where it is still theirs.
async fn opened(app: &App, db: &mut Connection, shown: &Passkey) -> Result<User, Problem> {
    let id = shown.user_id;
    if !db::users::lock(db, id).await? || db::passkeys::by_id(db, id, shown.id).await?.is_none() {
        return Err(refused());
    }
    let user = db::users::by_id(db, id).await?.ok_or_else(refused)?;
    accounts::admissible(app, &user)?;
    Ok(user)
}
