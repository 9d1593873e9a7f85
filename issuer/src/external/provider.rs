//! A provider: who it is, how it is asked, where its answers say what, and how far they are believed.

use http::Uri;

use super::Trust;
use crate::outgoing::is_loopback;
use crate::secret::Secret;

/// A provider at which people may log in, as the settings describe it.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name here: in paths, and in what its identities are keyed by.
    pub name: String,
    /// What its button says.
    pub title: String,
    /// What it knows this issuer by.
    pub client_id: String,
    /// What this issuer proves itself by; absent for a public client.
    pub client_secret: Option<Secret>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// How it is asked.
    pub protocol: Protocol,
    /// When its word on an e-mail counts as proof.
    pub trust: Trust,
    /// Where its answers say what.
    pub claims: Claims,
}

/// How a provider is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// OpenID Connect: the issuer's metadata say where everything is.
    OpenId {
        /// Its exact `iss`.
        issuer: String,
    },
    /// OAuth 2.0, and a call that says who somebody is.
    OAuth2(OAuth2),
}

/// The endpoints of a provider without metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2 {
    /// Where people log in.
    pub authorization: String,
    /// Where a code becomes an access token.
    pub token: String,
    /// Where the access token leads to the person.
    pub user: String,
    /// Where it leads to a list of their e-mails, as GitHub has it.
    pub emails: Option<String>,
    /// How this issuer proves itself at `token`.
    pub auth: ClientAuth,
    /// The `iss` of its answers (RFC 9207), where it is known.
    pub issuer: Option<String>,
}

/// How a client proves itself at a token endpoint (RFC 6749 section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In `Authorization`.
    Basic,
    /// In the body.
    Post,
}

/// Where a provider's answers say what: names of members, or JSON pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// What never changes about a person: a text or a whole number.
    pub subject: String,
    /// An e-mail.
    pub email: String,
    /// Whether the provider has seen that the e-mail is theirs.
    pub email_verified: String,
    /// What they are called.
    pub name: String,
    /// What they call themselves there.
    pub username: String,
    /// The address of a picture.
    pub picture: String,
}

impl Default for Claims {
    /// The names of OpenID Connect (Core section 5.1).
    fn default() -> Self {
        Self {
            subject: "sub".to_owned(),
            email: "email".to_owned(),
            email_verified: "email_verified".to_owned(),
            name: "name".to_owned(),
            username: "preferred_username".to_owned(),
            picture: "picture".to_owned(),
        }
    }
}

impl Provider {
    /// Who says who somebody is: an identity of a provider that has since been pointed elsewhere opens
    /// nothing.
    #[must_use]
    pub fn authority(&self) -> &str {
        match &self.protocol {
            Protocol::OpenId { issuer } => issuer,
            Protocol::OAuth2(endpoints) => origin(&endpoints.user),
        }
    }
}

/// Whether a provider may be there: https, or http to this machine.
#[must_use]
pub fn is_endpoint(url: &str) -> bool {
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\@#<>\"".contains(&byte));
    plain
        && url.parse::<Uri>().is_ok_and(|uri| match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(host)) => !host.is_empty(),
            (Some("http"), Some(host)) => is_loopback(host),
            _ => false,
        })
}

fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(start..).and_then(|rest| rest.find(['/', '?', '#']));
    end.and_then(|end| url.get(..start + end)).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path() {
        for (url, expected) in [
            ("https://api.github.com/user", "https://api.github.com"),
            ("https://graph.facebook.com/me?fields=id", "https://graph.facebook.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}
