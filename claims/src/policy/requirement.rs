//! What a rule demands: the language of requirements.

use serde_json::Value;

use super::Context;
use super::pattern::Parameter;
use crate::document::{self, Node};
use crate::json;
use crate::permission::Permission;
use crate::text::{list, quoted};

/// A requirement, as `docs/contract/verifier.md` describes them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Requirement {
    /// Everybody, also without a token.
    Anyone,
    /// Whoever has a verified token.
    AnyToken,
    /// As before, and not anonymous.
    Authenticated,
    /// As before, and not a service account.
    User,
    /// Whoever was granted this.
    Permission(Permission),
    /// Whoever's token carries exactly this text as a permission.
    ForeignPermission(String),
    /// `name` or `service/name`.
    Role(String),
    /// Tokens of this issuer.
    Issuer(String),
    /// A level of at most this.
    Level(i64),
    /// A claim that passes a test.
    Claim(ClaimTest),
    All(Vec<Requirement>),
    Any(Vec<Requirement>),
    Not(Box<Requirement>),
}

/// A test of one claim.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ClaimTest {
    /// Name, or JSON pointer.
    pub(super) claim: String,
    pub(super) test: Test,
}

/// What is asked of a claim.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Equals(Operand),
    In(Operand),
    Contains(Operand),
    AtLeast(Operand),
    AtMost(Operand),
    /// No longer ago than this, in seconds.
    Within(u64),
    Present(bool),
}

/// What a claim is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Literal(Value),
    /// A parameter of the rule's path.
    Path(Parameter),
    /// Another claim.
    Claim(String),
}

const OBJECTS: [&str; 7] = ["all", "any", "not", "permission", "issuer", "level", "claim"];
const TESTS: [&str; 7] = ["equals", "in", "contains", "atLeast", "atMost", "within", "present"];
const CLAIM: [&str; 8] =
    ["claim", "equals", "in", "contains", "atLeast", "atMost", "within", "present"];

/// Claims that mean something only within one issuer, and those that grant something: what an issuer
/// may not assert is taken from the principal, and still stands in the token.
const OF_ONE_ISSUER: [&str; 6] = ["sub", "username", "level", "permissions", "roles", "scope"];

impl Requirement {
    /// Reads a requirement; `parameters` are those of the rule's path.
    pub(super) fn read(node: &Node<'_, '_>, parameters: &[Parameter]) -> document::Result<Self> {
        let object = match node.value() {
            Value::String(word) => return Self::read_word(node, word),
            Value::Object(object) => object,
            _ => return Err(node.unexpected("a requirement, which is a string or an object")),
        };
        let Some(kind) = OBJECTS.into_iter().find(|name| object.contains_key(*name)) else {
            let known = list(&OBJECTS);
            return Err(node.refuse(format_args!("a requirement has one of {known}")));
        };
        if kind == "claim" {
            return ClaimTest::read(node, parameters).map(Self::Claim);
        }
        let members = node.members(&[kind])?;
        let inner = members.required(kind)?;
        let several = || {
            let parts = inner.list(|item| Self::read(item, parameters))?;
            if parts.is_empty() {
                return Err(inner.refuse(format_args!("name at least one requirement")));
            }
            Ok(parts)
        };
        Ok(match kind {
            "all" => Self::All(several()?),
            "any" => Self::Any(several()?),
            "not" => Self::Not(Box::new(Self::read(&inner, parameters)?)),
            "permission" => Self::ForeignPermission(non_empty(&inner)?),
            "issuer" => Self::Issuer(non_empty(&inner)?),
            _ => Self::Level(inner.value().as_i64().ok_or_else(|| {
                inner.refuse(format_args!("a level is an integer; lower is stronger"))
            })?),
        })
    }

    fn read_word(node: &Node<'_, '_>, word: &str) -> document::Result<Self> {
        Ok(match word {
            "anyone" => Self::Anyone,
            "any_token" => Self::AnyToken,
            "authenticated" => Self::Authenticated,
            "user" => Self::User,
            _ => match word.strip_prefix("role:") {
                Some(role) => Self::Role(read_role(node, role)?),
                None => Self::Permission(Permission::parse(word).map_err(|error| {
                    node.refuse(format_args!(
                        "`{}` is neither a permission nor `anyone`, `any_token`, \
                         `authenticated`, `user` or `role:name`: {error}",
                        quoted(word)
                    ))
                })?),
            },
        })
    }

    /// Refuses what would let one issuer's names pass for another's.
    ///
    /// Where tokens of several issuers reach a policy, each test of such a claim stands in an `all`
    /// beside `{ "issuer": … }`.
    pub(super) fn check(&self, node: &Node<'_, '_>, context: Context<'_>) -> document::Result<()> {
        if context.several_issuers && self.speaks_for_unnamed_issuer(context.grants) {
            return Err(node.refuse(format_args!(
                "with several issuers a test of `sub`, `username`, `level`, or of a claim that \
                 grants permissions or roles, needs its issuer: write {{ \"all\": [{{ \"issuer\": \
                 \"…\" }}, …] }}, or require the permission or `role:name` itself"
            )));
        }
        Ok(())
    }

