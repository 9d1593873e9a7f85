//! Which rule decides, and what: "Which rule decides" of the contract, rule by rule and in the
//! order of its text.

use laika_claims::ErrorCode;
use laika_claims::policy::Request;
use laika_claims::principal::Principal;
use serde_json::Value;

use super::host::host;
use super::path::segments;
use super::requirement::{Facts, evaluate, missing};

/// A decision, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Whether the request may go on.
    pub allowed: bool,
    /// HTTP status.
    pub status: u16,
    /// Why not; or what was wrong with the token of somebody who is let through.
    pub code: Option<ErrorCode>,
    /// The rule that decided.
    pub rule: Option<String>,
}

/// Who sent the request: a verified token, or what was wrong.
pub type Sender<'a> = Result<&'a Principal, ErrorCode>;

/// The decision of a document that compiles.
#[must_use]
pub fn decide(document: &Value, request: &Request<'_>, sender: Sender<'_>) -> Expected {
    let deny = |code: ErrorCode, rule: Option<&str>| Expected {
        allowed: false,
        status: code.status(),
        code: Some(code),
        rule: rule.map(str::to_owned),
    };
    let Some((rule, parameters)) = (match find(document, request) {
        Err(()) => return deny(ErrorCode::RequestInvalid, None),
        Ok(Found::NoMethod) => return deny(ErrorCode::PermissionDenied, None),
        Ok(Found::Rule(rule, parameters)) => Some((rule, parameters)),
        Ok(Found::Nothing) => None,
    }) else {
        let word = document.get("otherwise").and_then(Value::as_str).unwrap_or("deny");
        if word == "deny" {
            return deny(ErrorCode::PermissionDenied, Some("otherwise"));
        }
        return judge("otherwise", &Value::from(word), &[], sender);
    };
    judge(rule["id"].as_str().unwrap_or_default(), &rule["require"], &parameters, sender)
}

fn judge(
    id: &str,
    require: &Value,
    parameters: &[(String, String)],
    sender: Sender<'_>,
) -> Expected {
    let facts = Facts { who: sender.ok(), parameters };
    let rule = Some(id.to_owned());
    if evaluate(require, facts) == Some(true) {
        return Expected { allowed: true, status: 200, code: sender.err(), rule };
    }
    if let Err(code) = sender {
        return Expected { allowed: false, status: code.status(), code: Some(code), rule };
    }
    let missing = missing(require, facts);
    let log_in_again = |part: &&Value| {
        let claim = part.get("claim").and_then(Value::as_str).unwrap_or_default();
        matches!(claim.trim_start_matches('/'), "amr" | "acr" | "auth_time")
    };
    let step_up = !missing.is_empty() && missing.iter().all(log_in_again);
    let status = if step_up { 401 } else { 403 };
    Expected { allowed: false, status, code: Some(ErrorCode::PermissionDenied), rule }
}

enum Found<'a> {
    Rule(&'a Value, Vec<(String, String)>),
    /// Rules of the path there are, and none names the method.
    NoMethod,
    Nothing,
}

fn find<'a>(document: &'a Value, request: &Request<'_>) -> Result<Found<'a>, ()> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if request.method.is_empty() || !request.method.chars().all(is_token) {
        return Err(());
    }
    let allows = |name: &str| {
        document["allow"].as_array().is_some_and(|items| items.iter().any(|item| item == name))
    };
    let path = segments(request.target, allows("semicolon"), allows("percent25")).ok_or(())?;
    let rules: Vec<&Value> = document["rules"].as_array().into_iter().flatten().collect();
    let names_hosts = rules.iter().any(|rule| rule.get("host").is_some());
    let host = match request.host {
        Some(authority) => Some(host(authority).ok_or(())?),
        None if names_hosts => return Err(()),
        None => None,
    };
    let fold = document["case"] == "insensitive";
    let matching = |of_host: Option<&str>| {
        let rules = rules.iter().filter(|rule| rule.get("host").and_then(Value::as_str) == of_host);
        rules
            .copied()
            .filter(|rule| matches(rule["path"].as_str().unwrap_or_default(), &path, fold))
            .collect::<Vec<_>>()
    };
    let mut candidates = host.as_deref().map(|host| matching(Some(host))).unwrap_or_default();
    if candidates.is_empty() {
        candidates = matching(None);
    }
    let rank = |rule: &Value| specificity(rule["path"].as_str().unwrap_or_default());
    let Some(best) = candidates.iter().map(|rule| rank(rule)).min() else {
        return Ok(Found::Nothing);
    };
    candidates.retain(|rule| rank(rule) == best);
    let Some(rule) = candidates.into_iter().find(|rule| has_method(rule, request.method)) else {
        return Ok(Found::NoMethod);
    };
    let parameters = parameters(rule["path"].as_str().unwrap_or_default(), &path);
    Ok(Found::Rule(rule, parameters))
}

