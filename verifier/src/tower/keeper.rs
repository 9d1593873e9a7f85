//! A verifier shared by all requests, and the I/O that its state machine asks for.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use laika_claims::Decision;
use laika_claims::policy::Request;
use tokio::sync::Notify;

use super::Denial;
use super::read::Facts;
use crate::keys::MAX_BODY;
use crate::{Fetch, Response, Timestamp, VerifiedToken, Verifier};

/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for keys: a little longer than a fetch.
const WAIT: Duration = Duration::from_secs(6);
/// How often a request waits: for the first key set, and for the one an unknown `kid` leads to.
const ROUNDS: usize = 2;

#[derive(Debug)]
pub(super) struct Keeper {
    verifier: Arc<RwLock<Verifier>>,
    landed: Arc<Notify>,
    client: reqwest::Client,
    realm: Option<String>,
}

/// What one look at the verifier found.
enum Found {
    Allowed(Option<VerifiedToken>),
    Denied(Denial),
    /// A fetch is under way that may change the answer.
    Waiting,
}

impl Keeper {
    pub(super) fn new(verifier: Verifier, realm: Option<String>) -> Result<Self, reqwest::Error> {
        // A redirect could lead the key fetch anywhere; it counts as a failure.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(FETCH_TIMEOUT)
            .build()?;
        Ok(Self {
            verifier: Arc::new(RwLock::new(verifier)),
            landed: Arc::new(Notify::new()),
            client,
            realm,
        })
    }

    pub(super) async fn judge(&self, facts: Facts) -> Result<Option<VerifiedToken>, Denial> {
        let mut rounds = ROUNDS;
        loop {
            // Registered before the look, so that no fetch can land in between unnoticed.
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            match self.look(&facts, rounds > 0) {
                Found::Allowed(token) => return Ok(token),
                Found::Denied(denial) => return Err(denial),
                Found::Waiting => rounds -= 1,
            }
            // Landed or timed out: the next look says what is here now.
            drop(tokio::time::timeout(WAIT, landed).await);
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
        let judged = verifier.authorize(facts.token.as_deref(), &request, now);
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
        if verifier.may_be_mended(&error, now) { Found::Waiting } else { found }
    }

    fn start(&self, fetch: Fetch) {
        let (client, verifier) = (self.client.clone(), Arc::clone(&self.verifier));
        let landed = Arc::clone(&self.landed);
        tokio::spawn(async move {
            let answer = get(&client, &fetch.uri).await;
            let mut verifier = verifier.write().unwrap_or_else(PoisonError::into_inner);
            match answer {
                // Why an answer is refused shows in what follows: `keys_unavailable`.
                Ok((status, cache_control, body)) => {
                    let cache_control = cache_control.as_deref();
                    let response = Response { status, cache_control, body: &body };
                    drop(verifier.fetched(fetch.id, response, now()));
                }
                Err(_) => verifier.fetch_failed(fetch.id),
            }
            drop(verifier);
            landed.notify_waiters();
        });
    }
}

/// Status, `Cache-Control` and at most one byte more than is accepted.
async fn get(
    client: &reqwest::Client,
    uri: &str,
) -> Result<(u16, Option<String>, Vec<u8>), reqwest::Error> {
    let mut response = client.get(uri).send().await?;
    let status = response.status().as_u16();
    let cache_control = response.headers().get(http::header::CACHE_CONTROL);
    let cache_control = cache_control.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            break;
        }
    }
    Ok((status, cache_control, body))
}

#[expect(clippy::disallowed_methods, reason = "the layer is a face: here the clock is read")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(since.as_secs_f64()).unwrap_or(Timestamp::EPOCH)
}
