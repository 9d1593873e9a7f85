//! Who may do what to whom: the rules for administrators (`docs/contract/issuer.md`, "Roles,
//! permissions, services: administration"), and nothing else. No database, no HTTP.
//!
//! An administrator holds a global role whose level is at most the setting `admin.level`; lower is
//! stronger. Roles of a service make nobody an administrator, however strong. An administrator
//!
//! - (a) hands out only permissions that he holds and roles that are strictly weaker than himself,
//!   whose permissions count as handed out too; level 0 may hand out level 0;
//! - (b) acts only on people who are strictly weaker than himself, and so never on himself;
//! - (c) touches services and whatever else tokens depend on only at level 0.
//!
//! A role that exists is changed or removed only by somebody strictly stronger than it: at its own
//! level that would be a way to act on equals. Whoever can run commands beside the database could
//! change it by hand, so the command line may do everything.

use laika_claims::{Grant, IssuerCode};
use uuid::Uuid;

use crate::db::roles::STRONGEST;
use crate::problem::Problem;

/// In whose right something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// An administrator.
    Administrator(Administrator),
    /// Whoever can run commands beside the database.
    Operator,
}

/// Somebody whose level lets them administer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// Who.
    pub id: Uuid,
    /// The strongest level among their global roles.
    pub level: i64,
    /// Everything they hold, by roles and directly.
    pub grants: Vec<Grant>,
}

/// Why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Permissions that the administrator does not hold.
    NotHeld(Vec<String>),
    /// A role that is not weaker than the administrator.
    StrongRole(i64),
    /// A person who is not weaker than the administrator.
    StrongUser,
    /// The administrator's own account.
    Yourself,
    /// What only level 0 may touch.
    LevelZeroOnly,
}

/// Whether somebody whose strongest global level is `level` is an administrator, where `weakest`
/// still is one.
#[must_use]
pub fn is_administrator(level: Option<i64>, weakest: i64) -> bool {
    level.is_some_and(|level| level <= weakest)
}

