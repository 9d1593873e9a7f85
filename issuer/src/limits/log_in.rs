//! Limits of log-in, and of its second step.
//!
//! Failures count per account and address block, per address block over all accounts, and per
//! account over all addresses. The last one slows an account down that many guess at together; its
//! owner goes on in every browser they have logged in from before (a device cookie), which has
//! failures of its own and is counted nowhere else. So nobody can lock somebody out by guessing.

use std::net::IpAddr;

use laika_claims::IssuerCode;
use uuid::Uuid;

use super::{Key, Limited, give_back, give_back_now, take};
use crate::app::App;
use crate::db::{self, Connection};
use crate::one_time_code;
use crate::problem::Problem;
use crate::secret::Secret;

/// What a device cookie begins with.
const DEVICE_PREFIX: &str = "laika_dev_";

/// How long a browser is known after its last log-in, in seconds.
pub const DEVICE_LIFETIME: i64 = 180 * 24 * 3600;

/// Browsers that are remembered of one user.
const DEVICES: i64 = 20;

/// Where a log-in comes from.
#[derive(Debug, Clone, Default)]
pub struct Whence {
    /// Address of the client.
    pub address: Option<IpAddr>,
    /// What its device cookie holds.
    pub device: Option<Secret>,
}

/// A log-in, or its second step, that was let through, and counts as a failure until it is said to be
/// none.
#[derive(Debug)]
pub struct Attempt(Vec<(Limited, Key)>);

impl Attempt {
    /// Counts a log-in as `login` (as it was written, folded), who is `user` if anybody. It is
    /// committed before this returns.
    ///
    /// # Errors
    /// 429 `rate_limited` after too many failures.
    pub async fn begin(
        app: &App,
        login: &str,
        user: Option<Uuid>,
        from: &Whence,
    ) -> Result<Self, Problem> {
        let mut tx = app.db.write().await?;
        let keys = match known_device(app, &mut tx, user, from).await? {
            Some(hash) => vec![(Limited::LogInDevice, Key::device(&hash))],
            None => vec![
                (Limited::LogInAddress, Key::address(from.address)),
                (Limited::LogIn, Key::account_at(login, from.address)),
                (Limited::LogInAccount, Key::account(login)),
            ],
        };
        for (kind, key) in &keys {
            take(app, &mut tx, *kind, key).await?;
        }
        tx.commit().await?;
        Ok(Self(keys))
    }

    /// Counts the second step of a log-in of this user, over all log-ins that wait, in the caller's
    /// transaction, which is committed before anything is looked at.
    ///
    /// # Errors
    /// 429 `rate_limited` after too many failures.
    pub async fn second_step(app: &App, db: &mut Connection, user: Uuid) -> Result<Self, Problem> {
        let (kind, key) = (Limited::SecondFactor, Key::account(&user.to_string()));
        take(app, db, kind, &key).await?;
        Ok(Self(vec![(kind, key)]))
    }

    /// What was shown is right: nothing counts.
    ///
    /// # Errors
    /// The database failed.
    pub async fn succeeded(&self, app: &App, db: &mut Connection) -> Result<(), Problem> {
        give_back(app, db, &self.0).await
    }

    /// It ended in this. What is wrong counts alone: who is turned away because too much is going on,
    /// knows the password of an e-mail that is not proved, or signs a challenge that has expired has
    /// guessed nothing.
    pub async fn failed(self, app: &App, problem: &Problem) {
        if !problem.is(IssuerCode::CredentialsInvalid) {
            give_back_now(app, &self.0).await;
        }
    }
}

/// Remembers the browser of a log-in for its user; what its cookie is to hold.
///
/// # Errors
/// The database failed.
pub async fn remember_device(
    app: &App,
    db: &mut Connection,
    user: Uuid,
    from: &Whence,
) -> Result<Secret, Problem> {
    // The same cookie for everybody who logs in from there: one browser, several accounts.
    let device = match from.device.clone().filter(|device| is_device(device.reveal())) {
        Some(device) => device,
        None => one_time_code::generate(DEVICE_PREFIX, &*app.random)?.into(),
    };
    let hash = one_time_code::hash(device.reveal());
    let expires_at = app.clock.now().saturating_add(DEVICE_LIFETIME);
    db::devices::remember(db, &hash, user, expires_at, DEVICES).await?;
    Ok(device)
}

/// The hash of the device cookie, where it belongs to the user.
async fn known_device(
    app: &App,
    db: &mut Connection,
    user: Option<Uuid>,
    from: &Whence,
) -> Result<Option<String>, Problem> {
    let Some(device) = from.device.as_ref().filter(|device| is_device(device.reveal())) else {
        return Ok(None);
    };
    let hash = one_time_code::hash(device.reveal());
    // Nobody of that name: the same look-up, which finds nothing.
    let user = user.unwrap_or_default();
    let known = db::devices::is_known(db, &hash, user, app.clock.now()).await?;
    Ok(known.then_some(hash))
}

/// Whether a cookie looks like one of ours: as long, and of the same characters. Whoever makes one
/// up gains a row of their own and nothing else.
fn is_device(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.starts_with(DEVICE_PREFIX)
        && text.len() == DEVICE_PREFIX.len() + 32
        && text.bytes().all(plain)
}
