//! Fetches what a verifier asks for: keys, metadata, status lists.

use laika_verifier::client::Client;
use laika_verifier::{ErrorCode, Fetch, Timestamp, VerifiedToken, Verifier, VerifyError};

use crate::cli::exit::Failure;

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
    let client = Client::new()
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
    client: &Client,
    fetch: &Fetch,
    now: Timestamp,
) -> (Vec<Fetch>, Option<String>) {
    let answer = match client.get(&fetch.uri).await {
        Ok(answer) => answer,
        Err(error) => {
            verifier.fetch_failed(fetch.id);
            return (Vec::new(), Some(causes(&error)));
        }
    };
    let landed = verifier.take(fetch.id, answer.response(), now);
    (landed.fetches, landed.failure.map(|failure| failure.to_string()))
}

/// An error's last cause: the first ones only say that a request failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
