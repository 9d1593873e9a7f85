//! From the headers of a request to what the proxy has to do: no clock, no host.

use laika_claims::policy::Decision;
use laika_verifier::bearer::{self, Found};
use laika_verifier::{
    Authorization, ErrorCode, Fetch, FetchFailure, OptionsError, Request, Response, Timestamp,
    Verifier, VerifyError,
};

use crate::config::Config;
use crate::forward::Forward;
use crate::tokens::{TokenPlace, Tokens};

/// Header names and values as a host hands them out, pseudo-headers included.
pub type Headers = [(String, Vec<u8>)];

/// Judges requests by one configuration.
#[derive(Debug)]
pub struct Filter {
    verifier: Verifier,
    /// For each issuer, the host's name for the servers from which its keys and lists are had.
    clusters: Vec<Option<String>>,
    token_from: Vec<TokenPlace>,
    forward: Forward,
    strip_token: bool,
    realm: Option<String>,
    shadow: bool,
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
    /// Names and values.
    pub set: Vec<(String, String)>,
}

/// The answer to a request that was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// `application/problem+json` (RFC 9457).
    pub body: String,
}

/// A GET for the host to make: 5 s time-out, no redirect, at most
/// [`laika_verifier::fetch::MAX_BODY`] bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// To be handed back with the answer.
    pub id: u32,
    /// The host's name for the servers to ask.
    pub cluster: String,
    /// `http` or `https`.
    pub scheme: String,
    /// Host, and port where there is one.
    pub authority: String,
    /// Path and query.
    pub path: String,
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
    pub fn new(config: Config) -> Self {
        let Config { verifier, clusters, token_from, forward, strip_token, realm, shadow } = config;
        Self { verifier, clusters, token_from, forward, strip_token, realm, shadow }
    }

    /// Judges a request. `may_wait` says whether it could be held until keys are there.
    pub fn judge(&mut self, headers: &Headers, may_wait: bool, now: Timestamp) -> Judgement {
        let mut remove = self.forged(headers.iter().map(|(name, _)| name.as_str()));
        let tokens = Tokens::find(headers, &self.token_from);
        if self.strip_token {
            remove.extend(tokens.carriers);
        }
        let Authorization { decision, token, error } = self.authorize(headers, &tokens.found, now);
        let outcome = if decision.allowed || self.shadow {
            let set = token.map(|token| self.forward.values(&token)).unwrap_or_default();
            Outcome::Continue(Edit { remove, set })
        } else {
            Outcome::Deny(Denial::new(&decision, self.realm.as_deref()))
        };
        let log = (!decision.allowed).then(|| describe(&decision, error.as_ref(), self.shadow));
        let code = decision.code;
        let calls = self.calls(error.as_ref(), now);
        // Who only watches holds nobody up, and another fault is not mended by a fetch.
        let mendable = error.filter(|error| may_wait && !self.shadow && code == Some(error.code()));
        match mendable.and_then(|error| self.verifier.wait(&error, now)) {
            Some(seconds) => {
                Judgement { outcome: Outcome::Wait(now.plus(seconds)), log: None, calls }
            }
            None => Judgement { outcome, log, calls },
        }
    }

    /// Those of `names` that a client may not send, in any spelling.
    #[must_use]
    pub fn forged<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<String> {
        self.forward.forged(names)
    }

    /// What to fetch because it is absent or ages.
    pub fn refresh(&mut self, now: Timestamp) -> Vec<Call> {
        self.calls(None, now)
    }

    /// Takes the answer to a call.
    pub fn fetched(&mut self, id: u32, headers: &Headers, body: &[u8], now: Timestamp) -> Arrived {
        let status = text(headers, ":status").and_then(|status| status.parse().ok());
        let cache_control = text(headers, "cache-control");
        let response = Response { status: status.unwrap_or_default(), cache_control, body };
        let landed = self.verifier.take(id, response, now);
        Arrived { failure: landed.failure, calls: self.calls_of(landed.fetches) }
    }

    /// Notes that a call was not answered.
    pub fn fetch_failed(&mut self, id: u32) {
        self.verifier.fetch_failed(id);
    }

    fn authorize(&self, headers: &Headers, found: &Found, now: Timestamp) -> Authorization<'_> {
        let refuse = |why| Authorization {
            decision: Decision::request_invalid(why),
            token: None,
            error: None,
        };
        if headers.iter().any(|(name, _)| bearer::overrides_method(name)) {
            return refuse("a method override is not accepted");
        }
        let token = match found {
            Found::None => None,
            Found::One(token) => Some(token.as_str()),
            Found::Several => return refuse("the request has several tokens"),
        };
        // A pseudo-header that is absent or no text can't be judged; the policy refuses it.
        let request = Request {
            method: text(headers, ":method").unwrap_or_default(),
            target: text(headers, ":path").unwrap_or_default(),
            host: has(headers, ":authority").then(|| text(headers, ":authority").unwrap_or("")),
        };
        self.verifier.authorize(token, &request, now)
    }

    fn calls(&mut self, error: Option<&VerifyError>, now: Timestamp) -> Vec<Call> {
        if !self.verifier.has_fetches(error, now) {
            return Vec::new();
        }
        let fetches = self.verifier.fetches(error, now);
        self.calls_of(fetches)
    }

    /// The calls for `fetches`. An issuer without a cluster has nothing to fetch.
    fn calls_of(&mut self, fetches: Vec<Fetch>) -> Vec<Call> {
        let mut calls = Vec::with_capacity(fetches.len());
        for fetch in fetches {
            match self.clusters.get(fetch.issuer) {
                Some(Some(cluster)) => calls.push(Call::new(&fetch, cluster)),
                _ => self.verifier.fetch_failed(fetch.id),
            }
        }
        calls
    }
}

