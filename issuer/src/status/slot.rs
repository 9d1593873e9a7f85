//! A slot of a status list.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::UnixSeconds;
use crate::config::PublicUrl;
use crate::keys::Family;

/// How many slots a shard has.
pub const SHARD: usize = 65_536;

/// What became of a slot's tokens (draft-ietf-oauth-status-list section 7.1; 3 is ours).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Valid,
    /// They were taken back.
    Revoked,
    /// They grant what is no longer so: renew them.
    Stale,
}

impl Mark {
    /// As a list of two bits writes it.
    #[must_use]
    pub fn bits(self) -> i64 {
        match self {
            Self::Valid => 0,
            Self::Revoked => 1,
            Self::Stale => 3,
        }
    }

    /// The mark that is written so.
    #[must_use]
    pub fn from_bits(bits: i64) -> Option<Self> {
        [Self::Valid, Self::Revoked, Self::Stale].into_iter().find(|mark| mark.bits() == bits)
    }
}

/// A slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// What the tokens and their list are signed with.
    pub family: Family,
    /// Which list.
    pub shard: i64,
    /// Which place in it.
    pub index: i64,
    /// What became of it.
    pub mark: Mark,
    /// No token with this slot lives longer.
    pub expires_at: UnixSeconds,
}

impl Slot {
    /// Where its list is.
    #[must_use]
    pub fn uri(&self, issuer: &PublicUrl) -> String {
        list_uri(issuer, self.family, self.shard)
    }

    /// The claim `status` of a token (draft-ietf-oauth-status-list section 6.1).
    #[must_use]
    pub fn claim(&self, issuer: &PublicUrl) -> Value {
        json!({ "status_list": { "idx": self.index, "uri": self.uri(issuer) } })
    }
}

/// Where a list is.
#[must_use]
pub fn list_uri(issuer: &PublicUrl, family: Family, shard: i64) -> String {
    format!("{}/status/{}/{shard}", issuer.as_str(), family.as_str())
}

/// The list and the place in it that a claim `status` of ours names.
#[must_use]
pub fn place_of(claim: &Value, issuer: &PublicUrl) -> Option<(Family, i64, i64)> {
    let reference = claim.get("status_list")?;
    let list = reference.get("uri")?.as_str()?.strip_prefix(issuer.as_str())?;
    let (family, shard) = list.strip_prefix("/status/")?.split_once('/')?;
    Some((Family::from_name(family)?, shard.parse().ok()?, reference.get("idx")?.as_i64()?))
}

/// Whose tokens carry a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A session of a person.
    Session {
        /// The session.
        id: Uuid,
        /// The person.
        user: Uuid,
    },
    /// A service account, by name.
    ServiceAccount(String),
    /// Everybody without an account and without a session, at a service.
    Anonymous {
        /// The service, by name.
        service: String,
    },
}

impl Holder {
    /// What its slots are found by.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Session { id, .. } => id.to_string(),
            Self::ServiceAccount(name) => format!("svc:{name}"),
            Self::Anonymous { service } => format!("anon:{service}"),
        }
    }

    /// Whose losses make its slots stale.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Session { user: id, .. } => user(*id),
            Self::ServiceAccount(_) | Self::Anonymous { .. } => self.key(),
        }
    }
}

/// A person, as the subject of slots.
pub(super) fn user(id: Uuid) -> String {
    format!("user:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_names_the_place_of_its_slot_and_no_other_claim_does() {
        let issuer = PublicUrl::parse("https://id.example.com", "test").unwrap();
        for family in Family::ALL {
            let slot = Slot { family, shard: 3, index: 17, mark: Mark::Valid, expires_at: 0 };
            assert_eq!(place_of(&slot.claim(&issuer), &issuer), Some((family, 3, 17)));
        }
        for uri in [
            "https://other.example.com/status/ES256/3",
            "https://id.example.com/status/none/3",
            "https://id.example.com/status/ES256/x",
            "https://id.example.com/status/ES256",
        ] {
            let claim = json!({ "status_list": { "idx": 17, "uri": uri } });
            assert_eq!(place_of(&claim, &issuer), None, "{uri}");
        }
        assert_eq!(place_of(&json!({}), &issuer), None);
    }
}