    fn speaks_for_unnamed_issuer(&self, grants: &[String]) -> bool {
        let any = |parts: &[Self]| parts.iter().any(|part| part.speaks_for_unnamed_issuer(grants));
        match self {
            Self::Level(_) => true,
            Self::Claim(test) => test.names().any(|name| {
                let claim = json::member_of(name);
                OF_ONE_ISSUER.contains(&claim.as_str()) || grants.contains(&claim)
            }),
            Self::All(all) => !all.iter().any(|one| matches!(one, Self::Issuer(_))) && any(all),
            Self::Any(parts) => any(parts),
            Self::Not(inner) => inner.speaks_for_unnamed_issuer(grants),
            Self::Anyone
            | Self::AnyToken
            | Self::Authenticated
            | Self::User
            | Self::Permission(_)
            | Self::ForeignPermission(_)
            | Self::Role(_)
            | Self::Issuer(_) => false,
        }
    }
}

impl ClaimTest {
    fn read(node: &Node<'_, '_>, parameters: &[Parameter]) -> document::Result<Self> {
        let members = node.members(&CLAIM)?;
        let claim = non_empty(&members.required("claim")?)?;
        let mut present = TESTS.into_iter().filter_map(|name| Some((name, members.get(name)?)));
        let (Some((name, operand)), None) = (present.next(), present.next()) else {
            let known = list(&TESTS);
            return Err(node.refuse(format_args!("a claim has exactly one test of {known}")));
        };
        let operand_of = |accepts| Operand::read(&operand, parameters, accepts);
        let test = match name {
            "equals" => Test::Equals(operand_of(Accepts::Anything)?),
            "in" => Test::In(operand_of(Accepts::Arrays)?),
            "contains" => Test::Contains(operand_of(Accepts::Anything)?),
            "atLeast" => Test::AtLeast(operand_of(Accepts::Numbers)?),
            "atMost" => Test::AtMost(operand_of(Accepts::Numbers)?),
            "within" => Test::Within(operand.value().as_u64().ok_or_else(|| {
                operand.refuse(format_args!("`within` is a whole number of seconds"))
            })?),
            _ => Test::Present(operand.switch()?),
        };
        Ok(Self { claim, test })
    }

    /// The claims it reads.
    fn names(&self) -> impl Iterator<Item = &str> {
        let other = match &self.test {
            Test::Equals(Operand::Claim(other))
            | Test::In(Operand::Claim(other))
            | Test::Contains(Operand::Claim(other))
            | Test::AtLeast(Operand::Claim(other))
            | Test::AtMost(Operand::Claim(other)) => Some(other.as_str()),
            _ => None,
        };
        std::iter::once(self.claim.as_str()).chain(other)
    }
}

/// What a test can be compared with.
#[derive(Clone, Copy, PartialEq)]
enum Accepts {
    Anything,
    Arrays,
    Numbers,
}

impl Operand {
    fn read(
        node: &Node<'_, '_>,
        parameters: &[Parameter],
        accepts: Accepts,
    ) -> document::Result<Self> {
        if let Value::Object(object) = node.value() {
            if object.contains_key("path") {
                let members = node.members(&["path"])?;
                let name = members.required("path")?.text()?;
                if accepts != Accepts::Anything {
                    return Err(node.refuse(format_args!(
                        "a path parameter is a text; compare it with `equals` or `contains`"
                    )));
                }
                let known = parameters.iter().find(|parameter| parameter.name == name);
                return known.cloned().map(Self::Path).ok_or_else(|| {
                    let names: Vec<_> = parameters.iter().map(|p| p.name.as_str()).collect();
                    let names = if names.is_empty() { "none".to_owned() } else { list(&names) };
                    node.refuse(format_args!("the path has no parameter `{name}`; it has {names}"))
                });
            }
            let members = node.members(&["claim"])?;
            return non_empty(&members.required("claim")?).map(Self::Claim);
        }
        match (accepts, node.value()) {
            (Accepts::Arrays, Value::Array(items)) if !items.is_empty() => {}
            (Accepts::Arrays, _) => {
                return Err(node.refuse(format_args!("`in` takes an array of at least one value")));
            }
            (Accepts::Numbers, Value::Number(_)) | (Accepts::Anything, _) => {}
            (Accepts::Numbers, _) => return Err(node.unexpected("a number")),
        }
        Ok(Self::Literal(node.value().clone()))
    }
}

fn non_empty(node: &Node<'_, '_>) -> document::Result<String> {
    match node.text()? {
        "" => Err(node.refuse(format_args!("expected a text that is not empty"))),
        text => Ok(text.to_owned()),
    }
}

fn read_role(node: &Node<'_, '_>, role: &str) -> document::Result<String> {
    // Foreign issuers name their roles freely, so only what can't be meant is refused.
    if role.is_empty() || role.trim() != role || role.contains(char::is_control) {
        return Err(node.refuse(format_args!(
            "a role is written `role:name`, or `role:service/name` for a service's role"
        )));
    }
    Ok(role.to_owned())
}
