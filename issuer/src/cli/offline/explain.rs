//! `laika policy explain`.

use laika_claims::policy::{Bearer, Decision, Explanation, Request, Verdict};
use laika_claims::{ErrorCode, Principal};
use serde_json::{Map, Value, json};

use super::arguments::ExplainArguments;
use super::document::Document;
use super::{moment, token};
use crate::cli::exit::Failure;
use crate::cli::output;

pub(super) fn run(arguments: &ExplainArguments) -> Result<(), Failure> {
    let (_, policy) = arguments.policy.compile()?;
    let who = principal(arguments)?;
    let bearer = match &who {
        Some(who) => Bearer::Verified(who),
        None => Bearer::Fault(ErrorCode::TokenMissing),
    };
    let now = arguments.at.unwrap_or_else(moment::now);
    let request = Request {
        method: &arguments.method,
        target: &arguments.path,
        host: arguments.host.as_deref(),
    };
    let (decision, explanation) = match policy.route(&request) {
        Ok(route) => (route.decide(bearer, now), route.explain(bearer, now)),
        Err(decision) => (decision, None),
    };
    if arguments.json {
        let mut value = in_json(&decision);
        value.insert("requirement".to_owned(), json!(explanation));
        return output::value(&value);
    }
    show(&decision, explanation.as_ref())?;
    if who.is_some() {
        output::remark("the claims were taken at their word: a verifier proves them first");
    }
    Ok(())
}

/// Whom the claims speak for, if there are any.
fn principal(arguments: &ExplainArguments) -> Result<Option<Principal>, Failure> {
    let claims = if let Some(given) = &arguments.token {
        token::take_apart(&token::read(Some(given))?)?.1
    } else if let Some(file) = &arguments.claims {
        let shown = file.display();
        let document = Document::read(file).map_err(|error| {
            Failure::Refused(format!("`{shown}` can't be used: {}", error.message))
        })?;
        match document.value {
            Value::Object(claims) => claims,
            _ => return Err(Failure::Refused(format!("`{shown}`: claims are an object"))),
        }
    } else {
        return Ok(None);
    };
    Principal::from_unproved_claims(claims).map(Some).map_err(Failure::Refused)
}

/// A decision with the names that the npm package gives it.
pub(super) fn in_json(decision: &Decision<'_>) -> Map<String, Value> {
    let members = [
        ("allowed", json!(decision.allowed)),
        ("status", json!(decision.status)),
        ("code", json!(decision.code)),
        ("rule", json!(decision.rule)),
        ("missing", json!(decision.missing)),
        ("challenge", json!(decision.challenge(None))),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn show(decision: &Decision<'_>, explanation: Option<&Explanation>) -> Result<(), Failure> {
    output::line(&format!("rule       {}", decision.rule.unwrap_or("none")))?;
    if let Some(explanation) = explanation {
        output::line("requires")?;
        let mut rows = Vec::new();
        lay_out(explanation, 1, &mut rows);
        output::table(&rows)?;
    }
    let verdict = if decision.allowed { "allowed" } else { "denied" };
    let code = decision.code.map(|code| format!(" {code}")).unwrap_or_default();
    output::line(&format!("decision   {verdict}, {}{code}", decision.status))?;
    if !decision.missing.is_empty() {
        output::line(&format!("missing    {}", decision.missing.join(", ")))?;
    }
    match decision.challenge(None) {
        Some(challenge) => output::line(&format!("challenge  {challenge}")),
        None => Ok(()),
    }
}

fn lay_out(part: &Explanation, depth: usize, rows: &mut Vec<[String; 3]>) {
    let verdict = match part.verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "fails",
        Verdict::Error => "error",
    };
    let requirement = format!("{}{}", "  ".repeat(depth), part.requirement);
    rows.push([requirement, verdict.to_owned(), part.found.clone()]);
    for inner in &part.parts {
        lay_out(inner, depth + 1, rows);
    }
}
