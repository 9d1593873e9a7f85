//! The status lists of one issuer, without I/O: which is fresh enough, and what to fetch.
//!
//! Rules (`docs/contract/verifier.md`, *Status lists*): a list younger than 5 s is used; up to 9 s
//! it is used while one fetch runs in the background; older, a request waits for a fetch, at most
//! 2 s. Only where a fetch was tried and failed does an older list go on, for a while. Driven by
//! use: a list that nobody asks for is not fetched.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use laika_claims::Timestamp;

use super::{ListToken, MAX_INFLATED, Reference, Status, StatusList};
use crate::fetch::{Fetch, FetchFailure, Ids, Inflate, Pace, Sharing, age};

/// Seconds for which a list is used as it is.
const FRESH: f64 = 5.0;
/// Seconds for which it is used while another is fetched.
const USABLE: f64 = 9.0;
/// Seconds that a request waits for a fetch.
const WAIT: f64 = 2.0;
/// Longest pause between attempts at a failing endpoint, in seconds: the list is to be back soon.
const MAX_BACK_OFF: f64 = 5.0;
/// Most lists that are kept.
const MAX_LISTS: usize = 64;

/// The status lists of one issuer.
#[derive(Debug)]
pub(crate) struct Lists {
    /// Index of the issuer in the options.
    issuer: usize,
    /// Seconds that a list goes on while its endpoint fails.
    max_stale: f64,
    /// By their URLs, of which there are few enough to be looked through.
    shards: Vec<(String, Shard)>,
    /// Whether a list that was used is to be fetched again.
    due: AtomicBool,
    fetched: u64,
    stale_uses: AtomicU64,
}

#[derive(Debug)]
struct Shard {
    held: Option<Held>,
    /// What is being inflated.
    incoming: Option<ListToken>,
    pace: Pace,
    /// Whether it was used and is to be fetched again.
    due: AtomicBool,
}

#[derive(Debug)]
struct Held {
    list: StatusList,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    since: Timestamp,
}

/// Why a list can't say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It is not here, or too old.
    Absent,
    /// It has no such slot.
    TooShort,
}

impl Lists {
    pub(crate) fn new(issuer: usize, max_stale: f64) -> Self {
        Self {
            issuer,
            max_stale,
            shards: Vec::new(),
            due: AtomicBool::new(false),
            fetched: 0,
            stale_uses: AtomicU64::new(0),
        }
    }

    /// What became of the token in a slot.
    pub(crate) fn get(&self, slot: &Reference, now: Timestamp) -> Result<Status, Silence> {
        let shard = self.shard_at(&slot.uri).ok_or(Silence::Absent)?;
        let held = shard.held.as_ref().filter(|held| held.expires_at.is_none_or(|exp| now < exp));
        let held = held.ok_or(Silence::Absent)?;
        let age = age(held.since, now);
        if age >= USABLE {
            if age >= self.max_stale || !shard.pace.has_been_failing(WAIT, now) {
                return Err(Silence::Absent);
            }
            self.stale_uses.fetch_add(1, Ordering::Relaxed);
        }
        if age >= FRESH && shard.pace.may_start(now) {
            shard.due.store(true, Ordering::Relaxed);
            self.due.store(true, Ordering::Relaxed);
        }
        held.list.get(slot.index).ok_or(Silence::TooShort)
    }

    /// Whether [`fetches`](Self::fetches) may have something to say.
    pub(crate) fn is_due(&self) -> bool {
        self.due.load(Ordering::Relaxed)
    }

