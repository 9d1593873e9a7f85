//! The hook `before_token`: somebody else's word on what a token says besides.
//!
//! It is asked in the path of the request, so it has a budget of time, and is not asked for a while
//! when it does not answer. It adds claims of its own names; it can take nothing away, overwrite
//! nothing, and say nothing of what others judge tokens by.

use std::time::Duration;

use laika_claims::token::MicroClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::template::may_be_claimed;
use crate::app::App;
use crate::config::before_token::{BeforeToken as Settings, OnFailure};
use crate::metrics::Outside;
use crate::outgoing::{Breaker, Post, Signer, Unanswered};
use crate::problem::Problem;
use crate::random;

/// Longest claims that are added, as JSON in bytes.
const MAX_SIZE: usize = 2048;

/// The hook.
#[derive(Debug)]
pub struct BeforeToken {
    url: String,
    signer: Signer,
    budget: Duration,
    on_failure: OnFailure,
    breaker: Breaker,
}

/// What is asked: the token as it would be signed, without what identifies it.
#[derive(Debug, Serialize)]
struct Question<'a> {
    claims: &'a Map<String, Value>,
}

/// What is answered; whatever else there is does not matter.
#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    claims: Map<String, Value>,
}

impl BeforeToken {
    /// The hook of these settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            url: settings.url.clone(),
            signer: Signer::new(settings.secret.clone(), None),
            budget: settings.budget,
            on_failure: settings.on_failure,
            breaker: Breaker::default(),
        }
    }

    /// The claims with those that the hook adds.
    ///
    /// # Errors
    /// It does not answer in time, and is set to fail closed.
    pub async fn add(&self, app: &App, mut claims: MicroClaims) -> Result<MicroClaims, Problem> {
        let question = self.ask(app, &claims);
        let added = self.breaker.ask(app, Outside::BeforeToken, question).await;
        match (added, self.on_failure) {
            (Ok(added), _) => {
                merge(&mut claims, added);
                Ok(claims)
            }
            (Err(error), OnFailure::Open) => {
                tracing::warn!(%error, "the hook `before_token` adds nothing");
                Ok(claims)
            }
            (Err(error), OnFailure::Closed) => {
                Err(Problem::unanswered(&format!("the hook `before_token`: {error}")))
            }
        }
    }

    async fn ask(&self, app: &App, claims: &MicroClaims) -> Result<Map<String, Value>, Unanswered> {
        let Ok(Value::Object(mut shown)) = serde_json::to_value(claims) else {
            return Err(Unanswered::wrong("the claims can't be written"));
        };
        // Who knows these could speak of the token to others.
        shown.remove("jti");
        shown.remove("status");
        let body = serde_json::to_vec(&Question { claims: &shown }).map_err(Unanswered::wrong)?;
        let id = random::uuid(&*app.random).map_err(Unanswered::wrong)?.to_string();
        let post = Post {
            url: &self.url,
            id: &id,
            body: &body,
            signer: &self.signer,
            now: app.clock.now(),
            timeout: self.budget,
        };
        let answer = app.outgoing.post(&post).await?;
        match answer.status {
            204 => Ok(Map::new()),
            200 => {
                let answer: Answer = serde_json::from_slice(&answer.body)
                    .map_err(|_| Unanswered::wrong("its answer is not `{\"claims\": {..}}`"))?;
                Ok(answer.claims)
            }
            other => Err(Unanswered::status(other)),
        }
    }
}

/// Adds what may be added; the rest is dropped and logged by number, since names are not ours.
fn merge(claims: &mut MicroClaims, added: Map<String, Value>) {
    let mut dropped = 0_usize;
    // The two braces, less the comma that the last one has not.
    let mut room = MAX_SIZE - 1;
    for (name, value) in added {
        let size =
            ":,".len() + Value::from(name.as_str()).to_string().len() + value.to_string().len();
        if claims.others.contains_key(&name) || !may_be_claimed(&name, &value) || size > room {
            dropped += 1;
            continue;
        }
        room -= size;
        claims.others.insert(name, value);
    }
    if dropped > 0 {
        tracing::warn!(dropped, "dropped claims of the hook `before_token` that it may not add");
    }
}
