//! Counters and a histogram at the host, which hands them on in its own way.

use std::cell::RefCell;
use std::collections::BTreeMap;

use laika_verifier::{Counts, ErrorCode};
use proxy_wasm::hostcalls;
use proxy_wasm::types::MetricType;

use crate::filter::Verdict;

/// The metrics of one plugin, each defined when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// The host's number of each, by name.
    ids: RefCell<BTreeMap<String, u32>>,
    /// What the cache had counted when it was last looked at.
    cache: RefCell<Counts>,
}

impl Metrics {
    /// A request was let through or denied; `enforced` is whether a denial was one.
    pub(super) fn judged(&self, verdict: &Verdict, enforced: bool, nanoseconds: u64) {
        let name = match (verdict.allowed, verdict.code) {
            (true, _) => "laika_allowed".to_owned(),
            (false, code) => {
                let verb = if enforced { "denied" } else { "would_deny" };
                let code = code.unwrap_or(ErrorCode::PermissionDenied).as_str();
                format!("laika_{verb}_{code}")
            }
        };
        self.count(&name, 1);
        if let Some(id) = self.id("laika_decision_microseconds", MetricType::Histogram) {
            let _ = hostcalls::record_metric(id, nanoseconds / 1000);
        }
    }

    /// What the cache of verified tokens has counted by now.
    pub(super) fn cache(&self, now: Counts) {
        let before = self.cache.replace(now);
        self.count("laika_cache_hits", now.hits.saturating_sub(before.hits));
        self.count("laika_cache_misses", now.misses.saturating_sub(before.misses));
    }

    /// A key set or status list was asked for.
    pub(super) fn fetch(&self) {
        self.count("laika_fetches", 1);
    }

    /// Another worker had it.
    pub(super) fn shared(&self) {
        self.count("laika_fetches_shared", 1);
    }

    /// It was not there, or not used.
    pub(super) fn fetch_failed(&self) {
        self.count("laika_fetch_failures", 1);
    }

    fn count(&self, name: &str, more: u64) {
        if more > 0
            && let Some(id) = self.id(name, MetricType::Counter)
        {
            let _ = hostcalls::increment_metric(id, i64::try_from(more).unwrap_or(i64::MAX));
        }
    }

    fn id(&self, name: &str, kind: MetricType) -> Option<u32> {
        if let Some(id) = self.ids.borrow().get(name) {
            return Some(*id);
        }
        let id = hostcalls::define_metric(kind, name).ok()?;
        self.ids.borrow_mut().insert(name.to_owned(), id);
        Some(id)
    }
}
