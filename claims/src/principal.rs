//! Who a verified token speaks for, as far as a policy asks.

use serde_json::{Map, Value};

use crate::permission::{self, Permission};

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
    pub claims: Map<String, Value>,
}

impl Principal {
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

/// Whether one of `grants` covers `permission`; `*` is a pattern only with `wildcards`.
pub fn holds<S: AsRef<str>>(grants: &[S], wildcards: bool, permission: &Permission) -> bool {
    grants.iter().map(AsRef::as_ref).any(|grant| {
        if wildcards { permission::covers(grant, permission) } else { grant == permission.as_str() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_of_a_foreign_issuer_is_a_letter() {
        let read = Permission::parse("orders:read").unwrap();
        assert!(holds(&["orders:*"], true, &read));
        assert!(!holds(&["orders:*"], false, &read));
        assert!(!holds(&["*"], false, &read));
        assert!(holds(&["x", "orders:read"], false, &read));
    }
}
