//! Which of a holder's roles and permissions reach into a token.

use std::collections::BTreeSet;

use laika_claims::{Grant, IssuerCode};

use super::holder::Holder;
use super::target::Target;
use crate::db::entitlements::HeldRole;
use crate::permissions::Answers;
use crate::problem::{FieldCode, Problem};

/// What a token says about what its holder may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Global roles, and roles of the token's services.
    pub roles: Vec<String>,
    /// The strongest level among them.
    pub level: Option<i64>,
    /// Grants of those of the token's services that are registered.
    pub grants: BTreeSet<Grant>,
}

/// What of a holder's roles and permissions reaches into a token for `target`. Where a provider was
/// asked, its answer takes the place of every permission of its service; roles are told all the same.
#[must_use]
pub fn reach(holder: &Holder<'_>, target: &Target, answers: &Answers) -> Reach {
    if holder.is_anonymous() {
        return of_anonymous(target);
    }
    let inside = |service: &str| target.names.iter().any(|name| name == service);
    let reaches = |role: &&HeldRole| role.service().is_none_or(inside);
    let roles: Vec<&HeldRole> = holder.roles().iter().filter(reaches).collect();
    // A name that is no registered service's has no permissions, whatever is called so.
    let known: Vec<&str> = target.known().map(|(name, _)| name).collect();
    let mut grants = BTreeSet::new();
    for grant in roles.iter().flat_map(|role| &role.grants).chain(holder.grants()) {
        match grant.service() {
            Some(service) if known.contains(&service) => {
                grants.insert(grant.clone());
            }
            Some(_) => {}
            // `*` is everything of these services, and nothing of any other.
            None => {
                grants.extend(known.iter().filter_map(|n| Grant::parse(&format!("{n}:*")).ok()));
            }
        }
    }
    for (service, said) in answers {
        grants.retain(|grant| grant.service() != Some(service));
        grants.extend(said.iter().cloned());
    }
    Reach {
        level: roles.iter().map(|role| role.level).min(),
        roles: roles.into_iter().map(|role| role.name.clone()).collect(),
        grants,
    }
}

/// An anonymous holder has no role, and may do what each service lets anonymous holders do.
fn of_anonymous(target: &Target) -> Reach {
    let anonymous = target.known().filter_map(|(_, service)| service.anonymous.as_ref());
    let grants = anonymous.flat_map(|anonymous| anonymous.grants.iter().cloned()).collect();
    Reach { roles: Vec::new(), level: None, grants }
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

    /// What this and an earlier token have in common: roles that are in both, grants as far as both
    /// reach, and no stronger level than that of either; a role may have become stronger since.
    #[must_use]
    pub fn within(self, earlier: &Self, held: &[HeldRole]) -> Self {
        let before = |grant: &&Grant| earlier.grants.iter().any(|other| other.includes(grant));
        let now = |grant: &&Grant| self.grants.iter().any(|other| other.includes(grant));
        let both = self.grants.iter().filter(before);
        let grants = both.chain(earlier.grants.iter().filter(now)).cloned().collect();
        let roles: Vec<_> =
            self.roles.into_iter().filter(|role| earlier.roles.contains(role)).collect();
        let levels = held.iter().filter(|role| roles.contains(&role.name)).map(|role| role.level);
        let level = levels.min().zip(earlier.level).map(|(now, before)| now.max(before));
        Self { level, roles, grants }
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
        for permission in target.known().flat_map(|(_, service)| &service.catalogue) {
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
    use super::*;

    fn grants(texts: &[&str]) -> Vec<Grant> {
        texts.iter().map(|text| Grant::parse(text).unwrap()).collect()
    }

    fn reach(roles: &[&str], texts: &[&str]) -> Reach {
        Reach {
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            level: Some(40),
            grants: grants(texts).into_iter().collect(),
        }
    }

    #[test]
    fn narrowing_takes_away_and_never_adds() {
        let held = reach(&["orders/clerk"], &["orders:*", "orders:read"]);
        let narrow = held.clone().narrow(&grants(&["orders:create"])).unwrap();
        assert_eq!(narrow.permissions(), ["orders:create"]);
        assert!(held.clone().narrow(&[]).unwrap().grants.is_empty());
        let wanted = grants(&["orders:read", "billing:pay", "*"]);
        let problem = held.narrow(&wanted).unwrap_err();
        assert_eq!(problem.missing, ["billing:pay", "*"]);
        assert_eq!(problem.detail, "not granted: `billing:pay`, `*`");
    }

    #[test]
    fn what_two_tokens_have_in_common_is_in_both() {
        let role =
            |name: &str, level| HeldRole { name: name.to_owned(), level, grants: Vec::new() };
        let held = [role("boss", 5), role("orders/clerk", 50)];
        let now = reach(&["boss", "orders/clerk"], &["orders:*", "billing:pay"]);
        let before = reach(&["orders/clerk", "lost"], &["orders:read", "billing:*", "depot:open"]);
        let both = now.clone().within(&before, &held);
        assert_eq!(both.permissions(), ["billing:pay", "orders:read"]);
        assert_eq!((both.roles, both.level), (vec!["orders/clerk".to_owned()], Some(50)));
        // A role that has become stronger since makes no token stronger that was there before.
        for (before, expected) in [(Some(60), Some(60)), (Some(40), Some(50)), (None, None)] {
            let before = Reach { level: before, ..reach(&["orders/clerk"], &[]) };
            assert_eq!(now.clone().within(&before, &held).level, expected);
        }
    }
}
