//! From the document to the compiled policy.

use serde_json::{Map, Value};

use super::methods::Methods;
use super::pattern::{Part, Pattern};
use super::place::Place;
use super::requirement::Requirement;
use super::routes::Routes;
use super::target::Reading;
use super::{Context, OTHERWISE, Policy, Rule, host};
use crate::document::{self, Members, Node};

const DOCUMENT: [&str; 5] = ["version", "rules", "otherwise", "case", "allow"];
const RULE: [&str; 5] = ["id", "host", "methods", "path", "require"];

pub(super) fn compile(document: &Node<'_, '_>, context: Context<'_>) -> document::Result<Policy> {
    let members = document.members(&DOCUMENT)?;
    let version = members.required("version")?;
    if version.value().as_u64() != Some(1) {
        return Err(version.refuse(format_args!("the only version there is so far is `1`")));
    }
    let mut policy = Policy {
        rules: Vec::new(),
        requirements: Vec::new(),
        routes: Routes::default(),
        otherwise: members.read("otherwise", read_otherwise)?.flatten(),
        reading: read_reading(&members)?,
    };
    let mut known = Known::default();
    if let Some(rules) = members.get("rules") {
        for rule in rules.items()? {
            add_rule(&mut policy, &mut known, &rule, context)?;
        }
    }
    Ok(policy)
}

fn read_reading(members: &Members<'_, '_>) -> document::Result<Reading> {
    let mut reading = Reading::default();
    if let Some(case) = members.get("case") {
        reading.ignore_case = match case.text()? {
            "sensitive" => false,
            "insensitive" => true,
            _ => return Err(case.refuse(format_args!("write `sensitive` or `insensitive`"))),
        };
    }
    if let Some(allow) = members.get("allow") {
        for item in allow.items()? {
            match item.text()? {
                "semicolon" => reading.allow_semicolon = true,
                "percent25" => reading.allow_percent25 = true,
                _ => {
                    let message = format_args!("only `semicolon` and `percent25` can be allowed");
                    return Err(item.refuse(message));
                }
            }
        }
    }
    Ok(reading)
}

fn read_otherwise(node: &Node<'_, '_>) -> document::Result<Option<Requirement>> {
    Ok(Some(match node.text()? {
        "deny" => return Ok(None),
        "user" => Requirement::User,
        "authenticated" => Requirement::Authenticated,
        "any_token" => Requirement::AnyToken,
        "anyone" => Requirement::Anyone,
        _ => {
            return Err(node.refuse(format_args!(
                "write `deny`, `user`, `authenticated`, `any_token` or `anyone`"
            )));
        }
    }))
}

/// What rules before have said. Maps as documents have them: another type of map would be as much
/// code again.
#[derive(Default)]
struct Known {
    /// Places of rules by id.
    ids: Map<String, Value>,
    /// Places of requirements by the word that they were written as.
    words: Map<String, Value>,
}

fn add_rule(
    policy: &mut Policy,
    known: &mut Known,
    node: &Node<'_, '_>,
    context: Context<'_>,
) -> document::Result<()> {
    let members = node.members(&RULE)?;
    let id_node = members.required("id")?;
    let id = id_node.text()?;
    if id.is_empty() || id == OTHERWISE {
        let message = format_args!("a rule's id is not empty and not `{OTHERWISE}`");
        return Err(id_node.refuse(message));
    }
    let number = policy.rules.len();
    let before = known.ids.insert(id.to_owned(), number.into());
    if let Some(first) = before.as_ref().and_then(Value::as_u64) {
        return Err(id_node.refuse(format_args!("`{id}` is already the id of `rules[{first}]`")));
    }
    let pattern = Pattern::read(&members.required("path")?)?;
    let require = members.required("require")?;
    let demanded = match require.value().as_str().and_then(|word| known.words.get(word)) {
        Some(place) => place.as_u64().and_then(|place| usize::try_from(place).ok()),
        None => {
            let requirement = Requirement::read(&require, &pattern.parameters)?;
            requirement.check(&require, context)?;
            let place = policy.requirements.len();
            policy.requirements.push(requirement);
            if let Some(word) = require.value().as_str() {
                known.words.insert(word.to_owned(), place.into());
            }
            Some(place)
        }
    };
    let too_many = || {
        node.refuse(format_args!(
            "the paths of the policy are too long or too many: write fewer or shorter segments"
        ))
    };
    let mut rule = Rule {
        id: id.into(),
        methods: members.read("methods", Methods::read)?.unwrap_or_default(),
        require: demanded.and_then(Place::of).ok_or_else(too_many)?,
        next: None,
    };
    let host = members.read("host", read_host)?;
    let parts = fold_case(pattern.parts, policy.reading);
    let place = Place::of(number).ok_or_else(too_many)?;
    rule.next = policy.routes.begin(host, &parts, place).ok_or_else(too_many)?;
    let other = Policy::rules_from(&policy.rules, rule.next)
        .map(|(_, other)| other)
        .find(|other| other.methods.overlap(&rule.methods));
    if let Some(Rule { id: other, .. }) = other {
        return Err(node.refuse(format_args!(
            "`{id}` and `{other}` are for the same path and method: merge them, or give them \
             different methods"
        )));
    }
    policy.rules.push(rule);
    Ok(())
}

fn read_host<'d>(node: &Node<'d, '_>) -> document::Result<&'d str> {
    let name = node.text()?;
    if host::normalise(name).as_deref() == Some(name) {
        return Ok(name);
    }
    Err(node.refuse(format_args!(
        "write `{name}` as a host name in lower case, without port and trailing dot"
    )))
}

fn fold_case(parts: Vec<Part>, reading: Reading) -> Vec<Part> {
    let fold = |part| match part {
        Part::Static(text) if reading.ignore_case => Part::Static(text.to_ascii_lowercase()),
        other => other,
    };
    parts.into_iter().map(fold).collect()
}
