//! Tokens that were verified before.
//!
//! A token is found by its whole text, never by a part or a hash of it, so nothing else can pass
//! for it. An entry proves the signature and the claims; what may have changed since (the time,
//! the status, the keys) is looked at again by the verifier at every use.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::verified::VerifiedToken;

/// What an entry takes, in multiples of its token's length, about: the text itself, header and
/// payload as text, as JSON values, and mapped.
const BYTES_PER_BYTE: usize = 4;
/// What an entry takes besides.
const OVERHEAD: usize = 512;

/// A bounded cache. Entries live in two generations: what is used moves to the young one, and when
/// that is full, it becomes the old one, whose entries are let go.
#[derive(Debug)]
pub(crate) struct Cache {
    /// Of one generation.
    max_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    young: BTreeMap<Box<str>, VerifiedToken>,
    old: BTreeMap<Box<str>, VerifiedToken>,
    young_bytes: usize,
    counts: Counts,
}

/// What a cache has counted since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tokens that were found, and still held.
    pub hits: u64,
    /// Good tokens that had to be verified.
    pub misses: u64,
    /// How often tokens were let go, or not kept at all.
    pub generations: u64,
}

impl Cache {
    /// A cache that keeps about so many bytes.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes: max_bytes / 2, state: Mutex::default() }
    }

    /// The token that was verified from exactly this text, if it still `holds`.
    pub(crate) fn get(
        &self,
        text: &str,
        holds: impl Fn(&VerifiedToken) -> bool,
    ) -> Option<VerifiedToken> {
        let mut state = self.state();
        let token = match state.young.get(text) {
            Some(token) => token.clone(),
            None => {
                let (text, token) = state.old.remove_entry(text)?;
                self.put(&mut state, text, token.clone());
                token
            }
        };
        let hit = holds(&token);
        state.counts.hits += u64::from(hit);
        hit.then_some(token)
    }

    /// Keeps `token`, which had to be verified from `text`.
    pub(crate) fn insert(&self, text: &str, token: VerifiedToken) {
        let mut state = self.state();
        state.counts.misses += 1;
        self.put(&mut state, text.into(), token);
    }

    /// Keeps only what `keeps` says.
    pub(crate) fn retain(&self, keeps: impl Fn(&VerifiedToken) -> bool) {
        let mut state = self.state();
        state.young.retain(|_, token| keeps(token));
        state.old.retain(|_, token| keeps(token));
        state.young_bytes = state.young.keys().map(|text| cost(text)).sum();
        state.counts.generations += 1;
    }

    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }

    fn put(&self, state: &mut State, text: Box<str>, token: VerifiedToken) {
        let cost = cost(&text);
        if cost > self.max_bytes {
            state.counts.generations += 1;
            return;
        }
        if state.young_bytes + cost > self.max_bytes {
            state.old = mem::take(&mut state.young);
            state.young_bytes = 0;
            state.counts.generations += 1;
        }
        if state.young.insert(text, token).is_none() {
            state.young_bytes += cost;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(text: &str) -> usize {
    text.len() * BYTES_PER_BYTE + OVERHEAD
}
