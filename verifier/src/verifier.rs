//! Issuers, keys and policy behind two calls: [`Verifier::verify`] and [`Verifier::authorize`].

mod fetches;

use std::sync::atomic::{AtomicU64, Ordering};

use laika_claims::json::{Object, Seen};
use laika_claims::policy::{Bearer, Decision, Request};
use laika_claims::principal;
use laika_claims::{ErrorCode, Permission, Policy, Timestamp};

use crate::cache::{Cache, Counts, Generation, Serials, Texts};
use crate::checks;
use crate::error::VerifyError;
use crate::fetch::Ids;
use crate::headers::Headers;
use crate::issuer::Issuer;
use crate::jws::UntrustedToken;
use crate::keys::Aged;
use crate::options::{Limits, Options};
use crate::status::Lists;
use crate::verified::VerifiedToken;
use laika_signature::Host;

/// Verifies tokens and decides requests.
///
/// Reading (`verify`, `authorize`) needs a shared reference and never waits for I/O. What a host
/// fetches goes through the exclusive calls.
///
/// A token that comes again is found by its text; or, by a host that compares the texts of tokens
/// itself, by its serial: see [`Verifier::by_serial`].
#[derive(Debug)]
pub struct Verifier<T: Generation = Texts> {
    issuers: Vec<Issuer>,
    policy: Option<Policy>,
    limits: Limits,
    cache: Option<Cache<T>>,
    headers: Headers,
    aged: Aged,
    /// The serial of the next token.
    serial: AtomicU64,
    ids: Ids,
    key_set_fetches: u64,
    /// Who computes signatures, if not our own code.
    #[cfg(feature = "host")]
    host: Option<Box<dyn Host>>,
}

/// What a verifier has counted since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Of the cache of verified tokens.
    pub cache: Counts,
    /// Key sets that were fetched and taken.
    pub key_set_fetches: u64,
    /// Status lists that were fetched and taken.
    pub status_list_fetches: u64,
    /// How often a status list was used that was too old, because no other could be had.
    pub stale_status_uses: u64,
}

/// What [`Verifier::authorize`] found.
#[derive(Debug)]
pub struct Authorization<'v> {
    /// Allow or deny, and why.
    pub decision: Decision<'v>,
    /// The token, where one was verified.
    pub token: Option<VerifiedToken>,
    /// What was wrong with the token, where one came and was not verified.
    pub error: Option<VerifyError>,
}

impl Authorization<'_> {
    /// Whether the decision rests on what was wrong with the token. Where it doesn't, a fetch that
    /// mends the token changes nothing, and a request need not wait for it.
    #[must_use]
    pub fn hangs_on_error(&self) -> bool {
        self.error.as_ref().is_some_and(|error| self.decision.code == Some(error.code()))
    }
}

/// The issuer of a token, before its signature was checked.
struct Chosen<'v> {
    /// Its place in the options.
    index: usize,
    issuer: &'v Issuer,
    /// The claims, where they had to be read to know the issuer. Not to be believed yet.
    claims: Option<Object>,
}

impl Verifier {
    /// A verifier with these options. Keys by URL are not there yet: see [`Verifier::fetches`].
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self::with(options)
    }
}

impl Verifier<Serials> {
    /// As [`Verifier::new`], for a host that compares the texts of tokens itself: what
    /// [`Verifier::verify`] has proved is found again by its serial, by [`Verifier::recall`].
    #[must_use]
    pub fn by_serial(options: Options) -> Self {
        Self::with(options)
    }

    /// The token of that serial, if it is still kept and still holds. One that does not is to be
    /// verified from its text, which says why.
    #[must_use]
    pub fn recall(&self, serial: u64, now: Timestamp) -> Option<VerifiedToken> {
        self.cache.as_ref()?.get(&serial, |kept| self.still_holds(kept, now))
    }
}

impl<T: Generation> Verifier<T> {
    fn with(options: Options) -> Self {
        let issuers = options.issuers.into_iter().enumerate();
        Self {
            issuers: issuers.map(|(index, options)| Issuer::new(index, options)).collect(),
            policy: options.policy,
            limits: options.limits,
            cache: options.cache_bytes.map(Cache::new),
            headers: Headers::default(),
            aged: Aged::Refused,
            serial: AtomicU64::new(0),
            ids: Ids::default(),
            key_set_fetches: 0,
            #[cfg(feature = "host")]
            host: None,
        }
    }