/// The segments of a path as a rule writes it.
fn parts(pattern: &str) -> Vec<&str> {
    pattern.split('/').filter(|part| !part.is_empty()).collect()
}

fn matches(pattern: &str, path: &[String], fold: bool) -> bool {
    let parts = parts(pattern);
    let open = parts.last().is_some_and(|part| part.starts_with("{*"));
    let fits = if open { path.len() >= parts.len() } else { path.len() == parts.len() };
    fits && parts.iter().zip(path).all(|(part, segment)| {
        part.starts_with('{')
            || if fold { part.eq_ignore_ascii_case(segment) } else { part == segment }
    })
}

/// Static over `{parameter}` over `{*rest}`, segment by segment from the left; smaller is better.
fn specificity(pattern: &str) -> Vec<u8> {
    let rank = |part: &str| match part {
        _ if part.starts_with("{*") => 2,
        _ if part.starts_with('{') => 1,
        _ => 0,
    };
    parts(pattern).into_iter().map(rank).collect()
}

fn parameters(pattern: &str, path: &[String]) -> Vec<(String, String)> {
    let parts = parts(pattern);
    let named = parts.iter().enumerate().filter_map(|(index, part)| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(match name.strip_prefix('*') {
            Some(name) => (name.to_owned(), path[index..].join("/")),
            None => (name.to_owned(), path[index].clone()),
        })
    });
    named.collect()
}

fn has_method(rule: &Value, method: &str) -> bool {
    let Some(methods) = rule["methods"].as_array() else { return true };
    let names = |name: &str| methods.iter().any(|known| known == name);
    names(method) || method == "HEAD" && names("GET")
}

/// Whether two rules tie: same host, same path but for the names of its parameters, and a method
/// in common.
#[must_use]
pub fn has_tie(document: &Value) -> bool {
    let rules: Vec<&Value> = document["rules"].as_array().into_iter().flatten().collect();
    let fold = document["case"] == "insensitive";
    let shape = |rule: &Value| -> Vec<String> {
        let erase = |part: &str| match part {
            _ if part.starts_with("{*") => "{*}".to_owned(),
            _ if part.starts_with('{') => "{}".to_owned(),
            _ if fold => part.to_ascii_lowercase(),
            _ => part.to_owned(),
        };
        parts(rule["path"].as_str().unwrap_or_default()).into_iter().map(erase).collect()
    };
    let methods = |rule: &Value| -> Option<Vec<String>> {
        let methods = rule["methods"].as_array()?;
        let named = methods.iter().filter_map(Value::as_str);
        let mut named: Vec<String> = named.map(str::to_owned).collect();
        if named.iter().any(|name| name == "GET") {
            named.push("HEAD".to_owned());
        }
        Some(named)
    };
    let overlap = |one: &Value, two: &Value| match (methods(one), methods(two)) {
        (Some(these), Some(those)) => these.iter().any(|method| those.contains(method)),
        _ => true,
    };
    rules.iter().enumerate().any(|(index, one)| {
        rules[..index].iter().any(|two| {
            one.get("host") == two.get("host") && shape(one) == shape(two) && overlap(one, two)
        })
    })
}
