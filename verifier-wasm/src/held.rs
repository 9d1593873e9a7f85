//! One verifier, and what the package knows of it.

use laika_claims::ErrorCode;
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::text::split_at_first;
use laika_verifier::{
    Options, Permission, Request, Serials, Timestamp, VerifiedToken, Verifier, VerifyError,
};
use serde_json::Value;

use crate::memory::Memory;
use crate::outcome::{self, Refusal};

/// Answers of [`Held::recall`].
pub(crate) const GONE: i32 = -1;
const HOLDS: i32 = 0;
const HOLDS_WITH_NEWS: i32 = 1;

/// Answers of [`Held::prove`].
pub(crate) const SEE_ANSWER: i32 = 0;
const CLAIMS: i32 = 1;
const CLAIMS_AND_HEADER: i32 = 2;

/// Answers of [`Held::decide`] that are no place of a rule.
const SEE_DECISION: i32 = -1;
pub(crate) const UNKNOWN: i32 = -2;

/// A verifier, as the package holds it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) verifier: Verifier<Serials>,
    /// The generation that the package was told last.
    told: Option<u64>,
    /// The number of the header that the package was told last; 0 is none.
    told_header: u64,
}

impl Held {
    pub(crate) fn new(options: Options) -> Self {
        // What the package supposes: a cache that has let nothing go. So the first token need not
        // say it, and takes the way of all others.
        Self { verifier: Verifier::by_serial(options), told: Some(0), told_header: 0 }
    }

    /// See [`crate::prove`].
    pub(crate) fn prove(
        &mut self,
        memory: &mut Memory,
        length: usize,
        now: Timestamp,
        may_fetch: bool,
    ) -> i32 {
        self.verifier.offline(!may_fetch);
        let found = self.verifier.verify_bytes(memory.bytes(length), now);
        match found {
            Ok(token) if token.is_plain() && !self.has_news(now, may_fetch) => {
                let header = token.header_number();
                let answer = if header == self.told_header {
                    CLAIMS
                } else {
                    self.told_header = header;
                    memory.answer(token.header_text().to_owned());
                    CLAIMS_AND_HEADER
                };
                memory.claims(token);
                answer
            }
            found => {
                memory.answer(self.verified(found, now, may_fetch));
                SEE_ANSWER
            }
        }
    }

    /// See [`crate::recall`].
    pub(crate) fn recall(&mut self, serial: f64, now: Timestamp, may_fetch: bool) -> i32 {
        self.verifier.offline(!may_fetch);
        match self.verifier.recall(serial as u64, now) {
            None => GONE,
            Some(_) if self.has_news(now, may_fetch) => HOLDS_WITH_NEWS,
            Some(_) => HOLDS,
        }
    }

    /// See [`crate::decide`].
    pub(crate) fn decide(
        &mut self,
        memory: &mut Memory,
        serial: f64,
        length: usize,
        now: Timestamp,
        may_fetch: bool,
    ) -> i32 {
        self.verifier.offline(!may_fetch);
        let request = read_request(memory.text(length));
        let found = if serial < 0.0 {
            self.verifier.authorize(None, &request, now)
        } else {
            match self.verifier.recall(serial as u64, now) {
                Some(token) => self.verifier.authorize_verified(token, &request, now),
                None => return UNKNOWN,
            }
        };
        if let Some(place) = found.decision.place().and_then(|place| i32::try_from(place).ok())
            && !self.has_news(now, may_fetch)
        {
            return place;
        }
        let mut answer = outcome::Object::new();
        answer.json("decision", &outcome::decision(&found));
        if let Some(token) = &found.token {
            answer.count("serial", token.serial());
        }
        let may_wait = found.hangs_on_error();
        let error = found.error;
        memory.answer(self.finish(answer, error.as_ref(), may_wait, now, may_fetch));
        SEE_DECISION
    }

