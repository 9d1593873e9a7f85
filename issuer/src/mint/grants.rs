//! Which of a holder's roles and permissions reach into a token.

use std::collections::BTreeSet;

use laika_claims::{Grant, IssuerCode};

use super::target::Target;
use crate::db::entitlements::{Entitlements, HeldRole};
use crate::problem::{FieldCode, Problem};

/// What a token says about what its holder may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Global roles, and roles of the token's services.
    pub roles: Vec<String>,
    /// The strongest level among them.
    pub level: Option<i64>,
    /// Grants of the token's services.
    pub grants: BTreeSet<Grant>,
}

/// What of `held` reaches into a token for `target`.
#[must_use]
pub fn reach(held: &Entitlements, target: &Target) -> Reach {
    let inside = |service: &str| target.names.iter().any(|name| name == service);
    let roles: Vec<&HeldRole> =
        held.roles.iter().filter(|role| role.service.as_deref().is_none_or(inside)).collect();
    let mut grants = BTreeSet::new();
    for grant in roles.iter().flat_map(|role| &role.grants).chain(&held.grants) {
        match grant.service() {
            Some(service) if inside(service) => {
                grants.insert(grant.clone());
            }
            Some(_) => {}
            // `*` is everything of these services, and nothing of any other.
            None => grants
                .extend(target.names.iter().filter_map(|n| Grant::parse(&format!("{n}:*")).ok())),
        }
    }
    Reach {
        level: roles.iter().map(|role| role.level).min(),
        roles: roles.into_iter().map(|role| role.name.clone()).collect(),
        grants,
    }
}

impl Reach {
    /// The same with these grants only.
    ///
    /// # Errors
    /// One of them is not granted; naming all of those.
    pub fn narrow(self, wanted: &[Grant]) -> Result<Self, Problem> {
        let granted = |wanted: &&Grant| self.grants.iter().any(|held| held.includes(wanted));
        let missing: Vec<_> = wanted
            .iter()
            .filter(|wanted| !granted(wanted))
            .map(|wanted| wanted.as_str().to_owned())
            .collect();
        if missing.is_empty() {
            return Ok(Self { grants: wanted.iter().cloned().collect(), ..self });
        }
        let detail = format!("not granted: `{}`", missing.join("`, `"));
        Err(Problem { missing, ..Problem::issuer(IssuerCode::PermissionNotGranted, detail) })
    }

    /// The grants as claim `permissions` writes them.
    #[must_use]
    pub fn permissions(&self) -> Vec<String> {
        self.grants.iter().map(|grant| grant.as_str().to_owned()).collect()
    }

    /// The grants as claim `scope` writes them: permissions as they are, patterns expanded against
    /// the catalogue.
    #[must_use]
    pub fn scope(&self, target: &Target) -> String {
        let mut scope = BTreeSet::new();
        for grant in &self.grants {
            if !grant.as_str().ends_with('*') {
                scope.insert(grant.as_str());
            }
        }
        for permission in &target.catalogue {
            if self.grants.iter().any(|grant| grant.covers(permission)) {
                scope.insert(permission.as_str());
            }
        }
        scope.into_iter().collect::<Vec<_>>().join(" ")
    }
}

/// Reads the permissions a request narrows its token to.
///
/// # Errors
/// One of them is no permission; naming it.
pub fn parse_wanted(permissions: &[String]) -> Result<Vec<Grant>, Problem> {
    permissions
        .iter()
        .map(|text| {
            Grant::parse(text).map_err(|error| {
                Problem::field("permissions", FieldCode::Malformed, error.to_string())
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use laika_claims::Permission;

    use super::*;
    use crate::db::users::UserStatus;
    use crate::keys::Algorithm;

    fn role(name: &str, service: Option<&str>, level: i64, grants: &[&str]) -> HeldRole {
        HeldRole {
            name: name.to_owned(),
            service: service.map(str::to_owned),
            level,
            grants: grants.iter().map(|grant| Grant::parse(grant).unwrap()).collect(),
        }
    }

    fn target(names: &[&str]) -> Target {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Target {
            audiences: names.clone(),
            names,
            lifetime: 300,
            algorithm: Algorithm::Rs256,
            catalogue: ["orders:read", "orders:create", "billing:pay"]
                .iter()
                .map(|permission| Permission::parse(permission).unwrap())
                .collect(),
        }
    }

    fn held() -> Entitlements {
        Entitlements {
            username: Some("laika".to_owned()),
            status: UserStatus::Active,
            session_ended: false,
            roles: vec![
                role("auditor", None, 40, &["orders:read", "billing:*"]),
                role("billing/owner", Some("billing"), 5, &["billing:pay"]),
                role("orders/clerk", Some("orders"), 50, &["orders:*"]),
            ],
            grants: Vec::new(),
        }
    }

    #[test]
    fn only_what_belongs_to_the_services_reaches_in() {
        let reach = reach(&held(), &target(&["orders"]));
        assert_eq!(reach.roles, ["auditor", "orders/clerk"]);
        assert_eq!(reach.level, Some(40));
        assert_eq!(reach.permissions(), ["orders:*", "orders:read"]);
        assert_eq!(reach.scope(&target(&["orders"])), "orders:create orders:read");
    }

    #[test]
    fn what_is_granted_directly_reaches_in_like_what_a_role_grants() {
        let grants = ["billing:pay", "orders:cancel"].map(|text| Grant::parse(text).unwrap());
        let held = Entitlements { roles: Vec::new(), grants: grants.to_vec(), ..held() };
        let reach = reach(&held, &target(&["orders"]));
        assert_eq!(reach.permissions(), ["orders:cancel"]);
        assert_eq!((reach.roles, reach.level), (Vec::new(), None));
    }

    #[test]
    fn a_grant_of_everything_is_cut_to_the_services() {
        let held = Entitlements { roles: vec![role("root", None, 0, &["*"])], ..held() };
        let reach = reach(&held, &target(&["orders", "billing"]));
        assert_eq!(reach.permissions(), ["billing:*", "orders:*"]);
    }

    #[test]
    fn narrowing_takes_away_and_never_adds() {
        let wanted = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            parse_wanted(&texts).unwrap()
        };
        let reach = reach(&held(), &target(&["orders"]));
        let narrow = reach.clone().narrow(&wanted(&["orders:create"])).unwrap();
        assert_eq!(narrow.permissions(), ["orders:create"]);
        assert!(reach.clone().narrow(&[]).unwrap().grants.is_empty());
        let problem = reach.narrow(&wanted(&["orders:read", "billing:pay", "*"])).unwrap_err();
        assert_eq!(problem.missing, ["billing:pay", "*"]);
        assert_eq!(problem.detail, "not granted: `billing:pay`, `*`");
    }
}
