//! What a rule demands: the language of requirements.

use serde_json::Value;

use super::fields::{self, Fields};
use super::pattern::Parameter;
use super::{Context, PolicyError};
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

impl Requirement {
    /// Reads a requirement; `parameters` are those of the rule's path.
    pub(super) fn parse(
        value: &Value,
        at: &str,
        parameters: &[Parameter],
    ) -> Result<Self, Box<PolicyError>> {
        let object = match value {
            Value::String(word) => return Self::parse_word(word, at),
            Value::Object(object) => object,
            other => {
                let kind = fields::kind(other);
                return Err(PolicyError::new(
                    at,
                    &format!("a requirement is a string or an object, not {kind}"),
                ));
            }
        };
        let Some(kind) = OBJECTS.into_iter().find(|name| object.contains_key(*name)) else {
            return Err(PolicyError::new(
                at,
                &format!("a requirement has one of {}", list(&OBJECTS)),
            ));
        };
        if kind == "claim" {
            return ClaimTest::parse(value, at, parameters).map(Self::Claim);
        }
        let fields = Fields::read(value, at, &[kind])?;
        let inner = fields.required(kind)?;
        let at = fields.path(kind);
        let several = || {
            let items = fields::items(inner, &at)?;
            if items.is_empty() {
                return Err(PolicyError::new(&at, "name at least one requirement"));
            }
            items.into_iter().map(|(at, item)| Self::parse(item, &at, parameters)).collect()
        };
        Ok(match kind {
            "all" => Self::All(several()?),
            "any" => Self::Any(several()?),
            "not" => Self::Not(Box::new(Self::parse(inner, &at, parameters)?)),
            "permission" => Self::ForeignPermission(non_empty(inner, &at)?),
            "issuer" => Self::Issuer(non_empty(inner, &at)?),
            _ => Self::Level(inner.as_i64().ok_or_else(|| {
                PolicyError::new(&at, "a level is an integer; lower is stronger")
            })?),
        })
    }

    fn parse_word(word: &str, at: &str) -> Result<Self, Box<PolicyError>> {
        Ok(match word {
            "anyone" => Self::Anyone,
            "any_token" => Self::AnyToken,
            "authenticated" => Self::Authenticated,
            "user" => Self::User,
            _ => match word.strip_prefix("role:") {
                Some(role) => Self::Role(read_role(role, at)?),
                None => Self::Permission(Permission::parse(word).map_err(|error| {
                    PolicyError::new(
                        at,
                        &format!(
                            "`{}` is neither a permission nor `anyone`, `any_token`, \
                             `authenticated`, `user` or `role:name`: {error}",
                            quoted(word)
                        ),
                    )
                })?),
            },
        })
    }

    /// Refuses what would let one issuer's names pass for another's.
    ///
    /// `sub`, `username` and `level` mean something only within one issuer, so where several
    /// tokens reach a policy each test of them stands in an `all` beside `{ "issuer": … }`.
    pub(super) fn check(&self, at: &str, context: Context) -> Result<(), Box<PolicyError>> {
        if context.several_issuers && self.speaks_for_unnamed_issuer() {
            return Err(PolicyError::new(
                at,
                "with several issuers a test of `sub`, `username` or `level` needs its issuer: \
                 write { \"all\": [{ \"issuer\": \"…\" }, …] }",
            ));
        }
        Ok(())
    }

