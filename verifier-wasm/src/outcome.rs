//! What a call found, as the JSON text that is left for JavaScript.

use laika_claims::ErrorCode;
use laika_claims::json::{push_text, push_value};
use laika_claims::time::Seconds;
use laika_verifier::jws::UntrustedToken;
use laika_verifier::{Authorization, Fetch, Landed, Serials, VerifiedToken, Verifier, VerifyError};

/// Longest token that [`unverified`] reads, in bytes.
const MAX_UNVERIFIED: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: ErrorCode,
    message: String,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: &str) -> Self {
        Self { code, message: message.to_owned() }
    }

    /// What is wrong with how the verifier is used.
    pub(crate) fn options(message: &str) -> Self {
        Self::new(ErrorCode::OptionsInvalid, message)
    }

    /// JSON text of `{code, message}`.
    pub(crate) fn json(&self) -> String {
        let mut object = Object::new();
        object.text("code", self.code.as_str());
        object.text("message", &self.message);
        object.end()
    }
}

/// A JSON object as it is written, member by member.
#[derive(Debug)]
pub(crate) struct Object {
    json: String,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self::with_capacity(128)
    }

    fn with_capacity(bytes: usize) -> Self {
        let mut json = String::with_capacity(bytes);
        json.push('{');
        Self { json }
    }

    /// Adds a member whose value is written by `write`. Names are ours and need no escapes.
    fn member(&mut self, name: &str, write: impl FnOnce(&mut String)) {
        if self.json.len() > 1 {
            self.json.push(',');
        }
        self.json.push('"');
        self.json.push_str(name);
        self.json.push_str("\":");
        write(&mut self.json);
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.member(name, |json| push_text(json, text));
    }

    fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn texts(&mut self, name: &str, texts: &[String]) {
        self.list(name, texts, |json, text| push_text(json, text));
    }

    fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut String, &T)) {
        self.member(name, |json| push_list(json, items, write));
    }

    pub(crate) fn seconds(&mut self, name: &str, seconds: f64) {
        self.json(name, &Seconds(seconds).to_string());
    }

    pub(crate) fn count(&mut self, name: &str, count: u64) {
        self.json(name, &count.to_string());
    }

    /// Adds a member that is JSON already.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.member(name, |json| json.push_str(value));
    }

    pub(crate) fn end(mut self) -> String {
        self.json.push('}');
        self.json
    }
}

fn push_list<T>(json: &mut String, items: &[T], write: impl Fn(&mut String, &T)) {
    json.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(json, item);
    }
    json.push(']');
}

/// `VerifiedToken` of the package. Header and claims are the texts that were signed: the verifier
/// has read them strictly, so they are JSON objects without duplicate members.
pub(crate) fn token(token: &VerifiedToken) -> String {
    let principal = token.principal();
    let (header, claims) = (token.header_text(), token.payload_text());
    let mut object = Object::with_capacity(header.len() + claims.len() + 512);
    object.text("issuer", token.issuer());
    object.text("subject", token.subject());
    object.texts("permissions", &principal.permissions);
    object.texts("roles", &principal.roles);
    object.seconds("expiresAt", token.expires_at().seconds());
    object.json("header", header);
    object.json("claims", claims);
    object.end()
}

/// The members of a `LaikaError`.
pub(crate) fn error(error: &VerifyError) -> String {
    let mut object = Object::new();
    object.text("code", error.code().as_str());
    object.text("message", error.message());
    object.optional("claim", error.claim_name());
    for (name, value) in [("expected", error.expected()), ("actual", error.actual())] {
        if let Some(value) = value {
            object.member(name, |json| push_value(json, value));
        }
    }
    object.end()
}

/// `Decision` of the package, but for its token.
pub(crate) fn decision(found: &Authorization<'_>) -> String {
    let decision = &found.decision;
    let mut object = Object::new();
    object.json("allowed", if decision.allowed { "true" } else { "false" });
    object.count("status", decision.status.into());
    object.optional("code", decision.code.map(|code| code.as_str()));
    object.optional("rule", decision.rule);
    if !decision.missing.is_empty() {
        object.texts("missing", &decision.missing);
    }
    object.optional("challenge", decision.challenge(None).as_deref());
    object.end()
}

/// What became of an answer.
pub(crate) fn landed(landed: &Landed) -> String {
    let mut object = Object::new();
    object.optional("failure", landed.failure.as_ref().map(|failure| failure.0.as_str()));
    if !landed.fetches.is_empty() {
        object.json("fetch", &fetches(&landed.fetches));
    }
    if let Some(inflate) = &landed.inflate {
        let mut compressed = Object::with_capacity(inflate.data.len() / 3 * 4 + 64);
        compressed.text("data", &base64(&inflate.data));
        compressed.count("limit", u64::try_from(inflate.limit).unwrap_or(u64::MAX));
        object.json("inflate", &compressed.end());
    }
    object.end()
}

/// What to fetch: an array of `{id, uri}`.
pub(crate) fn fetches(fetches: &[Fetch]) -> String {
    let mut json = String::new();
    push_list(&mut json, fetches, |json, fetch| {
        let mut object = Object::new();
        object.count("id", fetch.id.into());
        object.text("uri", &fetch.uri);
        json.push_str(&object.end());
    });
    json
}

/// The counters of a verifier.
pub(crate) fn stats(verifier: &Verifier<Serials>) -> String {
    let stats = verifier.stats();
    let mut object = Object::new();
    object.count("cacheHits", stats.cache.hits);
    object.count("cacheMisses", stats.cache.misses);
    object.count("keySetFetches", stats.key_set_fetches);
    object.count("statusListFetches", stats.status_list_fetches);
    object.count("staleStatusUses", stats.stale_status_uses);
    object.end()
}

/// Header and claims of a token of which nothing has been proved.
pub(crate) fn unverified(token: &str) -> Result<String, VerifyError> {
    let mut token = UntrustedToken::parse(token, MAX_UNVERIFIED)?;
    let claims = token.read_payload()?;
    let mut object = Object::new();
    object.json("header", &token.header.text);
    object.json("claims", claims.text());
    Ok(object.end())
}

/// base64 with padding, as `atob` reads it (RFC 4648 section 4).
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let value = (bits >> (18 - 6 * place) & 63) as u8;
            text.push(match value {
                _ if place > chunk.len() => '=',
                0..=25 => char::from(b'A' + value),
                26..=51 => char::from(b'a' + value - 26),
                52..=61 => char::from(b'0' + value - 52),
                62 => '+',
                _ => '/',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn bytes_are_written_as_others_read_them() {
        for length in 0..=255_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(73)).collect();
            assert_eq!(base64(&bytes), STANDARD.encode(&bytes));
        }
    }
}
