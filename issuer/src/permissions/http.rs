//! Providers that are asked by a signed request: `{service, user}`, and answer `{permissions}`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::db::services::HttpProvider;
use crate::mint::catalogue::KnownService;
use crate::outgoing::{Post, Unanswered};
use crate::random;

/// Most permissions of an answer: a token would never hold them.
const MOST: usize = 1000;

/// What is asked.
#[derive(Debug, Serialize)]
struct Question<'a> {
    service: &'a str,
    /// Claim `sub`: the UUID of a person, or `svc:<name>`.
    user: &'a str,
}

/// What is answered; whatever else there is does not matter.
#[derive(Debug, Deserialize)]
struct Answer {
    permissions: Vec<String>,
}

/// Asks.
pub(super) async fn ask(
    app: &App,
    name: &str,
    service: &KnownService,
    provider: &HttpProvider,
    user: &str,
) -> Result<Vec<String>, Unanswered> {
    let now = app.clock.now();
    let secrets =
        service.secrets.as_ref().ok_or_else(|| Unanswered::wrong("it has no secret; make one"))?;
    let signer = secrets.signer(&owner(name), app.keys.master(), now).map_err(Unanswered::wrong)?;
    let body = serde_json::to_vec(&Question { service: name, user }).map_err(Unanswered::wrong)?;
    let id = random::uuid(&*app.random).map_err(Unanswered::wrong)?.to_string();
    let timeout = Duration::from_millis(u64::try_from(provider.timeout).unwrap_or_default());
    let post = Post { url: &provider.url, id: &id, body: &body, signer: &signer, now, timeout };
    let answer = app.outgoing.post(&post).await?;
    if answer.status != 200 {
        return Err(Unanswered::status(answer.status));
    }
    let answer: Answer = serde_json::from_slice(&answer.body)
        .map_err(|_| Unanswered::wrong("its answer is not `{\"permissions\": [..]}`"))?;
    if answer.permissions.len() > MOST {
        return Err(Unanswered::wrong(format!("it answered more than {MOST} permissions")));
    }
    Ok(answer.permissions)
}

/// What a wrapped secret is bound to.
#[must_use]
pub fn owner(service: &str) -> String {
    format!("permission-provider:{service}")
}