    fn speaks_for_unnamed_issuer(&self) -> bool {
        match self {
            Self::Level(_) => true,
            Self::Claim(test) => test.names().any(|name| {
                matches!(name, "sub" | "username" | "level" | "/sub" | "/username" | "/level")
            }),
            Self::All(all) => {
                !all.iter().any(|one| matches!(one, Self::Issuer(_)))
                    && all.iter().any(Self::speaks_for_unnamed_issuer)
            }
            Self::Any(any) => any.iter().any(Self::speaks_for_unnamed_issuer),
            Self::Not(inner) => inner.speaks_for_unnamed_issuer(),
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
    fn parse(value: &Value, at: &str, parameters: &[Parameter]) -> Result<Self, Box<PolicyError>> {
        let known: Vec<_> = std::iter::once("claim").chain(TESTS).collect();
        let fields = Fields::read(value, at, &known)?;
        let claim = non_empty(fields.required("claim")?, &fields.path("claim"))?;
        let mut present = TESTS.into_iter().filter_map(|name| Some((name, fields.get(name)?)));
        let (Some((name, operand)), None) = (present.next(), present.next()) else {
            return Err(PolicyError::new(
                at,
                &format!("a claim has exactly one test of {}", list(&TESTS)),
            ));
        };
        let at = fields.path(name);
        let operand_of = |accepts| Operand::parse(operand, &at, parameters, accepts);
        let test =
            match name {
                "equals" => Test::Equals(operand_of(Accepts::Anything)?),
                "in" => Test::In(operand_of(Accepts::Arrays)?),
                "contains" => Test::Contains(operand_of(Accepts::Anything)?),
                "atLeast" => Test::AtLeast(operand_of(Accepts::Numbers)?),
                "atMost" => Test::AtMost(operand_of(Accepts::Numbers)?),
                "within" => Test::Within(operand.as_u64().ok_or_else(|| {
                    PolicyError::new(&at, "`within` is a whole number of seconds")
                })?),
                _ => Test::Present(
                    operand
                        .as_bool()
                        .ok_or_else(|| PolicyError::new(&at, "`present` is `true` or `false`"))?,
                ),
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
    fn parse(
        value: &Value,
        at: &str,
        parameters: &[Parameter],
        accepts: Accepts,
    ) -> Result<Self, Box<PolicyError>> {
        if let Value::Object(object) = value {
            if object.contains_key("path") {
                let fields = Fields::read(value, at, &["path"])?;
                let name = fields::text(fields.required("path")?, &fields.path("path"))?;
                if accepts != Accepts::Anything {
                    return Err(PolicyError::new(
                        at,
                        "a path parameter is a text; compare it with `equals` or `contains`",
                    ));
                }
                let known = parameters.iter().find(|parameter| parameter.name == name);
                return known.cloned().map(Self::Path).ok_or_else(|| {
                    let names: Vec<_> = parameters.iter().map(|p| p.name.as_str()).collect();
                    let names = if names.is_empty() { "none".to_owned() } else { list(&names) };
                    let message = format!("the path has no parameter `{name}`; it has {names}");
                    PolicyError::new(at, &message)
                });
            }
            let fields = Fields::read(value, at, &["claim"])?;
            return non_empty(fields.required("claim")?, &fields.path("claim")).map(Self::Claim);
        }
        match (accepts, value) {
            (Accepts::Arrays, Value::Array(items)) if !items.is_empty() => {}
            (Accepts::Arrays, _) => {
                return Err(PolicyError::new(at, "`in` takes an array of at least one value"));
            }
            (Accepts::Numbers, Value::Number(_)) | (Accepts::Anything, _) => {}
            (Accepts::Numbers, other) => {
                let kind = fields::kind(other);
                return Err(PolicyError::new(at, &format!("expected a number, found {kind}")));
            }
        }
        Ok(Self::Literal(value.clone()))
    }
}

fn non_empty(value: &Value, at: &str) -> Result<String, Box<PolicyError>> {
    match fields::text(value, at)? {
        "" => Err(PolicyError::new(at, "expected a text that is not empty")),
        text => Ok(text.to_owned()),
    }
}

fn read_role(role: &str, at: &str) -> Result<String, Box<PolicyError>> {
    // Foreign issuers name their roles freely, so only what can't be meant is refused.
    if role.is_empty() || role.trim() != role || role.contains(char::is_control) {
        return Err(PolicyError::new(
            at,
            "a role is written `role:name`, or `role:service/name` for a service's role",
        ));
    }
    Ok(role.to_owned())
}
