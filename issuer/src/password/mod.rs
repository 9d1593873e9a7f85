//! Password hashes: Argon2id, on a bounded pool; and those of other systems, on the same pool, until
//! the next log-in replaces them.
//!
//! A hash takes 19 MiB and tens of milliseconds by design, so it must not run on the threads that
//! serve requests, and a flood of log-ins must not take all memory. A place in the queue is taken
//! before anything is done; when none is left, the answer is 503 with `Retry-After`.

mod foreign;
mod stored;

use std::sync::Arc;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

pub use self::stored::{HashError, StoredHash};
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
    /// A hash that nothing fits, for log-ins of users that do not exist.
    nobody: Arc<str>,
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
        let unknown: [u8; 32] = random::bytes(&*random)?;
        let nobody = hash(&argon2, &unknown, &random::bytes::<16>(&*random)?)?.into();
        Ok(Self {
            argon2,
            random,
            places: Arc::new(Semaphore::new(settings.workers + settings.queue)),
            turns: Arc::new(Semaphore::new(settings.workers)),
            nobody,
        })
    }

    /// The hash of a password, as PHC string.
    ///
    /// # Errors
    /// The queue is full.
    pub async fn hash(&self, password: &Secret) -> Result<String, Problem> {
        let salt: [u8; 16] = random::bytes(&*self.random)?;
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.run(move || hash(&argon2, password.reveal().as_bytes(), &salt)).await?
    }

    /// Whether `password` fits `hash`; with no hash the same work is done, and nothing fits.
    ///
    /// # Errors
    /// The queue is full, or the hash is none.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<bool, Problem> {
        let password = password.clone();
        let exists = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        self.run(move || {
            let stored = StoredHash::parse(&stored).map_err(Problem::internal)?;
            let fits = stored.verify(password.reveal().as_bytes()).map_err(Problem::internal)?;
            Ok(fits && exists)
        })
        .await?
    }

    /// Whether a hash was made by another system, or with other parameters than are set now, and
    /// should be replaced while the password is at hand.
    #[must_use]
    pub fn should_replace(&self, stored: &str) -> bool {
        StoredHash::parse(stored).is_ok_and(|hash| !hash.is_made_with(self.argon2.params()))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let full = |_| Problem::overloaded("the queue for password hashes is full");
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Problem::internal)?;
        // The thread holds place and turn: a request that goes away must not free them while its
        // hash is still being computed.
        let work = move || {
            let _held = (place, turn);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Result<String, Problem> {
    let hash: PasswordHash =
        argon2.hash_password_with_salt(password, salt).map_err(Problem::internal)?;
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
