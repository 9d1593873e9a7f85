//! A provider's metadata (OpenID Connect Discovery 1.0 section 4.3).

use laika_claims::json::{self, DOCUMENT_LIMITS};
use serde_json::Value;

use super::ExternalError;
use super::provider::{ClientAuth, is_endpoint};

/// What is taken from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Where people log in.
    pub authorization: String,
    /// Where a code becomes tokens.
    pub token: String,
    /// Where the access token leads to the person.
    pub user: Option<String>,
    /// Where the keys are.
    pub keys: String,
    /// How this issuer proves itself at `token`.
    pub auth: ClientAuth,
    /// Whether every answer names its issuer (RFC 9207 section 3).
    pub names_itself: bool,
}

const WHAT: &str = "metadata";

/// Where they are.
#[must_use]
pub fn place(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// Reads a document whose `issuer` must be this one, character by character.
///
/// # Errors
/// What is wrong with it.
pub fn read(issuer: &str, body: &[u8]) -> Result<Metadata, ExternalError> {
    let document = json::parse_object(body, DOCUMENT_LIMITS)
        .map_err(|error| ExternalError::answer(WHAT, format!("are no strict JSON: {error}")))?;
    let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
    let need = |name: &str| {
        text(name).ok_or_else(|| ExternalError::answer(WHAT, format!("name no `{name}`")))
    };
    if need("issuer")? != issuer {
        return Err(ExternalError::answer(WHAT, "are those of another `issuer`"));
    }
    let methods = document.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
    let offers = |name: &str| methods.is_some_and(|methods| methods.iter().any(|m| m == name));
    // Where nothing is said it is basic.
    let auth = match !offers("client_secret_basic") && offers("client_secret_post") {
        true => ClientAuth::Post,
        false => ClientAuth::Basic,
    };
    // Browsers are sent there, which nobody else looks at.
    let authorization = need("authorization_endpoint")?;
    if !is_endpoint(&authorization) {
        return Err(ExternalError::answer(WHAT, "name no https URL as `authorization_endpoint`"));
    }
    let names_itself = document.get("authorization_response_iss_parameter_supported");
    Ok(Metadata {
        authorization,
        token: need("token_endpoint")?,
        user: text("userinfo_endpoint"),
        keys: need("jwks_uri")?,
        auth,
        names_itself: names_itself == Some(&Value::Bool(true)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "issuer": "https://id.kennel.org",
            "authorization_endpoint": "https://id.kennel.org/auth",
            "token_endpoint": "https://id.kennel.org/token",
            "jwks_uri": "https://id.kennel.org/keys",
        })
    }

    #[test]
    fn only_the_issuers_own_metadata_count() {
        let read_with = |name: &str, value: Value| {
            let mut document = document();
            document[name] = value;
            read("https://id.kennel.org", document.to_string().as_bytes())
        };
        let good = read_with("x", json!(1)).unwrap();
        assert_eq!((good.auth, good.names_itself, good.user), (ClientAuth::Basic, false, None));
        for (name, value) in [
            ("issuer", json!("https://id.kennel.org/")),
            ("issuer", json!("https://other.org")),
            ("issuer", Value::Null),
            ("authorization_endpoint", Value::Null),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("authorization_endpoint", json!("http://id.kennel.org/auth")),
            ("authorization_endpoint", json!("https://id.kennel.org/auth\r\nx: y")),
            ("authorization_endpoint", json!("https://id.kennel.org/auth#here")),
            ("authorization_endpoint", json!("/auth")),
            ("token_endpoint", json!(1)),
            ("jwks_uri", Value::Null),
        ] {
            assert!(read_with(name, value).is_err(), "{name}");
        }
        assert!(read("https://id.kennel.org", b"{\"issuer\":1,\"issuer\":2}").is_err());
        let post =
            read_with("token_endpoint_auth_methods_supported", json!(["client_secret_post"]));
        assert_eq!(post.unwrap().auth, ClientAuth::Post);
        let named = read_with("authorization_response_iss_parameter_supported", json!(true));
        assert!(named.unwrap().names_itself);
        assert_eq!(
            place("https://id.kennel.org/a/"),
            "https://id.kennel.org/a/.well-known/openid-configuration"
        );
    }
}
