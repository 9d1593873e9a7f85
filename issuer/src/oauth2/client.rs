//! Who asks: client authentication (RFC 6749 section 2.3).

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::error::{OAuthCode, OAuthError};
use super::parameters::Parameters;
use super::secret::Kind;
use crate::accounts::service_name;
use crate::app::App;
use crate::db;
use crate::db::clients::{Client, ClientKind};
use crate::db::service_accounts::ServiceAccount;
use crate::limits::{self, Key, Limited};
use crate::one_time_code::hash;
use crate::problem::Problem;
use crate::secret::Secret;

/// When a service account was used is written at most this often, in seconds.
const LAST_USED_EVERY: i64 = 300;

/// Who asks.
#[derive(Debug, Clone)]
pub enum Asker {
    /// Whoever it is: no client was named.
    Nobody,
    /// A registered client; a confidential one has shown its secret.
    Client(Client),
    /// A service account that has shown its secret.
    ServiceAccount(Arc<ServiceAccount>),
}

/// What a request says about who asks.
enum Claimed {
    Nobody,
    Id(String),
    WithSecret(String, Secret),
}

/// Who asks, proved by a secret where there must be one.
///
/// Failures are limited by the name that is claimed and the address it comes from. A secret that is
/// right never counts and writes nothing, however many of its tokens are asked for at once; after
/// too many failures no secret is looked at.
///
/// # Errors
/// `invalid_client`, the same for an unknown name and a wrong secret; `invalid_request` where the
/// client authenticates in two ways; 429 `rate_limited` after too many failures.
pub async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    parameters: &Parameters,
    from: Option<IpAddr>,
) -> Result<Asker, OAuthError> {
    let claimed = claimed(headers, parameters)?;
    let name = match &claimed {
        Claimed::Nobody => return Ok(Asker::Nobody),
        Claimed::Id(id) | Claimed::WithSecret(id, _) => id,
    };
    // What is no name reaches no query, and nothing is guessed with it.
    if service_name(name).is_none() {
        return Err(refused());
    }
    let (kind, key) = (Limited::ClientCredentials, Key::account_at(name, from));
    limits::check(app, kind, &key).await.map_err(failed)?;
    let asker = prove(app, &claimed).await;
    let wrong = |error: &OAuthError| match error {
        OAuthError::Refused { code, .. } => *code == OAuthCode::InvalidClient,
        OAuthError::Failed(_) => false,
    };
    if asker.as_ref().is_err_and(wrong) {
        limits::take_now(app, &[(kind, key)]).await.map_err(failed)?;
    }
    asker
}

async fn prove(app: &App, claimed: &Claimed) -> Result<Asker, OAuthError> {
    match claimed {
        Claimed::Nobody => Ok(Asker::Nobody),
        Claimed::Id(id) => {
            let mut connection = app.db.read().await?;
            let client = db::clients::by_id(&mut connection, id).await?;
            client
                .filter(|client| client.kind == ClientKind::Public)
                .map(Asker::Client)
                .ok_or_else(refused)
        }
        Claimed::WithSecret(id, secret) => match Kind::of(secret.reveal()) {
            Some(Kind::ServiceAccount) => service_account(app, id, secret).await,
            Some(Kind::Client) => {
                let mut connection = app.db.read().await?;
                let client = db::clients::by_id(&mut connection, id).await?;
                // Hashes of random secrets are compared: how long it takes says nothing of them.
                let stored = hash(secret.reveal());
                client
                    .filter(|client| client.secret_hash.as_ref() == Some(&stored))
                    .map(Asker::Client)
                    .ok_or_else(refused)
            }
            None => Err(refused()),
        },
    }
}

fn failed(problem: Problem) -> OAuthError {
    OAuthError::Failed(Box::new(problem))
}

async fn service_account(app: &App, name: &str, secret: &Secret) -> Result<Asker, OAuthError> {
    let now = app.clock.now();
    let stored = hash(secret.reveal());
    let found = db::service_accounts::by_secret(&app.db, &stored, now).await?;
    let account =
        found.filter(|account| account.name == name && account.is_active()).ok_or_else(refused)?;
    if account.last_used_at.is_none_or(|last| now - last >= LAST_USED_EVERY) {
        let mut tx = app.db.write().await?;
        db::service_accounts::mark_used(&mut tx, name, now).await?;
        tx.commit().await?;
    }
    Ok(Asker::ServiceAccount(account))
}

fn claimed(headers: &HeaderMap, parameters: &Parameters) -> Result<Claimed, OAuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let body = (parameters.get("client_id"), parameters.get("client_secret"));
    let Some(value) = values.next() else {
        return match body {
            (None, None) => Ok(Claimed::Nobody),
            (Some(id), None) => Ok(Claimed::Id(id.to_owned())),
            (Some(id), Some(secret)) => {
                Ok(Claimed::WithSecret(id.to_owned(), Secret::from(secret.to_owned())))
            }
            (None, Some(_)) => Err(refused()),
        };
    };
    let basic = value.to_str().ok().and_then(basic).ok_or_else(refused)?;
    let twice = values.next().is_some()
        || body.1.is_some()
        || body.0.is_some_and(|id| id != basic.0.as_str());
    if twice {
        let description = "the client authenticates in two ways; choose one";
        return Err(OAuthError::new(OAuthCode::InvalidRequest, description));
    }
    Ok(Claimed::WithSecret(basic.0, basic.1))
}

/// Name and secret of HTTP Basic, each encoded as a form is (RFC 6749 section 2.3.1).
fn basic(value: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let decode = |text: &str| {
        // A form of one name without a value is that name.
        form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned())
    };
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| Some((decode(id)?, Secret::from(decode(secret)?))))
        .flatten()
}

fn refused() -> OAuthError {
    let description = "unknown client, wrong secret, or a way to authenticate that is not taken";
    OAuthError::new(OAuthCode::InvalidClient, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_decoded_as_a_form_is() {
        let read = |text: &str| {
            let (id, secret) = basic(&format!("Basic {}", STANDARD.encode(text)))?;
            Some((id, secret.reveal().to_owned()))
        };
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(read("depot:laika_svc_x-y"), pair("depot", "laika_svc_x-y"));
        assert_eq!(read("depot:laika%5Fsvc%5Fx%2Dy"), pair("depot", "laika_svc_x-y"));
        assert_eq!(read("depot"), None);
        assert!(basic("Bearer abc").is_none() && basic("Basic").is_none());
        assert!(basic("Basic ***").is_none());
    }
}
