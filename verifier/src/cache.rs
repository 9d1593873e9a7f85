//! Tokens that were verified before.
//!
//! A token is found by its whole text, never by a part or a hash of it, so nothing else can pass
//! for it; or, by a host that compares the texts itself, by its serial. Where it is to be sought its
//! last bytes say, which tell signatures apart at a glance. An entry proves the signature and the
//! claims; what may have changed since (the time, the status, the keys) is looked at again by the
//! verifier at every use.

use std::collections::BTreeMap;
use std::fmt::Debug;
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
pub(crate) struct Cache<T> {
    /// Of one generation.
    max_bytes: usize,
    state: Mutex<State<T>>,
}

#[derive(Debug, Default)]
struct State<T> {
    young: T,
    old: T,
    young_bytes: usize,
    counts: Counts,
}

/// A token that is kept.
#[derive(Debug, Clone)]
pub struct Entry {
    token: VerifiedToken,
    /// What it takes, in bytes.
    cost: usize,
}

/// One generation, and what tokens are found by in it. Nothing is taken out of one alone, since a
/// map that can do that is twice the code.
pub trait Generation: Debug + Default {
    /// What a token is found by.
    type Key: ?Sized;
    /// The same, kept.
    type Kept: Clone;

    /// By what a token is found whose text this is, if not by what it got when it was verified.
    fn of_text(text: &[u8]) -> Option<&Self::Key>;
    /// By what a token is to be found.
    fn new_key(text: &[u8], serial: u64) -> Self::Kept;
    /// What is there under `key`.
    fn get(&self, key: &Self::Key) -> Option<(&Self::Kept, &Entry)>;
    /// Adds an entry, and answers with the one that had to make room for it.
    fn insert(&mut self, key: Self::Kept, entry: Entry) -> Option<Entry>;
    /// Keeps only the entries that `keeps` says.
    fn retain(&mut self, keeps: impl Fn(&Entry) -> bool);
    /// What all entries take, in bytes.
    fn bytes(&self) -> usize;
}

/// Tokens by their texts, each where its last bytes say. Of two texts with the same, which nobody
/// meets who does not look for them, the later one is kept.
#[derive(Debug, Default)]
pub struct Texts(BTreeMap<u64, (Arc<[u8]>, Entry)>);

impl Texts {
    fn place(text: &[u8]) -> u64 {
        text.last_chunk().map_or(0, |last| u64::from_le_bytes(*last))
    }
}

impl Generation for Texts {
    type Key = [u8];
    type Kept = Arc<[u8]>;

    fn of_text(text: &[u8]) -> Option<&[u8]> {
        Some(text)
    }

    fn new_key(text: &[u8], _: u64) -> Arc<[u8]> {
        text.into()
    }

    fn get(&self, key: &[u8]) -> Option<(&Arc<[u8]>, &Entry)> {
        let (text, entry) = self.0.get(&Self::place(key))?;
        same(text, key).then_some((text, entry))
    }

    fn insert(&mut self, key: Arc<[u8]>, entry: Entry) -> Option<Entry> {
        Some(self.0.insert(Self::place(&key), (key, entry))?.1)
    }

    fn retain(&mut self, keeps: impl Fn(&Entry) -> bool) {
        let all = mem::take(&mut self.0).into_iter();
        all.filter(|(_, (_, entry))| keeps(entry)).for_each(|(place, kept)| {
            self.0.insert(place, kept);
        });
    }

    fn bytes(&self) -> usize {
        self.0.values().map(|(_, entry)| entry.cost).sum()
    }
}

/// Tokens by their serials, in ascending order: a new one nearly always comes last.
#[derive(Debug, Default)]
pub struct Serials(Vec<(u64, Entry)>);

impl Serials {
    fn place(&self, serial: u64) -> Result<usize, usize> {
        self.0.binary_search_by_key(&serial, |(serial, _)| *serial)
    }
}

impl Generation for Serials {
    type Key = u64;
    type Kept = u64;

    fn of_text(_: &[u8]) -> Option<&u64> {
        None
    }

    fn new_key(_: &[u8], serial: u64) -> u64 {
        serial
    }

    fn get(&self, key: &u64) -> Option<(&u64, &Entry)> {
        let (serial, entry) = self.0.get(self.place(*key).ok()?)?;
        Some((serial, entry))
    }

    fn insert(&mut self, key: u64, entry: Entry) -> Option<Entry> {
        match self.place(key) {
            Ok(place) => Some(mem::replace(&mut self.0.get_mut(place)?.1, entry)),
            Err(place) => {
                self.0.insert(place, (key, entry));
                None
            }
        }
    }

    fn retain(&mut self, keeps: impl Fn(&Entry) -> bool) {
        self.0.retain(|(_, entry)| keeps(entry));
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|(_, entry)| entry.cost).sum()
    }
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

impl<T: Generation> Cache<T> {
    /// A cache that keeps about so many bytes.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes: max_bytes / 2, state: Mutex::default() }
    }

    /// The token that was kept under `key`, if it still `holds`.
    pub(crate) fn get(
        &self,
        key: &T::Key,
        holds: impl FnOnce(&VerifiedToken) -> bool,
    ) -> Option<VerifiedToken> {
        let mut state = self.state();
        let token = match state.young.get(key) {
            Some((_, entry)) => entry.token.clone(),
            None => {
                let (key, entry) = state.old.get(key)?;
                let (key, entry) = (key.clone(), entry.clone());
                let token = entry.token.clone();
                self.put(&mut state, key, entry);
                token
            }
        };
        let hit = holds(&token);
        state.counts.hits += u64::from(hit);
        hit.then_some(token)
    }

    /// Keeps `token`, which had to be verified from `text`.
    pub(crate) fn insert(&self, text: &[u8], token: VerifiedToken) {
        let mut state = self.state();
        state.counts.misses += 1;
        let key = T::new_key(text, token.serial());
        self.put(&mut state, key, Entry { token, cost: text.len() * BYTES_PER_BYTE + OVERHEAD });
    }

    /// Keeps only what `keeps` says.
    pub(crate) fn retain(&self, keeps: impl Fn(&VerifiedToken) -> bool) {
        let state = &mut *self.state();
        for generation in [&mut state.young, &mut state.old] {
            generation.retain(|entry| keeps(&entry.token));
        }
        state.young_bytes = state.young.bytes();
        state.counts.generations += 1;
    }

    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }

    fn put(&self, state: &mut State<T>, key: T::Kept, entry: Entry) {
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
        let before = state.young.insert(key, entry);
        state.young_bytes += cost;
        state.young_bytes -= before.map_or(0, |before| before.cost);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compares sixteen bytes at a time: in WebAssembly the compiler's own comparison takes each alone.
fn same(left: &[u8], right: &[u8]) -> bool {
    let ((left, left_rest), (right, right_rest)) =
        (left.as_chunks::<16>(), right.as_chunks::<16>());
    let word = |bytes: &[u8; 16]| u128::from_le_bytes(*bytes);
    left.len() == right.len()
        && left_rest == right_rest
        && left.iter().zip(right).all(|(left, right)| word(left) == word(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_the_same() {
        let text: Vec<u8> = (0..100).collect();
        for length in 0..text.len() {
            let (key, copy) = (&text[..length], text[..length].to_vec());
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
