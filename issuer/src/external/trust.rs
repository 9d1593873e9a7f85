//! When a provider's word on an e-mail counts as proof that it is somebody's.
//!
//! Most providers let people write any address, or have checked it once, years ago; an account that
//! is found by such an address would belong to whoever wrote it. So nothing is believed unless the
//! provider is known to own what it speaks of, or the operator says so.

use serde_json::{Map, Value};

/// When an e-mail that a provider calls verified is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Never.
    Never,
    /// Always.
    Verified,
    /// Where Google runs the mailbox: its own domain, or one that is hosted there. Elsewhere the
    /// address was checked once and may have another owner since.
    GoogleOwned,
}

const GOOGLE: [&str; 2] = ["gmail.com", "googlemail.com"];

impl Trust {
    /// Whether `address`, which the provider calls verified, is believed; `claims` are the rest of
    /// what it said.
    #[must_use]
    pub fn believes(self, address: &str, claims: &Map<String, Value>) -> bool {
        match self {
            Self::Never => false,
            Self::Verified => true,
            Self::GoogleOwned => {
                let Some((_, domain)) = address.rsplit_once('@') else { return false };
                let hosted = claims.get("hd").and_then(Value::as_str);
                GOOGLE.iter().any(|own| domain.eq_ignore_ascii_case(own))
                    || hosted.is_some_and(|hosted| hosted.eq_ignore_ascii_case(domain))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn google_is_believed_where_it_runs_the_mailbox() {
        for (address, hosted, believed) in [
            ("laika@gmail.com", None, true),
            ("laika@GMAIL.com", None, true),
            ("laika@kennel.org", Some("kennel.org"), true),
            ("laika@kennel.org", Some("other.org"), false),
            ("laika@kennel.org", None, false),
            ("laika@gmail.com.kennel.org", None, false),
            ("laika@notgmail.com", None, false),
        ] {
            let claims = json!({ "hd": hosted });
            let claims = claims.as_object().unwrap();
            assert_eq!(Trust::GoogleOwned.believes(address, claims), believed, "{address}");
        }
        assert!(!Trust::Never.believes("laika@gmail.com", &Map::new()));
        assert!(Trust::Verified.believes("laika@kennel.org", &Map::new()));
    }
}
