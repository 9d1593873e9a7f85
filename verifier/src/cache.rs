//! Tokens that were verified before.
//!
//! A token is found by its whole text, never by a part or a hash of it, so nothing else can pass
//! for it; or, by a host that compares the texts itself, by its serial. Where it is to be sought its
//! last bytes say, which tell signatures apart at a glance. An entry proves the signature and the
//! claims; what may have changed since (the time, the status, the keys) is looked at again by the
//! verifier at every use.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// A token's text, or its serial: one type, and so one code for both.
type Key = Arc<[u8]>;

/// The last bytes of a key. Of two tokens with the same, which nobody meets who does not look for
/// them, the later one is kept.
type Place = u64;

#[derive(Debug)]
struct State {
    young: BTreeMap<Place, Entry>,
    old: BTreeMap<Place, Entry>,
    young_bytes: usize,
    counts: Counts,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Key,
    token: VerifiedToken,
    /// What it takes, in bytes.
    cost: usize,
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
        let state = State {
            young: BTreeMap::new(),
            old: BTreeMap::new(),
            young_bytes: 0,
            counts: Counts::default(),
        };
        Self { max_bytes: max_bytes / 2, state: Mutex::new(state) }
    }

    /// The token that was kept under `key`, if it still `holds`.
    pub(crate) fn get(
        &self,
        key: &[u8],
        holds: impl FnOnce(&VerifiedToken) -> bool,
    ) -> Option<VerifiedToken> {
        let mut state = self.state();
        let place = place_of(key);
        let is_it = |entry: &&Entry| same(&entry.key, key);
        let token = match state.young.get(&place).filter(is_it) {
            Some(entry) => entry.token.clone(),
            None => {
                // It stays in the old generation as well: a map from which nothing is removed takes
                // half of the code.
                let entry = state.old.get(&place).filter(is_it)?.clone();
                let token = entry.token.clone();
                self.put(&mut state, place, entry);
                token
            }
        };
        let hit = holds(&token);
        state.counts.hits += u64::from(hit);
        hit.then_some(token)
    }

    /// Keeps `token`, which had to be verified from a text of `length` bytes.
    pub(crate) fn insert(&self, key: &[u8], token: VerifiedToken, length: usize) {
        let mut state = self.state();
        state.counts.misses += 1;
        let cost = length * BYTES_PER_BYTE + OVERHEAD;
        self.put(&mut state, place_of(key), Entry { key: key.into(), token, cost });
    }

    /// Keeps only what `keeps` says.
    pub(crate) fn retain(&self, keeps: impl Fn(&VerifiedToken) -> bool) {
        let state = &mut *self.state();
        for generation in [&mut state.young, &mut state.old] {
            let all = mem::take(generation).into_iter();
            all.filter(|(_, entry)| keeps(&entry.token)).for_each(|(place, entry)| {
                generation.insert(place, entry);
            });
        }
        state.young_bytes = state.young.values().map(|entry| entry.cost).sum();
        state.counts.generations += 1;
    }

    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }

    fn put(&self, state: &mut State, place: Place, entry: Entry) {
        let cost = entry.cost;
        if cost > self.max_bytes {
            state.counts.generations += 1;
            return;
        }
        if state.young_bytes + cost > self.max_bytes {
            state.old = mem::take(&mut state.young);
            state.young_bytes = 0;
            state.counts.generations += 1;
        }
        let before = state.young.insert(place, entry);
        state.young_bytes += cost;
        state.young_bytes -= before.map_or(0, |before| before.cost);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(key: &[u8]) -> Place {
    key.last_chunk().map_or(0, |last| Place::from_le_bytes(*last))
}

/// Compares eight bytes at a time: in WebAssembly the compiler's own comparison takes each alone.
fn same(left: &[u8], right: &[u8]) -> bool {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    left_rest == right_rest && left.iter().map(word).eq(right.iter().map(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_the_same() {
        let text: Vec<u8> = (0..100).collect();
        for length in 0..text.len() {
            let key = &text[..length];
            let copy: Vec<u8> = (0..100).take(length).collect();
            assert!(same(key, &copy));
            assert!(!same(key, &text[..=length]) && !same(&text[..=length], key));
            for at in 0..length {
                let mut other = key.to_vec();
                other[at] ^= 1;
                assert!(!same(key, &other), "byte {at} of {length}");
            }
        }
    }
}
