//! Whether a requirement holds: "Requirements" and "Permissions" of the contract.

use laika_claims::principal::{Kind, Principal};
use serde_json::Value;

use crate::vectors::NOW;

/// What a requirement is evaluated for.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Whose token was verified, if any was.
    pub who: Option<&'a Principal>,
    /// The parameters of the rule's path, with what they stand for.
    pub parameters: &'a [(String, String)],
}

/// `Some(holds)`, or `None` for an error.
#[must_use]
pub fn evaluate(requirement: &Value, facts: Facts<'_>) -> Option<bool> {
    let authenticated = facts.who.filter(|who| who.kind != Kind::Anonymous);
    if let Some(word) = requirement.as_str() {
        return Some(match word {
            "anyone" => true,
            "any_token" => facts.who.is_some(),
            "authenticated" => authenticated.is_some(),
            "user" => authenticated.is_some_and(|who| who.kind == Kind::User),
            _ => match word.strip_prefix("role:") {
                Some(role) => authenticated.is_some_and(|who| who.roles.iter().any(|r| r == role)),
                None => facts.who.is_some_and(|who| is_granted(who, word)),
            },
        });
    }
    for (name, enough) in [("all", usize::MAX), ("any", 1)] {
        if let Some(parts) = requirement[name].as_array() {
            let values: Option<Vec<bool>> =
                parts.iter().map(|part| evaluate(part, facts)).collect();
            let holding = values?.into_iter().filter(|holds| *holds).count();
            return Some(holding >= enough.min(parts.len()));
        }
    }
    if let Some(name) = requirement["permission"].as_str() {
        return Some(facts.who.is_some_and(|who| who.permissions.iter().any(|held| held == name)));
    }
    let Some(who) = authenticated else { return Some(false) };
    if let Some(part) = requirement.get("not") {
        return evaluate(part, facts).map(|holds| !holds);
    }
    if let Some(issuer) = requirement["issuer"].as_str() {
        return Some(who.issuer == issuer);
    }
    if let Some(most) = requirement["level"].as_i64() {
        return Some(who.level.is_some_and(|level| level <= most));
    }
    test(requirement, who, facts)
}

/// The parts of `requirement` that do not hold.
#[must_use]
pub fn missing<'a>(requirement: &'a Value, facts: Facts<'_>) -> Vec<&'a Value> {
    if evaluate(requirement, facts) == Some(true) {
        return Vec::new();
    }
    match requirement.get("all").or(requirement.get("any")) {
        Some(Value::Array(parts)) => parts.iter().flat_map(|part| missing(part, facts)).collect(),
        _ => vec![requirement],
    }
}

/// `orders:*` covers `orders:read` and `orders:read:own`, not `orders`; `*` covers everything.
fn is_granted(who: &Principal, permission: &str) -> bool {
    who.permissions.iter().any(|grant| {
        let segments: Vec<&str> = grant.split(':').collect();
        match segments.split_last() {
            Some((&"*", start)) if who.wildcards => {
                let demanded: Vec<&str> = permission.split(':').collect();
                demanded.len() > start.len() && demanded.starts_with(start)
            }
            _ => grant == permission,
        }
    })
}

fn test(requirement: &Value, who: &Principal, facts: Facts<'_>) -> Option<bool> {
    let claim = find(who, requirement["claim"].as_str()?);
    if let Some(wanted) = requirement["present"].as_bool() {
        return Some(claim.is_some() == wanted);
    }
    let claim = claim?;
    if let Some(seconds) = requirement["within"].as_u64() {
        let moment = claim.as_f64().filter(|t| (0.0..=9_007_199_254_740_992.0).contains(t))?;
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nothing is recent any more")]
        let (now, most) = (NOW as f64, seconds as f64);
        return Some(now - moment >= -60.0 && now - moment <= most);
    }
    let tests = ["equals", "in", "contains", "atLeast", "atMost"];
    let (name, operand) = tests.iter().find_map(|name| Some((*name, requirement.get(*name)?)))?;
    let other = match operand {
        Value::Object(object) => match object.get("path").and_then(Value::as_str) {
            Some(name) => facts
                .parameters
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, text)| Value::from(text.as_str()))?,
            None => find(who, object["claim"].as_str()?)?.clone(),
        },
        literal => literal.clone(),
    };
    match name {
        "equals" => same_type(claim, &other).then(|| is_same(claim, &other)),
        "in" => {
            let items = other.as_array()?;
            items
                .iter()
                .any(|item| same_type(claim, item))
                .then(|| items.iter().any(|item| is_same(claim, item)))
        }
        "contains" => Some(claim.as_array()?.iter().any(|item| is_same(item, &other))),
        "atLeast" => order(claim, &other).map(|order| order.is_ge()),
        _ => order(claim, &other).map(|order| order.is_le()),
    }
}

/// A claim by its name, or by a JSON pointer.
fn find<'a>(who: &'a Principal, name: &str) -> Option<&'a Value> {
    if !name.starts_with('/') {
        return who.claims.get(name);
    }
    let mut parts = name.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let first = who.claims.get(&parts.next()?)?;
    parts.try_fold(first, |value, part| match value {
        Value::Object(object) => object.get(&part),
        // RFC 6901 section 4: digits, without leading zeros.
        Value::Array(items) => {
            let is_index =
                part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            if is_index { items.get(part.parse::<usize>().ok()?) } else { None }
        }
        _ => None,
    })
}

fn same_type(left: &Value, right: &Value) -> bool {
    let kind = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    };
    kind(left) == kind(right)
}

fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => {
            order(left, right) == Some(std::cmp::Ordering::Equal)
        }
        (Value::Array(these), Value::Array(those)) => {
            these.len() == those.len() && these.iter().zip(those).all(|(l, r)| is_same(l, r))
        }
        (Value::Object(these), Value::Object(those)) => {
            these.len() == those.len()
                && these.iter().all(|(name, l)| those.get(name).is_some_and(|r| is_same(l, r)))
        }
        _ => left == right,
    }
}

/// Numbers by value: integers exactly, others as doubles.
fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    let integer =
        |value: &Value| value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
