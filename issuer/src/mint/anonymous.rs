//! Tokens for whoever it is: nobody proves who they are, and nothing is asked.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use laika_claims::IssuerCode;

use super::holder::Holder;
use super::micro_token::{MicroRequest, MicroToken, mint_for};
use crate::app::App;
use crate::db;
use crate::db::sessions::{Origin, Session};
use crate::db::users::User;
use crate::problem::Problem;
use crate::random;

/// Waits for the turn of a request from `address`, where a delay is set.
///
/// # Errors
/// Too many wait already: `rate_limited`.
pub async fn wait(app: &App, address: Option<IpAddr>) -> Result<(), Problem> {
    let delay = Duration::from_secs(app.settings.anonymous.delay);
    if delay.is_zero() {
        return Ok(());
    }
    // Half of what a request may take: the other half is for what follows.
    let most = Duration::from_secs(app.settings.request_timeout) / 2;
    // Whoever has no address shares one turn.
    let address = address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    match app.turnstile.reserve(address, app.clock.monotonic(), delay, most) {
        Ok(wait) => {
            tokio::time::sleep(wait).await;
            Ok(())
        }
        Err(later) => {
            let detail = "too many anonymous tokens are asked for from this address";
            let seconds = later.as_secs() + u64::from(later.subsec_nanos() > 0);
            Err(Problem {
                retry_after: u32::try_from(seconds.max(1)).ok(),
                ..Problem::issuer(IssuerCode::RateLimited, detail)
            })
        }
    }
}

/// A micro token for somebody of whom nothing is kept: each has another `sub`.
///
/// # Errors
/// As [`mint_for`].
pub async fn mint(app: &App, service: String) -> Result<MicroToken, Problem> {
    let request = MicroRequest { services: vec![service], ..MicroRequest::default() };
    mint_for(app, &Holder::Anonymous(random::uuid(&*app.random)?), &request).await
}

/// An anonymous holder with a session, so that their tokens can be renewed and they can register
/// later with the same `sub`.
///
/// # Errors
/// The database failed.
pub async fn start(app: &App, origin: Origin) -> Result<(User, Session), Problem> {
    let now = app.clock.now();
    let user_id = random::uuid(&*app.random)?;
    let (id, expires_at) =
        (random::uuid(&*app.random)?, now.saturating_add(app.settings.main.lifetime));
    let session = Session::unproved(id, user_id, now, expires_at, origin);
    let mut tx = app.db.write().await?;
    let user = db::users::insert_anonymous(&mut tx, user_id, now).await?;
    db::sessions::insert(&mut tx, &session).await?;
    tx.commit().await?;
    Ok((user, session))
}
