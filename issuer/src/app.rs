//! What every request sees.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::{PublicUrl, Settings};
use crate::db::invitations::Invited;
use crate::db::{self, Db};
use crate::events::Bell;
use crate::external::Providers;
use crate::keys::{self, KeyRing, Proved};
use crate::limits::Requests;
use crate::mail::Mailer;
use crate::metrics::Metrics;
use crate::mint::ServiceCatalogue;
use crate::mint::before_token::BeforeToken;
use crate::mint::turnstile::Turnstile;
use crate::one_time_code::{self, INVITATION_PREFIX};
use crate::outgoing::Outgoing;
use crate::password::Passwords;
use crate::permissions::{self, Library};
use crate::problem::Problem;
use crate::random::Random;
use crate::readiness::Readiness;
use crate::status::StatusLists;
use crate::webauthn::RelyingParty;

/// The global role that may administer everything; made by the first migration.
pub const ADMINISTRATOR: &str = "administrator";

/// Seconds for which the first administrator's sign-up link is open.
pub const LINK_LIFETIME: i64 = 24 * 3600;

/// The state of the service; cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<dyn Shared>);

/// [`State`], and that threads may share it: as a trait object, whose [`Send`] and [`Sync`] the compiler
/// takes from here. It would walk through all that there is for each handler that takes an [`App`],
/// which was a third of the time that this crate is compiled in.
trait Shared: fmt::Debug + Send + Sync {
    fn state(&self) -> &State;
}

impl Shared for State {
    fn state(&self) -> &State {
        self
    }
}

/// What [`App`] points to.
#[derive(Debug)]
pub struct State {
    /// URL of this issuer: the `iss` of its tokens.
    pub issuer: PublicUrl,
    /// Checked settings.
    pub settings: Settings,
    /// The database.
    pub db: Db,
    /// Signing keys.
    pub keys: KeyRing,
    /// Tokens that were proved with them.
    pub proved: Proved,
    /// Status lists.
    pub status: StatusLists,
    /// Every service, in memory.
    pub services: ServiceCatalogue,
    /// Where requests for anonymous tokens wait for their turn.
    pub turnstile: Turnstile,
    /// Password hashes.
    pub passwords: Passwords,
    /// The general limit on requests.
    pub requests: Requests,
    /// Places for requests that are worked on.
    pub places: Semaphore,
    /// What is measured.
    pub metrics: Metrics,
    /// Whether the database can be used, as it was found last.
    pub readiness: Readiness,
    /// Whether the service was told to end.
    pub ending: AtomicBool,
    /// Whoever sends mails; `None`: nobody.
    pub mail: Option<Mailer>,
    /// Gets events sent at once.
    pub bell: Bell,
    /// The hook that adds claims to tokens; `None`: nobody does.
    pub before_token: Option<BeforeToken>,
    /// Who is asked for permissions, besides roles.
    pub permissions: permissions::Providers,
    /// Publishes to RabbitMQ.
    #[cfg(feature = "amqp")]
    pub amqp: crate::events::amqp::Publisher,
    /// Requests to others.
    pub outgoing: Outgoing,
    /// Where people may log in besides here.
    pub providers: Providers,
    /// What passkeys belong to; `None`: there are none for this issuer's address.
    pub passkeys: Option<RelyingParty>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random numbers.
    pub random: Arc<dyn Random>,
}

impl App {
    /// Loads keys, and sees to the roles that must exist.
    ///
    /// # Errors
    /// The database or the keys can't be used.
    pub async fn new(
        settings: Settings,
        issuer: PublicUrl,
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Problem> {
        Self::with(settings, issuer, db, clock, random, Library::new()).await
    }

    /// The same with permission providers of a library's user.
    ///
    /// # Errors
    /// The database or the keys can't be used.
    pub async fn with(
        settings: Settings,
        issuer: PublicUrl,
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        library: Library,
    ) -> Result<Self, Problem> {
        let keys = KeyRing::load(
            &db,
            &settings.master_key_file,
            settings.signing_algorithm,
            keys::token_life(&settings),
            &*clock,
            &*random,
        )
        .await?;
        let passwords = Passwords::new(&settings.password, Arc::clone(&random))?;
        let mut tx = db.write().await?;
        let role = &settings.default_role;
        db::roles::ensure(&mut tx, &role.name, role.level, clock.now()).await?;
        tx.commit().await?;
        let status = StatusLists::new();
        let services = ServiceCatalogue::load(&db, &*clock).await?;
        let requests = Requests::new(&settings.limits, &*random)?;
        let places = Semaphore::new(settings.limits.in_flight);
        let mail = settings.mail.as_ref().map(Mailer::new).transpose()?;
        let before_token = settings.before_token.as_ref().map(BeforeToken::new);
        let outgoing = Outgoing::new(&settings.private_networks).map_err(Problem::internal)?;
        let providers = Providers::new(&settings);
        let passkeys = RelyingParty::of(&issuer, &settings);
        Ok(Self(Arc::new(State {
            issuer,
            settings,
            db,
            keys,
            proved: Proved::default(),
            status,
            services,
            turnstile: Turnstile::default(),
            passwords,
            mail,
            outgoing,
            providers,
            passkeys,
            requests,
            places,
            metrics: Metrics::default(),
            readiness: Readiness::default(),
            ending: AtomicBool::new(false),
            bell: Bell::default(),
            before_token,
            permissions: permissions::Providers::new(library),
            #[cfg(feature = "amqp")]
            amqp: crate::events::amqp::Publisher::default(),
            clock,
            random,
        })))
    }

    /// Gets what lies in the outbox sent at once; called after the commit that put it there.
    pub fn wake_mail(&self) {
        if let Some(mail) = &self.mail {
            mail.wake();
        }
    }

    /// The link by which the first administrator signs up, while there is none; a new one at every
    /// call, open for a day beside those before it, since replicas that start together make one each.
    ///
    /// # Errors
    /// The database failed.
    pub async fn first_administrator_link(&self) -> Result<Option<String>, Problem> {
        let mut tx = self.db.write_alone().await?;
        if db::roles::is_held_at_level(&mut tx, 0).await? {
            db::invitations::withdraw_to_the_first(&mut tx).await?;
            tx.commit().await?;
            return Ok(None);
        }
        let code = one_time_code::generate(INVITATION_PREFIX, &*self.random)?;
        let hash = one_time_code::hash(&code);
        let now = self.clock.now();
        let expires_at = now.saturating_add(LINK_LIFETIME);
        db::invitations::add(&mut tx, Invited::First, &hash, now, expires_at).await?;
        tx.commit().await?;
        // In the fragment: it reaches no server log and no `Referer`.
        Ok(Some(format!("{}/#invitation={code}", self.issuer.as_str())))
    }
}

impl Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        self.0.state()
    }
}
