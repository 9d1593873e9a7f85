//! Requests signed as Standard Webhooks say: `webhook-id`, `webhook-timestamp`, and in
//! `webhook-signature` an HMAC-SHA256 of both and the body for each secret that counts.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::clock::UnixSeconds;
use crate::keys::{KeyError, MasterKey};
use crate::random::{self, Random, RandomError};
use crate::secret::Secret;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// Bytes of a secret that we make.
const LENGTH: usize = 32;

/// Bytes that a secret may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that signs requests.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// A fresh one.
    ///
    /// # Errors
    /// The source of random numbers failed.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        Ok(Self(Zeroizing::new(random::bytes::<LENGTH>(random)?.to_vec())))
    }

    /// Reads `whsec_` and base64.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?);
        LENGTHS.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// As it is given to whoever checks signatures.
    #[must_use]
    pub fn reveal(&self) -> Secret {
        format!("{PREFIX}{}", STANDARD.encode(&*self.0)).into()
    }

    /// As the database holds it: wrapped, and bound to what it belongs to.
    ///
    /// # Errors
    /// No random numbers, or the library refused.
    pub fn wrap(
        &self,
        owner: &str,
        master: &MasterKey,
        random: &dyn Random,
    ) -> Result<String, KeyError> {
        master.wrap(owner, &self.0, random)
    }

    /// What [`wrap`](Self::wrap) made for the same owner.
    ///
    /// # Errors
    /// Another master key or owner, or a damaged text.
    pub fn unwrap(owner: &str, wrapped: &str, master: &MasterKey) -> Result<Self, KeyError> {
        Ok(Self(master.unwrap(owner, wrapped)?))
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The secrets of a signer as the database holds them: wrapped by the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedSecrets {
    /// The one that counts.
    pub secret: String,
    /// The one before, and until when it signs as well.
    pub old: Option<(String, UnixSeconds)>,
}

impl WrappedSecrets {
    /// Whoever signs with them now; `owner` is what they were bound to.
    ///
    /// # Errors
    /// Another master key or owner, or a damaged text.
    pub fn signer(
        &self,
        owner: &str,
        master: &MasterKey,
        now: UnixSeconds,
    ) -> Result<Signer, KeyError> {
        let unwrap = |wrapped: &str| WebhookSecret::unwrap(owner, wrapped, master);
        let old = self.old.as_ref().filter(|(_, until)| *until > now);
        let old = old.map(|(wrapped, _)| unwrap(wrapped)).transpose()?;
        Ok(Signer::new(unwrap(&self.secret)?, old))
    }
}

/// Whoever signs: with one secret, or with two while one takes the other's place.
#[derive(Debug, Clone)]
pub struct Signer {
    secrets: Vec<WebhookSecret>,
}

impl Signer {
    /// Signs with the secret, and with the one before while that still counts.
    #[must_use]
    pub fn new(secret: WebhookSecret, before: Option<WebhookSecret>) -> Self {
        Self { secrets: std::iter::once(secret).chain(before).collect() }
    }

    /// Adds the three headers to a request with this body.
    pub fn sign(&self, id: &str, now: i64, body: &[u8], headers: &mut HeaderMap) {
        let signatures: Vec<String> = self
            .secrets
            .iter()
            .map(|secret| {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.0);
                let mut context = hmac::Context::with_key(&key);
                context.update(format!("{id}.{now}.").as_bytes());
                context.update(body);
                format!("v1,{}", STANDARD.encode(context.sign()))
            })
            .collect();
        for (name, value) in [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", now.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ] {
            // Ids are ours; one that no header can hold would be signed and not sent.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn the_vector_of_the_specification() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut headers = HeaderMap::new();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        Signer::new(secret, None).sign(id, 1_614_265_330, br#"{"test": 2432232314}"#, &mut headers);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(headers["webhook-signature"], expected);
        assert_eq!(headers["webhook-id"], id);
        assert_eq!(headers["webhook-timestamp"], "1614265330");
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let old = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let new = WebhookSecret::generate(&crate::random::SeededRandom::new(1)).unwrap();
        let mut headers = HeaderMap::new();
        Signer::new(new, Some(old)).sign("x", 1, b"{}", &mut headers);
        let value = headers["webhook-signature"].to_str().unwrap().to_owned();
        assert_eq!(value.matches("v1,").count(), 2);
        assert_eq!(value.split(' ').count(), 2);
    }

    #[test]
    fn what_is_no_secret_is_refused_and_none_is_shown() {
        let fresh = WebhookSecret::generate(&crate::random::SeededRandom::new(2)).unwrap();
        let text = fresh.reveal();
        assert!(WebhookSecret::parse(text.reveal()).is_some());
        assert!(!format!("{fresh:?} {text:?}").contains(text.reveal()));
        for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            assert!(WebhookSecret::parse(bad).is_none(), "{bad}");
        }
    }
}
