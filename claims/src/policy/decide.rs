//! Which rule decides a request, and what it decides.

use std::borrow::Cow;

use super::evaluate::{self, Facts, Verdict};
use super::methods::Method;
use super::place::Place;
use super::requirement::{Requirement, Test};
use super::target::{self, Path};
use super::{Explanation, OTHERWISE, Policy, Rule, explain, host};
use crate::code::{Challenge, ErrorCode};
use crate::json;
use crate::principal::Principal;
use crate::time::Timestamp;

/// A request, as far as a policy looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Method, exactly as it came.
    pub method: &'a str,
    /// Request target as it came: path and query, nothing decoded, nothing removed.
    pub target: &'a str,
    /// The `Host` header or `:authority`, where known.
    pub host: Option<&'a str>,
}

/// What is known of whoever sent the request.
#[derive(Debug, Clone, Copy)]
pub enum Bearer<'a> {
    /// A token was verified.
    Verified(&'a Principal),
    /// No token came, or a bad one; the code says which.
    Fault(ErrorCode),
}

/// The rule for a request, found but not yet evaluated.
#[derive(Debug)]
pub struct Route<'p, 'r> {
    found: Found<'p>,
    path: Path<'r>,
}

#[derive(Debug)]
enum Found<'p> {
    /// With its place among the rules, and what it demands.
    Rule(usize, &'p Rule, &'p Requirement),
    /// A path matched, and none of its rules names the method.
    NoMethod(String),
    /// No path matched.
    Otherwise(Option<&'p Requirement>),
}

/// Allow or deny, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'p> {
    /// Whether the request may go on.
    pub allowed: bool,
    /// 200 when allowed, otherwise what to answer.
    pub status: u16,
    /// Why it was denied; or, where `anyone` let it through, what was wrong with the token.
    pub code: Option<ErrorCode>,
    /// The rule that decided; absent when the request could not be judged or its method is named
    /// by no rule of its path.
    pub rule: Option<&'p str>,
    /// What was missing, in the words of the policy: `orders:read`, `role:admin`, `claim:amr`.
    pub missing: Vec<String>,
    challenge: Challenge,
    scope: Vec<&'p str>,
    max_age: Option<u64>,
    place: Option<usize>,
}

impl Policy {
    /// Finds the rule for `request`.
    ///
    /// # Errors
    /// The decision `request_invalid`, for a request that can't be judged without guessing.
    pub fn route<'p, 'r>(&'p self, request: &Request<'r>) -> Result<Route<'p, 'r>, Decision<'p>> {
        let Some(method) = Method::read(request.method) else {
            return Err(Decision::request_invalid("the method is not a token"));
        };
        let path = target::read(request.target, self.reading).map_err(Decision::request_invalid)?;
        let folded = self.reading.ignore_case.then(|| path.to_ascii_lowercase());
        let compared = folded.as_ref().unwrap_or(&path);
        let host = self.read_host(request.host)?;
        let Some(first) = self.routes.find(host.as_deref(), compared) else {
            return Ok(Route { found: Found::Otherwise(self.otherwise.as_ref()), path });
        };
        let mut rules = Self::rules_from(&self.rules, Some(first));
        let rule = rules.find(|(_, rule)| rule.methods.contain(method));
        let found = rule.and_then(|(place, rule)| {
            Some(Found::Rule(place.index(), rule, self.requirements.get(rule.require.index())?))
        });
        let found = found.unwrap_or_else(|| Found::NoMethod(request.method.to_owned()));
        Ok(Route { found, path })
    }

    /// The rules of one path, each with its place, from the one at `first` on.
    pub(super) fn rules_from(
        rules: &[Rule],
        first: Option<Place>,
    ) -> impl Iterator<Item = (Place, &Rule)> {
        let with_place = |place: Place| Some((place, rules.get(place.index())?));
        let first = first.and_then(with_place);
        std::iter::successors(first, move |(_, rule)| rule.next.and_then(with_place))
    }

    fn read_host<'r>(&self, host: Option<&'r str>) -> Result<Option<Cow<'r, str>>, Decision<'_>> {
        match host.map(host::normalise) {
            Some(Some(host)) => Ok(Some(host)),
            Some(None) => Err(Decision::request_invalid("the host is not a host name")),
            // Not knowing the host must not open the rules that are meant for other hosts.
            None if self.routes.have_hosts() => {
                Err(Decision::request_invalid("the policy names hosts and the request has none"))
            }
            None => Ok(None),
        }
    }
}

