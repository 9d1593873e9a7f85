//! Status lists as they are published: built when somebody asks, kept for half a second.
//!
//! A verifier uses a list for 9 s at most while it can get another; with half a second here, and
//! another for the key set's fingerprint, a mark is seen everywhere within 10 s.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::json;
use tokio::sync::Mutex;

use super::Mark;
use super::slot::{SHARD, list_uri};
use super::taking::MOST_SHARDS;
use crate::app::App;
use crate::clock::{Clock, UnixSeconds};
use crate::db;
use crate::http::published::Document;
use crate::keys::Family;
use crate::keys::jws::{self, Signer};
use crate::problem::Problem;

/// Header `typ` of a status list (draft-ietf-oauth-status-list section 5.1).
const TYP: &str = "statuslist+jwt";

/// Media type of a status list (draft-ietf-oauth-status-list section 14.6).
pub const MEDIA_TYPE: &str = "application/statuslist+jwt";

/// Seconds after which a list says nothing any more. Twice as long as a verifier goes on with a list
/// by default while it can't get another; slots are not given to others before.
pub const LIST_LIFE: i64 = 600;

/// Seconds after which a verifier should ask again.
const TTL: i64 = 5;

/// How long a list is served without another look at the database.
const FRESH: Duration = Duration::from_millis(500);

/// A list that nobody has asked for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// zlib's level; what is compressed is mostly zeros.
const LEVEL: u8 = 6;

/// The lists that this replica has built.
#[derive(Debug)]
pub struct StatusLists {
    lists: SyncMutex<Entries>,
    /// For each family, the first shard in which there was room.
    roomy: [AtomicI64; Family::ALL.len()],
}

/// Each list with its own lock, which is held while it is built.
type Entries = BTreeMap<(Family, i64), Arc<Mutex<Option<Built>>>>;

#[derive(Debug)]
struct Built {
    document: Document,
    /// Its `iat`, which never goes back: verifiers refuse a list that is older than theirs.
    issued_at: UnixSeconds,
    /// By the monotonic clock, before the database was read.
    at: Duration,
}

impl StatusLists {
    /// No list yet.
    #[must_use]
    pub fn new() -> Self {
        Self { lists: SyncMutex::default(), roomy: Family::ALL.map(|_| AtomicI64::new(0)) }
    }

    /// The list at `/status/{family}/{shard}`; `None` where no token names it.
    ///
    /// # Errors
    /// The database failed, or the list could not be signed.
    pub async fn get(
        &self,
        app: &App,
        family: Family,
        shard: i64,
    ) -> Result<Option<Document>, Problem> {
        // A secret that was taken out of the settings signs nothing any more.
        let signs = family != Family::Secret || app.settings.micro.secret.is_some();
        if !(0..MOST_SHARDS).contains(&shard) || !signs {
            return Ok(None);
        }
        let known = self.lock().get(&(family, shard)).cloned();
        let entry = match known {
            Some(entry) => entry,
            None => {
                let mut connection = app.db.read().await?;
                if !db::slots::is_in_use(&mut connection, family, shard).await? {
                    return Ok(None);
                }
                Arc::clone(self.lock().entry((family, shard)).or_default())
            }
        };
        // Held while the list is built, so that many who ask at once cause one building.
        let mut built = entry.lock().await;
        let now = app.clock.monotonic();
        if let Some(built) = &*built
            && now.saturating_sub(built.at) <= FRESH
        {
            return Ok(Some(built.document.clone()));
        }
        let not_before = built.as_ref().map_or(0, |built| built.issued_at);
        let issued_at = app.clock.now().max(not_before);
        let document = build(app, family, shard, issued_at).await?;
        *built = Some(Built { document: document.clone(), issued_at, at: now });
        Ok(Some(document))
    }

    /// The first shard in which there was room last time.
    pub(super) fn roomy(&self, family: Family) -> i64 {
        self.hint(family).map_or(0, |hint| hint.load(Ordering::Relaxed))
    }

    /// Notes in which shard there was room.
    pub(super) fn found_room(&self, family: Family, shard: i64) {
        if let Some(hint) = self.hint(family) {
            hint.store(shard, Ordering::Relaxed);
        }
    }

    /// Forgets lists that nobody asks for, and where room was: slots may have become free in the
    /// first shards.
    pub(super) fn forget(&self, clock: &dyn Clock) {
        for hint in &self.roomy {
            hint.store(0, Ordering::Relaxed);
        }
        let now = clock.monotonic();
        self.lock().retain(|_, entry| match entry.try_lock() {
            Ok(built) => {
                built.as_ref().is_some_and(|built| now.saturating_sub(built.at) < FORGOTTEN_AFTER)
            }
            // Somebody asks for it at this moment.
            Err(_) => true,
        });
    }

    fn hint(&self, family: Family) -> Option<&AtomicI64> {
        let index = Family::ALL.iter().position(|other| *other == family)?;
        self.roomy.get(index)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for StatusLists {
    fn default() -> Self {
        Self::new()
    }
}

async fn build(
    app: &App,
    family: Family,
    shard: i64,
    issued_at: UnixSeconds,
) -> Result<Document, Problem> {
    let keys = app.keys.published(&app.db, &*app.clock).await?;
    let mut connection = app.db.read().await?;
    let marked = db::slots::marked(&mut connection, family, shard).await?;
    drop(connection);
    let lst = URL_SAFE_NO_PAD.encode(compress_to_vec_zlib(&pack(&marked), LEVEL));
    let claims = json!({
        "iss": app.issuer.as_str(),
        "sub": list_uri(&app.issuer, family, shard),
        "iat": issued_at,
        "exp": issued_at.saturating_add(LIST_LIFE),
        "ttl": TTL,
        "status_list": { "bits": 2, "lst": lst },
        "jwks_sha256": keys.fingerprint(),
    });
    let token = jws::sign(Signer::of(app, &keys, family)?, TYP, &claims)?;
    Ok(Document::revalidated(MEDIA_TYPE, token))
}

/// Two bits for each slot, from the least significant bit of each byte (draft-ietf-oauth-status-list
/// section 4.1). Always a whole shard: its length tells nobody how many there are.
fn pack(marked: &[(i64, Mark)]) -> Vec<u8> {
    let mut bytes = vec![0; SHARD / 4];
    for (index, mark) in marked {
        let place = usize::try_from(index / 4).ok().and_then(|byte| bytes.get_mut(byte));
        if let (Some(byte), Ok(bits)) = (place, u8::try_from(mark.bits())) {
            *byte |= bits << (2 * (index % 4));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use laika_verifier::status::{Status, StatusList};

    use super::*;

    #[test]
    fn what_is_packed_is_what_verifiers_read() {
        let marked =
            [(0, Mark::Stale), (1, Mark::Revoked), (6, Mark::Stale), (65_535, Mark::Revoked)];
        let list = StatusList::new(2, pack(&marked)).unwrap();
        for (index, status) in [
            (0, Status::Stale),
            (1, Status::Revoked),
            (2, Status::Valid),
            (5, Status::Valid),
            (6, Status::Stale),
            (7, Status::Valid),
            (65_534, Status::Valid),
            (65_535, Status::Revoked),
        ] {
            assert_eq!(list.get(index), Some(status), "{index}");
        }
        assert_eq!(list.get(65_536), None);
    }
}
