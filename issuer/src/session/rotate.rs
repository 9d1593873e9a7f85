//! Rotation: the current main token is replaced by its successor.

use std::sync::Arc;

use laika_claims::token::MainClaims;

use super::caller::{identify, over, refuse};
use super::{Caller, Standing, standing};
use crate::app::App;
use crate::clock::UnixSeconds;
use crate::db;
use crate::db::entitlements::Entitlements;
use crate::db::sessions::Session;
use crate::problem::Problem;

/// How often a lost race is run again. Each round that is lost was won by another holder of the
/// same token, after which this one holds the previous token and is answered without a write.
const ROUNDS: usize = 3;

/// Replaces the main token: the session afterwards, with the counter of the successor. The current
/// token moves the counter, the one before it is answered with the same successor.
///
/// # Errors
/// The session has ended, or must end now.
pub async fn rotate(app: &App, claims: &MainClaims) -> Result<Caller, Problem> {
    let (id, user_id, ctr) = identify(claims)?;
    for _ in 0..ROUNDS {
        let now = app.clock.now();
        let mut tx = app.db.write().await?;
        let found = db::entitlements::of_session(&mut *tx, id).await?;
        let Some(held) = found.filter(|held| held.user.id == user_id) else {
            return Err(over());
        };
        match standing(&held.session, held.user.status, ctr, now) {
            Standing::Previous => return Ok(Caller { held, holds_previous: true }),
            Standing::Refused(refusal) => {
                // One writer: it must be free again before the session can be ended.
                drop(tx);
                return Err(refuse(app, id, refusal).await);
            }
            Standing::Current => {}
        }
        let expires_at = slide(app, &held.session, now);
        if db::sessions::rotate(&mut tx, &held.session, expires_at, now).await? {
            tx.commit().await?;
            let held = Arc::unwrap_or_clone(held);
            let session = Session {
                ctr: held.session.ctr + 1,
                rotated_at: now,
                current_used: false,
                expires_at,
                last_used_at: now,
                ..held.session
            };
            let held = Arc::new(Entitlements { session, ..held });
            return Ok(Caller { held, holds_previous: false });
        }
    }
    Err(Problem::overloaded("a rotation lost every race"))
}

/// A new life, within the absolute cap and the end that was set.
fn slide(app: &App, session: &Session, now: UnixSeconds) -> UnixSeconds {
    let main = &app.settings.main;
    let cap = session.created_at.saturating_add(main.max_lifetime);
    now.saturating_add(main.lifetime).min(cap).min(session.ends_at.unwrap_or(cap))
}
