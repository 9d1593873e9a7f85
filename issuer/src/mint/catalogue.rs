//! Every service, in memory: a minting asks no query for them, but for one of an anonymous holder with
//! a session, who has what the services say and must not have it from before they lost it.
//!
//! Services change rarely and are read at every minting, so a process keeps all of them in one
//! immutable snapshot. A write of a service raises a generation in its own transaction; each
//! process looks at it at most every [`LOOK_EVERY`] and reads the services again where it has
//! grown. A process that wrote one itself looks at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use laika_claims::{Grant, Permission};

use super::template::Template;
use crate::clock::Clock;
use crate::db::services::{self, List, PermissionProvider, Service};
use crate::db::{Connection, Db, DbError};
use crate::keys::Family;
use crate::outgoing::WrappedSecrets;

/// How long a change of a service by another process may go unseen.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How many services are read at a time.
const PAGE: i64 = 500;

/// The services as this process knows them.
#[derive(Debug)]
pub struct ServiceCatalogue {
    current: RwLock<Arc<Snapshot>>,
    /// When the generation was last looked at: the clock's monotonic milliseconds.
    looked_at: AtomicU64,
    /// Until when it is looked at by every minting, because this process wrote a service: the
    /// transaction of that write may take a moment to be committed.
    wary_until: AtomicU64,
}

/// All services at one generation.
#[derive(Debug, Default)]
pub struct Snapshot {
    generation: i64,
    by_name: BTreeMap<String, KnownService>,
    by_audience: BTreeMap<String, String>,
}

/// A service as minting needs it.
#[derive(Debug)]
pub struct KnownService {
    /// `aud` of its tokens.
    pub audience: String,
    /// Life of its micro tokens in seconds.
    pub lifetime: i64,
    /// Algorithm of its micro tokens; absent: the issuer's.
    pub algorithm: Option<Family>,
    /// Every permission it knows.
    pub catalogue: Vec<Permission>,
    /// The services that a token of this one may also be for.
    pub may_share_with: Vec<String>,
    /// Further claims of its tokens.
    pub template: Template,
    /// Where its permissions come from.
    pub permission_provider: PermissionProvider,
    /// What signs the requests to that provider.
    pub secrets: Option<WrappedSecrets>,
    /// Whether what a holder loses makes its tokens stale.
    pub stale: bool,
    /// What anonymous holders get here; absent: nothing.
    pub anonymous: Option<Anonymous>,
}

/// What anonymous holders get at a service.
#[derive(Debug)]
pub struct Anonymous {
    /// What they may do.
    pub grants: Vec<Grant>,
    /// Life of their tokens in seconds.
    pub lifetime: i64,
}

impl ServiceCatalogue {
    /// Reads every service.
    ///
    /// # Errors
    /// The database failed, or holds what can't be used.
    pub async fn load(db: &Db, clock: &dyn Clock) -> Result<Self, DbError> {
        let now = millis(clock);
        let mut connection = db.read().await?;
        Ok(Self {
            current: RwLock::new(Arc::new(read(&mut connection).await?)),
            looked_at: AtomicU64::new(now),
            wary_until: AtomicU64::new(0),
        })
    }

    /// The services as they are now, or were [`LOOK_EVERY`] ago.
    ///
    /// # Errors
    /// The database failed, or holds what can't be used.
    pub async fn current(&self, db: &Db, clock: &dyn Clock) -> Result<Arc<Snapshot>, DbError> {
        if self.is_time_to_look(millis(clock)) { self.latest(db).await } else { Ok(self.held()) }
    }

