//! Taking slots, and letting them go.

use super::lists::LIST_LIFE;
use super::slot::SHARD;
use super::{Holder, Mark, Slot};
use crate::app::App;
use crate::clock::UnixSeconds;
use crate::db::slots::{CANDIDATES, HeldSlot, NewSlot};
use crate::db::{self, Connection, DbError};
use crate::keys::Family;
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

/// Epoch of slots that no loss reaches: of tokens for services that want none of it.
const UNTOUCHED: i64 = -1;

/// What a slot is bound to: whose tokens carry it, and as of when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bond {
    holder: Holder,
    /// Grows with everything the holder loses; read together with what they have.
    epoch: i64,
    /// Whether what the holder loses makes the tokens stale.
    stale: bool,
    /// The generation of the services that say what the holder has, where the epoch is not it.
    services: Option<i64>,
}

impl Bond {
    /// Tokens of `holder`, who was read at `epoch`.
    #[must_use]
    pub fn new(holder: Holder, epoch: i64, stale: bool) -> Self {
        Self { holder, epoch, stale, services: None }
    }

    /// The same of a holder who has what the services say, which were read at `generation`.
    #[must_use]
    pub fn and_services(self, generation: i64) -> Self {
        Self { services: Some(generation), ..self }
    }

    /// Epoch of the slot.
    fn slot_epoch(&self) -> i64 {
        if self.stale { self.epoch } else { UNTOUCHED }
    }

    /// Whose losses make the slot stale.
    fn subject(&self) -> String {
        if self.stale { self.holder.subject() } else { String::new() }
    }

    /// Among these, the slot of a token that is signed so and expires at `exp`, if it is good.
    fn among(&self, slots: &[HeldSlot], family: Family, exp: UnixSeconds) -> Option<Slot> {
        let fits = |held: &&HeldSlot| {
            held.epoch == self.slot_epoch()
                && held.slot.family == family
                && is_good(&held.slot, exp)
        };
        slots.iter().find(fits).map(|held| held.slot)
    }

    /// Locks the rows from which the holder was read; whether they still are as they were.
    async fn hold(&self, db: &mut Connection) -> Result<bool, DbError> {
        // The services first, as where one is written.
        if let Some(generation) = self.services
            && !db::services::hold(db, generation).await?
        {
            return Ok(false);
        }
        match &self.holder {
            Holder::Session { id, user } => Ok(db::users::hold(db, *user, self.epoch).await?
                && db::sessions::hold(db, *id).await?),
            Holder::ServiceAccount(name) => db::service_accounts::hold(db, name, self.epoch).await,
            Holder::Anonymous { .. } => db::services::hold(db, self.epoch).await,
        }
    }

    /// The slot that a token carries which is signed so and expires at `exp`; `held` are those that
    /// were read together with the holder. `None` where something was lost or ended since, which
    /// must be read again then.
    ///
    /// # Errors
    /// The database failed, or no list has room.
    pub async fn slot(
        &self,
        app: &App,
        held: &[HeldSlot],
        family: Family,
        exp: UnixSeconds,
    ) -> Result<Option<Slot>, Problem> {
        if let Some(slot) = self.among(held, family, exp) {
            return Ok(Some(slot));
        }
        let mut tx = app.db.write().await?;
        let slot = take(app, &mut tx, self, family, exp).await?;
        tx.commit().await?;
        Ok(slot)
    }
}

fn is_good(slot: &Slot, exp: UnixSeconds) -> bool {
    slot.mark == Mark::Valid && slot.expires_at >= exp
}

/// Takes a slot in the caller's transaction, or extends the one that is held, once the rows of its
/// holder are locked; `None` where they are not as they were. A slot that is marked is held by nobody:
/// its tokens were taken back, and a holder who goes on has another.
///
/// # Errors
/// The database failed, or no list has room.
pub async fn take(
    app: &App,
    db: &mut Connection,
    bond: &Bond,
    family: Family,
    exp: UnixSeconds,
) -> Result<Option<Slot>, Problem> {
    if !bond.hold(db).await? {
        return Ok(None);
    }
    let (key, subject, epoch) = (bond.holder.key(), bond.subject(), bond.slot_epoch());
    let expires_at = exp.saturating_add(HEAD_ROOM);
    match db::slots::held(db, &key, epoch, family).await? {
        Some(slot) if is_good(&slot, exp) => return Ok(Some(slot)),
        Some(slot) if slot.mark == Mark::Valid => {
            let extended = db::slots::extend(db, &slot, &key, epoch, expires_at).await?;
            return Ok(extended.then_some(Slot { expires_at, ..slot }));
        }
        Some(left_over) => db::slots::leave(db, &left_over).await?,
        None => {}
    }
    for shard in app.status.roomy(family)..MOST_SHARDS {
        let places = candidates(app)?;
        let taken = db::slots::taken_among(db, family, shard, places).await?;
        let free: Vec<i64> = places.into_iter().filter(|place| !taken.contains(place)).collect();
        if free.len() < LEAST_FREE {
            continue;
        }
        for index in free {
            let slot = Slot { family, shard, index, mark: Mark::Valid, expires_at };
            let new =
                NewSlot { slot, holder: &key, subject: &subject, epoch, taken_at: app.clock.now() };
            if db::slots::insert(db, &new).await? {
                app.status.found_room(family, shard);
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
    db::in_steps(STEPS, async || {
        let mut tx = app.db.write().await?;
        let freed = db::slots::free(&mut tx, before).await?;
        tx.commit().await?;
        Ok::<_, Problem>(freed)
    })
    .await?;
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
