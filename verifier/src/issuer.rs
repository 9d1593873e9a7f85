//! One issuer: what is asked of its tokens, its keys, and its status lists.

use laika_claims::text::quoted;
use laika_claims::{ErrorCode, Timestamp};

use crate::error::{Missing, VerifyError};
use crate::fetch::{Fetch, FetchFailure, Ids, Landed, MAX_BODY, Response};
use crate::jws::UntrustedToken;
use crate::keys::{Aged, Arrival, Key, KeySet, RemoteKeys};
use crate::options::{IssuerOptions, IssuerRules, KeysFrom, Limits};
use crate::status::{self, ListToken, Lists, Status};
use laika_signature::Host;
use laika_signature::hmac::HmacKey;
use laika_signature::{Algorithm, Family};

/// An issuer of a verifier.
#[derive(Debug)]
pub(crate) struct Issuer {
    /// Its place in the options.
    index: usize,
    rules: IssuerRules,
    keys: Keys,
    lists: Lists,
}

#[derive(Debug)]
enum Keys {
    Set(KeySet),
    /// One public key, whatever `kid` a token names.
    One(Key),
    Secret(HmacKey),
    Remote(Box<RemoteKeys>),
}

impl Issuer {
    pub(crate) fn new(index: usize, options: IssuerOptions) -> Self {
        let keys = match options.keys {
            KeysFrom::Set(keys) => Keys::Set(keys),
            KeysFrom::One(key) => Keys::One(key),
            KeysFrom::Secret(key) => Keys::Secret(key),
            KeysFrom::Remote(source, rsa) => {
                Keys::Remote(Box::new(RemoteKeys::new(index, source, rsa)))
            }
        };
        let lists = Lists::new(index, options.rules.status.max_stale);
        Self { index, rules: options.rules, keys, lists }
    }

    pub(crate) fn rules(&self) -> &IssuerRules {
        &self.rules
    }

    pub(crate) fn lists(&self) -> &Lists {
        &self.lists
    }

    fn remote_mut(&mut self) -> Option<&mut RemoteKeys> {
        match &mut self.keys {
            Keys::Remote(keys) => Some(keys),
            Keys::Set(_) | Keys::One(_) | Keys::Secret(_) => None,
        }
    }

    /// Whether there are keys that may be used.
    pub(crate) fn has_keys(&self, aged: Aged, now: Timestamp) -> bool {
        match &self.keys {
            Keys::Remote(keys) => keys.usable(aged, now).is_some(),
            Keys::Set(_) | Keys::One(_) | Keys::Secret(_) => true,
        }
    }

    /// Its key set, where it was fetched.
    pub(crate) fn key_set(&self, now: Timestamp) -> Option<&KeySet> {
        match &self.keys {
            Keys::Remote(keys) => keys.usable(Aged::Used, now),
            Keys::Set(_) | Keys::One(_) | Keys::Secret(_) => None,
        }
    }

    /// Whether `token` was signed by this issuer.
    pub(crate) fn check_signature(
        &self,
        token: &UntrustedToken<'_>,
        host: Option<&dyn Host>,
        aged: Aged,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let algorithm = self.allowed(&token.header.alg)?;
        let in_set = |keys: &KeySet| {
            let key = keys.select(token, algorithm).map_err(|error| match error.code() {
                ErrorCode::KeyNotFound => {
                    let kid = token.header.kid.clone();
                    error.wanting(self.index, kid.map_or(Missing::Keys, Missing::Key))
                }
                _ => error,
            })?;
            Ok(key.verifies_by(host, algorithm, token.signing_input, &token.signature))
        };
        let holds = match &self.keys {
            Keys::Set(keys) => in_set(keys)?,
            Keys::One(key) => {
                let key = key.material_for(algorithm)?;
                key.verifies_by(host, algorithm, token.signing_input, &token.signature)
            }
            Keys::Secret(key) => key.verifies(token.signing_input, &token.signature),
            Keys::Remote(keys) => in_set(keys.usable(aged, now).ok_or_else(|| {
                VerifyError::new(
                    ErrorCode::KeysUnavailable,
                    format_args!("the keys of the issuer are not here and could not be fetched"),
                )
                .wanting(self.index, Missing::Keys)
            })?)?,
        };
        if holds {
            Ok(())
        } else {
            Err(VerifyError::new(
                ErrorCode::SignatureInvalid,
                format_args!("the signature does not hold"),
            ))
        }
    }

