//! A verifier shared by all requests, and the I/O that its state machine asks for.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use laika_claims::Decision;
use laika_claims::policy::Request;
use tokio::sync::Notify;

use super::Denial;
use super::read::Facts;
use crate::fetch::MAX_BODY;
use crate::{Fetch, Response, Timestamp, VerifiedToken, Verifier};

/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a request waits: for metadata, the first key set, the one that an unknown `kid` leads
/// to, a status list; and for fetches of others that end meanwhile.
const ROUNDS: usize = 16;

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
    /// A fetch is under way that may change the answer: wait for it, at most so long.
    Waiting(Duration),
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
            let wait = match self.look(&facts, rounds > 0) {
                Found::Allowed(token) => return Ok(token),
                Found::Denied(denial) => return Err(denial),
                Found::Waiting(wait) => wait,
            };
            rounds -= 1;
            // Landed or timed out: the next look says what is here now.
            drop(tokio::time::timeout(wait, landed).await);
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
                let answer = get(&client, &fetch.uri).await;
                let mut verifier = verifier.write().unwrap_or_else(PoisonError::into_inner);
                waiting.extend(take(&mut verifier, fetch.id, answer.ok()));
                drop(verifier);
                landed.notify_waiters();
            }
        });
    }
}

/// Hands the verifier an answer, or that there was none; what is left is to be fetched now. Why an
/// answer is refused shows in what follows: `keys_unavailable` or `status_unavailable`.
fn take(verifier: &mut Verifier, id: u32, answer: Option<Answer>) -> Vec<Fetch> {
    let Some(Answer { status, cache_control, body }) = answer else {
        verifier.fetch_failed(id);
        return Vec::new();
    };
    let response = Response { status, cache_control: cache_control.as_deref(), body: &body };
    let landed = verifier.fetched(id, response, now());
    if let Some(inflate) = landed.inflate {
        match inflate.run() {
            Some(bytes) => drop(verifier.inflated(id, &bytes, now())),
            None => verifier.fetch_failed(id),
        }
    }
    landed.fetches
}

/// What a GET brought.
struct Answer {
    status: u16,
    cache_control: Option<String>,
    body: Vec<u8>,
}

/// One GET; of the body at most one byte more than is accepted, and what came with it.
async fn get(client: &reqwest::Client, uri: &str) -> Result<Answer, reqwest::Error> {
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
    Ok(Answer { status, cache_control, body })
}

#[expect(clippy::disallowed_methods, reason = "the layer is a face: here the clock is read")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(since.as_secs_f64()).unwrap_or(Timestamp::EPOCH)
}
