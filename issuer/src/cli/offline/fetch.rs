//! Fetches what a verifier asks for: keys, metadata, status lists.

use std::time::Duration;

use laika_verifier::fetch::MAX_BODY;
use laika_verifier::{ErrorCode, Fetch, Response, Timestamp, VerifiedToken, Verifier, VerifyError};

use crate::cli::exit::Failure;

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Fetches for one token: metadata, keys, the key of an unknown `kid`, a status list, and room.
const ROUNDS: usize = 8;

/// What became of a token.
pub(super) struct Outcome {
    pub(super) result: Result<VerifiedToken, VerifyError>,
    /// Why fetches brought nothing.
    pub(super) failures: Vec<String>,
}

/// Verifies `token`, and fetches what that needs.
pub(super) async fn verify(
    verifier: &mut Verifier,
    token: &str,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    // A redirect could lead the fetch anywhere; it counts as a failure.
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
        .map_err(|error| Failure::Failed(format!("nothing can be fetched: {error}")))?;
    let mut failures = Vec::new();
    let mut result = verifier.verify(token, now);
    for _ in 0..ROUNDS {
        let Some(error) = result.as_ref().err().filter(|error| may_be_mended(error.code())) else {
            break;
        };
        let mut waiting = verifier.fetches(Some(error), now);
        if waiting.is_empty() {
            break;
        }
        while let Some(fetch) = waiting.pop() {
            let (next, failure) = answer(verifier, &client, &fetch, now).await;
            waiting.extend(next);
            failures.extend(failure.map(|why| format!("{}: {why}", fetch.uri)));
        }
        result = verifier.verify(token, now);
    }
    Ok(Outcome { result, failures })
}

fn may_be_mended(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::KeysUnavailable | ErrorCode::KeyNotFound | ErrorCode::StatusUnavailable
    )
}

/// Makes one fetch and hands its answer to the verifier: what is to be fetched next, and why the
/// answer is not used, if it isn't.
async fn answer(
    verifier: &mut Verifier,
    client: &reqwest::Client,
    fetch: &Fetch,
    now: Timestamp,
) -> (Vec<Fetch>, Option<String>) {
    let (status, cache_control, body) = match get(client, &fetch.uri).await {
        Ok(answer) => answer,
        Err(error) => {
            verifier.fetch_failed(fetch.id);
            return (Vec::new(), Some(causes(&error)));
        }
    };
    let response = Response { status, cache_control: cache_control.as_deref(), body: &body };
    let landed = verifier.fetched(fetch.id, response, now);
    let mut failure = landed.failure.map(|failure| failure.to_string());
    if let Some(inflate) = landed.inflate {
        failure = if let Some(bytes) = inflate.run() {
            verifier.inflated(fetch.id, &bytes, now).err().map(|failure| failure.to_string())
        } else {
            verifier.fetch_failed(fetch.id);
            Some("the status list can't be inflated".to_owned())
        };
    }
    (landed.fetches, failure)
}

/// One GET; of the body at most a piece more than is accepted.
async fn get(
    client: &reqwest::Client,
    uri: &str,
) -> Result<(u16, Option<String>, Vec<u8>), reqwest::Error> {
    let mut response = client.get(uri).send().await?;
    let status = response.status().as_u16();
    let cache_control = response.headers().get(http::header::CACHE_CONTROL);
    let cache_control = cache_control.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            break;
        }
    }
    Ok((status, cache_control, body))
}

/// An error's last cause: the first ones only say that a request failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