    /// The algorithm of that name, if tokens of this issuer may be signed with it.
    fn allowed(&self, name: &str) -> Result<Algorithm, VerifyError> {
        let allowed = |algorithm: &Algorithm| {
            let named = self.rules.algorithms.as_ref();
            named.is_none_or(|named| named.contains(algorithm)) && self.keys.may_use(*algorithm)
        };
        Algorithm::from_name(name).filter(allowed).ok_or_else(|| {
            VerifyError::new(
                ErrorCode::AlgorithmNotAllowed,
                format_args!("tokens signed with `{}` are not accepted", quoted(name)),
            )
        })
    }

    /// Whether a token that says this of its status is still valid.
    pub(crate) fn check_status(
        &self,
        claim: Option<&status::Claim>,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let fail = |code, message: &str| {
            Err(VerifyError::claim(code, "status", format_args!("{message}")))
        };
        let slot = match claim {
            None => return Ok(()),
            Some(status::Claim::Unknown) => {
                let message = "the token can be revoked in a way that is not known here";
                return fail(ErrorCode::StatusUnavailable, message);
            }
            Some(status::Claim::List(slot)) => slot,
        };
        if !self.rules.status.may_fetch(&slot.uri) {
            let message = "the token's status list is neither at its issuer's origin nor among \
                           `status_uris`";
            return fail(ErrorCode::StatusUnavailable, message);
        }
        match self.lists.get(slot, now) {
            Ok(Status::Valid) => Ok(()),
            Ok(Status::Revoked) => fail(ErrorCode::Revoked, "the token was revoked"),
            Ok(Status::Stale) => {
                fail(ErrorCode::Stale, "what the token grants has changed: renew it")
            }
            Err(status::Silence::TooShort) => {
                fail(ErrorCode::StatusUnavailable, "the token's status list has no such slot")
            }
            Err(status::Silence::Absent) => Err(VerifyError::claim(
                ErrorCode::StatusUnavailable,
                "status",
                format_args!("the token's status list is not here and could not be fetched"),
            )
            .wanting(self.index, Missing::List(slot.uri.clone()))),
        }
    }

    /// Whether [`Issuer::fetches`] may have something to say.
    pub(crate) fn has_fetches(&self, now: Timestamp) -> bool {
        self.lists.is_due() || matches!(&self.keys, Keys::Remote(keys) if keys.is_due(now))
    }

