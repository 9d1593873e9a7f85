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
    /// `max-age` of `Cache-Control`, in seconds.
    pub max_age: Option<u32>,
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
        let max_age = response.max_age.map_or(DEFAULT_MAX_AGE, f64::from);
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
mod tests {
    use super::*;

    const SET: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    /// A scripted clock around the machine.
    struct Script {
        keys: RemoteKeys,
        now: f64,
        next_id: u32,
    }

    impl Script {
        fn new() -> Self {
            Self {
                keys: RemoteKeys::new("https://id.example/keys".into(), vec![Algorithm::Rs256]),
                now: 1e9,
                next_id: 0,
            }
        }

        fn fetched(max_age: u32) -> Self {
            let mut script = Self::new();
            assert!(script.due());
            script.answer(200, Some(max_age), SET).unwrap();
            script
        }

        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.now).unwrap()
        }

        fn due(&mut self) -> bool {
            let now = self.now();
            self.keys.refresh_if_due(now, &mut self.next_id).is_some()
        }

        fn unknown(&mut self, kid: &str) -> bool {
            let now = self.now();
            self.keys.refresh_for(kid, now, &mut self.next_id).is_some()
        }

        fn answer(
            &mut self,
            status: u16,
            max_age: Option<u32>,
            body: &[u8],
        ) -> Result<(), FetchFailure> {
            let now = self.now();
            self.keys.take(Response { status, max_age, body }, now)
        }

        fn usable(&self) -> bool {
            self.keys.usable(self.now()).is_some()
        }
    }

    #[test]
    fn keys_are_fetched_once_and_refreshed_at_80_percent_of_their_age() {
        let mut script = Script::fetched(100);
        assert!(script.usable() && !script.due());
        script.now += 79.0;
        assert!(!script.due());
        script.now += 1.0;
        assert!(script.due());
        assert!(!script.due(), "one is in flight");
        assert!(script.usable(), "and nobody waits for it");
    }

    #[test]
    fn max_age_is_kept_within_bounds() {
        for (said, counted) in [(Some(0), 60.0), (Some(u32::MAX), 3600.0), (None, 300.0)] {
            let mut script = Script::new();
            script.due();
            script.answer(200, said, SET).unwrap();
            script.now += counted * 0.8 - 0.5;
            assert!(!script.due(), "{said:?}");
            script.now += 0.5;
            assert!(script.due(), "{said:?}");
        }
    }

    #[test]
    fn an_unknown_kid_leads_to_one_fetch_in_30_seconds() {
        let mut script = Script::fetched(3600);
        assert!(!script.unknown("b"), "a set just fetched is not fetched again");
        script.now += 30.0;
        assert!(!script.unknown("a"), "a known one");
        assert!(script.unknown("b"));
        assert!(!script.unknown("c"), "one is in flight");
        script.answer(200, Some(3600), SET).unwrap();
        assert!(!script.unknown("c"), "within the cooldown");
        script.now += 30.0;
        assert!(!script.unknown("b"), "remembered");
        assert!(script.unknown("c"));
        script.answer(200, Some(3600), SET).unwrap();
        script.now += 300.0;
        assert!(script.unknown("b"), "forgotten after a while, for a slow replica");
    }

    #[test]
    fn a_flood_of_unknown_kids_is_no_flood_of_fetches() {
        let mut script = Script::fetched(3600);
        let mut fetches = 0;
        for request in 0..100_000 {
            script.now += 0.01;
            if script.unknown(&format!("k{request}")) {
                fetches += 1;
                script.answer(200, Some(3600), SET).unwrap();
            }
        }
        assert_eq!(fetches, 33, "1,000 seconds");
        assert!(script.keys.unknown.len() <= MAX_UNKNOWN);
    }

    #[test]
    fn a_failing_endpoint_is_asked_less_and_less_and_old_keys_go_on_for_a_day() {
        let mut script = Script::fetched(60);
        let start = script.now;
        let mut attempts = Vec::new();
        while script.usable() {
            script.now += 1.0;
            if script.due() {
                attempts.push(script.now - start);
                script.keys.fail();
            }
        }
        assert_eq!(script.now - start, STALE);
        assert_eq!(attempts[..6], [48.0, 49.0, 51.0, 55.0, 63.0, 79.0]);
        assert!(attempts.windows(2).all(|pair| pair[1] - pair[0] <= MAX_BACK_OFF));
        script.now += MAX_BACK_OFF;
        assert!(script.due());
        script.answer(200, None, SET).unwrap();
        assert!(script.usable(), "and back again");
    }

    #[test]
    fn an_endpoint_that_was_never_there_is_tried_again_after_a_second() {
        let mut script = Script::new();
        assert!(script.due());
        script.keys.fail();
        assert!(!script.due() && !script.usable());
        script.now += 1.0;
        assert!(script.due());
    }

    #[test]
    fn a_fetch_that_is_never_reported_counts_as_lost() {
        let mut script = Script::new();
        assert!(script.due());
        script.now += 9.9;
        assert!(!script.due());
        script.now += 0.1;
        assert!(script.due());
        assert!(!script.keys.awaits(0) && script.keys.awaits(1));
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nothing() {
        let mut script = Script::new();
        assert!(script.due());
        script.keys.fail();
        script.now -= 1e6;
        assert!(script.due());
    }

    #[test]
    fn what_is_no_key_set_is_refused_and_the_old_one_goes_on() {
        let huge = vec![b' '; MAX_BODY + 1];
        for (status, body) in
            [(500, SET), (302, SET), (204, SET), (200, b"".as_slice()), (200, b"{}"), (200, &huge)]
        {
            let mut script = Script::fetched(60);
            script.now += 60.0;
            assert!(script.due());
            assert!(script.answer(status, None, body).is_err(), "{status}");
            assert!(script.usable());
        }
    }
}
