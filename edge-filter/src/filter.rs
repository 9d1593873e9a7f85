//! From the headers of a request to what the proxy has to do: no clock, no host.

use laika_claims::policy::Decision;
use laika_verifier::bearer::{self, Found};
use laika_verifier::keys::FetchFailure;
use laika_verifier::{
    Authorization, ErrorCode, Fetch, OptionsError, Request, Response, Timestamp, Verifier,
    VerifyError,
};

use crate::config::{Config, KeyEndpoint};
use crate::forward::Forward;
use crate::tokens::{TokenPlace, Tokens};

/// Header names and values as a host hands them out, pseudo-headers included.
pub type Headers = [(String, Vec<u8>)];

/// Judges requests by one configuration.
#[derive(Debug)]
pub struct Filter {
    verifier: Verifier,
    key_endpoints: Vec<KeyEndpoint>,
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
    /// Keys are on their way that may change the answer: ask again once they are here.
    Wait,
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

/// A GET for the host to make: 5 s time-out, no redirect, at most [`laika_verifier::keys::MAX_BODY`] bytes.
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
        let Config { verifier, key_endpoints, token_from, forward, strip_token, realm, shadow } =
            config;
        Self { verifier, key_endpoints, token_from, forward, strip_token, realm, shadow }
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
        // Who only watches holds nobody up, and another fault is not mended by keys.
        let waits = |error: VerifyError| {
            code == Some(error.code()) && self.verifier.may_be_mended(&error, now)
        };
        if may_wait && !self.shadow && error.is_some_and(waits) {
            return Judgement { outcome: Outcome::Wait, log: None, calls };
        }
        Judgement { outcome, log, calls }
    }

    /// Those of `names` that a client may not send, in any spelling.
    #[must_use]
    pub fn forged<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<String> {
        self.forward.forged(names)
    }

    /// Keys to fetch because they are absent or age.
    pub fn refresh(&mut self, now: Timestamp) -> Vec<Call> {
        self.calls(None, now)
    }

    /// Takes the answer to a call.
    ///
    /// # Errors
    /// Why it is not used; keys that are held go on.
    pub fn fetched(
        &mut self,
        id: u32,
        headers: &Headers,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), FetchFailure> {
        let status = text(headers, ":status").and_then(|status| status.parse().ok());
        let cache_control = text(headers, "cache-control");
        let response = Response { status: status.unwrap_or_default(), cache_control, body };
        self.verifier.fetched(id, response, now)
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
        let fetches = self.verifier.fetches(error, now);
        fetches.into_iter().filter_map(|fetch| self.call(fetch)).collect()
    }

    fn call(&self, Fetch { id, uri }: Fetch) -> Option<Call> {
        let endpoint = self.key_endpoints.iter().find(|endpoint| endpoint.uri == uri)?;
        let KeyEndpoint { cluster, scheme, authority, path, .. } = endpoint.clone();
        Some(Call { id, cluster, scheme, authority, path })
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