    /// What to fetch now, where `missing` was missed.
    pub(crate) fn fetches(
        &mut self,
        missing: Option<&Missing>,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Vec<Fetch> {
        let (kid, list) = match missing {
            None | Some(Missing::Keys) => (None, None),
            Some(Missing::Key(kid)) => (Some(kid.as_str()), None),
            Some(Missing::List(uri)) => (None, Some(uri.as_str())),
        };
        let mut fetches = self.lists.fetches(list, now, ids);
        if let Some(keys) = self.remote_mut() {
            let due = keys.refresh_if_due(now, ids);
            fetches.extend(due.or_else(|| keys.refresh_for(kid?, now, ids)));
        }
        fetches
    }

    /// Notes what was missed where nothing may be fetched now. Keys are refreshed in any case.
    pub(crate) fn note(&mut self, missing: &Missing) {
        if let Missing::List(uri) = missing {
            self.lists.note(uri);
        }
    }

    /// What to fetch because somebody asked for fresh keys and lists.
    pub(crate) fn refresh(&mut self, now: Timestamp, ids: &mut Ids) -> Vec<Fetch> {
        let mut fetches = self.lists.refresh(now, ids);
        fetches.extend(self.remote_mut().and_then(|keys| keys.refresh_at_once(now, ids)));
        fetches
    }

    /// For how many seconds it is worth waiting for what is missing, if it is being fetched.
    pub(crate) fn wait(&self, missing: &Missing, now: Timestamp) -> Option<f64> {
        match (missing, &self.keys) {
            (Missing::List(uri), _) => self.lists.wait(uri, now),
            (Missing::Keys | Missing::Key(_), Keys::Remote(keys)) => keys.wait(now),
            (Missing::Keys | Missing::Key(_), _) => None,
        }
    }

    /// Whether fetch `id` is under way here.
    pub(crate) fn awaits(&self, id: u32) -> bool {
        let keys = matches!(&self.keys, Keys::Remote(keys) if keys.awaits(id));
        keys || self.lists.awaiting(id).is_some()
    }

    /// Takes the key set that fetch `id` brought, if it is under way here; with it come the keys
    /// that it replaces.
    pub(crate) fn take_keys(
        &mut self,
        id: u32,
        response: Response<'_>,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Option<Result<Arrival, FetchFailure>> {
        let keys = self.remote_mut().filter(|keys| keys.awaits(id))?;
        Some(keys.take(response, now, ids))
    }

    /// Takes the status list that fetch `id` brought, if it is under way here.
    pub(crate) fn take_list(
        &mut self,
        id: u32,
        response: Response<'_>,
        limits: Limits,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Option<Landed> {
        let uri = self.lists.awaiting(id)?;
        let read = self.read_list(&uri, response, limits, now);
        // Why a list could not be checked may be that its key is new.
        let missing = read.as_ref().err().and_then(|refused| refused.missing.clone());
        let key_set = read.as_ref().ok().and_then(|list| list.key_set);
        let taken = read
            .map_err(|refused| refused.failure)
            .and_then(|list| self.lists.take(id, list))
            .inspect_err(|_| self.lists.fail(id));
        let mut fetches = Vec::new();
        if let Some(keys) = self.remote_mut() {
            if let Some(Missing::Key(kid)) = missing {
                fetches.extend(keys.refresh_for(&kid, now, ids));
            }
            if let Some(announced) = key_set {
                fetches.extend(keys.refresh_unless(announced, now, ids));
            }
        }
        Some(match taken {
            Ok(inflate) => Landed { inflate: Some(inflate), fetches, failure: None },
            Err(failure) => Landed { failure: Some(failure), fetches, inflate: None },
        })
    }

    /// Proves that what was fetched is the list at `uri`, signed by this issuer.
    fn read_list(
        &self,
        uri: &str,
        response: Response<'_>,
        limits: Limits,
        now: Timestamp,
    ) -> Result<ListToken, Refused> {
        response.check()?;
        let text = std::str::from_utf8(response.body).unwrap_or_default();
        let mut token = UntrustedToken::parse(text, MAX_BODY)?;
        if !ListToken::is_typ(token.header.typ.as_deref()) {
            return Err(FetchFailure("it is no status list".to_owned()).into());
        }
        // Seldom enough that nobody has to be asked. Its keys may be on their way as well, and if
        // others come than those that are held, it says so itself.
        self.check_signature(&token, None, Aged::Used, now)?;
        let claims = token.read_payload()?;
        // RFC 7519 section 4.1.1: optional here, but then ours.
        let iss = claims.get("iss").map(|iss| iss.as_str().unwrap_or_default());
        if iss.is_some_and(|iss| !self.rules.is_issuer(iss)) {
            return Err(FetchFailure("the status list is another issuer's".to_owned()).into());
        }
        ListToken::read(&claims, uri, now, now.plus(limits.clock_skew))
            .map_err(|why| FetchFailure(format!("the status list is not used: {why}")).into())
    }

    /// Takes the list of fetch `id`, inflated, if it is under way here.
    pub(crate) fn inflated(
        &mut self,
        id: u32,
        bytes: &[u8],
        now: Timestamp,
    ) -> Option<Result<(), FetchFailure>> {
        self.lists.awaiting(id)?;
        Some(self.lists.inflated(id, bytes, now).inspect_err(|_| self.lists.fail(id)))
    }

    /// Notes that what was taken from `uri` at `now` had been asked for before, by somebody else.
    #[cfg(feature = "inflate")]
    pub(crate) fn date_back(&mut self, uri: &str, asked: Timestamp, now: Timestamp) {
        self.lists.date_back(uri, asked);
        if let Some(keys) = self.remote_mut() {
            keys.date_back(asked, now);
        }
    }

    /// Notes that fetch `id` has failed, if it is under way here.
    pub(crate) fn fetch_failed(&mut self, id: u32) {
        self.lists.fail(id);
        if let Some(keys) = self.remote_mut().filter(|keys| keys.awaits(id)) {
            keys.fail();
        }
    }
}

/// A status list that is not taken.
struct Refused {
    failure: FetchFailure,
    missing: Option<Missing>,
}

impl From<FetchFailure> for Refused {
    fn from(failure: FetchFailure) -> Self {
        Self { failure, missing: None }
    }
}

impl From<VerifyError> for Refused {
    fn from(error: VerifyError) -> Self {
        let failure = FetchFailure(format!("the status list is not used: {}", error.message()));
        Self { failure, missing: error.wanted().map(|wanted| wanted.missing.clone()) }
    }
}

impl Keys {
    fn may_use(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Set(keys) => keys.algorithms().any(|known| known == algorithm),
            Self::One(key) => key.algorithms.contains(&algorithm),
            Self::Secret(key) => key.algorithm() == algorithm,
            // The next set may bring a key for it, but never a secret.
            Self::Remote(_) => algorithm.family() != Family::Hmac,
        }
    }
}
