//! Whether a requirement holds, and if not, what is missing.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::requirement::{ClaimTest, Operand, Requirement, Test};
use super::target::{Path, first_and_others};
use crate::json;
use crate::principal::{Kind, Principal};
use crate::text::joined;
use crate::time::Timestamp;

/// How far a time may lie ahead in `within`, in seconds: clocks differ.
const CLOCK_SKEW: f64 = 60.0;

/// What a requirement is evaluated for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    /// Whose token was verified, if any was.
    pub(super) principal: Option<&'a Principal>,
    pub(super) path: &'a Path<'a>,
    pub(super) now: Timestamp,
}

/// The value of a requirement. An error anywhere denies, also under `not`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// A claim that is absent or of another type was compared.
    Error,
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// Evaluates `requirement`, every part of it: the outcome does not depend on the order of the
/// parts, not even when one is an error.
pub(super) fn evaluate(requirement: &Requirement, facts: Facts<'_>) -> Verdict {
    let who = facts.principal;
    let authenticated = who.is_some_and(|who| who.kind != Kind::Anonymous);
    match requirement {
        Requirement::Anyone => Verdict::Holds,
        Requirement::AnyToken => who.is_some().into(),
        Requirement::Authenticated => authenticated.into(),
        Requirement::User => who.is_some_and(|who| who.kind == Kind::User).into(),
        Requirement::Permission(permission) => who.is_some_and(|who| who.can(permission)).into(),
        Requirement::ForeignPermission(name) => {
            who.is_some_and(|who| who.permissions.contains(name)).into()
        }
        // Everything else implies `authenticated`, so that "not an admin" is never nobody.
        Requirement::All(parts) => combine(parts, facts, |holding| holding == parts.len()),
        Requirement::Any(parts) => combine(parts, facts, |holding| holding > 0),
        Requirement::Not(_)
        | Requirement::Role(_)
        | Requirement::Issuer(_)
        | Requirement::Level(_)
        | Requirement::Claim(_)
            if !authenticated =>
        {
            Verdict::Fails
        }
        Requirement::Not(part) => match evaluate(part, facts) {
            Verdict::Holds => Verdict::Fails,
            Verdict::Fails => Verdict::Holds,
            Verdict::Error => Verdict::Error,
        },
        Requirement::Role(role) => who.is_some_and(|who| who.has_role(role)).into(),
        Requirement::Issuer(issuer) => who.is_some_and(|who| who.issuer == *issuer).into(),
        Requirement::Level(most) => {
            who.and_then(|who| who.level).is_some_and(|level| level <= *most).into()
        }
        Requirement::Claim(test) => who.map_or(Verdict::Fails, |who| test_claim(test, who, facts)),
    }
}

fn combine(parts: &[Requirement], facts: Facts<'_>, holds: impl Fn(usize) -> bool) -> Verdict {
    let mut holding = 0;
    let mut failed = false;
    for part in parts {
        match evaluate(part, facts) {
            Verdict::Holds => holding += 1,
            Verdict::Fails => {}
            Verdict::Error => failed = true,
        }
    }
    if failed { Verdict::Error } else { holds(holding).into() }
}

/// Adds every part of `requirement` that does not hold, as texts of the policy language.
pub(super) fn missing<'a>(
    requirement: &'a Requirement,
    facts: Facts<'_>,
    found: &mut Vec<&'a Requirement>,
) {
    if evaluate(requirement, facts) == Verdict::Holds {
        return;
    }
    match requirement {
        Requirement::All(parts) | Requirement::Any(parts) => {
            for part in parts {
                missing(part, facts, found);
            }
        }
        other => found.push(other),
    }
}

