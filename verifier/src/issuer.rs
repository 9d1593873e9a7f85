//! One issuer: what is asked of its tokens, and its keys.

use laika_claims::{ErrorCode, Timestamp};

use crate::algorithm::{Algorithm, Family};
use crate::error::VerifyError;
use crate::jws::UntrustedToken;
use crate::keys::{Key, KeySet, RemoteKeys};
use crate::options::{IssuerOptions, IssuerRules, KeysFrom};
use crate::signature::hmac::HmacKey;

/// An issuer of a verifier.
#[derive(Debug)]
pub(crate) struct Issuer {
    rules: IssuerRules,
    keys: Keys,
}

#[derive(Debug)]
enum Keys {
    Set(KeySet),
    /// One public key, whatever `kid` a token names.
    One(Key),
    Secret(HmacKey),
    Remote(RemoteKeys),
}

impl Issuer {
    pub(crate) fn new(options: IssuerOptions) -> Self {
        let keys = match options.keys {
            KeysFrom::Set(keys) => Keys::Set(keys),
            KeysFrom::One(key) => Keys::One(key),
            KeysFrom::Secret(key) => Keys::Secret(key),
            KeysFrom::Uri(uri, rsa) => Keys::Remote(RemoteKeys::new(uri, rsa)),
        };
        Self { rules: options.rules, keys }
    }

    pub(crate) fn rules(&self) -> &IssuerRules {
        &self.rules
    }

    /// Its keys, if they are fetched.
    pub(crate) fn remote(&self) -> Option<&RemoteKeys> {
        match &self.keys {
            Keys::Remote(keys) => Some(keys),
            Keys::Set(_) | Keys::One(_) | Keys::Secret(_) => None,
        }
    }

    pub(crate) fn remote_mut(&mut self) -> Option<&mut RemoteKeys> {
        match &mut self.keys {
            Keys::Remote(keys) => Some(keys),
            Keys::Set(_) | Keys::One(_) | Keys::Secret(_) => None,
        }
    }

    /// Whether `token` was signed by this issuer; `index` is its place in the options.
    pub(crate) fn check_signature(
        &self,
        token: &UntrustedToken<'_>,
        index: usize,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let algorithm = self.allowed(&token.header.alg)?;
        let in_set = |keys: &KeySet| {
            let key = keys.select(token, algorithm).map_err(|error| match error.code() {
                ErrorCode::KeyNotFound => error.wanting(index, token.header.kid.as_deref()),
                _ => error,
            })?;
            Ok(key.verifies(algorithm, token.signing_input, &token.signature))
        };
        let holds = match &self.keys {
            Keys::Set(keys) => in_set(keys)?,
            Keys::One(key) => {
                let key = key.material_for(algorithm)?;
                key.verifies(algorithm, token.signing_input, &token.signature)
            }
            Keys::Secret(key) => key.verifies(token.signing_input, &token.signature),
            Keys::Remote(keys) => in_set(keys.usable(now).ok_or_else(|| {
                VerifyError::new(
                    ErrorCode::KeysUnavailable,
                    "the keys of the issuer are not here and could not be fetched",
                )
                .wanting(index, None)
            })?)?,
        };
        if holds {
            Ok(())
        } else {
            Err(VerifyError::new(ErrorCode::SignatureInvalid, "the signature does not hold"))
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
                format!("tokens signed with `{}` are not accepted", name.escape_debug()),
            )
        })
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