    /// Says that nothing can be fetched for what is asked from now on, or that it can, as at first.
    /// Where it can, keys whose `max-age` is over are unavailable until a fetch has ended; where it
    /// can't, they are used for a day, though some may have been withdrawn.
    pub fn offline(&mut self, offline: bool) {
        self.aged = if offline { Aged::Used } else { Aged::Refused };
    }

    /// Has `host` compute the signatures of tokens, as far as it can.
    #[cfg(feature = "host")]
    pub fn compute_by(&mut self, host: Box<dyn Host>) {
        self.host = Some(host);
    }

    #[cfg(feature = "host")]
    fn host(&self) -> Option<&dyn Host> {
        self.host.as_deref()
    }

    #[cfg(not(feature = "host"))]
    #[expect(clippy::unused_self, reason = "with the feature, it is asked")]
    const fn host(&self) -> Option<&dyn Host> {
        None
    }

    /// Proves everything about `token`, in this order: form, header, key, signature, claims, times,
    /// status.
    ///
    /// # Errors
    /// The first check that fails. `keys_unavailable`, `key_not_found` and `status_unavailable` may
    /// be mended by a fetch: see [`Verifier::fetches`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<VerifiedToken, VerifyError> {
        self.verify_bytes(token.as_bytes(), now)
    }

    /// As [`Verifier::verify`], for a token as it came: one that is no text is malformed.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn verify_bytes(&self, token: &[u8], now: Timestamp) -> Result<VerifiedToken, VerifyError> {
        let Some(cache) = &self.cache else {
            return self.prove(token, now);
        };
        if let Some(key) = T::of_text(token)
            && let Some(kept) = cache.get(key, |kept| self.still_holds(kept, now))
        {
            return Ok(kept);
        }
        // What no longer holds is refused for the reason that a token seen first would be.
        let proved = self.prove(token, now)?;
        cache.insert(token, proved.clone());
        Ok(proved)
    }

    /// Everything about a token that is seen for the first time.
    fn prove(&self, token: &[u8], now: Timestamp) -> Result<VerifiedToken, VerifyError> {
        let max_size = self.limits.max_token_size;
        let mut token = UntrustedToken::parse_knowing(token, max_size, &self.headers)?;
        let Chosen { index, issuer, claims } = self.choose_issuer(&mut token)?;
        issuer.check_signature(&token, self.host(), self.aged, now)?;
        let claims = claims.map_or_else(|| token.read_payload(), Ok)?;
        let checked = checks::check_claims(claims, issuer.rules(), self.limits, now)?;
        issuer.check_status(checked.status.as_ref(), now)?;
        self.headers.remember(token.header_segment, &token.header);
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        Ok(VerifiedToken::new(serial, index, token.header, checked))
    }

    /// Looks at what may have changed about a token that was proved before. Keys that have changed
    /// took their tokens with them.
    fn still_holds(&self, token: &VerifiedToken, now: Timestamp) -> bool {
        self.issuers.get(token.issuer_index()).is_some_and(|issuer| {
            issuer.has_keys(self.aged, now)
                && checks::check_times(token.times(), issuer.rules(), self.limits, now).is_ok()
                && issuer.check_status(token.status(), now).is_ok()
        })
    }

    /// The issuer whose keys the token must be signed with. Where there are several, one strict
    /// scan of the payload reads `iss`; nothing else of it is used before the signature holds.
    fn choose_issuer(&self, token: &mut UntrustedToken<'_>) -> Result<Chosen<'_>, VerifyError> {
        let typ = token.header.typ.as_deref();
        if let [issuer] = self.issuers.as_slice() {
            checks::check_typ(typ, issuer.rules())?;
            return Ok(Chosen { index: 0, issuer, claims: None });
        }
        // The header comes first: a `typ` of none of the issuers is refused unread.
        let refused = self.issuers.iter().map(|issuer| checks::check_typ(typ, issuer.rules()));
        let refused: Vec<_> = refused.filter_map(Result::err).collect();
        if refused.len() == self.issuers.len()
            && let Some(error) = refused.into_iter().next_back()
        {
            return Err(error);
        }
        let claims = token.read_payload()?;
        let iss = claims.member("iss").and_then(Seen::text);
        let is_of = |issuer: &Issuer| iss.is_some_and(|iss| issuer.rules().is_issuer(iss));
        let found = self.issuers.iter().enumerate().find(|(_, issuer)| is_of(issuer));
        let (index, issuer) = found.ok_or_else(|| {
            let message = format_args!("no issuer of this verifier made the token");
            VerifyError::claim(ErrorCode::IssuerMismatch, "iss", message)
        })?;
        checks::check_typ(token.header.typ.as_deref(), issuer.rules())?;
        Ok(Chosen { index, issuer, claims: Some(claims) })
    }

    /// Decides `request` for whoever sent `token`. A bad token is a decision, not an error.
    pub fn authorize(
        &self,
        token: Option<&str>,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Authorization<'_> {
        self.authorize_bytes(token.map(str::as_bytes), request, now)
    }

    /// As [`Verifier::authorize`], for a token as it came: one that is no text is malformed.
    pub fn authorize_bytes(
        &self,
        token: Option<&[u8]>,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Authorization<'_> {
        self.authorize_if(|| token.map(|token| self.verify_bytes(token, now)), request, now)
    }

    /// As [`Verifier::authorize`], for whoever sent a token that was verified or recalled just now.
    pub fn authorize_verified(
        &self,
        token: VerifiedToken,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Authorization<'_> {
        self.authorize_if(|| Some(Ok(token)), request, now)
    }

    fn authorize_if(
        &self,
        verify: impl FnOnce() -> Option<Result<VerifiedToken, VerifyError>>,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Authorization<'_> {
        let refuse = |decision| Authorization { decision, token: None, error: None };
        let Some(policy) = &self.policy else {
            return refuse(Decision::unconfigured());
        };
        // A request that can't be judged is refused before its token is looked at.
        let route = match policy.route(request) {
            Ok(route) => route,
            Err(decision) => return refuse(decision),
        };
        let verified = verify();
        let bearer = match &verified {
            None => Bearer::Fault(ErrorCode::TokenMissing),
            Some(Ok(token)) => Bearer::Verified(token.principal()),
            Some(Err(error)) => Bearer::Fault(error.code()),
        };
        let decision = route.decide(bearer, now);
        let (token, error) = match verified {
            None => (None, None),
            Some(Ok(token)) => (Some(token), None),
            Some(Err(error)) => (None, Some(error)),
        };
        Authorization { decision, token, error }
    }

    /// Whether `grants`, as a verified token of `issuer` carries them, cover `permission`.
    #[must_use]
    pub fn can<S: AsRef<str>>(&self, issuer: &str, grants: &[S], permission: &Permission) -> bool {
        let known = self.issuers.iter().map(Issuer::rules).find(|rules| rules.issuer == issuer);
        known.is_some_and(|rules| {
            principal::holds(grants, rules.profile.has_wildcards(), permission)
        })
    }

    /// The policy, where there is one.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// How often the cache of verified tokens has let some go, if there is a cache: whoever keeps
    /// something for each token ([`VerifiedToken::serial`]) lets go of it likewise.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.counts().map(|counts| counts.generations)
    }

    fn counts(&self) -> Option<Counts> {
        self.cache.as_ref().map(Cache::counts)
    }

    /// What the cache of verified tokens has counted; nothing where there is none.
    #[must_use]
    pub fn cache_counts(&self) -> Counts {
        self.counts().unwrap_or_default()
    }

    /// What was counted since the verifier was made.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let lists = || self.issuers.iter().map(Issuer::lists);
        Stats {
            cache: self.counts().unwrap_or_default(),
            key_set_fetches: self.key_set_fetches,
            status_list_fetches: lists().map(Lists::fetched).sum(),
            stale_status_uses: lists().map(Lists::stale_uses).sum(),
        }
    }
}
