//! OpenID Connect: metadata and keys of a provider, its ID tokens, and what it says of a person.

use laika_claims::json::look_up;
use laika_claims::{ErrorCode, Timestamp};
use laika_verifier::id_token::{Expected, IdTokens};
use laika_verifier::{Fetch, Response, VerifiedToken};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::assertion::AssertedEmail;
use super::metadata::{self, Metadata};
use super::provider::Provider;
use super::token::{Grant, Tokens, ask_for_object, redeem};
use super::{Assertion, ExternalError};
use crate::app::App;
use crate::clock::UnixSeconds;
use crate::outgoing::{Ask, MAX_KEYS};

/// Seconds for which metadata are used, and go on while they can't be had anew.
const FRESH: i64 = 3600;
const STALE: i64 = 24 * 3600;

/// Seconds after a failure during which metadata are not asked for again.
const REST: i64 = 10;

/// Fetches for one token: keys, the key of an unknown `kid`, and room.
const ROUNDS: usize = 3;

/// What is known of a provider so far.
#[derive(Debug, Default)]
pub struct OpenId {
    metadata: Mutex<Held>,
    /// With the URL that its keys are from.
    tokens: Mutex<Option<(String, IdTokens)>>,
}

#[derive(Debug, Default)]
struct Held {
    metadata: Option<(Metadata, UnixSeconds)>,
    failed: Option<(ExternalError, UnixSeconds)>,
}

impl OpenId {
    /// The metadata of `issuer`. Whoever asks while they are being fetched waits for the same fetch.
    ///
    /// # Errors
    /// There are none, and none can be had.
    pub async fn metadata(&self, app: &App, issuer: &str) -> Result<Metadata, ExternalError> {
        let mut held = self.metadata.lock().await;
        // As of now: whoever had the lock may have asked meanwhile.
        let now = app.clock.now();
        let age = |at: UnixSeconds| now.saturating_sub(at);
        if let Some((metadata, at)) = &held.metadata
            && (0..FRESH).contains(&age(*at))
        {
            return Ok(metadata.clone());
        }
        let kept = held.metadata.as_ref().filter(|(_, at)| (0..STALE).contains(&age(*at)));
        let kept = kept.map(|(metadata, _)| metadata.clone());
        let failed = held.failed.as_ref().filter(|(_, at)| (0..REST).contains(&age(*at)));
        if let Some((error, _)) = failed {
            return kept.ok_or_else(|| error.clone());
        }
        match fetch_metadata(app, issuer).await {
            Ok(metadata) => {
                *held = Held { metadata: Some((metadata.clone(), now)), failed: None };
                Ok(metadata)
            }
            Err(error) => {
                held.failed = Some((error.clone(), app.clock.now()));
                kept.ok_or(error)
            }
        }
    }

    /// Proves an ID token, and fetches what that needs.
    async fn prove(
        &self,
        app: &App,
        provider: &Provider,
        keys: &str,
        token: &str,
        expected: Expected<'_>,
    ) -> Result<VerifiedToken, ExternalError> {
        let mut held = self.tokens.lock().await;
        // Given back when all is done: whoever goes away in the middle leaves no fetch that others would
        // wait for.
        let mut tokens = match held.take() {
            Some((uri, tokens)) if uri == keys => tokens,
            _ => IdTokens::new(provider.authority(), &provider.client_id, keys)
                .map_err(|error| ExternalError::answer("metadata", error.to_string()))?,
        };
        let now = timestamp(app);
        let mut result = tokens.verify(token, expected, now);
        for _ in 0..ROUNDS {
            let error = result.as_ref().err().filter(|error| {
                matches!(error.code(), ErrorCode::KeysUnavailable | ErrorCode::KeyNotFound)
            });
            let fetches = tokens.fetches(error, now);
            if fetches.is_empty() {
                break;
            }
            for fetch in fetches {
                take(app, provider, &mut tokens, &fetch, now).await;
            }
            result = tokens.verify(token, expected, now);
        }
        *held = Some((keys.to_owned(), tokens));
        result.map_err(ExternalError::IdToken)
    }
}

/// Has a code turned into an assertion.
///
/// # Errors
/// Anything that is not as it must be.
pub async fn assertion(
    app: &App,
    (provider, open_id, issuer): (&Provider, &OpenId, &str),
    grant: Grant<'_>,
    nonce: &str,
) -> Result<Assertion, ExternalError> {
    let metadata = open_id.metadata(app, issuer).await?;
    let tokens = redeem(&app.outgoing, provider, &metadata.token, metadata.auth, grant).await?;
    let Some(id_token) = &tokens.id else {
        return Err(ExternalError::answer("token endpoint", "gives no ID token"));
    };
    let expected = Expected { nonce, access_token: Some(tokens.access.reveal()) };
    let token = open_id.prove(app, provider, &metadata.keys, id_token.reveal(), expected).await?;
    let signed = token.claims();
    let more = match metadata.user.filter(|_| lacks(signed, provider)) {
        Some(url) => user_info(app, &url, &tokens, token.subject()).await?,
        None => Map::new(),
    };
    together(provider, signed, more)
}

