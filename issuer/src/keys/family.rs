//! What micro tokens and their status lists are signed with.

use serde::{Deserialize, Serialize};

use super::Algorithm;

/// A family of keys: whoever can check a token of one can check its status lists, and no others.
///
/// The two kinds have nothing in common but that. The public half of a pair is published and proves
/// tokens to everybody. A secret is published nowhere, and whoever can check its tokens can make them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Family {
    /// Key pairs of this algorithm.
    Pair(Algorithm),
    /// The secret that the issuer shares with one service ([`super::SharedSecret`]): HS256.
    Secret,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 5] = [
        Self::Pair(Algorithm::Rs256),
        Self::Pair(Algorithm::Ps256),
        Self::Pair(Algorithm::Es256),
        Self::Pair(Algorithm::EdDsa),
        Self::Secret,
    ];

    /// Their names, for whoever chose another.
    pub const NAMES: &str = "`RS256`, `PS256`, `ES256`, `EdDSA` or, with `micro.secret`, `HS256`";

    /// As a header's `alg` and the address of a status list write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pair(algorithm) => algorithm.as_str(),
            Self::Secret => "HS256",
        }
    }

    /// The family of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.as_str() == name)
    }
}

impl From<Family> for &'static str {
    fn from(family: Family) -> Self {
        family.as_str()
    }
}

impl TryFrom<String> for Family {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::from_name(&name)
            .ok_or_else(|| format!("`{name}` is not supported; choose {}", Self::NAMES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_one_name_and_every_algorithm_is_one() {
        for family in Family::ALL {
            let name = family.as_str();
            assert_eq!(Family::from_name(name), Some(family));
            assert_eq!(serde_json::to_value(family).unwrap(), name);
            assert_eq!(serde_json::from_value::<Family>(name.into()).unwrap(), family);
            assert!(Family::NAMES.contains(name));
        }
        for algorithm in Algorithm::ALL {
            assert_eq!(Family::from_name(algorithm.as_str()), Some(Family::Pair(algorithm)));
        }
        for other in ["hs256", "HS512", "none", ""] {
            assert!(serde_json::from_value::<Family>(other.into()).is_err(), "{other}");
        }
    }
}