/// A requirement in a few words, for whoever was denied: `orders:read`, `role:admin`, `claim:amr`.
pub(super) fn describe(requirement: &Requirement) -> String {
    match requirement {
        Requirement::Anyone => "anyone".to_owned(),
        Requirement::AnyToken => "any_token".to_owned(),
        Requirement::Authenticated => "authenticated".to_owned(),
        Requirement::User => "user".to_owned(),
        Requirement::Permission(permission) => permission.to_string(),
        Requirement::ForeignPermission(name) => format!("permission:{name}"),
        Requirement::Role(role) => format!("role:{role}"),
        Requirement::Issuer(issuer) => format!("issuer:{issuer}"),
        Requirement::Level(level) => format!("level:{level}"),
        Requirement::Claim(test) => format!("claim:{}", test.claim),
        Requirement::Not(part) => format!("not:{}", describe(part)),
        Requirement::All(parts) => described(parts, "&"),
        Requirement::Any(parts) => described(parts, "|"),
    }
}

fn described(parts: &[Requirement], between: &str) -> String {
    joined(&parts.iter().map(describe).collect::<Vec<_>>(), between)
}

fn test_claim(test: &ClaimTest, who: &Principal, facts: Facts<'_>) -> Verdict {
    let claim = json::look_up(&who.claims, &test.claim);
    if let Test::Present(wanted) = test.test {
        return (claim.is_some() == wanted).into();
    }
    let Some(claim) = claim else {
        return Verdict::Error;
    };
    let operand = |operand| resolve(operand, who, facts);
    match &test.test {
        Test::Present(_) => Verdict::Error,
        Test::Equals(other) => match operand(other) {
            Some(other) if alike(claim, &other) => json::same(claim, &other).into(),
            _ => Verdict::Error,
        },
        Test::In(other) => match operand(other).as_deref() {
            Some(Value::Array(items)) if items.iter().any(|item| alike(claim, item)) => {
                items.iter().any(|item| json::same(claim, item)).into()
            }
            _ => Verdict::Error,
        },
        Test::Contains(other) => match (claim, operand(other)) {
            (Value::Array(items), Some(other)) => {
                items.iter().any(|item| json::same(item, &other)).into()
            }
            _ => Verdict::Error,
        },
        Test::AtLeast(other) => compare(claim, operand(other).as_deref(), Ordering::is_ge),
        Test::AtMost(other) => compare(claim, operand(other).as_deref(), Ordering::is_le),
        Test::Within(seconds) => match claim.as_f64().and_then(Timestamp::from_seconds) {
            Some(moment) => {
                let age = facts.now.since(moment);
                // Whole seconds up to 2⁵³ are exact; beyond that nothing is recent any more.
                #[expect(clippy::cast_precision_loss, reason = "see above")]
                let most = *seconds as f64;
                (-CLOCK_SKEW..=most).contains(&age).into()
            }
            None => Verdict::Error,
        },
    }
}

/// What an operand stands for here.
pub(super) fn resolve<'a>(
    operand: &'a Operand,
    who: &'a Principal,
    facts: Facts<'_>,
) -> Option<Cow<'a, Value>> {
    match operand {
        Operand::Literal(value) => Some(Cow::Borrowed(value)),
        Operand::Claim(name) => json::look_up(&who.claims, name).map(Cow::Borrowed),
        Operand::Path(parameter) => {
            let rest = facts.path.from(parameter.index)?;
            let text = if parameter.rest { rest } else { first_and_others(rest).0 };
            Some(Cow::Owned(Value::String(text.to_owned())))
        }
    }
}

/// Whether two values are of one type, so that comparing them means something.
fn alike(left: &Value, right: &Value) -> bool {
    std::mem::discriminant(left) == std::mem::discriminant(right)
}

fn compare(claim: &Value, other: Option<&Value>, holds: impl Fn(Ordering) -> bool) -> Verdict {
    match (claim, other) {
        (Value::Number(claim), Some(Value::Number(other))) => {
            order(claim, other).map_or(Verdict::Error, |order| holds(order).into())
        }
        _ => Verdict::Error,
    }
}

fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
