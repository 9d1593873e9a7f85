//! Taking slots, and letting them go.

use super::lists::LIST_LIFE;
use super::slot::SHARD;
use super::{Holder, Mark, Slot};
use crate::app::App;
use crate::clock::UnixSeconds;
use crate::db::entitlements::Entitlements;
use crate::db::sessions::Session;
use crate::db::slots::{CANDIDATES, NewSlot};
use crate::db::{self, Connection};
use crate::keys::Algorithm;
use crate::problem::Problem;
use crate::random;

/// Seconds that a slot is taken for beyond the token it is taken for: a holder who mints again and
/// again makes one write in that time.
const HEAD_ROOM: i64 = 3600;

/// Of the places that are looked at together, so many must be free: a shard that is fuller than
/// about three quarters is left alone, so that a free place is found at once.
const LEAST_FREE: usize = 2;

/// More shards than tokens that could be minted; the search must end somewhere.
pub(super) const MOST_SHARDS: i64 = 4096;

/// Seconds that a slot stays taken after its last token has expired: until no verifier uses a list
/// from that time any more, and a minute for clocks.
const LINGER: i64 = LIST_LIFE + 60;

/// Slots are freed in so many steps at most, each its own transaction.
const STEPS: usize = 20;

/// The slot that a token of this session carries, which expires at `exp`; `None` where something was
/// lost or ended since `held` was read, which must be read again then.
///
/// # Errors
/// The database failed.
pub async fn slot_of_session(
    app: &App,
    session: &Session,
    held: &Entitlements,
    algorithm: Algorithm,
    exp: UnixSeconds,
) -> Result<Option<Slot>, Problem> {
    if let Some(slot) = held.slot.filter(|slot| slot.mark == Mark::Valid && slot.expires_at >= exp)
    {
        return Ok(Some(slot));
    }
    let mut tx = app.db.write().await?;
    let slot = take_for_session(app, &mut tx, session, held.epoch, algorithm, exp).await?;
    tx.commit().await?;
    Ok(slot)
}

/// The same in the caller's transaction: locks the rows of user and session, and takes or extends
/// the slot.
///
/// # Errors
/// The database failed.
pub async fn take_for_session(
    app: &App,
    db: &mut Connection,
    session: &Session,
    epoch: i64,
    algorithm: Algorithm,
    exp: UnixSeconds,
) -> Result<Option<Slot>, Problem> {
    if !db::users::hold(db, session.user_id, epoch).await?
        || !db::sessions::hold(db, session.id).await?
    {
        return Ok(None);
    }
    let holder = Holder::Session { id: session.id, user: session.user_id };
    take(app, db, &holder, epoch, algorithm, exp).await
}

/// Takes the slot of a holder at an epoch, or extends the one that is held; `None` where something
/// became of that. The caller has locked, in this transaction, the row from which the epoch was
/// read, and found it there still.
///
/// # Errors
/// The database failed, or no list has room.
pub async fn take(
    app: &App,
    db: &mut Connection,
    holder: &Holder,
    epoch: i64,
    algorithm: Algorithm,
    exp: UnixSeconds,
) -> Result<Option<Slot>, Problem> {
    let (key, subject) = (holder.key(), holder.subject());
    let expires_at = exp.saturating_add(HEAD_ROOM);
    if let Some(slot) = db::slots::held(db, &key, epoch, algorithm).await? {
        if slot.expires_at >= exp && slot.mark == Mark::Valid {
            return Ok(Some(slot));
        }
        let extended = db::slots::extend(db, &slot, &key, epoch, expires_at).await?;
        return Ok(extended.then_some(Slot { expires_at, ..slot }));
    }
    for shard in app.status.roomy(algorithm)..MOST_SHARDS {
        let places = candidates(app)?;
        let taken = db::slots::taken_among(db, algorithm, shard, places).await?;
        let free: Vec<i64> = places.into_iter().filter(|place| !taken.contains(place)).collect();
        if free.len() < LEAST_FREE {
            continue;
        }
        for index in free {
            let slot = Slot { algorithm, shard, index, mark: Mark::Valid, expires_at };
            let new =
                NewSlot { slot, holder: &key, subject: &subject, epoch, taken_at: app.clock.now() };
            if db::slots::insert(db, &new).await? {
                app.status.found_room(algorithm, shard);
                return Ok(Some(slot));
            }
        }
    }
    Err(Problem::overloaded("no status list has room"))
}

/// Frees the slots that no verifier can ask for any more.
///
/// # Errors
/// The database failed.
pub async fn free_slots(app: &App) -> Result<(), Problem> {
    let before = app.clock.now().saturating_sub(LINGER);
    for _ in 0..STEPS {
        let mut tx = app.db.write().await?;
        let freed = db::slots::free(&mut tx, before).await?;
        tx.commit().await?;
        if freed == 0 {
            break;
        }
    }
    app.status.forget(&*app.clock);
    Ok(())
}

/// Places of a shard, at random: who sees indices learns nothing of how many there are.
fn candidates(app: &App) -> Result<[i64; CANDIDATES], Problem> {
    const { assert!(SHARD == 1 << u16::BITS) }
    let bytes: [u8; 2 * CANDIDATES] = random::bytes(&*app.random)?;
    let mut places = [0; CANDIDATES];
    for (place, pair) in places.iter_mut().zip(bytes.chunks_exact(2)) {
        if let &[high, low] = pair {
            *place = i64::from(u16::from_be_bytes([high, low]));
        }
    }
    Ok(places)
}
