//! URLs that may be called.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use super::Networks;

/// Longest URL, in bytes.
const MAX_URL: usize = 2048;

/// A URL that a request may go to: `https`, or `http` to this very machine; without user, password
/// and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let example = "write it like `https://hooks.example.com/laika`";
        let refused = |what: &str| Err(format!("{what}; {example}"));
        if text.len() > MAX_URL {
            return Err(format!("at most {MAX_URL} bytes"));
        }
        let Ok(url) = Url::parse(text) else { return refused("not a URL") };
        if !url.username().is_empty() || url.password().is_some() {
            return refused("names a user");
        }
        if url.fragment().is_some() {
            return refused("has a fragment, which is never sent");
        }
        let target = Self(url);
        match target.0.scheme() {
            "https" if !target.host().is_empty() => Ok(target),
            "http" if target.is_this_machine() => Ok(target),
            _ => refused("not https, which only an address of this very machine may do without"),
        }
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The host in it.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The address in it, where it is written out; a name is resolved when it is called.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host().trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// That it can be called at all, as far as can be told before its name is resolved.
    ///
    /// # Errors
    /// It is an address that is not public and not listed.
    pub fn check(&self, networks: &Networks) -> Result<(), String> {
        match self.address() {
            Some(address) if !networks.allow(address) => Err(format!(
                "`{address}` is not public; list its network in the setting `outgoing_networks`"
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// `localhost` is not enough: whoever answers for names could send it elsewhere, in the clear.
    fn is_this_machine(&self) -> bool {
        self.address().is_some_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for good in [
            "https://hooks.example.com/laika?x=1",
            "https://hooks.example.com:8443",
            "http://127.0.0.1:9000/",
            "http://[::1]:9000/x",
        ] {
            assert!(Target::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hooks.example.com",
            "http://hooks.example.com",
            "http://localhost:9000",
            "http://127.0.0.1.example.com",
            "http://169.254.169.254/latest",
            "https://user@example.com",
            "https://user:pw@example.com",
            "https://example.com/#x",
            "ftp://example.com",
            "file:///etc/passwd",
            "unix:/run/x",
            "https://",
        ] {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_seen_through_its_spellings() {
        let none = Networks::default();
        for odd in [
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://017700000001/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/",
            "https://①②⑦.0.0.1/",
        ] {
            let target = Target::parse(odd).unwrap();
            assert!(target.check(&none).is_err(), "{odd} is {}", target.host());
        }
        assert!(Target::parse("https://example.com").unwrap().check(&none).is_ok());
    }
}
