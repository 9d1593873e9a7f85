//! Claim templates: what a service wants in its tokens besides the claims of the contract.
//!
//! A template is a JSON object. Its leaves are literals, or one reference from a fixed list such
//! as `"$user.email"`; there is no code in it. A reference to something that is absent leaves its
//! member out. Names of claims that mean something by themselves are refused when a template is
//! set, and other claims are never overwritten when one is filled in.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::clock::UnixSeconds;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::problem::{FieldCode, FieldProblem};

/// Claims that a template can't set: those of the contract, of RFC 7519, those by which others judge
/// tokens, and [`INTROSPECTED`].
const RESERVED: [&str; 35] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "client_id",
    "type",
    "username",
    "anonymous",
    "roles",
    "level",
    "permissions",
    "scope",
    "auth_time",
    "amr",
    "acr",
    "status",
    "act",
    "may_act",
    "cnf",
    "ctr",
    "azp",
    "nonce",
    "groups",
    "entitlements",
    "events",
    "authorization_details",
    "at_hash",
    "c_hash",
    INTROSPECTED[0],
    INTROSPECTED[1],
    "__proto__",
];

/// What introspection says of a token beside its claims (RFC 7662 section 2.2).
pub const INTROSPECTED: [&str; 2] = ["active", "token_type"];

/// Deepest nesting.
const MAX_DEPTH: usize = 4;
/// Longest template, as JSON in bytes.
const MAX_SIZE: usize = 2048;

/// A checked template.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template(Vec<(String, Node)>);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Literal(Value),
    Reference(Reference),
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
}

/// What a template may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reference {
    UserId,
    Username,
    Email,
    EmailVerified,
    Description,
    AvatarUrl,
    UserCreatedAt,
    SessionId,
    SessionCreatedAt,
    AccountName,
}

/// What references are filled in from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The holder, where it is a person with a row.
    pub user: Option<&'a User>,
    /// The session, where there is one.
    pub session: Option<&'a Session>,
    /// The id of a holder without a row.
    pub anonymous: Option<Uuid>,
    /// The name of a service account.
    pub account: Option<&'a str>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Every member that is not acceptable, by its path.
    pub fn parse(written: &Map<String, Value>) -> Result<Self, Vec<FieldProblem>> {
        let mut faults = Vec::new();
        let template = members(written, "claim_template", 1, &mut faults);
        for name in written.keys().filter(|name| RESERVED.contains(&name.as_str())) {
            let path = format!("claim_template.{name}");
            let detail = "this claim is the issuer's; choose another name";
            faults.push(FieldProblem::new(&path, FieldCode::NotAllowed, detail));
        }
        if Value::Object(written.clone()).to_string().len() > MAX_SIZE {
            let detail = format!("at most {MAX_SIZE} bytes");
            faults.push(FieldProblem::new("claim_template", FieldCode::TooLong, detail));
        }
        if faults.is_empty() { Ok(Self(template)) } else { Err(faults) }
    }

    /// A template as the database holds it.
    #[must_use]
    pub(super) fn stored(text: &str) -> Option<Self> {
        Self::parse(&written(text)?).ok()
    }

    /// Adds the claims of this template; what is in `claims` stays as it is.
    pub fn fill(&self, facts: &Facts<'_>, claims: &mut Map<String, Value>) {
        for (name, node) in &self.0 {
            if let Some(value) = node.value(facts) {
                claims.entry(name).or_insert(value);
            }
        }
    }
}

/// A template of the database as its service wrote it, without names that have become the issuer's
/// since.
#[must_use]
pub(crate) fn written(text: &str) -> Option<Map<String, Value>> {
    let mut written: Map<String, Value> = serde_json::from_str(text).ok()?;
    written.retain(|name, _| !RESERVED.contains(&name.as_str()));
    Some(written)
}

/// Whether a hook may add a claim of this name and shape; the rules of templates, but that what
/// begins with `$` is a text like any other.
#[must_use]
pub(super) fn may_be_claimed(name: &str, value: &Value) -> bool {
    !name.is_empty() && !RESERVED.contains(&name) && is_flat(value, 2)
}

