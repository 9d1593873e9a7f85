//! Challenges: each for one thing, once.

use laika_claims::IssuerCode;
use uuid::Uuid;

use crate::app::App;
use crate::db::{self, Connection};
use crate::one_time_code;
use crate::problem::Problem;
use crate::random;
use crate::webauthn::Challenge;

/// Seconds for which a challenge can be signed.
pub const LIFETIME: i64 = 300;

/// What a challenge is for, and what it is bound to.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// A new passkey of whoever holds this session.
    Enrol(Uuid),
    /// A sign-in of whoever has a passkey.
    SignIn,
    /// The second step of the log-in with this hash of an id.
    SecondFactor(String),
    /// A proof of whoever holds this session.
    StepUp(Uuid),
}

impl Purpose {
    /// As the database writes it: a name, and what it is bound to.
    fn row(&self) -> (&'static str, String) {
        match self {
            Self::Enrol(session) => ("enrol", session.to_string()),
            Self::SignIn => ("sign_in", String::new()),
            Self::SecondFactor(hash) => ("second_factor", hash.clone()),
            Self::StepUp(session) => ("step_up", session.to_string()),
        }
    }
}

/// A fresh challenge, in the caller's transaction; the one before it for the same is good no more.
pub(super) async fn issue(
    app: &App,
    db: &mut Connection,
    purpose: &Purpose,
) -> Result<Challenge, Problem> {
    let challenge = Challenge::new(random::bytes(&*app.random)?);
    let hash = one_time_code::hash(challenge.as_str());
    let (name, bound_to) = purpose.row();
    let expires_at = app.clock.now().saturating_add(LIFETIME);
    db::passkeys::insert_challenge(db, &hash, (name, &bound_to), expires_at).await?;
    Ok(challenge)
}

/// Uses a challenge up, in a transaction of its own that is committed.
///
/// # Errors
/// `code_invalid` where it was made for something else, was used, or has expired.
pub(super) async fn redeem(
    app: &App,
    purpose: &Purpose,
    challenge: &Challenge,
) -> Result<(), Problem> {
    let hash = one_time_code::hash(challenge.as_str());
    let (name, bound_to) = purpose.row();
    let mut tx = app.db.write().await?;
    let good =
        db::passkeys::take_challenge(&mut tx, &hash, (name, &bound_to), app.clock.now()).await?;
    tx.commit().await?;
    if good {
        return Ok(());
    }
    let detail = "the passkey signed a challenge that was not made for this, was used or has \
                  expired; begin again";
    Err(Problem::issuer(IssuerCode::CodeInvalid, detail))
}
