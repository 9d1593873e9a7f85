//! The authorisation request (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core section 3.1.2.1).
//!
//! PKCE's verifier and the nonce are hashes of two halves: a salt in the row of the log-in, and what
//! whoever began it holds, a cookie or the state. Neither the database alone nor the URLs alone give
//! them away, and there is nothing more to store.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::provider::{Protocol, Provider};

/// What a log-in is tied to.
#[derive(Debug, Clone, Copy)]
pub struct Halves<'a> {
    /// What the database keeps.
    pub salt: &'a str,
    /// What whoever began it keeps.
    pub held: &'a str,
}

impl Halves<'_> {
    /// PKCE's `code_verifier`.
    #[must_use]
    pub fn verifier(self) -> String {
        self.derive("pkce")
    }

    /// The `nonce` of the ID token.
    #[must_use]
    pub fn nonce(self) -> String {
        self.derive("nonce")
    }

    fn derive(self, purpose: &str) -> String {
        let input = format!("laika {purpose}\0{}\0{}", self.salt, self.held);
        sha256_base64url(input.as_bytes())
    }
}

/// PKCE's S256 (RFC 7636 section 4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    sha256_base64url(verifier.as_bytes())
}

/// Whether a text can be a challenge: 32 bytes in base64url.
#[must_use]
pub fn is_challenge(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == digest::SHA256_OUTPUT_LEN)
}

/// Whether a text can be a verifier (RFC 7636 section 4.1).
#[must_use]
pub fn is_verifier(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(letter)
}

/// Where the browser is sent.
#[must_use]
pub fn url(
    provider: &Provider,
    endpoint: &str,
    redirect_uri: &str,
    state: &str,
    halves: Halves<'_>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", &provider.scopes.join(" "))
        .append_pair("state", state)
        .append_pair("code_challenge", &challenge(&halves.verifier()))
        .append_pair("code_challenge_method", "S256");
    if matches!(provider.protocol, Protocol::OpenId { .. }) {
        query.append_pair("nonce", &halves.nonce());
    }
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{joint}{}", query.finish())
}

fn sha256_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier));
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        for bad in [
            "",
            "x",
            verifier.get(1..).unwrap(),
            &"x".repeat(43),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=",
        ] {
            assert!(!is_challenge(bad), "{bad}");
        }
        for bad in ["", &"x".repeat(42), &"x".repeat(129), &"x y".repeat(20)] {
            assert!(!is_verifier(bad), "{bad}");
        }
    }

    #[test]
    fn both_halves_are_needed_and_each_secret_is_another() {
        let halves = Halves { salt: "a", held: "b" };
        assert!(is_verifier(&halves.verifier()));
        let all = [
            halves.verifier(),
            halves.nonce(),
            Halves { salt: "c", ..halves }.verifier(),
            Halves { held: "c", ..halves }.verifier(),
            Halves { salt: "a\0b", held: "" }.verifier(),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
