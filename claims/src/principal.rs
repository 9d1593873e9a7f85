//! Who a verified token speaks for, as far as a policy asks.

use serde_json::{Map, Value};

use crate::json::Object;
use crate::permission::{self, Permission};
use crate::token::SERVICE_ACCOUNT_PREFIX;

/// What kind of holder a token has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A registered person.
    User,
    /// Somebody without an account (`anonymous: true`).
    Anonymous,
    /// A program with an account of its own (`sub` begins with `svc:`).
    ServiceAccount,
}

/// The facts of a verified token that a policy decides by.
///
/// This is data: making one proves nothing. The verifier hands one out only inside a
/// `VerifiedToken`, after every check has passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// The issuer that vouches for all the rest.
    pub issuer: String,
    /// Subject, unique within the issuer.
    pub subject: String,
    /// What kind of holder.
    pub kind: Kind,
    /// Grants, after the issuer's mapping; patterns only where `wildcards` says so.
    pub permissions: Vec<String>,
    /// Roles, after the issuer's mapping: `name` or `service/name`.
    pub roles: Vec<String>,
    /// The strongest (lowest) level among the roles.
    pub level: Option<i64>,
    /// Whether `*` in a permission is a pattern. In a foreign issuer's token it is a letter.
    pub wildcards: bool,
    /// Every claim of the token.
    pub claims: Object,
}

impl Principal {
    /// Whom claims as Laika's issuer writes them would speak for, if a token with them had been
    /// verified: to try a policy with, never to decide a request. Claims that are absent are empty.
    ///
    /// # Errors
    /// A sentence about the first claim that has another type than the verifier accepts.
    pub fn from_unproved_claims(claims: Map<String, Value>) -> Result<Self, String> {
        let subject = read(&claims, "sub", "a string", Value::as_str)?.unwrap_or_default();
        let anonymous = read(&claims, "anonymous", "a boolean", Value::as_bool)?;
        let texts = |name| {
            let texts = |value: &Value| {
                let items = value.as_array()?.iter();
                items.map(|item| item.as_str().map(str::to_owned)).collect()
            };
            read(&claims, name, "an array of strings", texts).map(Option::unwrap_or_default)
        };
        Ok(Self {
            issuer: read(&claims, "iss", "a string", Value::as_str)?.unwrap_or_default().to_owned(),
            subject: subject.to_owned(),
            kind: match subject.starts_with(SERVICE_ACCOUNT_PREFIX) {
                _ if anonymous == Some(true) => Kind::Anonymous,
                true => Kind::ServiceAccount,
                false => Kind::User,
            },
            permissions: texts("permissions")?,
            roles: texts("roles")?,
            level: read(&claims, "level", "an integer", Value::as_i64)?,
            wildcards: true,
            claims: claims.into(),
        })
    }

    /// Whether the holder has `permission`.
    #[must_use]
    pub fn can(&self, permission: &Permission) -> bool {
        holds(&self.permissions, self.wildcards, permission)
    }

    /// Whether the holder has a role of exactly this name.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}

fn read<'a, T>(
    claims: &'a Map<String, Value>,
    name: &str,
    kind: &str,
    convert: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, String> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    convert(value).map(Some).ok_or_else(|| format!("the claim `{name}` is not {kind}"))
}

/// Whether one of `grants` covers `permission`; `*` is a pattern only with `wildcards`.
pub fn holds<S: AsRef<str>>(grants: &[S], wildcards: bool, permission: &Permission) -> bool {
    grants.iter().map(AsRef::as_ref).any(|grant| {
        if wildcards { permission::covers(grant, permission) } else { grant == permission.as_str() }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unproved(claims: Value) -> Result<Principal, String> {
        Principal::from_unproved_claims(claims.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn claims_to_try_a_policy_with_are_read_as_a_token_would_be() {
        let who = unproved(json!({ "iss": "i", "sub": "u", "permissions": ["a:*"], "level": 5 }));
        let who = who.unwrap();
        assert_eq!((who.issuer.as_str(), who.subject.as_str(), who.kind), ("i", "u", Kind::User));
        assert!(who.can(&Permission::parse("a:b").unwrap()) && who.roles.is_empty());
        assert_eq!((who.level, who.claims.len()), (Some(5), 4));
        let kind = |claims| unproved(claims).unwrap().kind;
        assert_eq!(kind(json!({})), Kind::User);
        assert_eq!(kind(json!({ "sub": "svc:depot" })), Kind::ServiceAccount);
        assert_eq!(kind(json!({ "sub": "svc:depot", "anonymous": true })), Kind::Anonymous);
        for (name, value) in [
            ("sub", json!(1)),
            ("roles", json!("admin")),
            ("permissions", json!(["a:b", 1])),
            ("level", json!("5")),
            ("anonymous", json!(1)),
        ] {
            assert!(unproved(json!({ name: value })).unwrap_err().contains(name), "{name}");
        }
    }

    #[test]
    fn a_star_of_a_foreign_issuer_is_a_letter() {
        let read = Permission::parse("orders:read").unwrap();
        assert!(holds(&["orders:*"], true, &read));
        assert!(!holds(&["orders:*"], false, &read));
        assert!(!holds(&["*"], false, &read));
        assert!(holds(&["x", "orders:read"], false, &read));
    }
}