    /// JSON text of an `AuthorizeOutcome`, for the bearer of a token that the package does not have.
    pub(crate) fn authorize(
        &mut self,
        token: &str,
        request: &str,
        now: Timestamp,
        may_fetch: bool,
    ) -> String {
        self.verifier.offline(!may_fetch);
        let found = self.verifier.authorize(Some(token), &read_request(request), now);
        let mut answer = outcome::Object::new();
        answer.json("decision", &outcome::decision(&found));
        if let Some(token) = &found.token {
            answer.count("serial", token.serial());
            answer.json("token", &outcome::token(token));
        }
        let may_wait = found.hangs_on_error();
        let error = found.error;
        self.finish(answer, error.as_ref(), may_wait, now, may_fetch)
    }

    /// JSON text of an `Outcome`: nothing but what comes with every answer.
    pub(crate) fn news(&mut self, now: Timestamp, may_fetch: bool) -> String {
        self.finish(outcome::Object::new(), None, false, now, may_fetch)
    }

    /// Whether the grants of a token cover a permission: `asked` is a JSON array of the permission,
    /// the token's issuer, and the grants.
    ///
    /// # Errors
    /// `policy_invalid` when the permission is none.
    pub(crate) fn can(&self, asked: &[u8]) -> Result<bool, Refusal> {
        let asked = json::parse(asked, DOCUMENT_LIMITS).unwrap_or_default();
        let texts = asked.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut texts = texts.iter().filter_map(Value::as_str);
        let permission = Permission::parse(texts.next().unwrap_or_default())
            .map_err(|error| Refusal::new(ErrorCode::PolicyInvalid, &error.to_string()))?;
        let issuer = texts.next().unwrap_or_default();
        let grants: Vec<_> = texts.collect();
        Ok(self.verifier.can(issuer, &grants, &permission))
    }

    /// JSON text of a `VerifyOutcome`. Apart, as a good token seldom needs it: engines make code of what
    /// is called.
    #[cold]
    #[inline(never)]
    fn verified(
        &mut self,
        found: Result<VerifiedToken, VerifyError>,
        now: Timestamp,
        may_fetch: bool,
    ) -> String {
        let mut answer = outcome::Object::new();
        let error = match found {
            Ok(token) => {
                answer.count("serial", token.serial());
                answer.json("token", &outcome::token(&token));
                None
            }
            Err(error) => {
                answer.json("error", &outcome::error(&error));
                Some(error)
            }
        };
        self.finish(answer, error.as_ref(), true, now, may_fetch)
    }

    /// Whether [`Held::finish`] would say what the package does not know.
    fn has_news(&self, now: Timestamp, may_fetch: bool) -> bool {
        self.told != self.verifier.generation() || may_fetch && self.verifier.has_fetches(None, now)
    }

    /// The JSON of `answer`, to which what comes with every answer is added. `may_wait` says whether
    /// the answer is another one once the error is mended.
    fn finish(
        &mut self,
        mut answer: outcome::Object,
        error: Option<&VerifyError>,
        may_wait: bool,
        now: Timestamp,
        may_fetch: bool,
    ) -> String {
        self.told = self.verifier.generation();
        match self.told {
            Some(generation) => answer.count("generation", generation),
            None => answer.json("generation", "null"),
        }
        if may_fetch {
            if self.verifier.has_fetches(error, now) {
                let fetches = self.verifier.fetches(error, now);
                if !fetches.is_empty() {
                    answer.json("fetch", &outcome::fetches(&fetches));
                }
            }
        } else if let Some(error) = error {
            self.verifier.note(error);
        }
        if let Some(seconds) =
            error.filter(|_| may_wait).and_then(|error| self.verifier.wait(error, now))
        {
            answer.seconds("wait", seconds);
        }
        answer.end()
    }
}

/// Method, path and, where it is known, host, with line feeds between them: one text is written where
/// three would be. The package passes nothing on in which there is another.
fn read_request(text: &str) -> Request<'_> {
    let (method, rest) = split_at_first(text, b'\n');
    let (target, host) = split_at_first(rest.unwrap_or_default(), b'\n');
    Request { method, target, host }
}
