//! What an issuer may say of its holders, where several issuers are trusted.

use laika_claims::document::{self, Node};
use laika_claims::text::quoted;
use laika_claims::{Grant, Permission, Principal, permission};

/// Bounds of what a token may grant. What lies outside them is dropped from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MayAssert {
    /// Grants that must include what the token grants.
    permissions: Vec<Grant>,
    /// Roles by name; `service/*` for every role of a service, `*` for every role.
    roles: Vec<String>,
    /// Whether its levels mean anything here.
    level: bool,
}

impl MayAssert {
    pub(crate) fn read(node: &Node<'_, '_>) -> document::Result<Self> {
        let members = node.members(&["permissions", "roles", "level"])?;
        let grant = |node: &Node<'_, '_>| {
            let text = node.text()?;
            Grant::parse(text)
                .map_err(|error| node.refuse(format_args!("`{}`: {error}", quoted(text))))
        };
        let grants = |node: &Node<'_, '_>| node.list(grant);
        Ok(Self {
            permissions: members.read_given("permissions", grants)?.unwrap_or_default(),
            roles: members.read_given("roles", Node::texts)?.unwrap_or_default(),
            level: members.read_given("level", Node::switch)?.unwrap_or_default(),
        })
    }

    /// Takes from `principal` what its issuer may not assert.
    pub(crate) fn restrict(&self, principal: &mut Principal) {
        let wildcards = principal.wildcards;
        principal.permissions.retain(|text| self.allows_permission(text, wildcards));
        principal.roles.retain(|role| self.allows_role(role));
        if !self.level {
            principal.level = None;
        }
    }

    fn allows_permission(&self, text: &str, wildcards: bool) -> bool {
        if wildcards {
            return Grant::parse(text)
                .is_ok_and(|grant| self.permissions.iter().any(|most| most.includes(&grant)));
        }
        // In a foreign token every character is a letter; only our side may use a pattern.
        match Permission::parse(text) {
            Ok(name) => {
                self.permissions.iter().any(|most| permission::covers(most.as_str(), &name))
            }
            Err(_) => self.permissions.iter().any(|most| most.as_str() == "*"),
        }
    }

    fn allows_role(&self, role: &str) -> bool {
        self.roles.iter().any(|most| match most.strip_suffix('*') {
            Some("") => true,
            Some(service) if service.ends_with('/') => {
                role.len() > service.len() && role.starts_with(service)
            }
            _ => most == role,
        })
    }
}

#[cfg(test)]
mod tests {
    use laika_claims::principal::Kind;
    use serde_json::{Value, json};

    use super::*;

    fn left(may: Value, wildcards: bool) -> (Vec<String>, Vec<String>, Option<i64>) {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let mut principal = Principal {
            issuer: String::new(),
            subject: String::new(),
            kind: Kind::User,
            permissions: texts(&["orders:read", "orders:*", "billing:read", "*", "User.Read"]),
            roles: texts(&["admin", "orders/clerk", "orders/"]),
            level: Some(0),
            wildcards,
            claims: serde_json::Map::new().into(),
        };
        MayAssert::read(&Node::whole(&may)).unwrap().restrict(&mut principal);
        (principal.permissions, principal.roles, principal.level)
    }

    #[test]
    fn what_an_issuer_may_not_assert_is_dropped() {
        let none = (Vec::new(), Vec::new(), None);
        assert_eq!(left(json!({}), true), none);
        let (permissions, roles, level) = left(
            json!({ "permissions": ["orders:*"], "roles": ["orders/*"], "level": true }),
            true,
        );
        assert_eq!(permissions, ["orders:read", "orders:*"]);
        assert_eq!(roles, ["orders/clerk"]);
        assert_eq!(level, Some(0));
        assert_eq!(left(json!({ "permissions": ["orders:read"] }), true).0, ["orders:read"]);
        assert_eq!(left(json!({ "roles": ["admin"] }), true).1, ["admin"]);
    }

    #[test]
    fn a_star_of_a_foreign_issuer_is_a_letter() {
        assert_eq!(left(json!({ "permissions": ["orders:*"] }), false).0, ["orders:read"]);
        assert_eq!(left(json!({ "permissions": ["*"] }), false).0.len(), 5);
    }

    #[test]
    fn a_bound_that_is_no_grant_is_refused() {
        let read = |bounds: Value| MayAssert::read(&Node::whole(&bounds)).unwrap_err();
        let fault = read(json!({ "permissions": ["orders"] }));
        assert_eq!(fault.at, "permissions[0]");
        assert!(fault.message.contains("`orders`"));
        assert_eq!(read(json!({ "permission": [] })).at, "permission");
    }
}