impl Authority {
    /// Rule (a) for permissions: whether these may be granted.
    ///
    /// # Errors
    /// Those that the administrator does not hold.
    pub fn may_grant(&self, permissions: &[Grant]) -> Result<(), Refusal> {
        let Self::Administrator(administrator) = self else { return Ok(()) };
        let held = |wanted: &&Grant| administrator.grants.iter().any(|held| held.includes(wanted));
        let missing: Vec<_> = permissions
            .iter()
            .filter(|wanted| !held(wanted))
            .map(|wanted| wanted.as_str().to_owned())
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Refusal::NotHeld(missing)) }
    }

    /// Rule (a) for roles: whether a role of this level with these permissions may be made or
    /// given.
    ///
    /// # Errors
    /// The role is too strong, or grants what the administrator does not hold.
    pub fn may_hand_out(&self, level: i64, permissions: &[Grant]) -> Result<(), Refusal> {
        if let Self::Administrator(administrator) = self {
            let both_strongest = administrator.level == STRONGEST && level == STRONGEST;
            if level <= administrator.level && !both_strongest {
                return Err(Refusal::StrongRole(level));
            }
        }
        self.may_grant(permissions)
    }

    /// Whether a role of this level may be changed, removed, or taken from somebody.
    ///
    /// # Errors
    /// The role is as strong as the administrator, or stronger.
    pub fn may_touch_role(&self, level: i64) -> Result<(), Refusal> {
        match self {
            Self::Administrator(administrator) if level <= administrator.level => {
                Err(Refusal::StrongRole(level))
            }
            Self::Administrator(_) | Self::Operator => Ok(()),
        }
    }

    /// Rule (b): whether something may be done to this person, whose strongest global level is
    /// `level`.
    ///
    /// # Errors
    /// It is the administrator himself, or somebody as strong.
    pub fn may_act_on(&self, user: Uuid, level: Option<i64>) -> Result<(), Refusal> {
        let Self::Administrator(administrator) = self else { return Ok(()) };
        if user == administrator.id {
            return Err(Refusal::Yourself);
        }
        match level {
            Some(level) if level <= administrator.level => Err(Refusal::StrongUser),
            Some(_) | None => Ok(()),
        }
    }

    /// Rule (c): whether services, providers, templates, hooks, keys and clients may be touched.
    ///
    /// # Errors
    /// The administrator is not at level 0.
    pub fn may_touch_infrastructure(&self) -> Result<(), Refusal> {
        match self {
            Self::Administrator(administrator) if administrator.level != STRONGEST => {
                Err(Refusal::LevelZeroOnly)
            }
            Self::Administrator(_) | Self::Operator => Ok(()),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = match &refusal {
            Refusal::NotHeld(missing) => {
                format!("you do not hold `{}` yourself, so you can't give it", missing.join("`, `"))
            }
            Refusal::StrongRole(level) => {
                format!("a role of level {level} is not weaker than you; lower is stronger")
            }
            Refusal::StrongUser => "this user is as strong as you, or stronger".to_owned(),
            Refusal::Yourself => {
                "this is you; what you may do to yourself is at `/v1/me`".to_owned()
            }
            Refusal::LevelZeroOnly => "this needs an administrator of level 0".to_owned(),
        };
        let problem = Self::issuer(IssuerCode::NotPermitted, detail);
        match refusal {
            Refusal::NotHeld(missing) => Self { missing, ..problem },
            Refusal::StrongRole(_)
            | Refusal::StrongUser
            | Refusal::Yourself
            | Refusal::LevelZeroOnly => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Around every border: the strongest, the limit of administrators, beyond it.
    const LEVELS: [i64; 8] = [0, 1, 4, 5, 6, 10, 11, 1000];

    fn grants(texts: &[&str]) -> Vec<Grant> {
        texts.iter().map(|text| Grant::parse(text).unwrap()).collect()
    }

    fn administrator(level: i64, held: &[&str]) -> Authority {
        Authority::Administrator(Administrator {
            id: Uuid::from_u128(1),
            level,
            grants: grants(held),
        })
    }

    #[test]
    fn an_administrator_is_whoever_is_at_least_as_strong_as_the_setting() {
        for (level, weakest, expected) in [
            (None, 10, false),
            (None, i64::MAX, false),
            (Some(0), 0, true),
            (Some(1), 0, false),
            (Some(10), 10, true),
            (Some(11), 10, false),
        ] {
            assert_eq!(is_administrator(level, weakest), expected, "{level:?} {weakest}");
        }
    }

    #[test]
    fn only_what_is_held_can_be_granted() {
        for (held, wanted, missing) in [
            (&["orders:read"][..], &["orders:read"][..], &[][..]),
            (&["orders:read"], &["orders:create"], &["orders:create"]),
            (&["orders:read"], &["orders:*"], &["orders:*"]),
            (&["orders:*"], &["orders:read", "orders:*", "orders:a:b"], &[]),
            (&["orders:*"], &["*"], &["*"]),
            (&["orders:*"], &["ordersx:read"], &["ordersx:read"]),
            (&["orders:a:*"], &["orders:*", "orders:a:b"], &["orders:*"]),
            (&["orders:read", "billing:*"], &["billing:pay", "depot:*"], &["depot:*"]),
            (&["*"], &["*", "orders:*", "depot:open"], &[]),
            (&[], &[], &[]),
            (&[], &["orders:read", "*"], &["orders:read", "*"]),
        ] {
            // How strong somebody is gives no permission, not even at level 0.
            for level in LEVELS {
                let found = administrator(level, held).may_grant(&grants(wanted));
                let expected = match missing {
                    [] => Ok(()),
                    missing => Err(Refusal::NotHeld(
                        missing.iter().map(|text| (*text).to_owned()).collect(),
                    )),
                };
                assert_eq!(found, expected, "{level} {held:?} {wanted:?}");
            }
            assert_eq!(Authority::Operator.may_grant(&grants(wanted)), Ok(()));
        }
    }

    #[test]
    fn roles_are_handed_out_downwards_and_level_0_hands_out_level_0() {
        for own in LEVELS {
            for role in LEVELS {
                let found = administrator(own, &["orders:*"]).may_hand_out(role, &[]);
                let allowed = role > own || (own == 0 && role == 0);
                assert_eq!(found.is_ok(), allowed, "{own} gives {role}");
                // The permissions of the role count as well.
                let held = grants(&["orders:read"]);
                let found = administrator(own, &["orders:*"]).may_hand_out(role, &held);
                assert_eq!(found.is_ok(), allowed, "{own} gives {role}");
                let other = grants(&["billing:pay"]);
                assert!(administrator(own, &["orders:*"]).may_hand_out(role, &other).is_err());
                assert_eq!(Authority::Operator.may_hand_out(role, &other), Ok(()));
            }
        }
    }

    #[test]
    fn roles_as_strong_as_oneself_are_not_touched() {
        for own in LEVELS {
            for role in LEVELS {
                let found = administrator(own, &["*"]).may_touch_role(role);
                assert_eq!(found.is_ok(), role > own, "{own} touches {role}");
                assert_eq!(Authority::Operator.may_touch_role(role), Ok(()));
            }
        }
    }

    #[test]
    fn only_the_weaker_are_acted_on_and_nobody_acts_on_himself() {
        let (own_id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for own in LEVELS {
            let authority = administrator(own, &["*"]);
            assert_eq!(authority.may_act_on(other, None), Ok(()));
            assert_eq!(authority.may_act_on(own_id, None), Err(Refusal::Yourself));
            for level in LEVELS {
                let found = authority.may_act_on(other, Some(level));
                let expected = if level > own { Ok(()) } else { Err(Refusal::StrongUser) };
                assert_eq!(found, expected, "{own} acts on {level}");
                assert_eq!(authority.may_act_on(own_id, Some(level)), Err(Refusal::Yourself));
                assert_eq!(Authority::Operator.may_act_on(other, Some(level)), Ok(()));
            }
        }
    }

    #[test]
    fn what_tokens_depend_on_is_for_level_0_alone() {
        for level in LEVELS {
            let found = administrator(level, &["*"]).may_touch_infrastructure();
            assert_eq!(found.is_ok(), level == 0, "{level}");
        }
        assert_eq!(Authority::Operator.may_touch_infrastructure(), Ok(()));
    }

    #[test]
    fn every_refusal_is_a_403_that_says_why() {
        for (refusal, part) in [
            (Refusal::NotHeld(vec!["orders:*".to_owned()]), "`orders:*`"),
            (Refusal::StrongRole(5), "level 5"),
            (Refusal::StrongUser, "as strong"),
            (Refusal::Yourself, "`/v1/me`"),
            (Refusal::LevelZeroOnly, "level 0"),
        ] {
            let problem = Problem::from(refusal);
            assert_eq!((problem.code.as_str(), problem.code.status()), ("not_permitted", 403));
            assert!(problem.detail.contains(part), "{problem}");
        }
    }
}
