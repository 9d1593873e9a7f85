//! Why a requirement holds or does not, part by part, for people.

use serde::Serialize;
use serde_json::Value;

use super::evaluate::{self, Facts, Verdict};
use super::requirement::{ClaimTest, Operand, Requirement, Test};
use crate::json;
use crate::principal::{Kind, Principal};
use crate::text::joined;

/// A requirement, whether it holds, and what it was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The requirement in the words of the policy: `orders:read`, `claim:amr contains "mfa"`, `all`.
    pub requirement: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What the token says of it; empty for `anyone` and for what has parts.
    pub found: String,
    /// What it is made of: the parts of `all`, `any` and `not`.
    pub parts: Vec<Explanation>,
}

pub(super) fn explain(requirement: &Requirement, facts: Facts<'_>) -> Explanation {
    let parts = match requirement {
        Requirement::All(parts) | Requirement::Any(parts) => parts.as_slice(),
        Requirement::Not(part) => std::slice::from_ref(&**part),
        _ => &[],
    };
    Explanation {
        requirement: words(requirement),
        verdict: evaluate::evaluate(requirement, facts),
        found: match facts.principal {
            _ if !parts.is_empty() || *requirement == Requirement::Anyone => String::new(),
            None => "no token that was verified".to_owned(),
            Some(who) => found(requirement, who, facts),
        },
        parts: parts.iter().map(|part| explain(part, facts)).collect(),
    }
}

fn words(requirement: &Requirement) -> String {
    match requirement {
        Requirement::All(_) => "all".to_owned(),
        Requirement::Any(_) => "any".to_owned(),
        Requirement::Not(_) => "not".to_owned(),
        Requirement::Claim(test) => {
            let (name, operand) = match &test.test {
                Test::Equals(operand) => ("equals", in_words(operand)),
                Test::In(operand) => ("in", in_words(operand)),
                Test::Contains(operand) => ("contains", in_words(operand)),
                Test::AtLeast(operand) => ("atLeast", in_words(operand)),
                Test::AtMost(operand) => ("atMost", in_words(operand)),
                Test::Within(seconds) => ("within", seconds.to_string()),
                Test::Present(wanted) => ("present", wanted.to_string()),
            };
            format!("claim:{} {name} {operand}", test.claim)
        }
        other => evaluate::describe(other),
    }
}

fn in_words(operand: &Operand) -> String {
    match operand {
        Operand::Literal(value) => value.to_string(),
        Operand::Path(parameter) => format!("path:{}", parameter.name),
        Operand::Claim(name) => format!("claim:{name}"),
    }
}

fn found(requirement: &Requirement, who: &Principal, facts: Facts<'_>) -> String {
    let list = |what: &str, names: &[String]| match names {
        [] => format!("no {what}"),
        names => format!("{what} {}", joined(names, ", ")),
    };
    match requirement {
        Requirement::Permission(_) | Requirement::ForeignPermission(_) => {
            list("permissions", &who.permissions)
        }
        Requirement::Role(_) => list("roles", &who.roles),
        Requirement::Issuer(_) => format!("issuer {}", who.issuer),
        Requirement::Level(_) => {
            who.level.map_or("no level".to_owned(), |level| format!("level {level}"))
        }
        Requirement::Claim(test) => found_in_claims(test, who, facts),
        _ => match who.kind {
            Kind::User => "a user",
            Kind::Anonymous => "somebody anonymous",
            Kind::ServiceAccount => "a service account",
        }
        .to_owned(),
    }
}

fn found_in_claims(test: &ClaimTest, who: &Principal, facts: Facts<'_>) -> String {
    let shown = |name: &str, value: Option<&Value>| match value {
        Some(value) => format!("{name} is {value}"),
        None => format!("{name} is absent"),
    };
    let claim = shown(&test.claim, json::look_up(&who.claims, &test.claim));
    let other = match &test.test {
        Test::Equals(operand)
        | Test::In(operand)
        | Test::Contains(operand)
        | Test::AtLeast(operand)
        | Test::AtMost(operand) => operand,
        Test::Within(_) => return format!("{claim}, now is {}", facts.now.seconds()),
        Test::Present(_) => return claim,
    };
    match other {
        Operand::Literal(_) => claim,
        Operand::Path(_) | Operand::Claim(_) => {
            let value = evaluate::resolve(other, who, facts);
            format!("{claim}, {}", shown(&in_words(other), value.as_deref()))
        }
    }
}
