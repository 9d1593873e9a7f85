//! Keeps the keys of a remote issuer fresh, without I/O: it says what to fetch, the host fetches.
//!
//! Rules (`docs/contract/verifier.md`, *Remote keys*): a set is used for its `max-age`, refreshed in
//! the background from 80 % of it on. When it is older, a request waits for a fetch, at most 5 s,
//! since keys may have been withdrawn. Only where a fetch was tried and failed do old keys go on, for
//! 24 hours. Never more than one fetch is in flight. A `kid` that is not in the set leads to one
//! fetch, at most one in 30 seconds, and is then remembered, so that a flood of invented ones is no
//! flood of fetches.

use laika_claims::Timestamp;

use super::KeySet;
use super::discovery::Discovery;
use super::max_age::max_age;
use crate::fetch::{Fetch, FetchFailure, Ids, LOST, Pace, Response, Sharing, age};
use laika_signature::Algorithm;
use laika_signature::hash::sha256;

/// Seconds between attempts that unknown `kid`s cause.
const COOLDOWN: f64 = 30.0;
/// Seconds that the answer of another may be old where something new is known to be there.
const AT_ONCE: f64 = 1.0;
/// Bounds of `max-age`, and its value where the answer says none, in seconds.
const MAX_AGE: (f64, f64) = (60.0, 3600.0);
const DEFAULT_MAX_AGE: f64 = 300.0;
/// Part of `max-age` after which the set is refreshed in the background.
const REFRESH_AT: f64 = 0.8;
/// Seconds that old keys go on while the endpoint fails.
const STALE: f64 = 24.0 * 3600.0;
/// Seconds that a request waits for a fetch where keys are held: as long as one may take.
const WAIT: f64 = 5.0;
/// Longest pause between attempts at a failing endpoint, in seconds.
const MAX_BACK_OFF: f64 = 300.0;
/// Seconds for which unknown `kid`s are remembered: with the cooldown, ten of them at most.
const UNKNOWN: f64 = 300.0;

/// Where the key set of an issuer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// At this URL.
    Uri(String),
    /// Where the issuer's metadata say.
    Discovery(Discovery),
}

/// What becomes of keys whose `max-age` is over while their endpoint is not known to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aged {
    /// They are none: whoever asks waits for a fetch.
    Refused,
    /// They go on for a day: whoever asks can't wait.
    Used,
}

/// The keys of an issuer behind a URL.
#[derive(Debug)]
pub(crate) struct RemoteKeys {
    /// Index of the issuer in the options.
    issuer: usize,
    source: KeySource,
    /// Where discovery has found the set; forgotten when it is no longer there.
    found: Option<String>,
    /// What an RSA key that does not name its algorithm is used with.
    rsa: Vec<Algorithm>,
    held: Option<Held>,
    pace: Pace,
    /// How old an answer may be to what was asked last.
    sharing: Sharing,
    /// Unknown `kid`s that a fetch was made for, and when.
    unknown: Vec<(String, Timestamp)>,
    /// The set that a status list spoke of, when a fetch was last made for that.
    announced: Option<Fingerprint>,
}

/// Seconds for which a key set with this `Cache-Control` is not refreshed.
pub(crate) fn fresh_for(cache_control: Option<&str>) -> f64 {
    max_age_of(cache_control) * REFRESH_AT
}

fn max_age_of(cache_control: Option<&str>) -> f64 {
    let max_age = cache_control.and_then(max_age).map_or(DEFAULT_MAX_AGE, f64::from);
    max_age.clamp(MAX_AGE.0, MAX_AGE.1)
}

/// SHA-256 of a key set as it was served.
pub(crate) type Fingerprint = [u8; 32];

#[derive(Debug)]
struct Held {
    keys: KeySet,
    fingerprint: Fingerprint,
    since: Timestamp,
    max_age: f64,
}

/// What an answer brought.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// Keys, and those they replace.
    Keys(Option<KeySet>),
    /// Not yet keys: this is to be fetched now.
    Next(Fetch),
}

impl RemoteKeys {
    /// No keys yet, to be fetched from `source`; see [`KeySet::from_value`] for `rsa`.
    pub(crate) fn new(issuer: usize, source: KeySource, rsa: Vec<Algorithm>) -> Self {
        Self {
            issuer,
            source,
            found: None,
            rsa,
            held: None,
            pace: Pace::new(MAX_BACK_OFF),
            sharing: Sharing::Lifetime,
            unknown: Vec::new(),
            announced: None,
        }
    }

    /// The keys, if there are some that may be used: those whose `max-age` is not over, older ones
    /// while their endpoint fails, and otherwise as `aged` says.
    pub(crate) fn usable(&self, aged: Aged, now: Timestamp) -> Option<&KeySet> {
        let held = self.held.as_ref()?;
        let age = age(held.since, now);
        let will_do = age < held.max_age
            || match aged {
                Aged::Refused => age < STALE && self.pace.has_been_failing(WAIT, now),
                // Also after the clock was set back, which stops nobody who can't wait.
                Aged::Used => now.since(held.since) < STALE,
            };
        will_do.then_some(&held.keys)
    }

    /// For how many seconds more a request waits for a fetch, if one is under way.
    pub(crate) fn wait(&self, now: Timestamp) -> Option<f64> {
        self.pace.left(if self.held.is_some() { WAIT } else { LOST }, now)
    }

