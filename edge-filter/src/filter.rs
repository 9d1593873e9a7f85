//! From the headers of a request to what the proxy has to do: no clock, no host.

use laika_claims::policy::Decision;
use laika_claims::text::{joined, quoted};
use laika_verifier::bearer::{self, Found};
use laika_verifier::fetch::{Sharing, one_value};
use laika_verifier::signature::Host;
use laika_verifier::{
    Authorization, Counts, ErrorCode, Fetch, FetchFailure, OptionsError, Request, Timestamp,
    VerifiedToken, VerifyError,
};

use crate::config::Config;
use crate::denial::Denial;
use crate::shared::Answer;
use crate::tokens::{COOKIE, Tokens, other_cookies};

/// Header names and values as a host hands them out, pseudo-headers included.
pub type Headers<'h> = [(&'h [u8], &'h [u8])];

/// Judges requests by one configuration.
#[derive(Debug)]
pub struct Filter {
    config: Config,
}

/// What to do about a request, and what to do besides.
#[derive(Debug)]
pub struct Judgement {
    /// What happens to the request.
    pub outcome: Outcome,
    /// Why it was denied, for the log; no token and no claim is in it.
    pub log: Option<String>,
    /// Keys to fetch now. Each counts as under way until it is reported.
    pub calls: Vec<Call>,
    /// What was decided, for metrics and access logs.
    pub verdict: Verdict,
}

/// What was decided about a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether the policy lets it through.
    pub allowed: bool,
    /// Why it doesn't, or what is wrong with a token that was not needed.
    pub code: Option<ErrorCode>,
    /// The rule that decided, where the access log is to know it.
    pub rule: Option<String>,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on, with other headers.
    Continue(Edit),
    /// It ends here.
    Deny(Denial),
    /// Something is on its way that may change the answer: ask again once it is here, or at this
    /// time.
    Wait(Timestamp),
}

/// How the headers of a request change: first remove, then set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    /// Names, spelled as the request spells them.
    pub remove: Vec<String>,
    /// Names and values. A value is visible ASCII, but for cookies, which go on as they came.
    pub set: Vec<(String, Vec<u8>)>,
}

/// A GET for the host to make: 5 s time-out, no redirect, at most
/// [`laika_verifier::fetch::MAX_BODY`] bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// To be handed back with the answer.
    pub id: u32,
    /// Whose it is, by its index in the configuration.
    pub issuer: usize,
    /// The host's name for the servers to ask.
    pub cluster: String,
    /// `http` or `https`.
    pub scheme: String,
    /// Host, and port where there is one.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// How old the answer of another worker may be.
    pub sharing: Sharing,
}

/// What became of an answer.
#[derive(Debug)]
pub struct Arrived {
    /// Why it is not used, if it isn't; what is held goes on.
    pub failure: Option<FetchFailure>,
    /// What to fetch next.
    pub calls: Vec<Call>,
}

impl Filter {
    /// A filter with this plugin configuration.
    ///
    /// # Errors
    /// The first thing in it that is not understood, where it stands, and how to mend it.
    pub fn from_json(text: &[u8]) -> Result<Self, OptionsError> {
        Config::from_json(text).map(Self::new)
    }

    /// A filter with this configuration.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }

    /// Has `host` compute the signatures of tokens, as far as it can.
    pub fn compute_by(&mut self, host: Box<dyn Host>) {
        self.config.verifier.compute_by(host);
    }

    /// What the cache of verified tokens has counted.
    #[must_use]
    pub fn cache_counts(&self) -> Counts {
        self.config.verifier.cache_counts()
    }

    /// Judges a request. `may_wait` says whether it could be held until keys are there.
    pub fn judge(&mut self, headers: &Headers<'_>, may_wait: bool, now: Timestamp) -> Judgement {
        let tokens = Tokens::find(headers, &self.config.token_from);
        let judged = self.authorize(headers, &tokens, now);
        // Who only watches holds nobody up.
        let may_wait = may_wait && !self.config.shadow && judged.hangs_on_error();
        let Authorization { decision, token, error } = judged;
        let code = decision.code;
        let noted = self.config.access_log || code.is_some();
        let verdict = Verdict {
            allowed: decision.allowed,
            code,
            rule: decision.rule.filter(|_| noted).map(str::to_owned),
        };
        let log = (!decision.allowed).then(|| self.describe(&decision, error.as_ref()));
        let outcome = if decision.allowed || self.config.shadow {
            Outcome::Continue(self.edited(headers, &tokens, token.as_ref()))
        } else {
            Outcome::Deny(Denial::new(&decision, self.config.realm.as_deref()))
        };
        let calls = self.calls(error.as_ref(), now);
        match error.filter(|_| may_wait).and_then(|error| self.config.verifier.wait(&error, now)) {
            Some(seconds) => {
                Judgement { outcome: Outcome::Wait(now.plus(seconds)), log: None, calls, verdict }
            }
            None => Judgement { outcome, log, calls, verdict },
        }
    }