fn is_flat(value: &Value, depth: usize) -> bool {
    match value {
        Value::Object(members) => {
            depth <= MAX_DEPTH
                && members.iter().all(|(name, value)| {
                    !name.is_empty() && name != "__proto__" && is_flat(value, depth + 1)
                })
        }
        Value::Array(items) => {
            depth <= MAX_DEPTH && items.iter().all(|item| is_flat(item, depth + 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn members(
    written: &Map<String, Value>,
    path: &str,
    depth: usize,
    faults: &mut Vec<FieldProblem>,
) -> Vec<(String, Node)> {
    let mut nodes = Vec::new();
    for (name, value) in written {
        let path = format!("{path}.{name}");
        if name.is_empty() || name == "__proto__" && depth > 1 {
            let detail = "no claim can have this name";
            faults.push(FieldProblem::new(&path, FieldCode::NotAllowed, detail));
        }
        nodes.extend(node(value, &path, depth, faults).map(|node| (name.clone(), node)));
    }
    nodes
}

fn node(value: &Value, path: &str, depth: usize, faults: &mut Vec<FieldProblem>) -> Option<Node> {
    if depth > MAX_DEPTH {
        let detail = format!("at most {MAX_DEPTH} levels");
        faults.push(FieldProblem::new(path, FieldCode::TooLong, detail));
        return None;
    }
    match value {
        Value::Object(object) => Some(Node::Object(members(object, path, depth + 1, faults))),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let nodes = items
                .filter_map(|(i, item)| node(item, &format!("{path}[{i}]"), depth + 1, faults));
            Some(Node::Array(nodes.collect()))
        }
        Value::String(text) if text.starts_with('$') => {
            let Some(reference) = Reference::from_name(text) else {
                let known: Vec<_> = Reference::ALL.map(|(name, _)| format!("`{name}`")).into();
                let shown: String = text.chars().take(64).collect();
                let detail = format!("`{shown}` is not known; there are {}", known.join(", "));
                faults.push(FieldProblem::new(path, FieldCode::NotAllowed, detail));
                return None;
            };
            Some(Node::Reference(reference))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Some(Node::Literal(value.clone()))
        }
    }
}

impl Node {
    fn value(&self, facts: &Facts<'_>) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Reference(reference) => reference.value(facts),
            Self::Object(members) => {
                let filled = members
                    .iter()
                    .filter_map(|(name, node)| Some((name.clone(), node.value(facts)?)));
                Some(Value::Object(filled.collect()))
            }
            Self::Array(items) => Some(items.iter().filter_map(|item| item.value(facts)).collect()),
        }
    }
}

impl Reference {
    const ALL: [(&'static str, Self); 10] = [
        ("$user.id", Self::UserId),
        ("$user.username", Self::Username),
        ("$user.email", Self::Email),
        ("$user.email_verified", Self::EmailVerified),
        ("$user.description", Self::Description),
        ("$user.avatar_url", Self::AvatarUrl),
        ("$user.created_at", Self::UserCreatedAt),
        ("$session.id", Self::SessionId),
        ("$session.created_at", Self::SessionCreatedAt),
        ("$account.name", Self::AccountName),
    ];

    fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, reference)| reference)
    }

    fn value(self, facts: &Facts<'_>) -> Option<Value> {
        let (user, session) = (facts.user, facts.session);
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let time = |time: UnixSeconds| Value::from(time);
        match self {
            Self::UserId => {
                user.map(|user| user.id).or(facts.anonymous).map(|id| id.to_string().into())
            }
            Self::Username => user.and_then(|user| text(&user.username)),
            Self::Email => user.and_then(|user| text(&user.email)),
            Self::EmailVerified => user
                .filter(|user| user.email.is_some())
                .map(|user| user.email_verified_at.is_some().into()),
            Self::Description => user.and_then(|user| text(&user.description)),
            Self::AvatarUrl => user.and_then(|user| text(&user.avatar_url)),
            Self::UserCreatedAt => user.map(|user| time(user.created_at)),
            Self::SessionId => session.map(|session| session.id.to_string().into()),
            Self::SessionCreatedAt => session.map(|session| time(session.created_at)),
            Self::AccountName => facts.account.map(Value::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(template: Value) -> Result<Template, Vec<String>> {
        Template::parse(template.as_object().unwrap())
            .map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
    }

    #[test]
    fn references_are_filled_in_and_what_is_absent_is_left_out() {
        let template = parse(json!({
            "tenant": "north", "ids": ["$account.name", "$user.id", 7],
            "person": { "mail": "$user.email", "fixed": null },
        }))
        .unwrap();
        let facts = Facts { account: Some("depot"), ..Facts::default() };
        let mut claims = Map::new();
        template.fill(&facts, &mut claims);
        let expected = json!({
            "tenant": "north", "ids": ["depot", 7], "person": { "fixed": null },
        });
        assert_eq!(Value::Object(claims), expected);
    }

    #[test]
    fn a_template_that_would_overwrite_a_claim_is_refused_by_name() {
        for name in RESERVED {
            let path = format!("claim_template.{name}");
            assert_eq!(parse(json!({ name: "x" })).unwrap_err(), [path], "{name}");
        }
        assert!(parse(json!({ "person": { "sub": "$user.id" } })).is_ok(), "only at the top");
        // One that was stored before a claim was reserved goes on without it, and overwrites nothing.
        let stored = Template::stored(r#"{ "active": true, "tenant": "theirs" }"#).unwrap();
        assert_eq!(stored, parse(json!({ "tenant": "theirs" })).unwrap());
        let mut claims = json!({ "tenant": "ours" }).as_object().unwrap().clone();
        stored.fill(&Facts::default(), &mut claims);
        assert_eq!(claims.get("tenant").unwrap(), "ours");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let faults = parse(json!({ "a": { "b": ["$user.password"] }, "sub": "x", "": 1 }));
        let expected = ["claim_template.", "claim_template.a.b[0]", "claim_template.sub"];
        assert_eq!(faults.unwrap_err(), expected);
        let deep = json!({ "a": { "b": { "c": { "d": { "e": 1 } } } } });
        assert_eq!(parse(deep).unwrap_err(), ["claim_template.a.b.c.d.e"]);
        assert_eq!(parse(json!({ "a": "x".repeat(2048) })).unwrap_err(), ["claim_template"]);
        assert_eq!(parse(json!({ "a": { "__proto__": 1 } })).unwrap_err().len(), 1);
        assert!(parse(json!({ "a": "$session.client" })).is_err(), "free text is never signed");
    }
}