    /// What to fetch now: lists that were used and age, and the one at `missed`.
    pub(crate) fn fetches(
        &mut self,
        missed: Option<&str>,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Vec<Fetch> {
        let mut fetches = Vec::new();
        if let Some(uri) = missed {
            fetches.extend(self.fetch_missed(uri, now, ids));
        }
        if self.due.swap(false, Ordering::Relaxed) {
            for (uri, shard) in &mut self.shards {
                if shard.due.swap(false, Ordering::Relaxed) && shard.pace.may_start(now) {
                    fetches.push(shard.start(self.issuer, uri, now, ids));
                }
            }
        }
        fetches
    }

    /// What to fetch because somebody asked for fresh lists.
    pub(crate) fn refresh(&mut self, now: Timestamp, ids: &mut Ids) -> Vec<Fetch> {
        let idle = self.shards.iter_mut().filter(|(_, shard)| shard.pace.under_way(now).is_none());
        idle.map(|(uri, shard)| shard.start(self.issuer, uri, now, ids)).collect()
    }

    /// For how many seconds more a request waits for the list at `uri`, if it is being fetched.
    pub(crate) fn wait(&self, uri: &str, now: Timestamp) -> Option<f64> {
        self.shard_at(uri)?.pace.left(WAIT, now)
    }

    /// Where the list is that fetch `id` is to bring, if that fetch is under way here.
    pub(crate) fn awaiting(&self, id: u32) -> Option<String> {
        let (uri, _) = self.shards.iter().find(|(_, shard)| shard.pace.awaits(id))?;
        Some(uri.clone())
    }

    /// Takes the list that fetch `id` brought, whose signature holds; the answer is what to inflate.
    pub(crate) fn take(&mut self, id: u32, list: ListToken) -> Result<Inflate, FetchFailure> {
        let shard = self.shard_of(id).ok_or_else(|| failure("nobody waits for it"))?;
        if shard.held.as_ref().is_some_and(|held| list.issued_at < held.issued_at) {
            return Err(failure("it is older than the one that is held"));
        }
        let data = list.compressed.clone();
        shard.incoming = Some(list);
        Ok(Inflate { id, data, limit: MAX_INFLATED })
    }

    /// Takes the list of fetch `id`, inflated.
    pub(crate) fn inflated(
        &mut self,
        id: u32,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(), FetchFailure> {
        let shard = self.shard_of(id).ok_or_else(|| failure("nobody waits for it"))?;
        let incoming = shard.incoming.take().ok_or_else(|| failure("it was not fetched"))?;
        if bytes.len() > MAX_INFLATED {
            return Err(failure("it inflates to more than 1 MiB"));
        }
        let list = incoming.list(bytes.to_vec()).ok_or_else(|| failure("its `bits` are wrong"))?;
        shard.held = Some(Held {
            list,
            issued_at: incoming.issued_at,
            expires_at: incoming.expires_at,
            // It may have been made any time after the question: that is when its age begins.
            since: shard.pace.last_attempt().min(now),
        });
        shard.pace.succeed();
        self.fetched += 1;
        Ok(())
    }

    /// Notes that the list at `uri` that was taken last had been asked for before, by somebody else.
    #[cfg(feature = "inflate")]
    pub(crate) fn date_back(&mut self, uri: &str, asked: Timestamp) {
        let shard = self.shards.iter_mut().find(|(known, _)| known == uri);
        if let Some(held) = shard.and_then(|(_, shard)| shard.held.as_mut()) {
            held.since = held.since.min(asked);
        }
    }

    /// Notes that fetch `id` has failed.
    pub(crate) fn fail(&mut self, id: u32) {
        if let Some(shard) = self.shard_of(id) {
            shard.incoming = None;
            shard.pace.fail();
        }
    }

    /// How many lists were fetched and taken.
    pub(crate) fn fetched(&self) -> u64 {
        self.fetched
    }

    /// How often a list was used that was too old, because no other could be had.
    pub(crate) fn stale_uses(&self) -> u64 {
        self.stale_uses.load(Ordering::Relaxed)
    }

    /// Notes that the list at `uri` was missed, so that the next [`refresh`](Self::refresh) brings it.
    pub(crate) fn note(&mut self, uri: &str) {
        if self.shard_at(uri).is_none() {
            self.make_room();
            self.shards.push((uri.to_owned(), Shard::new()));
        }
    }

    fn fetch_missed(&mut self, uri: &str, now: Timestamp, ids: &mut Ids) -> Option<Fetch> {
        self.note(uri);
        let (_, shard) = self.shards.iter_mut().find(|(known, _)| known == uri)?;
        shard.pace.may_start(now).then(|| shard.start(self.issuer, uri, now, ids))
    }

    /// Lets the list go that was asked for longest ago: one in use is fetched again and again.
    fn make_room(&mut self) {
        while self.shards.len() >= MAX_LISTS {
            let places = self.shards.iter().enumerate();
            let oldest = places.min_by_key(|(_, (_, shard))| shard.pace.last_attempt());
            let Some(place) = oldest.map(|(place, _)| place) else {
                return;
            };
            self.shards.remove(place);
        }
    }

    fn shard_of(&mut self, id: u32) -> Option<&mut Shard> {
        let mut shards = self.shards.iter_mut().map(|(_, shard)| shard);
        shards.find(|shard| shard.pace.awaits(id))
    }

    fn shard_at(&self, uri: &str) -> Option<&Shard> {
        self.shards.iter().find(|(known, _)| known == uri).map(|(_, shard)| shard)
    }
}

impl Shard {
    fn new() -> Self {
        Self {
            held: None,
            incoming: None,
            pace: Pace::new(MAX_BACK_OFF),
            due: AtomicBool::new(false),
        }
    }

    fn start(&mut self, issuer: usize, uri: &str, now: Timestamp, ids: &mut Ids) -> Fetch {
        if self.pace.is_open() {
            self.incoming = None;
            self.pace.fail();
        }
        let sharing = Sharing::Seconds(FRESH);
        Fetch { id: self.pace.start(now, ids), issuer, uri: uri.to_owned(), sharing }
    }
}

fn failure(why: &str) -> FetchFailure {
    FetchFailure(format!("the status list is not used: {why}"))
}

#[cfg(test)]
mod tests;
