//! Who asks for passkeys, and from which pages.

use std::net::IpAddr;

use aws_lc_rs::digest;

use crate::config::{PublicUrl, Settings};

/// What passkeys of this issuer are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    id_hash: Vec<u8>,
    origins: Vec<String>,
}

impl RelyingParty {
    /// That of an issuer; `None` where browsers know no passkeys for it: its address is a number, or
    /// is reached without TLS from elsewhere (Level 2, section 5.1.2, *RP ID*).
    #[must_use]
    pub fn of(issuer: &PublicUrl, settings: &Settings) -> Option<Self> {
        let id = settings.passkeys.rp_id.as_deref().unwrap_or(issuer.host());
        is_possible(issuer).then(|| Self::new(id, issuer, &settings.allowed_origins))
    }

    fn new(id: &str, issuer: &PublicUrl, allowed: &[String]) -> Self {
        let others = allowed.iter().filter(|origin| {
            let url = PublicUrl::parse(origin, "allowed_origins");
            url.is_ok_and(|url| is_possible(&url) && belongs(url.host(), id))
        });
        let own = issuer.as_str().to_owned();
        Self {
            id: id.to_owned(),
            id_hash: digest::digest(&digest::SHA256, id.as_bytes()).as_ref().to_vec(),
            origins: std::iter::once(own).chain(others.cloned()).collect(),
        }
    }

    /// The domain that passkeys belong to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// SHA-256 of [`id`](Self::id).
    pub(super) fn id_hash(&self) -> &[u8] {
        &self.id_hash
    }

    /// Whether a page of this origin may use passkeys of here.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed == origin)
    }
}

/// Whether browsers know passkeys for pages at this URL.
#[must_use]
pub fn is_possible(url: &PublicUrl) -> bool {
    let host = url.host();
    let numeric = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    !numeric && (url.is_https() || url.is_plain_loopback())
}

/// Whether `host` is the domain `id`, or below it.
#[must_use]
pub fn belongs(host: &str, id: &str) -> bool {
    host == id || host.strip_suffix(id).is_some_and(|above| above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PublicUrl {
        PublicUrl::parse(text, "x").unwrap()
    }

    #[test]
    fn numbers_and_plain_http_have_no_passkeys() {
        for (text, possible) in [
            ("https://id.kennel.org", true),
            ("https://id.kennel.org:8443", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", false),
            ("https://192.0.2.7", false),
            ("https://[2001:db8::1]", false),
            ("http://id.kennel.org", false),
        ] {
            assert_eq!(is_possible(&url(text)), possible, "{text}");
        }
    }

    #[test]
    fn pages_below_the_domain_that_may_call_may_use_passkeys() {
        let allowed = [
            "https://app.kennel.org",
            "https://kennel.org.evil.net",
            "https://evilkennel.org",
            "http://shop.kennel.org",
        ];
        let rp = RelyingParty::new(
            "kennel.org",
            &url("https://id.kennel.org"),
            &allowed.map(str::to_owned),
        );
        assert_eq!(rp.origins, ["https://id.kennel.org", "https://app.kennel.org"]);
        assert!(!rp.allows("https://kennel.org"), "it may not call");
    }
}
