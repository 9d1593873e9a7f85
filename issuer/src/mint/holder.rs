//! Whom a micro token speaks for.

use laika_claims::token::SERVICE_ACCOUNT_PREFIX;
use uuid::Uuid;

use super::template::Facts;
use crate::clock::UnixSeconds;
use crate::db::entitlements::{Entitlements, HeldRole};
use crate::db::service_accounts::ServiceAccount;

/// Whom a micro token speaks for.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// A person in a session, who may be anonymous.
    Person(&'a Entitlements),
    /// A program with an account of its own.
    ServiceAccount {
        /// The account.
        account: &'a ServiceAccount,
        /// Its roles, by name.
        roles: &'a [HeldRole],
    },
    /// Somebody of whom nothing is kept.
    Anonymous(Uuid),
}

impl Holder<'_> {
    /// Claim `sub`.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Person(held) => held.user.id.to_string(),
            Self::ServiceAccount { account, .. } => {
                format!("{SERVICE_ACCOUNT_PREFIX}{}", account.name)
            }
            Self::Anonymous(id) => id.to_string(),
        }
    }

    /// Whether nobody proved who this is.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        match self {
            Self::Person(held) => held.user.is_anonymous(),
            Self::ServiceAccount { .. } => false,
            Self::Anonymous(_) => true,
        }
    }

    /// The roles it holds, by name.
    #[must_use]
    pub fn roles(&self) -> &[HeldRole] {
        match self {
            Self::Person(held) => &held.roles,
            Self::ServiceAccount { roles, .. } => roles,
            Self::Anonymous(_) => &[],
        }
    }

    /// When what it stands on ends; no token outlives that.
    #[must_use]
    pub fn ends_at(&self) -> Option<UnixSeconds> {
        match self {
            Self::Person(held) => {
                let session = &held.session;
                Some(session.expires_at.min(session.ends_at.unwrap_or(UnixSeconds::MAX)))
            }
            Self::ServiceAccount { .. } | Self::Anonymous(_) => None,
        }
    }

    /// What a claim template is filled in from.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::Person(held) => {
                Facts { user: Some(&held.user), session: Some(&held.session), ..Facts::default() }
            }
            Self::ServiceAccount { account, .. } => {
                Facts { account: Some(&account.name), ..Facts::default() }
            }
            Self::Anonymous(id) => Facts { anonymous: Some(*id), ..Facts::default() },
        }
    }
}
