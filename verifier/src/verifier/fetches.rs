//! What a host fetches for a verifier: what it should ask for, and what came of it.

use laika_claims::Timestamp;

use super::Verifier;
use crate::cache::Generation;
use crate::error::VerifyError;
use crate::fetch::{Fetch, FetchFailure, Landed, Response};
use crate::keys::{Arrival, KeySet};
use crate::verified::VerifiedToken;

impl<T: Generation> Verifier<T> {
    /// Whether [`Verifier::fetches`] would have something to say, at the cost of a comparison.
    #[must_use]
    pub fn has_fetches(&self, error: Option<&VerifyError>, now: Timestamp) -> bool {
        error.is_some_and(|error| error.wanted().is_some())
            || self.issuers.iter().any(|issuer| issuer.has_fetches(now))
    }

    /// What the host should fetch now: keys and lists that are absent or age, and what `error`
    /// missed. Each counts as under way until it is reported by [`Verifier::fetched`] or
    /// [`Verifier::fetch_failed`].
    pub fn fetches(&mut self, error: Option<&VerifyError>, now: Timestamp) -> Vec<Fetch> {
        let wanted = error.and_then(VerifyError::wanted);
        let mut fetches = Vec::new();
        for (index, issuer) in self.issuers.iter_mut().enumerate() {
            let wanted = wanted.filter(|wanted| wanted.issuer == index);
            let wanted = wanted.map(|wanted| &wanted.missing);
            fetches.append(&mut issuer.fetches(wanted, now, &mut self.ids));
        }
        fetches
    }

    /// Notes what `error` missed where nothing may be fetched now: the next [`Verifier::refresh`]
    /// brings it.
    pub fn note(&mut self, error: &VerifyError) {
        if let Some(wanted) = error.wanted()
            && let Some(issuer) = self.issuers.get_mut(wanted.issuer)
        {
            issuer.note(&wanted.missing);
        }
    }

    /// What the host should fetch because somebody asked for fresh keys and status lists.
    pub fn refresh(&mut self, now: Timestamp) -> Vec<Fetch> {
        let mut fetches = Vec::new();
        for issuer in &mut self.issuers {
            fetches.append(&mut issuer.refresh(now, &mut self.ids));
        }
        fetches
    }

    /// For how many seconds it is worth waiting for a fetch that may mend `error`, if one is under
    /// way: until then, or until any fetch has ended, and then ask again.
    #[must_use]
    pub fn wait(&self, error: &VerifyError, now: Timestamp) -> Option<f64> {
        let wanted = error.wanted()?;
        self.issuers.get(wanted.issuer)?.wait(&wanted.missing, now)
    }

    /// Whether fetch `id` is under way here: else its answer says nothing to this verifier.
    #[must_use]
    pub fn awaits(&self, id: u32) -> bool {
        self.issuers.iter().any(|issuer| issuer.awaits(id))
    }

    /// Takes what fetch `id` brought. An answer that nobody waits for any more is ignored; whether
    /// somebody does, [`Verifier::awaits`] says.
    pub fn fetched(&mut self, id: u32, response: Response<'_>, now: Timestamp) -> Landed {
        for index in 0..self.issuers.len() {
            let Some(issuer) = self.issuers.get_mut(index) else {
                break;
            };
            if let Some(taken) = issuer.take_keys(id, response, now, &mut self.ids) {
                return match taken {
                    Ok(Arrival::Next(fetch)) => {
                        Landed { fetches: vec![fetch], ..Landed::default() }
                    }
                    Ok(Arrival::Keys(before)) => {
                        self.key_set_fetches += 1;
                        self.forget_replaced(index, before.as_ref(), now);
                        Landed::default()
                    }
                    Err(failure) => Landed { failure: Some(failure), ..Landed::default() },
                };
            }
            if let Some(landed) = issuer.take_list(id, response, self.limits, now, &mut self.ids) {
                return landed;
            }
        }
        Landed::default()
    }

    /// Takes the bytes that [`Landed::inflate`] asked for.
    ///
    /// # Errors
    /// Why they are not used; the list that is held goes on.
    pub fn inflated(&mut self, id: u32, bytes: &[u8], now: Timestamp) -> Result<(), FetchFailure> {
        let taken = self.issuers.iter_mut().find_map(|issuer| issuer.inflated(id, bytes, now));
        taken.unwrap_or(Ok(()))
    }

    /// Takes what fetch `id` brought, as [`Verifier::fetched`], and inflates it here where that is
    /// needed: what is left is perhaps a failure, and what to fetch next.
    #[cfg(feature = "inflate")]
    pub fn take(&mut self, id: u32, response: Response<'_>, now: Timestamp) -> Landed {
        let mut landed = self.fetched(id, response, now);
        if let Some(inflate) = landed.inflate.take() {
            landed.failure = if let Some(bytes) = inflate.run() {
                self.inflated(id, &bytes, now).err()
            } else {
                self.fetch_failed(id);
                Some(FetchFailure("the status list can't be inflated".to_owned()))
            };
        }
        landed
    }

    /// Takes for fetch `id`, of `uri`, what another instance of the verifier got, as
    /// [`Verifier::take`]: its age counts from when it was asked for.
    #[cfg(feature = "inflate")]
    pub fn take_shared(
        &mut self,
        (id, uri): (u32, &str),
        response: Response<'_>,
        asked: Timestamp,
        now: Timestamp,
    ) -> Landed {
        let issuer = self.issuers.iter().position(|issuer| issuer.awaits(id));
        let landed = self.take(id, response, now);
        if landed.failure.is_none()
            && let Some(issuer) = issuer.and_then(|index| self.issuers.get_mut(index))
        {
            issuer.date_back(uri, asked, now);
        }
        landed
    }

    /// Notes that fetch `id`, or inflating what it brought, has failed.
    pub fn fetch_failed(&mut self, id: u32) {
        self.issuers.iter_mut().for_each(|issuer| issuer.fetch_failed(id));
    }

    /// Lets the cached tokens go whose keys are gone, or are others now.
    fn forget_replaced(&self, issuer: usize, before: Option<&KeySet>, now: Timestamp) {
        let keys = self.issuers.get(issuer).and_then(|issuer| issuer.key_set(now));
        let (Some(before), Some(keys)) = (before, keys) else {
            return;
        };
        if keys == before {
            return;
        }
        let holds = |kid: &str| keys.get(kid).is_some_and(|key| before.get(kid) == Some(key));
        let keeps = |token: &VerifiedToken| {
            token.issuer_index() != issuer || token.kid().is_some_and(holds)
        };
        if let Some(cache) = &self.cache {
            cache.retain(keeps);
        }
    }
}
