//! Counters and a histogram at the host, which hands them on in its own way.
//!
//! What happens to most requests is added up here and told once in a while: a call for each would
//! cost more than the counting. Denials are told at once.

use std::collections::BTreeMap;

use laika_proxy_abi::calls::{self, Metric};
use laika_verifier::{Counts, ErrorCode};

use crate::filter::Verdict;

/// Of so many requests, the time of one is taken: reading the clock and telling the host takes a
/// third of the instructions that a known token takes above the least filter.
const TIMED: u32 = 16;

/// The metrics of one plugin, each defined when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// The host's number of each counter, by name.
    counters: BTreeMap<String, u32>,
    /// The host's number of the histogram; none in the inner one where the host has none.
    times: Option<Option<u32>>,
    /// Requests until one is timed.
    until_timed: u32,
    /// Requests that were let through since it was last told how many.
    allowed: u64,
    /// What the cache had counted then.
    cache: Counts,
}

impl Metrics {
    /// Whether the time of the request at hand is to be told, as that of the first one is.
    pub(super) fn is_timed(&mut self) -> bool {
        let timed = self.until_timed == 0;
        self.until_timed = if timed { TIMED } else { self.until_timed } - 1;
        timed
    }

    /// A judgement took so many nanoseconds.
    pub(super) fn took(&mut self, nanoseconds: u64) {
        let define = || calls::metric(Metric::Histogram, "laika_decision_microseconds");
        if let Some(id) = self.times.get_or_insert_with(define) {
            calls::record(*id, nanoseconds / 1000);
        }
    }

    /// A request was let through or denied; `enforced` is whether a denial was one.
    pub(super) fn judged(&mut self, verdict: &Verdict, enforced: bool) {
        if verdict.allowed {
            self.allowed += 1;
        } else {
            let verb = if enforced { "denied" } else { "would_deny" };
            let code = verdict.code.unwrap_or(ErrorCode::PermissionDenied).as_str();
            self.count(&format!("laika_{verb}_{code}"), 1);
        }
    }

    /// Tells what was let through, and what the cache of verified tokens has counted by now.
    pub(super) fn tell(&mut self, cache: Counts) {
        let allowed = std::mem::take(&mut self.allowed);
        let before = std::mem::replace(&mut self.cache, cache);
        self.count("laika_allowed", allowed);
        self.count("laika_cache_hits", cache.hits.saturating_sub(before.hits));
        self.count("laika_cache_misses", cache.misses.saturating_sub(before.misses));
    }

    /// A key set or status list was asked for.
    pub(super) fn fetch(&mut self) {
        self.count("laika_fetches", 1);
    }

    /// Another worker had it.
    pub(super) fn shared(&mut self) {
        self.count("laika_fetches_shared", 1);
    }

    /// It was not there, or not used.
    pub(super) fn fetch_failed(&mut self) {
        self.count("laika_fetch_failures", 1);
    }

    fn count(&mut self, name: &str, more: u64) {
        if more == 0 {
            return;
        }
        let known = self.counters.get(name).copied();
        let Some(id) = known.or_else(|| calls::metric(Metric::Counter, name)) else {
            return;
        };
        if known.is_none() {
            self.counters.insert(name.to_owned(), id);
        }
        calls::count(id, more);
    }
}