    /// The services as they are now.
    ///
    /// # Errors
    /// The database failed, or holds what can't be used.
    pub async fn latest(&self, db: &Db) -> Result<Arc<Snapshot>, DbError> {
        let held = self.held();
        let mut connection = db.read().await?;
        if services::generation(&mut connection).await? == held.generation {
            return Ok(held);
        }
        let fresh = Arc::new(read(&mut connection).await?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // Of two that read at once, the later one stays.
        if fresh.generation >= current.generation {
            *current = Arc::clone(&fresh);
        }
        Ok(fresh)
    }

    fn held(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that this process is writing a service.
    pub fn written(&self, clock: &dyn Clock) {
        let until = millis(clock).saturating_add(in_millis(LOOK_EVERY));
        self.wary_until.fetch_max(until, Ordering::SeqCst);
    }

    /// Whether it is time to look at the generation; of many callers at once, one is told so.
    fn is_time_to_look(&self, now: u64) -> bool {
        if now <= self.wary_until.load(Ordering::SeqCst) {
            return true;
        }
        let looked_at = self.looked_at.load(Ordering::SeqCst);
        now.saturating_sub(looked_at) >= in_millis(LOOK_EVERY)
            && self
                .looked_at
                .compare_exchange(looked_at, now, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }
}

impl Snapshot {
    /// Grows with every change of a service.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// The service with this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&KnownService> {
        self.by_name.get(name)
    }

    /// The services that sign with a secret; never more than one but where somebody wrote into the
    /// database by hand.
    pub fn sharing_a_secret(&self) -> impl Iterator<Item = (&str, &KnownService)> {
        let all = self.by_name.iter().map(|(name, service)| (name.as_str(), service));
        all.filter(|(_, service)| service.algorithm == Some(Family::Secret))
    }

    /// The name of the service that is called so, or has this audience. A name counts first.
    #[must_use]
    pub fn name_of(&self, written: &str) -> Option<&str> {
        match self.by_name.get_key_value(written) {
            Some((name, _)) => Some(name),
            None => self.by_audience.get(written).map(String::as_str),
        }
    }
}

async fn read(db: &mut Connection) -> Result<Snapshot, DbError> {
    // First, so that a change during what follows is noticed at the next look.
    let generation = services::generation(db).await?;
    let mut catalogues = services::lists(db, List::Catalogue).await?;
    let mut sharing = services::lists(db, List::Sharing).await?;
    let mut anonymous = services::lists(db, List::Anonymous).await?;
    let mut secrets = services::provider_secrets(db).await?;
    let mut snapshot = Snapshot { generation, ..Snapshot::default() };
    let mut after = String::new();
    loop {
        let page = services::list(db, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.name);
        for service in page {
            let name = service.name.clone();
            let mut known = known(
                service,
                catalogues.remove(&name).unwrap_or_default(),
                sharing.remove(&name).unwrap_or_default(),
                anonymous.remove(&name).unwrap_or_default(),
            )?;
            known.secrets = secrets.remove(&name);
            snapshot.by_audience.insert(known.audience.clone(), name.clone());
            snapshot.by_name.insert(name, known);
        }
    }
    Ok(snapshot)
}

fn known(
    service: Service,
    catalogue: Vec<String>,
    may_share_with: Vec<String>,
    anonymous: Vec<String>,
) -> Result<KnownService, DbError> {
    let permission = |text: String| {
        Permission::parse(&text).map_err(|_| DbError::Corrupt { what: "a permission", value: text })
    };
    let grant = |text: String| {
        Grant::parse(&text).map_err(|_| DbError::Corrupt { what: "a permission", value: text })
    };
    let grants: Vec<_> = anonymous.into_iter().map(grant).collect::<Result<_, _>>()?;
    Ok(KnownService {
        audience: service.audience,
        lifetime: service.token_lifetime,
        algorithm: service.algorithm,
        catalogue: catalogue.into_iter().map(permission).collect::<Result<_, _>>()?,
        may_share_with,
        template: match service.claim_template {
            Some(text) => Template::stored(&text)
                .ok_or(DbError::Corrupt { what: "a claim template", value: text })?,
            None => Template::default(),
        },
        permission_provider: service.permission_provider,
        secrets: None,
        stale: service.stale,
        anonymous: service.anonymous_lifetime.map(|lifetime| Anonymous { grants, lifetime }),
    })
}

fn millis(clock: &dyn Clock) -> u64 {
    in_millis(clock.monotonic())
}

fn in_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
