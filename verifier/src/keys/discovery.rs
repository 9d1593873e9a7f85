//! Where an issuer says that its keys are: its metadata (RFC 8414 section 3, OpenID Connect
//! Discovery 1.0 section 4).

use laika_claims::json::{self, DOCUMENT_LIMITS};
use serde_json::Value;

use crate::fetch::FetchFailure;
use crate::uri;

/// An issuer whose metadata names its key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Discovery {
    issuer: String,
    /// Origins that may be http.
    insecure: Vec<String>,
    /// Which of the two documents is asked for next.
    asks: Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Document {
    /// RFC 8414.
    AuthorizationServer,
    OpenIdConfiguration,
}

impl Discovery {
    /// `None` where `issuer` is no URL from which metadata may be fetched.
    pub(crate) fn new(issuer: &str, insecure: &[String]) -> Option<Self> {
        let plain = !issuer.contains('?') && uri::may_fetch(issuer, insecure);
        let asks = Document::AuthorizationServer;
        plain.then(|| Self { issuer: issuer.to_owned(), insecure: insecure.to_vec(), asks })
    }

    /// What to GET.
    pub(super) fn uri(&self) -> String {
        let base = self.issuer.strip_suffix('/').unwrap_or(&self.issuer);
        match self.asks {
            Document::AuthorizationServer => {
                let origin = uri::origin(base).unwrap_or(base);
                let path = base.strip_prefix(origin).unwrap_or_default();
                format!("{origin}/.well-known/oauth-authorization-server{path}")
            }
            Document::OpenIdConfiguration => format!("{base}/.well-known/openid-configuration"),
        }
    }

    /// Turns to the other document. Whether it is the second of the two.
    pub(super) fn turn(&mut self) -> bool {
        let first = self.asks == Document::AuthorizationServer;
        self.asks =
            if first { Document::OpenIdConfiguration } else { Document::AuthorizationServer };
        first
    }

    /// `jwks_uri` of a document whose `issuer` is equal to ours, character by character.
    pub(super) fn read(&self, body: &[u8]) -> Result<String, FetchFailure> {
        let refuse = |why: &str| Err(FetchFailure(format!("the issuer's metadata {why}")));
        let Ok(document) = json::parse_object(body, DOCUMENT_LIMITS) else {
            return refuse("are no strict JSON");
        };
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        if text("issuer") != Some(&self.issuer) {
            return refuse("are those of another `issuer`");
        }
        match text("jwks_uri") {
            Some(uri) if uri::may_fetch(uri, &self.insecure) => Ok(uri.to_owned()),
            Some(_) => refuse("name a `jwks_uri` that is not https"),
            None => refuse("name no `jwks_uri`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_are_where_the_standards_say() {
        for (issuer, server, openid) in [
            (
                "https://id.example",
                "https://id.example/.well-known/oauth-authorization-server",
                "https://id.example/.well-known/openid-configuration",
            ),
            (
                "https://id.example/",
                "https://id.example/.well-known/oauth-authorization-server",
                "https://id.example/.well-known/openid-configuration",
            ),
            (
                "https://id.example:1/a/b",
                "https://id.example:1/.well-known/oauth-authorization-server/a/b",
                "https://id.example:1/a/b/.well-known/openid-configuration",
            ),
        ] {
            let mut discovery = Discovery::new(issuer, &[]).unwrap();
            assert_eq!(discovery.uri(), server);
            assert!(discovery.turn());
            assert_eq!(discovery.uri(), openid);
            assert!(!discovery.turn());
            assert_eq!(discovery.uri(), server);
        }
        for issuer in ["http://id.example", "id.example", "https://id.example?a", "urn:x"] {
            assert_eq!(Discovery::new(issuer, &[]), None, "{issuer}");
        }
    }

    #[test]
    fn only_the_issuers_own_metadata_count() {
        let discovery = Discovery::new("https://id.example", &[]).unwrap();
        let read = |body: &str| discovery.read(body.as_bytes());
        let good = r#"{"issuer":"https://id.example","jwks_uri":"https://keys.example/k"}"#;
        assert_eq!(read(good), Ok("https://keys.example/k".to_owned()));
        for bad in [
            "",
            "[]",
            r#"{"jwks_uri":"https://keys.example/k"}"#,
            r#"{"issuer":"https://id.example"}"#,
            r#"{"issuer":"https://id.example/","jwks_uri":"https://keys.example/k"}"#,
            r#"{"issuer":"https://id.example","jwks_uri":"http://keys.example/k"}"#,
            r#"{"issuer":"https://id.example","jwks_uri":"https://k/","jwks_uri":"https://l/"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
