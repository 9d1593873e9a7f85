//! Answers of a moment ago: so that a provider is not asked at every minting, and what it said last
//! can stand in while it does not answer. In memory only; bounded.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use laika_claims::Grant;

/// Most answers that are kept.
const MOST: usize = 10_000;

/// Who said it, and of whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    service: String,
    url: String,
    subject: String,
}

impl Key {
    /// What the provider at `url` said of `subject`.
    #[must_use]
    pub fn new(service: &str, url: &str, subject: &str) -> Self {
        Self { service: service.to_owned(), url: url.to_owned(), subject: subject.to_owned() }
    }
}

/// Answers, by who said them and of whom. Times are readings of a clock that only grows.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<Key, Kept>>);

#[derive(Debug)]
struct Kept {
    grants: BTreeSet<Grant>,
    at: Duration,
    until: Duration,
}

impl Memory {
    /// An answer that is not older than `age`.
    #[must_use]
    pub fn find(&self, key: &Key, now: Duration, age: Duration) -> Option<BTreeSet<Grant>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(key).filter(|kept| now.saturating_sub(kept.at) < age)?;
        Some(kept.grants.clone())
    }

    /// Keeps an answer for `age`, or until there are too many.
    pub fn keep(&self, key: Key, grants: BTreeSet<Grant>, now: Duration, age: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, kept| kept.until > now);
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, Kept { grants, at: now, until: now + age });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_old_as_it_is_and_there_is_an_end_to_their_number() {
        let (memory, at) = (Memory::default(), Duration::from_secs);
        let key = |subject: &str| Key::new("storage", "https://x", subject);
        memory.keep(key("a"), BTreeSet::new(), at(100), at(600));
        assert!(memory.find(&key("a"), at(129), at(30)).is_some());
        assert!(memory.find(&key("a"), at(130), at(30)).is_none());
        assert!(memory.find(&key("a"), at(130), at(600)).is_some());
        assert!(memory.find(&key("a"), at(100), at(0)).is_none(), "no time is no memory");
        assert!(memory.find(&key("b"), at(100), at(600)).is_none());
        assert!(memory.find(&Key::new("storage", "https://y", "a"), at(100), at(600)).is_none());
        for number in 0..2 * MOST {
            memory.keep(key(&number.to_string()), BTreeSet::new(), at(100), at(600));
        }
        assert!(memory.0.lock().unwrap().len() <= MOST);
    }
}
