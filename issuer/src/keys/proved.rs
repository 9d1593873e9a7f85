//! Tokens whose signature was proved a moment ago.
//!
//! A main token is shown again and again until it is replaced, and a micro token at every
//! introspection. Both signature and key stay what they were, so they are looked at once. What may
//! change is asked at every use: here, whether the key is still published; by the callers, when the
//! token expires and what the session's row says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::{Map, Value};

use super::{Algorithm, Keys, SigningKey};

/// Tokens in each of the two halves: some megabytes when both are full.
const HALF: usize = 1024;

/// SHA-256 of a token with its kind. The tokens themselves are not kept: whoever reads the memory of
/// this process would have sessions.
type Name = [u8; 32];

/// What a token says, and who signed it.
#[derive(Debug)]
struct Proof {
    kid: String,
    algorithm: Algorithm,
    claims: Arc<Map<String, Value>>,
}

/// The tokens that were proved last; at most twice `HALF`.
///
/// When the young half is full it becomes the old one, and what was in that is forgotten. Whatever
/// is used in the meantime becomes young again.
#[derive(Debug, Default)]
pub struct Proved(Mutex<Halves>);

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<Name, Arc<Proof>>,
    old: HashMap<Name, Arc<Proof>>,
}

impl Proved {
    /// The claims of a token of this kind, if it was proved before and its key is among `keys`.
    pub(super) fn find(&self, keys: &Keys, name: &Name) -> Option<Arc<Map<String, Value>>> {
        let proof = self.0.lock().unwrap_or_else(PoisonError::into_inner).find(name)?;
        let key = keys.by_kid(&proof.kid)?;
        (key.algorithm() == proof.algorithm).then(|| Arc::clone(&proof.claims))
    }

    /// Keeps the claims of a token that this key has signed.
    pub(super) fn keep(&self, name: Name, key: &SigningKey, claims: &Arc<Map<String, Value>>) {
        let (kid, algorithm) = (key.kid().to_owned(), key.algorithm());
        let proof = Proof { kid, algorithm, claims: Arc::clone(claims) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(name, Arc::new(proof));
    }
}

impl Halves {
    fn find(&mut self, name: &Name) -> Option<Arc<Proof>> {
        if let Some(proof) = self.young.get(name) {
            return Some(Arc::clone(proof));
        }
        let proof = self.old.remove(name)?;
        self.keep(*name, Arc::clone(&proof));
        Some(proof)
    }

    fn keep(&mut self, name: Name, proof: Arc<Proof>) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, proof);
    }
}

/// The name of a token of this kind. No `typ` holds a zero, so no two pairs have one text.
pub(super) fn name(typ: &str, token: &str) -> Name {
    let mut context = Context::new(&SHA256);
    context.update(typ.as_bytes());
    context.update(&[0]);
    context.update(token.as_bytes());
    let mut name = [0; 32];
    name.copy_from_slice(context.finish().as_ref());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(sub: usize) -> Arc<Proof> {
        let claims = Arc::new(Map::from_iter([("sub".to_owned(), sub.into())]));
        Arc::new(Proof { kid: "key".to_owned(), algorithm: Algorithm::Es256, claims })
    }

    fn nth(number: usize) -> Name {
        name("main+jwt", &number.to_string())
    }

    #[test]
    fn what_is_used_stays_and_the_rest_is_forgotten() {
        let mut halves = Halves::default();
        for number in 0..10 * HALF {
            halves.keep(nth(number), proof(number));
            let first = halves.find(&nth(0)).expect("used all the time");
            assert_eq!(first.claims["sub"], 0);
            assert!(halves.young.len() <= HALF && halves.old.len() <= HALF);
        }
        assert!(halves.find(&nth(1)).is_none());
        let last = 10 * HALF - 1;
        assert_eq!(halves.find(&nth(last)).unwrap().claims["sub"], last);
    }

    #[test]
    fn kinds_and_tokens_are_told_apart() {
        let names = [("a", "bc"), ("ab", "c"), ("a", "bd"), ("main", "bc")]
            .map(|(typ, token)| name(typ, token));
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
