//! Keeps the keys of a remote issuer fresh, without I/O: it says what to fetch, the host fetches.
//!
//! Rules (`docs/contract/verifier.md`, *Remote keys*): a set is used for its `max-age`, refreshed
//! in the background from 80 % of it on, and goes on for 24 hours while its endpoint fails. Never
//! more than one fetch is in flight. A `kid` that is not in the set leads to one fetch, at most one
//! in 30 seconds, and is then remembered, so that a flood of invented ones is no flood of fetches.

use std::collections::BTreeMap;
use std::fmt;

use laika_claims::Timestamp;

use super::KeySet;
use super::max_age::max_age;
use crate::algorithm::Algorithm;

/// Longest answer that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// Seconds between attempts that unknown `kid`s cause.
const COOLDOWN: f64 = 30.0;
/// Bounds of `max-age`, and its value where the answer says none, in seconds.
const MAX_AGE: (f64, f64) = (60.0, 3600.0);
const DEFAULT_MAX_AGE: f64 = 300.0;
/// Part of `max-age` after which the set is refreshed in the background.
const REFRESH_AT: f64 = 0.8;
/// Seconds that old keys go on while the endpoint fails.
const STALE: f64 = 24.0 * 3600.0;
/// Longest pause between attempts at a failing endpoint, in seconds; the first is one second.
const MAX_BACK_OFF: f64 = 300.0;
/// Seconds after which a fetch that was never reported counts as lost.
const LOST: f64 = 10.0;
/// How many unknown `kid`s are remembered, and for how many seconds.
const MAX_UNKNOWN: usize = 1000;
const UNKNOWN: f64 = 300.0;

/// A fetch for the host to make: GET, 5 s time-out, no redirect, at most 256 KiB.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fetch {
    /// To be handed back with the answer.
    pub id: u32,
    /// What to GET.
    pub uri: String,
}

/// What a fetch brought.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// HTTP status.
    pub status: u16,
    /// `Cache-Control`, where the answer has one that is text.
    pub cache_control: Option<&'a str>,
    /// The body, at most 256 KiB and one byte.
    pub body: &'a [u8],
}

/// Why what was fetched is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFailure(pub String);

/// The keys of an issuer behind a URL.
#[derive(Debug)]
pub struct RemoteKeys {
    uri: String,
    /// What an RSA key that does not name its algorithm is used with.
    rsa: Vec<Algorithm>,
    held: Option<Held>,
    in_flight: Option<InFlight>,
    last_attempt: Option<Timestamp>,
    /// Attempts that have failed since the last that did not.
    failures: i32,
    /// Unknown `kid`s that a fetch was made for, and until when they are remembered.
    unknown: BTreeMap<String, Timestamp>,
}

#[derive(Debug)]
struct Held {
    keys: KeySet,
    since: Timestamp,
    max_age: f64,
}

#[derive(Debug)]
struct InFlight {
    id: u32,
    since: Timestamp,
}

impl RemoteKeys {
    /// No keys yet, to be fetched from `uri`; see [`KeySet::from_value`] for `rsa`.
    #[must_use]
    pub fn new(uri: String, rsa: Vec<Algorithm>) -> Self {
        Self {
            uri,
            rsa,
            held: None,
            in_flight: None,
            last_attempt: None,
            failures: 0,
            unknown: BTreeMap::new(),
        }
    }

    /// The keys, if there are some that may still be used.
    #[must_use]
    pub fn usable(&self, now: Timestamp) -> Option<&KeySet> {
        let held = self.held.as_ref()?;
        (now.since(held.since) < held.max_age.max(STALE)).then_some(&held.keys)
    }

    /// Whether a fetch is under way.
    #[must_use]
    pub fn is_fetching(&self, now: Timestamp) -> bool {
        self.in_flight.as_ref().is_some_and(|flight| now.since(flight.since) < LOST)
    }

    /// The fetch to make now because the set is absent or ages, if any. It counts as started.
    pub fn refresh_if_due(&mut self, now: Timestamp, next_id: &mut u32) -> Option<Fetch> {
        self.is_due(now).then(|| self.start(now, next_id))
    }

