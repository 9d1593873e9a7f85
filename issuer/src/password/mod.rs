//! Password hashes: Argon2id, on a bounded pool; and those of other systems, on the same pool, until
//! the next log-in replaces them.
//!
//! A hash takes 19 MiB and tens of milliseconds by design, so it must not run on the threads that
//! serve requests, and a flood of log-ins must not take all memory. A place in the queue is taken
//! before anything is done; when none is left, the answer is 503 with `Retry-After`.

mod foreign;
mod stored;
mod workspace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

pub use self::stored::{HashError, StoredHash};
use self::workspace::{Workspace, Workspaces};
use crate::config::settings::Password as Settings;
use crate::problem::Problem;
use crate::random::{self, Random};
use crate::secret::Secret;

/// The pool that computes password hashes.
#[derive(Debug, Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    random: Arc<dyn Random>,
    /// Places for hashes that run or wait.
    places: Arc<Semaphore>,
    /// Turns to run.
    turns: Arc<Semaphore>,
    /// How many places and turns there are.
    size: (usize, usize),
    /// What they are computed in.
    workspaces: Workspaces,
    /// A hash that nothing fits, for log-ins of users that do not exist.
    nobody: Arc<str>,
    /// Hashes computed so far.
    computed: Arc<AtomicU64>,
}

/// Hashes of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Being computed.
    pub running: i64,
    /// Waiting for their turn.
    pub waiting: i64,
}

impl Passwords {
    /// A pool with these parameters.
    ///
    /// # Errors
    /// Argon2 refuses the parameters, or there are no random numbers.
    pub fn new(settings: &Settings, random: Arc<dyn Random>) -> Result<Self, Problem> {
        let params = Params::new(settings.memory, settings.passes, settings.lanes, None)
            .map_err(Problem::internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // Never computed, and as costly to check as one that was: that a password gives just these
        // 32 bytes is as likely as to guess them.
        let unknown: [u8; 32] = random::bytes(&*random)?;
        let nobody = phc(&argon2, &random::bytes::<16>(&*random)?, &unknown)?.into();
        Ok(Self {
            workspaces: Workspaces::new(argon2.params().block_count()),
            argon2,
            random,
            places: Arc::new(Semaphore::new(settings.workers + settings.queue)),
            turns: Arc::new(Semaphore::new(settings.workers)),
            size: (settings.workers + settings.queue, settings.workers),
            nobody,
            computed: Arc::default(),
        })
    }

    /// How many hashes were computed so far, to make passwords or to check them.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// The hash of a password, as PHC string.
    ///
    /// # Errors
    /// The queue is full.
    pub async fn hash(&self, password: &Secret) -> Result<String, Problem> {
        let salt: [u8; 16] = random::bytes(&*self.random)?;
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.run(move |workspace| hash(&argon2, password.reveal().as_bytes(), &salt, workspace))
            .await?
    }

    /// Whether `password` fits `hash`; with no hash the same work is done, and nothing fits.
    ///
    /// # Errors
    /// The queue is full, or the hash is none.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<bool, Problem> {
        let password = password.clone();
        let exists = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        self.run(move |workspace| {
            let stored = StoredHash::parse(&stored).map_err(Problem::internal)?;
            let fits = stored.verify(password.reveal().as_bytes(), workspace);
            Ok(fits.map_err(Problem::internal)? && exists)
        })
        .await?
    }

    /// Whether a hash was made by another system, or with other parameters than are set now, and
    /// should be replaced while the password is at hand.
    #[must_use]
    pub fn should_replace(&self, stored: &str) -> bool {
        StoredHash::parse(stored).is_ok_and(|hash| !hash.is_made_with(self.argon2.params()))
    }

    /// How much there is to do.
    #[must_use]
    pub fn load(&self) -> Load {
        let taken = self.size.0 - self.places.available_permits().min(self.size.0);
        let running = self.size.1 - self.turns.available_permits().min(self.size.1);
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Load { running: number(running), waiting: number(taken.saturating_sub(running)) }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Workspace) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let full = |_| Problem::overloaded("the queue for password hashes is full");
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Problem::internal)?;
        // The thread holds place and turn: a request that goes away must not free them while its
        // hash is still being computed.
        let workspaces = self.workspaces.clone();
        let work = move || {
            let _held = (place, turn);
            workspaces.lend(work)
        };
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }
}

fn hash(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    workspace: &mut Workspace,
) -> Result<String, Problem> {
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    workspace.compute(argon2, password, salt, &mut output).map_err(Problem::internal)?;
    phc(argon2, salt, &output)
}

/// A hash as PHC string.
fn phc(argon2: &Argon2<'_>, salt: &[u8], output: &[u8]) -> Result<String, Problem> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(Problem::internal)?,
        salt: Some(Salt::new(salt).map_err(Problem::internal)?),
        hash: Some(Output::new(output).map_err(Problem::internal)?),
    };
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn pool(workers: usize, queue: usize) -> Passwords {
        let settings = Settings { memory: 19 * 1024, passes: 2, lanes: 1, workers, queue };
        Passwords::new(&settings, Arc::new(SystemRandom)).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_only() {
        let pool = pool(2, 2);
        let hash = pool.hash(&secret("barking at the moon")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(pool.verify(&secret("barking at the moon"), Some(hash.clone())).await.unwrap());
        assert!(!pool.verify(&secret("barking at the sun"), Some(hash)).await.unwrap());
        assert!(!pool.verify(&secret("barking at the moon"), None).await.unwrap());
    }

    #[test]
    fn nobody_costs_what_everybody_costs() {
        let pool = pool(1, 1);
        let nobody = StoredHash::parse(&pool.nobody).unwrap();
        assert!(nobody.is_made_with(pool.argon2.params()));
        assert!(pool.nobody.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", pool.nobody);
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_empties_again() {
        let pool = pool(1, 1);
        let secret = secret("barking at the moon");
        let (one, two, three) =
            tokio::join!(pool.hash(&secret), pool.hash(&secret), pool.hash(&secret));
        assert!(one.is_ok() && two.is_ok());
        let problem = three.unwrap_err();
        assert_eq!((problem.code.as_str(), problem.retry_after), ("overloaded", Some(1)));
        pool.hash(&secret).await.unwrap();
    }

    #[tokio::test]
    async fn hashes_of_other_parameters_and_systems_are_checked_and_want_replacing() {
        let pool = pool(1, 1);
        let own = pool.hash(&secret("barking at the moon")).await.unwrap();
        assert!(!pool.should_replace(&own));
        let settings = Settings { memory: 8 * 1024, passes: 3, lanes: 1, workers: 1, queue: 1 };
        let other = Passwords::new(&settings, Arc::new(SystemRandom)).unwrap();
        let weaker = other.hash(&secret("barking at the moon")).await.unwrap();
        let bcrypt = bcrypt::hash("barking at the moon", 4).unwrap();
        for foreign in [weaker, bcrypt] {
            assert!(pool.should_replace(&foreign), "{foreign}");
            assert!(pool.verify(&secret("barking at the moon"), Some(foreign)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_damaged_hash_is_a_fault_not_a_wrong_password() {
        let problem = pool(1, 1).verify(&secret("x"), Some("junk".to_owned())).await.unwrap_err();
        assert_eq!(problem.code.as_str(), "internal");
    }
}
