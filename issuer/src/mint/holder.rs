//! Whom a micro token speaks for.

use laika_claims::Grant;
use laika_claims::token::SERVICE_ACCOUNT_PREFIX;
use uuid::Uuid;

use super::target::Target;
use super::template::Facts;
use crate::clock::UnixSeconds;
use crate::db::entitlements::{Entitlements, HeldRole};
use crate::db::service_accounts::ServiceAccount;
use crate::db::slots::HeldSlot;
use crate::status::{self, Bond};

/// Whom a micro token speaks for.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// A person in a session, who may be anonymous.
    Person(&'a Entitlements),
    /// A program with an account of its own.
    ServiceAccount(&'a ServiceAccount),
    /// Somebody of whom nothing is kept.
    Anonymous(Uuid),
}

impl Holder<'_> {
    /// Claim `sub`.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Person(held) => held.user.id.to_string(),
            Self::ServiceAccount(account) => {
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
            Self::ServiceAccount(_) => false,
            Self::Anonymous(_) => true,
        }
    }

    /// The roles it holds, by name.
    #[must_use]
    pub fn roles(&self) -> &[HeldRole] {
        match self {
            Self::Person(held) => &held.roles,
            Self::ServiceAccount(account) => &account.roles,
            Self::Anonymous(_) => &[],
        }
    }

    /// What it was granted directly, besides roles.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        match self {
            Self::Person(held) => &held.grants,
            Self::ServiceAccount(account) => &account.grants,
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
            Self::ServiceAccount(_) | Self::Anonymous(_) => None,
        }
    }

    /// What the slot of its tokens is bound to; `None` where there is nothing to take back: nobody at
    /// services that are not known.
    #[must_use]
    pub fn bond(&self, target: &Target) -> Option<Bond> {
        let (holder, epoch) = match self {
            Self::Person(held) => {
                let (id, user) = (held.session.id, held.user.id);
                (status::Holder::Session { id, user }, held.user.epoch)
            }
            Self::ServiceAccount(account) => {
                (status::Holder::ServiceAccount(account.name.clone()), account.epoch)
            }
            Self::Anonymous(_) => {
                let (service, _) = target.known().next()?;
                let holder = status::Holder::Anonymous { service: service.to_owned() };
                (holder, target.services.generation())
            }
        };
        let bond = Bond::new(holder, epoch, target.stale());
        Some(match self {
            // What they may do stands in the services.
            Self::Person(held) if held.user.is_anonymous() => {
                bond.and_services(target.services.generation())
            }
            _ => bond,
        })
    }

    /// The slots that were read together with it.
    #[must_use]
    pub fn slots(&self) -> &[HeldSlot] {
        match self {
            Self::Person(held) => &held.slots,
            Self::ServiceAccount(account) => &account.slots,
            Self::Anonymous(_) => &[],
        }
    }

    /// What a claim template is filled in from.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::Person(held) => {
                Facts { user: Some(&held.user), session: Some(&held.session), ..Facts::default() }
            }
            Self::ServiceAccount(account) => {
                Facts { account: Some(&account.name), ..Facts::default() }
            }
            Self::Anonymous(id) => Facts { anonymous: Some(*id), ..Facts::default() },
        }
    }
}