    /// Whether [`refresh_if_due`](Self::refresh_if_due) would start a fetch.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let aged = self
            .held
            .as_ref()
            .is_none_or(|held| now.since(held.since) >= held.max_age * REFRESH_AT);
        aged && !self.is_fetching(now) && self.since_last_attempt(now) >= self.back_off()
    }

    /// The fetch to make now because a token named `kid`, which is not in the set, if any.
    pub fn refresh_for(&mut self, kid: &str, now: Timestamp, next_id: &mut u32) -> Option<Fetch> {
        let asked = self.unknown.get(kid).is_some_and(|until| now < *until);
        let known = self.held.as_ref().is_some_and(|held| held.keys.has(kid));
        let pause = self.back_off().max(COOLDOWN);
        if asked || known || self.is_fetching(now) || self.since_last_attempt(now) < pause {
            return None;
        }
        self.remember(kid, now);
        Some(self.start(now, next_id))
    }

    /// The fetch to make now because somebody asked for it, unless one is under way.
    pub fn refresh_at_once(&mut self, now: Timestamp, next_id: &mut u32) -> Option<Fetch> {
        (!self.is_fetching(now)).then(|| self.start(now, next_id))
    }

    /// Whether `id` is the fetch under way here.
    #[must_use]
    pub fn awaits(&self, id: u32) -> bool {
        self.in_flight.as_ref().is_some_and(|flight| flight.id == id)
    }

    /// Takes what the fetch under way brought.
    ///
    /// # Errors
    /// Why it is not used. Keys that are held go on.
    pub fn take(&mut self, response: Response<'_>, now: Timestamp) -> Result<(), FetchFailure> {
        self.in_flight = None;
        let keys = read(response, &self.rsa).inspect_err(|_| self.note_failure())?;
        let max_age = response.cache_control.and_then(max_age).map_or(DEFAULT_MAX_AGE, f64::from);
        self.failures = 0;
        self.held = Some(Held { keys, since: now, max_age: max_age.clamp(MAX_AGE.0, MAX_AGE.1) });
        Ok(())
    }

    /// Notes that the fetch under way has failed.
    pub fn fail(&mut self) {
        self.in_flight = None;
        self.note_failure();
    }

    fn note_failure(&mut self) {
        self.failures = self.failures.saturating_add(1);
        // What was not answered is not known to be unknown.
        self.unknown.clear();
    }

    fn start(&mut self, now: Timestamp, next_id: &mut u32) -> Fetch {
        let id = *next_id;
        *next_id = next_id.wrapping_add(1);
        // A fetch that was never reported is a failed one.
        if self.in_flight.is_some() {
            self.note_failure();
        }
        self.in_flight = Some(InFlight { id, since: now });
        self.last_attempt = Some(now);
        Fetch { id, uri: self.uri.clone() }
    }

    fn since_last_attempt(&self, now: Timestamp) -> f64 {
        // A clock that was set back must not stop all fetches until it has caught up.
        match self.last_attempt {
            Some(last) if now >= last => now.since(last),
            _ => f64::INFINITY,
        }
    }

    fn back_off(&self) -> f64 {
        if self.failures == 0 { 0.0 } else { 2_f64.powi(self.failures - 1).min(MAX_BACK_OFF) }
    }

    fn remember(&mut self, kid: &str, now: Timestamp) {
        self.unknown.retain(|_, until| now < *until);
        if self.unknown.len() >= MAX_UNKNOWN {
            self.unknown.pop_first();
        }
        self.unknown.insert(kid.to_owned(), now.plus(UNKNOWN));
    }
}

fn read(response: Response<'_>, rsa: &[Algorithm]) -> Result<KeySet, FetchFailure> {
    if response.status != 200 {
        return Err(FetchFailure(format!("the endpoint answered {}", response.status)));
    }
    if response.body.len() > MAX_BODY {
        return Err(FetchFailure(format!("the answer is longer than {MAX_BODY} bytes")));
    }
    KeySet::from_json(response.body, rsa).map_err(FetchFailure)
}

impl fmt::Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FetchFailure {}

#[cfg(test)]
mod tests;