/// What the ID token and the userinfo endpoint say: what is signed wins. An e-mail and the word that
/// it is verified are from one of the two, or one would be proved by a word about another.
fn together(
    provider: &Provider,
    signed: &Map<String, Value>,
    more: Map<String, Value>,
) -> Result<Assertion, ExternalError> {
    let names = &provider.claims;
    let email = |said| look_up(said, &names.email).and_then(Value::as_str);
    let judges = look_up(signed, &names.email_verified).is_some();
    let source = match email(signed) {
        None => &more,
        // The signed e-mail, and a word on it.
        same @ Some(_) if !judges && email(&more) == same => &more,
        Some(_) => signed,
    };
    let email = AssertedEmail::read(provider, source);
    let mut said = more;
    said.extend(signed.clone());
    Ok(Assertion { email, ..Assertion::read(provider, &said, None)? })
}

/// Whether the ID token leaves out what the account needs.
fn lacks(claims: &Map<String, Value>, provider: &Provider) -> bool {
    let wanted = [&provider.claims.email, &provider.claims.name, &provider.claims.username];
    wanted.iter().any(|name| look_up(claims, name).is_none())
}

/// OpenID Connect Core section 5.3.4: the answer must be about the same person.
async fn user_info(
    app: &App,
    url: &str,
    tokens: &Tokens,
    subject: &str,
) -> Result<Map<String, Value>, ExternalError> {
    const WHAT: &str = "userinfo endpoint";
    let claims = ask_for_object(&app.outgoing, url, &tokens.access, WHAT).await?;
    if claims.get("sub").and_then(Value::as_str) == Some(subject) {
        return Ok(claims);
    }
    Err(ExternalError::answer(WHAT, "speaks of somebody else than the ID token"))
}

async fn fetch_metadata(app: &App, issuer: &str) -> Result<Metadata, ExternalError> {
    const WHAT: &str = "metadata";
    let place = metadata::place(issuer);
    let answer = app.outgoing.send(Ask::get(&place, MAX_KEYS)).await;
    let answer = answer.map_err(|error| ExternalError::Unreachable { what: WHAT, error })?;
    if answer.status != 200 {
        let (status, said) = (answer.status, String::new());
        return Err(ExternalError::Status { what: WHAT, status, said });
    }
    metadata::read(issuer, &answer.body)
}

/// Makes one fetch of keys and hands its answer on. What went wrong is logged here: the token is
/// then refused for want of a key.
async fn take(
    app: &App,
    provider: &Provider,
    tokens: &mut IdTokens,
    fetch: &Fetch,
    now: Timestamp,
) {
    let name = &provider.name;
    match app.outgoing.send(Ask::get(&fetch.uri, MAX_KEYS)).await {
        Ok(answer) => {
            let cache_control = answer.cache_control.as_deref();
            let response = Response { status: answer.status, cache_control, body: &answer.body };
            if let Some(failure) = tokens.fetched(fetch.id, response, now).failure {
                tracing::warn!(provider = %name, %failure, "the keys of a provider are not used");
            }
        }
        Err(error) => {
            tokens.fetch_failed(fetch.id);
            tracing::warn!(provider = %name, %error, "the keys of a provider can't be fetched");
        }
    }
}

/// The time as the verifier writes it.
fn timestamp(app: &App) -> Timestamp {
    // Seconds since 1970 are exact in a float for some hundred million years.
    Timestamp::from_seconds(app.clock.now() as f64).unwrap_or(Timestamp::EPOCH)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Trust;
    use super::super::assertion::tests::provider;
    use super::super::provider::Claims;
    use super::*;

    #[test]
    fn an_e_mail_is_proved_by_a_word_about_itself_alone() {
        let provider = provider(Trust::Verified, Claims::default());
        let (one, two) = ("one@kennel.org", "two@kennel.org");
        for (signed, more, expected) in [
            (
                json!({ "email": one }),
                json!({ "email": two, "email_verified": true }),
                (one, false),
            ),
            (json!({ "email": one }), json!({ "email_verified": true }), (one, false)),
            (json!({ "email": one }), json!({ "email": one, "email_verified": true }), (one, true)),
            (
                json!({ "email": one, "email_verified": false }),
                json!({ "email": one, "email_verified": true }),
                (one, false),
            ),
            (
                json!({ "email": one, "email_verified": true }),
                json!({ "email": two, "email_verified": false }),
                (one, true),
            ),
            (json!({ "email_verified": true }), json!({ "email": two }), (two, false)),
            (json!({}), json!({ "email": two, "email_verified": true }), (two, true)),
        ] {
            let mut claims = signed.as_object().unwrap().clone();
            claims.insert("sub".to_owned(), json!("dog-1"));
            let said = together(&provider, &claims, more.as_object().unwrap().clone()).unwrap();
            let email = said.email.unwrap();
            assert_eq!((email.address.as_str(), email.proved), expected, "{signed} {more}");
        }
    }
}
