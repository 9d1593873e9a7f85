//! A verifier shared by all requests, and the I/O that its state machine asks for.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use laika_claims::Decision;
use laika_claims::policy::Request;
use tokio::sync::Notify;

use super::Denial;
use super::read::Facts;
use crate::client::Client;
use crate::{Fetch, Timestamp, VerifiedToken, Verifier};

/// How long a request waits in all: for metadata and a key set, 5 s each, a status list, 2 s, and a
/// little more. Whenever somebody's fetch ends it is woken, so how often says nothing.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Keeper {
    verifier: Arc<RwLock<Verifier>>,
    landed: Arc<Notify>,
    client: Client,
    realm: Option<String>,
}

/// What one look at the verifier found.
enum Found {
    Allowed(Option<VerifiedToken>),
    Denied(Denial),
    /// A fetch is under way that may change the answer: wait for it, at most so long.
    Waiting(Duration),
}

impl Keeper {
    pub(super) fn new(verifier: Verifier, realm: Option<String>) -> Result<Self, reqwest::Error> {
        Ok(Self {
            verifier: Arc::new(RwLock::new(verifier)),
            landed: Arc::new(Notify::new()),
            client: Client::new()?,
            realm,
        })
    }

    pub(super) async fn judge(&self, facts: Facts) -> Result<Option<VerifiedToken>, Denial> {
        let began = moment();
        loop {
            // Registered before the look, so that no fetch can land in between unnoticed.
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            let left = PATIENCE.saturating_sub(began.elapsed());
            let wait = match self.look(&facts, !left.is_zero()) {
                Found::Allowed(token) => return Ok(token),
                Found::Denied(denial) => return Err(denial),
                Found::Waiting(wait) => wait,
            };
            // Landed or timed out: the next look says what is here now.
            drop(tokio::time::timeout(wait.min(left), landed).await);
        }
    }

    /// Decides with what is here, and starts the fetches that are due.
    fn look(&self, facts: &Facts, may_wait: bool) -> Found {
        let now = now();
        let realm = self.realm.as_deref();
        let facts = match facts {
            Ok(facts) => facts,
            Err(why) => return Found::Denied(Denial::of(&Decision::request_invalid(why), realm)),
        };
        let request =
            Request { method: &facts.method, target: &facts.target, host: facts.host.as_deref() };
        let verifier = self.verifier.read().unwrap_or_else(PoisonError::into_inner);
        let judged = verifier.authorize_bytes(facts.token.as_deref(), &request, now);
        let may_wait = may_wait && judged.hangs_on_error();
        let found = if judged.decision.allowed {
            Found::Allowed(judged.token)
        } else {
            Found::Denied(Denial::of(&judged.decision, realm))
        };
        let error = judged.error;
        let due = verifier.has_fetches(error.as_ref(), now);
        drop(verifier);
        if due {
            let mut verifier = self.verifier.write().unwrap_or_else(PoisonError::into_inner);
            for fetch in verifier.fetches(error.as_ref(), now) {
                self.start(fetch);
            }
        }
        let Some(error) = error.filter(|_| may_wait) else {
            return found;
        };
        let verifier = self.verifier.read().unwrap_or_else(PoisonError::into_inner);
        match verifier.wait(&error, now) {
            Some(seconds) => Found::Waiting(Duration::from_secs_f64(seconds)),
            None => found,
        }
    }

    fn start(&self, fetch: Fetch) {
        let (client, verifier) = (self.client.clone(), Arc::clone(&self.verifier));
        let landed = Arc::clone(&self.landed);
        tokio::spawn(async move {
            // An answer may lead to another question: metadata name a key set.
            let mut waiting = vec![fetch];
            while let Some(fetch) = waiting.pop() {
                let answer = client.get(&fetch.uri).await;
                let mut verifier = verifier.write().unwrap_or_else(PoisonError::into_inner);
                // Why an answer is refused shows in what follows: `keys_unavailable` or
                // `status_unavailable`.
                match answer {
                    Ok(answer) => {
                        waiting.extend(verifier.take(fetch.id, answer.response(), now()).fetches);
                    }
                    Err(_) => verifier.fetch_failed(fetch.id),
                }
                drop(verifier);
                landed.notify_waiters();
            }
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "the layer is a face: here the clock is read")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(since.as_secs_f64()).unwrap_or(Timestamp::EPOCH)
}

/// By a clock that nobody sets.
#[expect(clippy::disallowed_methods, reason = "the layer is a face: here the clock is read")]
fn moment() -> Instant {
    Instant::now()
}
