//! `laika policy test`.

use std::collections::BTreeSet;
use std::path::Path;

use laika_claims::json;
use laika_claims::policy::{Bearer, Policy, Request};
use laika_claims::{ErrorCode, Principal, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

use super::arguments::PolicyFile;
use super::document::Document;
use super::{explain, moment};
use crate::cli::exit::Failure;
use crate::cli::output;

/// A file of requests and expected decisions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `cases`")]
struct Tests {
    /// Unix seconds, for cases that don't say their own.
    now: Option<Number>,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `name`, `request` and `expect`")]
struct Case {
    name: String,
    request: CaseRequest,
    /// Absent: no token came.
    claims: Option<Map<String, Value>>,
    now: Option<Number>,
    /// Members of a decision.
    expect: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `method` and `path`")]
struct CaseRequest {
    method: String,
    path: String,
    host: Option<String>,
}

const EXPECTATIONS: [&str; 5] = ["allowed", "status", "rule", "code", "missing"];

/// What a case has shown.
struct Finding {
    name: String,
    rule: Option<String>,
    /// Member, what was expected, what was decided.
    differences: Vec<(String, Value, Value)>,
}

pub(super) fn run(file: &PolicyFile, tests: &Path, json: bool) -> Result<(), Failure> {
    let (document, policy) = file.compile()?;
    let wrong = |why: String| Failure::Refused(format!("{}: {why}", tests.display()));
    let read = read(tests).map_err(wrong)?;
    let now = moment_of(read.now.as_ref()).map_err(wrong)?.unwrap_or_else(moment::now);
    let findings = read.cases.iter().map(|case| {
        try_case(&policy, case, now).map_err(|why| wrong(format!("`{}`: {why}", case.name)))
    });
    let findings = findings.collect::<Result<Vec<_>, _>>()?;
    let failed = findings.iter().filter(|finding| !finding.differences.is_empty()).count();
    let untested = untested(&document, &findings);
    if json {
        output::value(&in_json(&findings, failed, &untested))?;
    } else {
        show(&findings, failed, &untested)?;
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::Tests("1 case is not as expected".to_owned())),
        several => Err(Failure::Tests(format!("{several} cases are not as expected"))),
    }
}

fn read(file: &Path) -> Result<Tests, String> {
    let document = Document::read(file).map_err(|error| match error.position {
        Some(position) => format!("{} ({position})", error.message),
        None => error.message,
    })?;
    let tests: Tests = serde_path_to_error::deserialize(&document.value).map_err(|error| {
        let path = error.path().to_string();
        let position = document.position(&path).map(|at| format!(" ({at})")).unwrap_or_default();
        let message = in_words_of_json(&error.into_inner().to_string());
        if path == "." { message } else { format!("`{path}`: {message}{position}") }
    })?;
    if tests.cases.is_empty() {
        return Err("`cases`: name at least one".to_owned());
    }
    Ok(tests)
}

/// The message with the types that JSON has.
fn in_words_of_json(message: &str) -> String {
    let words = [
        ("invalid type: map", "invalid type: object"),
        ("invalid type: sequence", "invalid type: array"),
        ("expected a sequence", "expected an array"),
        ("expected a map", "expected an object"),
    ];
    words.iter().fold(message.to_owned(), |message, (serde, json)| message.replace(serde, json))
}

fn moment_of(now: Option<&Number>) -> Result<Option<Timestamp>, String> {
    let Some(number) = now else {
        return Ok(None);
    };
    let moment = number.as_f64().and_then(Timestamp::from_seconds);
    moment.map(Some).ok_or_else(|| "`now` is a number of Unix seconds".to_owned())
}

fn try_case(policy: &Policy, case: &Case, now: Timestamp) -> Result<Finding, String> {
    let now = moment_of(case.now.as_ref())?.unwrap_or(now);
    check_expectations(&case.expect)?;
    let who = case.claims.clone().map(Principal::from_unproved_claims).transpose()?;
    let bearer = match &who {
        Some(who) => Bearer::Verified(who),
        None => Bearer::Fault(ErrorCode::TokenMissing),
    };
    let CaseRequest { method, path, host } = &case.request;
    let request = Request { method, target: path, host: host.as_deref() };
    let decision = match policy.route(&request) {
        Ok(route) => route.decide(bearer, now),
        Err(decision) => decision,
    };
    let decided = explain::in_json(&decision);
    let differences = case.expect.iter().filter_map(|(name, expected)| {
        let actual = decided.get(name).cloned().unwrap_or_default();
        let same = if name == "missing" {
            items(expected) == items(&actual)
        } else {
            json::same(expected, &actual)
        };
        (!same).then(|| (name.clone(), expected.clone(), actual))
    });
    Ok(Finding {
        name: case.name.clone(),
        rule: decision.rule.map(str::to_owned),
        differences: differences.collect(),
    })
}

/// Refuses what no decision could be.
fn check_expectations(expect: &Map<String, Value>) -> Result<(), String> {
    if expect.is_empty() {
        return Err(format!("`expect` has at least one of {}", EXPECTATIONS.join(", ")));
    }
    for (name, value) in expect {
        let (good, kind) = match name.as_str() {
            "allowed" => (value.is_boolean(), "`true` or `false`"),
            "status" => (value.is_u64(), "an HTTP status, such as 403"),
            "rule" => (value.is_string() || value.is_null(), "the id of a rule, or `null`"),
            "code" => {
                let known = value.as_str().is_some_and(|code| ErrorCode::from_name(code).is_some());
                (known || value.is_null(), "an error code, such as `permission_denied`, or `null`")
            }
            "missing" => (items(value).is_some(), "an array of strings"),
            _ => {
                return Err(format!(
                    "`expect` has no `{name}`; known are {}",
                    EXPECTATIONS.join(", ")
                ));
            }
        };
        if !good {
            return Err(format!("`expect.{name}` is {kind}"));
        }
    }
    Ok(())
}

/// The texts of an array, whatever their order.
fn items(value: &Value) -> Option<BTreeSet<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

/// The ids of rules that have decided no case.
fn untested<'d>(document: &'d Document, findings: &[Finding]) -> Vec<&'d str> {
    let rules = document.value.get("rules").and_then(Value::as_array).into_iter().flatten();
    let ids = rules.filter_map(|rule| rule.get("id")?.as_str());
    ids.filter(|id| findings.iter().all(|finding| finding.rule.as_deref() != Some(id))).collect()
}

fn in_json(findings: &[Finding], failed: usize, untested: &[&str]) -> Value {
    let failures =
        findings.iter().filter(|finding| !finding.differences.is_empty()).map(|finding| {
            let differences = finding.differences.iter().map(|(name, expected, actual)| {
            json!({ "member": name, "expected": expected, "actual": actual })
        });
            json!({ "name": finding.name, "differences": differences.collect::<Vec<_>>() })
        });
    json!({
        "cases": findings.len(), "failed": failed,
        "failures": failures.collect::<Vec<_>>(), "untested": untested,
    })
}

fn show(findings: &[Finding], failed: usize, untested: &[&str]) -> Result<(), Failure> {
    for finding in findings.iter().filter(|finding| !finding.differences.is_empty()) {
        output::line(&format!("FAILED  {}", finding.name))?;
        for (name, expected, actual) in &finding.differences {
            output::line(&format!("  - {name}: {expected}"))?;
            output::line(&format!("  + {name}: {actual}"))?;
        }
    }
    output::line(&format!("{} cases, {failed} failed", findings.len()))?;
    if untested.is_empty() {
        return Ok(());
    }
    output::line(&format!("rules that no case has reached: {}", untested.join(", ")))
}