impl Call {
    /// The verifier has made sure that the URL is an absolute http or https URL.
    fn new(Fetch { id, uri, .. }: &Fetch, cluster: &str) -> Self {
        let (scheme, rest) = uri.split_once("://").unwrap_or(("https", uri));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let slash = if path.starts_with('/') { "" } else { "/" };
        Self {
            id: *id,
            cluster: cluster.to_owned(),
            scheme: scheme.to_owned(),
            authority: authority.to_owned(),
            path: format!("{slash}{path}"),
        }
    }
}

impl Denial {
    /// The answer for as long as a configuration is not acceptable. Why it is not is nothing for
    /// clients.
    #[must_use]
    pub fn misconfigured(code: ErrorCode) -> Self {
        Self::new(&Decision::denied(code), None)
    }

    fn new(decision: &Decision<'_>, realm: Option<&str>) -> Self {
        let mut headers = vec![
            ("content-type", "application/problem+json".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ];
        let challenge = decision.challenge(realm);
        headers.extend(challenge.map(|challenge| ("www-authenticate", challenge)));
        Self { status: decision.status, headers, body: bearer::problem(decision) }
    }
}

fn has(headers: &Headers, name: &str) -> bool {
    headers.iter().any(|(other, _)| other == name)
}

fn text<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    let (_, value) = headers.iter().find(|(other, _)| other == name)?;
    std::str::from_utf8(value).ok()
}

fn describe(decision: &Decision<'_>, error: Option<&VerifyError>, shadow: bool) -> String {
    let verb = if shadow { "would deny" } else { "denied" };
    let code = decision.code.map_or("", ErrorCode::as_str);
    let mut line = format!("{verb} with {} {code}", decision.status);
    if let Some(rule) = decision.rule {
        line.push_str(&format!(" by rule `{}`", rule.escape_debug()));
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
        line.push_str(&format!(": {missing}{}", decision.missing.join(", ").escape_debug()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_path_is_asked_for_its_root() {
        for (uri, path) in [("https://a", "/"), ("https://a?b", "/?b"), ("https://a/b?c", "/b?c")] {
            let call = Call::new(&Fetch { id: 1, issuer: 0, uri: uri.to_owned() }, "x");
            assert_eq!((call.id, call.authority.as_str(), call.path.as_str()), (1, "a", path));
        }
    }
}