    /// How a request goes on: without forged headers, without its tokens where they are not to go
    /// on, and with what the service behind is to know.
    fn edited(
        &self,
        headers: &Headers<'_>,
        tokens: &Tokens<'_>,
        verified: Option<&VerifiedToken>,
    ) -> Edit {
        let mut edit =
            Edit { remove: self.forged(headers.iter().map(|(name, _)| *name)), set: Vec::new() };
        if self.config.strip_token {
            // What is spelled like a place of ours is ASCII.
            let carriers = tokens.carriers.iter();
            edit.remove.extend(carriers.map(|name| String::from_utf8_lossy(name).into_owned()));
            if tokens.in_cookie {
                edit.remove.push(COOKIE.to_owned());
                let others = other_cookies(headers, &self.config.token_from);
                edit.set.extend((!others.is_empty()).then(|| (COOKIE.to_owned(), others)));
            }
        }
        if let Some(token) = verified {
            self.config.forward.fill(&mut edit.set, token);
        }
        edit
    }

    /// Those of `names` that a client may not send, in any spelling.
    #[must_use]
    pub fn forged<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> Vec<String> {
        self.config.forward.forged(names)
    }

    /// What to fetch because it is absent or ages.
    pub fn refresh(&mut self, now: Timestamp) -> Vec<Call> {
        self.calls(None, now)
    }

    /// Whether the answer to a call is still of use: one that came too late was never looked at.
    #[must_use]
    pub fn awaits(&self, call: &Call) -> bool {
        self.config.verifier.awaits(call.id)
    }

    /// Takes the answer to a call, or that there was none.
    pub fn fetched(&mut self, id: u32, answer: &Answer, now: Timestamp) -> Arrived {
        if answer.status == 0 {
            return self.not_fetched(id);
        }
        let landed = self.config.verifier.take(id, answer.response(), now);
        Arrived { failure: landed.failure, calls: self.calls_of(landed.fetches) }
    }

    /// Takes what another worker got for the same call.
    pub fn fetched_elsewhere(&mut self, call: &Call, answer: &Answer, now: Timestamp) -> Arrived {
        if answer.status == 0 {
            return self.not_fetched(call.id);
        }
        let (uri, response) = (call.uri(), answer.response());
        let landed = self.config.verifier.take_shared((call.id, &uri), response, answer.asked, now);
        Arrived { failure: landed.failure, calls: self.calls_of(landed.fetches) }
    }

    fn not_fetched(&mut self, id: u32) -> Arrived {
        self.config.verifier.fetch_failed(id);
        let failure = FetchFailure("there was no answer".to_owned());
        Arrived { failure: Some(failure), calls: Vec::new() }
    }

    fn authorize(
        &self,
        headers: &Headers<'_>,
        tokens: &Tokens<'_>,
        now: Timestamp,
    ) -> Authorization<'_> {
        let refuse = |why| Authorization {
            decision: Decision::request_invalid(why),
            token: None,
            error: None,
        };
        if headers.iter().any(|(name, _)| bearer::overrides_method(name)) {
            return refuse("a method override is not accepted");
        }
        let token = match tokens.found {
            Found::None => None,
            Found::One(token) => Some(token),
            Found::Several => return refuse("the request has several tokens"),
        };
        let method = text(headers, ":method").unwrap_or_default();
        if tokens.in_cookie && !bearer::may_use_cookie(method, headers, &self.config.cookie_origins)
        {
            return refuse("a token from a cookie needs an origin that is allowed");
        }
        // A pseudo-header that is absent or no text can't be judged; the policy refuses it.
        let request = Request {
            method,
            target: text(headers, ":path").unwrap_or_default(),
            host: value(headers, ":authority").map(|host| std::str::from_utf8(host).unwrap_or("")),
        };
        if self.config.pass_preflight && is_preflight(headers) {
            let refused =
                self.config.verifier.policy().and_then(|policy| policy.route(&request).err());
            let decision = refused.unwrap_or_else(Decision::preflight);
            return Authorization { decision, token: None, error: None };
        }
        self.config.verifier.authorize_bytes(token, &request, now)
    }

    /// What the log says of a denial.
    #[cold]
    fn describe(&self, decision: &Decision<'_>, error: Option<&VerifyError>) -> String {
        let verb = if self.config.shadow { "would deny" } else { "denied" };
        let code = decision.code.map_or("", ErrorCode::as_str);
        let mut line = format!("{verb} with {} {code}", decision.status);
        if let Some(rule) = decision.rule {
            line.push_str(&format!(" by rule `{}`", quoted(rule)));
        }
        if let Some(error) = error {
            line.push_str(&format!(": {}", error.message()));
        }
        if !decision.missing.is_empty() {
            // What makes a request invalid is said in the same place.
            let missing = match decision.code {
                Some(ErrorCode::RequestInvalid) => "",
                _ => "missing ",
            };
            let all = joined(&decision.missing, ", ");
            line.push_str(&format!(": {missing}{}", quoted(&all)));
        }
        line
    }

    fn calls(&mut self, error: Option<&VerifyError>, now: Timestamp) -> Vec<Call> {
        if !self.config.verifier.has_fetches(error, now) {
            return Vec::new();
        }
        let fetches = self.config.verifier.fetches(error, now);
        self.calls_of(fetches)
    }

    /// The calls for `fetches`. An issuer without a cluster has nothing to fetch.
    fn calls_of(&mut self, fetches: Vec<Fetch>) -> Vec<Call> {
        let mut calls = Vec::with_capacity(fetches.len());
        for fetch in fetches {
            match self.config.clusters.get(fetch.issuer) {
                Some(Some(cluster)) => calls.push(Call::new(&fetch, cluster)),
                _ => self.config.verifier.fetch_failed(fetch.id),
            }
        }
        calls
    }
}

