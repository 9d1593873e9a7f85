//! A provider's token endpoint (RFC 6749 section 4.1.3), and calls with the token it gives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use laika_claims::json::{self, DOCUMENT_LIMITS};
use serde_json::{Map, Value};

use super::ExternalError;
use super::provider::{ClientAuth, Provider};
use crate::outgoing::{Answer, Ask, MAX_ANSWER, Outgoing};
use crate::secret::Secret;

/// What a code became.
#[derive(Debug)]
pub struct Tokens {
    /// For calls to the provider; kept nowhere.
    pub access: Secret,
    /// Who somebody is.
    pub id: Option<Secret>,
}

/// A code, and what it was asked for with.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The code.
    pub code: &'a Secret,
    /// As in the request.
    pub redirect_uri: &'a str,
    /// PKCE's.
    pub verifier: &'a str,
}

const WHAT: &str = "token endpoint";

/// Has a code turned into tokens.
///
/// # Errors
/// The provider can't be reached, refuses, or answers something else.
pub async fn redeem(
    outgoing: &Outgoing,
    provider: &Provider,
    endpoint: &str,
    auth: ClientAuth,
    grant: Grant<'_>,
) -> Result<Tokens, ExternalError> {
    let (form, basic) = form(provider, auth, grant)?;
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    let mut ask = Ask::post(endpoint, form.into_bytes(), MAX_ANSWER)
        .header(CONTENT_TYPE, form_type)
        .header(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(basic) = basic {
        ask = ask.header(AUTHORIZATION, basic);
    }
    let answer = send(outgoing, ask, WHAT).await?;
    let members = json::parse_object(&answer.body, DOCUMENT_LIMITS);
    // GitHub refuses with status 200.
    let error = members.as_ref().ok().and_then(|members| members.get("error")).and_then(plain);
    if answer.status != 200 || error.is_some() {
        let said = error.map_or_else(String::new, |error| format!(" `{error}`"));
        return Err(ExternalError::Status { what: WHAT, status: answer.status, said });
    }
    let mut members = members
        .map_err(|error| ExternalError::answer(WHAT, format!("answers no strict JSON: {error}")))?;
    let mut text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(Secret::from(text)),
        _ => None,
    };
    let (access, id) = (text("access_token"), text("id_token"));
    let bearer = text("token_type").is_none_or(|kind| kind.reveal().eq_ignore_ascii_case("bearer"));
    let access = access.filter(|_| bearer);
    let access = access.ok_or_else(|| ExternalError::answer(WHAT, "gives no bearer token"))?;
    Ok(Tokens { access, id })
}

/// The body, and `Authorization` where the client proves itself there.
fn form(
    provider: &Provider,
    auth: ClientAuth,
    grant: Grant<'_>,
) -> Result<(String, Option<HeaderValue>), ExternalError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", grant.code.reveal())
        .append_pair("redirect_uri", grant.redirect_uri)
        .append_pair("code_verifier", grant.verifier);
    let basic = match (&provider.client_secret, auth) {
        (Some(secret), ClientAuth::Basic) => Some(basic(&provider.client_id, secret)?),
        (Some(secret), ClientAuth::Post) => {
            form.append_pair("client_id", &provider.client_id)
                .append_pair("client_secret", secret.reveal());
            None
        }
        (None, _) => {
            form.append_pair("client_id", &provider.client_id);
            None
        }
    };
    Ok((form.finish(), basic))
}

/// What `url` says to whoever holds `token`: JSON.
///
/// # Errors
/// The provider can't be reached, refuses, or answers something else.
pub async fn ask(
    outgoing: &Outgoing,
    url: &str,
    token: &Secret,
    what: &'static str,
) -> Result<Value, ExternalError> {
    let ask = Ask::get(url, MAX_ANSWER)
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .header(AUTHORIZATION, sensitive(&format!("Bearer {}", token.reveal()), what)?);
    let answer = send(outgoing, ask, what).await?;
    if answer.status != 200 {
        return Err(ExternalError::Status { what, status: answer.status, said: String::new() });
    }
    json::parse(&answer.body, DOCUMENT_LIMITS)
        .map_err(|error| ExternalError::answer(what, format!("answers no strict JSON: {error}")))
}

/// The same, where it is an object.
///
/// # Errors
/// As [`ask`].
pub async fn ask_for_object(
    outgoing: &Outgoing,
    url: &str,
    token: &Secret,
    what: &'static str,
) -> Result<Map<String, Value>, ExternalError> {
    match ask(outgoing, url, token, what).await? {
        Value::Object(members) => Ok(members),
        _ => Err(ExternalError::answer(what, "answers no JSON object")),
    }
}

async fn send(
    outgoing: &Outgoing,
    ask: Ask<'_>,
    what: &'static str,
) -> Result<Answer, ExternalError> {
    outgoing.send(ask).await.map_err(|error| ExternalError::Unreachable { what, error })
}

/// RFC 6749 section 2.3.1: both parts are written like a form first.
fn basic(id: &str, secret: &Secret) -> Result<HeaderValue, ExternalError> {
    let form = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::from(format!("{}:{}", form(id), form(secret.reveal())));
    sensitive(&format!("Basic {}", STANDARD.encode(pair.reveal())), WHAT)
}

fn sensitive(text: &str, what: &'static str) -> Result<HeaderValue, ExternalError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| ExternalError::answer(what, "can't be sent a token that is no header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// An error code that may stand in a log: letters and `_` (RFC 6749 section 5.2 has no others).
fn plain(error: &Value) -> Option<&str> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let text = error.as_str()?;
    Some(if text.len() <= 40 && text.bytes().all(letter) { text } else { "unknown" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_of_basic_are_written_like_a_form() {
        let value = basic("a b", &Secret::from("p:ä".to_owned())).unwrap();
        assert!(value.is_sensitive());
        let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(text).unwrap(), b"a+b:p%3A%C3%A4");
    }
}