    /// The fetch to make now because the set is absent or ages, if any. It counts as started.
    pub(crate) fn refresh_if_due(&mut self, now: Timestamp, ids: &mut Ids) -> Option<Fetch> {
        if !self.is_due(now) {
            return None;
        }
        // The clock was set back. Keys of an age that nobody knows go on like others that are due,
        // and for no longer.
        if let Some(held) = self.held.as_mut().filter(|held| now < held.since) {
            held.since = now.plus(-held.max_age);
        }
        Some(self.start(Sharing::Lifetime, now, ids))
    }

    /// Whether [`refresh_if_due`](Self::refresh_if_due) would start a fetch.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let is_fresh = |held: &Held| is_within(held.max_age * REFRESH_AT, held.since, now);
        !self.held.as_ref().is_some_and(is_fresh) && self.pace.may_start(now)
    }

    /// The fetch to make now because a token named `kid`, which is not in the set, if any.
    pub(crate) fn refresh_for(
        &mut self,
        kid: &str,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Option<Fetch> {
        self.unknown.retain(|(_, asked)| is_within(UNKNOWN, *asked, now));
        let asked = self.unknown.iter().any(|(known, _)| known == kid);
        let known = self.held.as_ref().is_some_and(|held| held.keys.has(kid));
        if asked || known || !self.pace.may_start(now) || self.is_cooling(now) {
            return None;
        }
        // What was lost before forgets what was asked, so this comes after.
        let fetch = self.start(Sharing::Seconds(COOLDOWN), now, ids);
        self.unknown.push((kid.to_owned(), now));
        Some(fetch)
    }

    /// The fetch to make now because the issuer's status list speaks of another key set, if any. A
    /// cache on the way may serve the old one for a while, so it is asked for again.
    pub(crate) fn refresh_unless(
        &mut self,
        announced: Fingerprint,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Option<Fetch> {
        let known = self.held.as_ref().is_some_and(|held| held.fingerprint == announced);
        let asked = self.announced == Some(announced) && self.is_cooling(now);
        if known || asked || !self.pace.may_start(now) {
            return None;
        }
        let fetch = self.start(Sharing::Seconds(AT_ONCE), now, ids);
        self.announced = Some(announced);
        Some(fetch)
    }

    /// The fetch to make now because somebody asked for it, unless one is under way.
    pub(crate) fn refresh_at_once(&mut self, now: Timestamp, ids: &mut Ids) -> Option<Fetch> {
        let idle = self.pace.under_way(now).is_none();
        idle.then(|| self.start(Sharing::Seconds(AT_ONCE), now, ids))
    }

    /// Whether `id` is the fetch under way here.
    pub(crate) fn awaits(&self, id: u32) -> bool {
        self.pace.awaits(id)
    }

    /// Takes what the fetch under way brought. A key set is the issuer's word, also one without a key
    /// that can be used: it has withdrawn those before.
    ///
    /// # Errors
    /// Why it is not used. Keys that are held go on.
    pub(crate) fn take(
        &mut self,
        response: Response<'_>,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Result<Arrival, FetchFailure> {
        if let (KeySource::Discovery(discovery), None) = (&mut self.source, &self.found) {
            match response.check().and_then(|()| discovery.read(response.body)) {
                Ok(uri) => self.found = Some(uri),
                // The other document may be there: that is no failure yet.
                Err(_) if discovery.turn() => {}
                Err(failure) => {
                    self.note_failure();
                    return Err(failure);
                }
            }
            self.pace.land();
            // Who wanted new keys wants them no less for having asked where they are.
            return Ok(Arrival::Next(self.start(self.sharing, now, ids)));
        }
        let keys = response
            .check()
            .and_then(|()| KeySet::from_json(response.body, &self.rsa).map_err(FetchFailure))
            .inspect_err(|_| self.fail())?;
        self.pace.succeed();
        let held = Held {
            keys,
            fingerprint: sha256(response.body),
            since: now,
            max_age: max_age_of(response.cache_control),
        };
        Ok(Arrival::Keys(self.held.replace(held).map(|before| before.keys)))
    }

    /// Notes that the fetch under way has failed.
    pub(crate) fn fail(&mut self) {
        if let KeySource::Discovery(discovery) = &mut self.source
            && self.found.take().is_none()
        {
            discovery.turn();
        }
        self.note_failure();
    }

    fn note_failure(&mut self) {
        self.pace.fail();
        // What was not answered is not known to be unknown.
        self.unknown.clear();
        self.announced = None;
    }

    /// Notes that the keys taken at `now` had been asked for before, by somebody else.
    #[cfg(feature = "inflate")]
    pub(crate) fn date_back(&mut self, asked: Timestamp, now: Timestamp) {
        if let Some(held) = self.held.as_mut().filter(|held| held.since == now) {
            held.since = asked.min(now);
            // Others share what is that old while the endpoint is away, and only then.
            if age(held.since, now) >= held.max_age {
                self.note_failure();
            }
        }
    }

    fn start(&mut self, sharing: Sharing, now: Timestamp, ids: &mut Ids) -> Fetch {
        if self.pace.is_open() {
            self.fail();
        }
        self.pace.forget_old_failures(now);
        let uri = match (&self.source, &self.found) {
            (KeySource::Uri(uri), _) | (KeySource::Discovery(_), Some(uri)) => uri.clone(),
            (KeySource::Discovery(discovery), None) => discovery.uri(),
        };
        self.sharing = sharing;
        Fetch { id: self.pace.start(now, ids), issuer: self.issuer, uri, sharing }
    }

    fn is_cooling(&self, now: Timestamp) -> bool {
        self.pace.since_last_attempt(now) < COOLDOWN
    }
}

/// Whether `moment` is fewer than `seconds` ago.
fn is_within(seconds: f64, moment: Timestamp, now: Timestamp) -> bool {
    age(moment, now) < seconds
}

#[cfg(test)]
mod tests;
