//! The public URL of the issuer.

use std::net::SocketAddr;

use http::Uri;

use super::ConfigError;
use crate::outgoing::is_loopback;

/// URL of the issuer as others reach it: `scheme://host[:port]`, nothing after it. It is the `iss`
/// of every token and the origin of the issuer's own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    plain_loopback: bool,
}

impl PublicUrl {
    /// Reads a URL; `place` names where it came from.
    ///
    /// # Errors
    /// It is not an `http` or `https` URL, or has a path, a query or user information.
    pub fn parse(text: &str, place: &str) -> Result<Self, ConfigError> {
        let refused = |message: &str| {
            let example = "write it like `https://id.example.com`";
            Err(ConfigError::new(place, format!("`{text}` {message}; {example}")))
        };
        let Ok(uri) = text.parse::<Uri>() else {
            return refused("is not a URL");
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return refused("is not an http or https URL");
        };
        if !matches!(scheme, "http" | "https") {
            return refused("is not an http or https URL");
        }
        if authority.as_str().contains('@') {
            return refused("names a user");
        }
        let host = authority.host();
        if text != format!("{scheme}://{authority}") || text != text.to_ascii_lowercase() {
            return refused("has more than scheme, host and port, or upper-case letters");
        }
        Ok(Self { text: text.to_owned(), plain_loopback: scheme == "http" && is_loopback(host) })
    }

    /// The URL of an issuer that nobody gave one: where it listens.
    #[must_use]
    pub fn of_listener(address: SocketAddr) -> Self {
        Self { text: format!("http://{address}"), plain_loopback: address.ip().is_loopback() }
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host in it, in brackets where it is an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.text.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    /// Whether it is reached over TLS, by a proxy that ends it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether it is plain http to this very machine: the one case where cookies go without
    /// `Secure`.
    #[must_use]
    pub fn is_plain_loopback(&self) -> bool {
        self.plain_loopback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_are_public_urls() {
        for good in ["https://id.example.com", "http://127.0.0.1:8080", "http://[::1]:1"] {
            assert_eq!(PublicUrl::parse(good, "x").unwrap().as_str(), good);
        }
        for bad in [
            "",
            "id.example.com",
            "https://",
            "ftp://x",
            "https://x/",
            "https://x/path",
            "https://x?y",
            "https://u@x",
            "https://u:p@x",
            "HTTPS://x",
            "https://X",
        ] {
            assert!(PublicUrl::parse(bad, "x").is_err(), "{bad}");
        }
    }

    #[test]
    fn the_host_is_told_from_the_port() {
        for (text, host) in [
            ("https://id.example.com", "id.example.com"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(PublicUrl::parse(text, "x").unwrap().host(), host);
        }
    }

    #[test]
    fn plain_loopback_is_told_apart() {
        for (text, plain) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost", true),
            ("http://[::1]:9", true),
            ("https://localhost", false),
            ("http://example.com", false),
            ("http://127.0.0.1.example.com", false),
        ] {
            assert_eq!(PublicUrl::parse(text, "x").unwrap().is_plain_loopback(), plain, "{text}");
        }
    }
}