impl Call {
    /// The verifier has made sure that the URL is an absolute http or https URL.
    fn new(Fetch { id, issuer, uri, sharing, .. }: &Fetch, cluster: &str) -> Self {
        let (scheme, rest) = uri.split_once("://").unwrap_or(("https", uri));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let slash = if path.starts_with('/') { "" } else { "/" };
        Self {
            id: *id,
            issuer: *issuer,
            cluster: cluster.to_owned(),
            scheme: scheme.to_owned(),
            authority: authority.to_owned(),
            path: format!("{slash}{path}"),
            sharing: *sharing,
        }
    }

    /// What it asks for: the same in every worker, and of every issuer with these keys.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.cluster, self.uri())
    }

    fn uri(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }
}

/// Whether a browser asks by this request whether a page of another origin may make one (the Fetch
/// standard, *CORS-preflight request*).
fn is_preflight(headers: &Headers<'_>) -> bool {
    text(headers, ":method") == Some("OPTIONS")
        && value(headers, "origin").is_some()
        && value(headers, "access-control-request-method").is_some()
}

/// Whether a request speaks gRPC, whose answers always have the status 200, and another after them.
#[must_use]
pub fn is_grpc(headers: &Headers<'_>) -> bool {
    let rest = text(headers, "content-type").and_then(|kind| kind.strip_prefix("application/grpc"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
}

/// An answer that came just now: what of it a verifier looks at, here and in the other workers.
#[must_use]
pub fn answer_of(
    headers: &Headers<'_>,
    body: Vec<u8>,
    asked: Timestamp,
    came: Timestamp,
) -> Answer {
    let status = text(headers, ":status").and_then(|status| status.parse().ok());
    let lines = values(headers, "cache-control").filter_map(|line| std::str::from_utf8(line).ok());
    let cache_control = one_value(lines);
    Answer { asked, came, status: status.unwrap_or_default(), cache_control, body }
}

fn value<'h>(headers: &Headers<'h>, name: &str) -> Option<&'h [u8]> {
    values(headers, name).next()
}

fn values<'h>(headers: &Headers<'h>, name: &str) -> impl Iterator<Item = &'h [u8]> {
    let named = move |(other, _): &&(&[u8], &[u8])| other.eq_ignore_ascii_case(name.as_bytes());
    headers.iter().filter(named).map(|(_, value)| *value)
}

fn text<'h>(headers: &Headers<'h>, name: &str) -> Option<&'h str> {
    std::str::from_utf8(value(headers, name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_of_cache_control_are_one() {
        let now = Timestamp::EPOCH;
        let all = [(":status", "200"), ("cache-control", "public"), ("Cache-Control", "no-store")];
        let all = all.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let read = |headers: &Headers<'_>| answer_of(headers, Vec::new(), now, now).cache_control;
        assert_eq!(read(&all).as_deref(), Some("public, no-store"));
        assert_eq!(read(&all[..1]), None);
    }

    #[test]
    fn a_url_without_path_is_asked_for_its_root() {
        for (uri, path) in [("https://a", "/"), ("https://a?b", "/?b"), ("https://a/b?c", "/b?c")] {
            let sharing = Sharing::Lifetime;
            let call = Call::new(&Fetch { id: 1, issuer: 0, uri: uri.to_owned(), sharing }, "x");
            assert_eq!((call.id, call.authority.as_str(), call.path.as_str()), (1, "a", path));
        }
    }
}
