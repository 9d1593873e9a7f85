//! Issuers, keys and policy behind two calls: [`Verifier::verify`] and [`Verifier::authorize`].

use laika_claims::policy::{Bearer, Decision, Request};
use laika_claims::principal;
use laika_claims::{ErrorCode, Permission, Policy, Timestamp};

use crate::checks;
use crate::error::VerifyError;
use crate::issuer::Issuer;
use crate::jws::{Payload, UntrustedToken};
pub use crate::keys::{Fetch, Response};
use crate::keys::{FetchFailure, RemoteKeys};
use crate::options::{Limits, Options};
use crate::verified::VerifiedToken;

/// Verifies tokens and decides requests.
///
/// Reading (`verify`, `authorize`) needs a shared reference and never waits. What a host fetches
/// goes through the exclusive calls.
#[derive(Debug)]
pub struct Verifier {
    issuers: Vec<Issuer>,
    policy: Option<Policy>,
    limits: Limits,
    next_fetch: u32,
    key_set_fetches: u64,
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

/// The issuer of a token, before its signature was checked.
struct Chosen<'v> {
    /// Its place in the options.
    index: usize,
    issuer: &'v Issuer,
    /// The payload, where it had to be read to know the issuer. Not to be believed yet.
    payload: Option<Payload>,
}

impl Verifier {
    /// A verifier with these options. Keys by URL are not there yet: see [`Verifier::fetches`].
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            issuers: options.issuers.into_iter().map(Issuer::new).collect(),
            policy: options.policy,
            limits: options.limits,
            next_fetch: 0,
            key_set_fetches: 0,
        }
    }

    /// Proves everything about `token`, in this order: form, header, key, signature, claims, times.
    ///
    /// # Errors
    /// The first check that fails. `keys_unavailable` and `key_not_found` may be mended by a fetch:
    /// see [`Verifier::fetches`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<VerifiedToken, VerifyError> {
        let token = UntrustedToken::parse(token, self.limits.max_token_size)?;
        let Chosen { index, issuer, payload } = self.choose_issuer(&token)?;
        issuer.check_signature(&token, index, now)?;
        let payload = payload.map_or_else(|| token.read_payload(), Ok)?;
        let (principal, expires_at) =
            checks::check_claims(payload.claims, issuer.rules(), self.limits, now)?;
        Ok(VerifiedToken::new(token.header, payload.text, principal, expires_at))
    }

    /// The issuer whose keys the token must be signed with. Where there are several, one strict
    /// scan of the payload reads `iss`; nothing else of it is used before the signature holds.
    fn choose_issuer(&self, token: &UntrustedToken<'_>) -> Result<Chosen<'_>, VerifyError> {
        let typ = token.header.typ.as_deref();
        if let [issuer] = self.issuers.as_slice() {
            checks::check_typ(typ, issuer.rules())?;
            return Ok(Chosen { index: 0, issuer, payload: None });
        }
        // The header comes first: a `typ` of none of the issuers is refused unread.
        let refused = self.issuers.iter().map(|issuer| checks::check_typ(typ, issuer.rules()));
        let refused: Vec<_> = refused.filter_map(Result::err).collect();
        if refused.len() == self.issuers.len()
            && let Some(error) = refused.into_iter().next_back()
        {
            return Err(error);
        }
        let payload = token.read_payload()?;
        let iss = payload.claims.get("iss").and_then(serde_json::Value::as_str);
        let is_of = |issuer: &Issuer| {
            let rules = issuer.rules();
            iss.is_some_and(|iss| rules.profile.is_issuer(&rules.issuer, iss))
        };
        let found = self.issuers.iter().enumerate().find(|(_, issuer)| is_of(issuer));
        let (index, issuer) = found.ok_or_else(|| {
            let message = "no issuer of this verifier made the token";
            VerifyError::claim(ErrorCode::IssuerMismatch, "iss", message)
        })?;
        checks::check_typ(typ, issuer.rules())?;
        Ok(Chosen { index, issuer, payload: Some(payload) })
    }

    /// Decides `request` for whoever sent `token`. A bad token is a decision, not an error.
    pub fn authorize(
        &self,
        token: Option<&str>,
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
        let verified = token.map(|token| self.verify(token, now));
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

    /// Whether [`Verifier::fetches`] would have something to say, at the cost of a comparison.
    #[must_use]
    pub fn has_fetches(&self, error: Option<&VerifyError>, now: Timestamp) -> bool {
        error.is_some_and(|error| error.wanted().is_some())
            || self.issuers.iter().filter_map(Issuer::remote).any(|keys| keys.is_due(now))
    }

    /// What the host should fetch now: sets that are absent or age, and the set in which `error`
    /// missed a key. Each counts as under way until it is reported.
    pub fn fetches(&mut self, error: Option<&VerifyError>, now: Timestamp) -> Vec<Fetch> {
        let wanted = error.and_then(VerifyError::wanted);
        let next = &mut self.next_fetch;
        let started = self.issuers.iter_mut().enumerate().filter_map(|(index, issuer)| {
            let keys = issuer.remote_mut()?;
            let missed = wanted.filter(|wanted| wanted.issuer == index);
            let missed = missed.and_then(|wanted| wanted.kid.as_deref());
            keys.refresh_if_due(now, next)
                .or_else(|| missed.and_then(|kid| keys.refresh_for(kid, now, next)))
        });
        started.collect()
    }

    /// What the host should fetch because somebody asked for fresh keys.
    pub fn refresh(&mut self, now: Timestamp) -> Vec<Fetch> {
        let next = &mut self.next_fetch;
        let remote = self.issuers.iter_mut().filter_map(Issuer::remote_mut);
        let started = remote.filter_map(|keys| keys.refresh_at_once(now, next));
        started.collect()
    }

    /// Whether a fetch is under way that may mend `error`: wait for it, and ask again.
    #[must_use]
    pub fn may_be_mended(&self, error: &VerifyError, now: Timestamp) -> bool {
        let issuer = error.wanted().and_then(|wanted| self.issuers.get(wanted.issuer));
        issuer.and_then(Issuer::remote).is_some_and(|keys| keys.is_fetching(now))
    }

    /// Takes what fetch `id` brought. An answer that nobody waits for any more is ignored.
    ///
    /// # Errors
    /// Why it is not used; keys that are held go on.
    pub fn fetched(
        &mut self,
        id: u32,
        response: Response<'_>,
        now: Timestamp,
    ) -> Result<(), FetchFailure> {
        let Some(keys) = self.awaiting(id) else {
            return Ok(());
        };
        keys.take(response, now)?;
        self.key_set_fetches += 1;
        Ok(())
    }

    /// Notes that fetch `id` has failed.
    pub fn fetch_failed(&mut self, id: u32) {
        if let Some(keys) = self.awaiting(id) {
            keys.fail();
        }
    }

    /// How many key sets were fetched and taken.
    #[must_use]
    pub fn key_set_fetches(&self) -> u64 {
        self.key_set_fetches
    }

    fn awaiting(&mut self, id: u32) -> Option<&mut RemoteKeys> {
        self.issuers.iter_mut().filter_map(Issuer::remote_mut).find(|keys| keys.awaits(id))
    }
}