impl<'p> Route<'p, '_> {
    /// Evaluates the rule for whoever sent the request.
    #[must_use]
    pub fn decide(&self, bearer: Bearer<'_>, now: Timestamp) -> Decision<'p> {
        let (requirement, rule) = match &self.found {
            Found::Rule(_, rule, requirement) => (*requirement, &*rule.id),
            Found::Otherwise(Some(requirement)) => (*requirement, OTHERWISE),
            Found::Otherwise(None) => {
                return Decision::denied(ErrorCode::PermissionDenied).by(OTHERWISE);
            }
            Found::NoMethod(method) => {
                let mut decision = Decision::denied(ErrorCode::PermissionDenied);
                decision.missing.push(format!("method:{method}"));
                return decision;
            }
        };
        let facts = Facts { principal: bearer.principal(), path: &self.path, now };
        let fault = bearer.fault();
        if evaluate::evaluate(requirement, facts) == Verdict::Holds {
            let place = match self.found {
                Found::Rule(place, ..) => Some(place),
                Found::NoMethod(_) | Found::Otherwise(_) => None,
            };
            return Decision { place, ..Decision::allowed(rule, fault) };
        }
        match fault {
            Some(code) => Decision::denied(code).by(rule),
            None => Decision::lacking(requirement, facts).by(rule),
        }
    }

    /// The requirement that [`Route::decide`] evaluates, part by part, with what each was held
    /// against. `None` where nothing is asked for that a token could bring: `otherwise` denies, or
    /// no rule of the path names the method.
    #[must_use]
    pub fn explain(&self, bearer: Bearer<'_>, now: Timestamp) -> Option<Explanation> {
        let requirement = match self.found {
            Found::Rule(_, _, requirement) => requirement,
            Found::Otherwise(requirement) => requirement?,
            Found::NoMethod(_) => return None,
        };
        let facts = Facts { principal: bearer.principal(), path: &self.path, now };
        Some(explain::explain(requirement, facts))
    }
}

impl<'a> Bearer<'a> {
    fn principal(self) -> Option<&'a Principal> {
        match self {
            Self::Verified(principal) => Some(principal),
            Self::Fault(_) => None,
        }
    }

    fn fault(self) -> Option<ErrorCode> {
        match self {
            Self::Verified(_) => None,
            Self::Fault(code) => Some(code),
        }
    }
}

impl<'p> Decision<'p> {
    /// The value of the `WWW-Authenticate` header of the answer, if it has one.
    #[must_use]
    pub fn challenge(&self, realm: Option<&str>) -> Option<String> {
        self.challenge.header(realm, &self.scope, self.max_age)
    }

    /// Which of the policy's rules allowed the request, counted from 0; `None` where another
    /// than a rule has decided, and for what was denied.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        self.place
    }

    /// The decision of a verifier that was given no policy: nothing passes, and the status says
    /// that the service is at fault.
    #[must_use]
    pub fn unconfigured() -> Self {
        let missing = vec!["policy".to_owned()];
        Self { missing, ..Self::denied(ErrorCode::OptionsInvalid) }
    }

    fn allowed(rule: &'p str, fault: Option<ErrorCode>) -> Self {
        Self {
            allowed: true,
            status: 200,
            code: fault,
            rule: Some(rule),
            missing: Vec::new(),
            challenge: Challenge::None,
            scope: Vec::new(),
            max_age: None,
            place: None,
        }
    }

    /// Lets a browser's question through whether a page of another origin may make a request: who
    /// asks is nobody yet, and no rule was asked.
    #[must_use]
    pub fn preflight() -> Self {
        Self { rule: None, ..Self::allowed("", None) }
    }

    /// A denial for `code`, decided by no rule.
    #[must_use]
    pub fn denied(code: ErrorCode) -> Self {
        Self {
            allowed: false,
            status: code.status(),
            code: Some(code),
            rule: None,
            missing: Vec::new(),
            challenge: code.challenge(),
            scope: Vec::new(),
            max_age: None,
            place: None,
        }
    }

    /// The denial of a request that can't be judged without guessing; `why` may be told to the
    /// client.
    #[must_use]
    pub fn request_invalid(why: &str) -> Self {
        Self { missing: vec![why.to_owned()], ..Self::denied(ErrorCode::RequestInvalid) }
    }

    fn by(self, rule: &'p str) -> Self {
        Self { rule: Some(rule), ..self }
    }

    /// A good token that does not reach.
    fn lacking(requirement: &'p Requirement, facts: Facts<'_>) -> Self {
        let mut missing = Vec::new();
        evaluate::missing(requirement, facts, &mut missing);
        let mut decision = Self::denied(ErrorCode::PermissionDenied);
        decision.missing = missing.iter().map(|part| evaluate::describe(part)).collect();
        if !missing.is_empty() && missing.iter().all(|part| asks_for_authentication(part)) {
            // RFC 9470 section 3: a stronger or fresher log-in would help, and it is a 401.
            decision.status = 401;
            decision.challenge = Challenge::InsufficientAuthentication;
            decision.max_age = missing.iter().filter_map(|part| max_age(part)).min();
        }
        decision.scope = missing
            .into_iter()
            .filter_map(|part| match part {
                Requirement::Permission(permission) => Some(permission.as_str()),
                _ => None,
            })
            .collect();
        decision
    }
}

fn asks_for_authentication(part: &Requirement) -> bool {
    matches!(part, Requirement::Claim(test)
        if matches!(&*json::member_of(&test.claim), "amr" | "acr" | "auth_time"))
}

fn max_age(part: &Requirement) -> Option<u64> {
    match part {
        Requirement::Claim(test) => match test.test {
            Test::Within(seconds) => Some(seconds),
            _ => None,
        },
        _ => None,
    }
}
