//! What a call found, as the JSON text that crosses to JavaScript.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use laika_verifier::jws::UntrustedToken;
use laika_verifier::{
    Authorization, ErrorCode, Fetch, Inflate, Landed, VerifiedToken, Verifier, VerifyError,
};
use serde::Serialize;
use serde_json::Value;

/// Longest token that [`unverified`] reads, in bytes.
const MAX_UNVERIFIED: usize = 1024 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token<'a> {
    issuer: &'a str,
    subject: &'a str,
    permissions: &'a [String],
    roles: &'a [String],
    expires_at: f64,
}

#[derive(Serialize)]
struct Fault<'a> {
    code: ErrorCode,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<&'a Value>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    allowed: bool,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<ErrorCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    missing: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    cache_hits: u64,
    cache_misses: u64,
    key_set_fetches: u64,
    status_list_fetches: u64,
    stale_status_uses: u64,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Fetch]>::is_empty")]
    fetch: &'a [Fetch],
    #[serde(skip_serializing_if = "Option::is_none")]
    inflate: Option<Compressed>,
}

#[derive(Serialize)]
struct Compressed {
    /// base64, as `atob` reads it.
    data: String,
    limit: usize,
}

/// `VerifiedToken` of the package. Header and claims are the texts that were signed: the verifier
/// has read them strictly, so they are JSON objects without duplicate members.
pub(crate) fn token(token: &VerifiedToken) -> String {
    let principal = token.principal();
    let rest = json(&Token {
        issuer: token.issuer(),
        subject: token.subject(),
        permissions: &principal.permissions,
        roles: &principal.roles,
        expires_at: token.expires_at().seconds(),
    });
    splice(
        &rest,
        &format!("\"header\":{},\"claims\":{}", token.header_text(), token.payload_text()),
    )
}

/// The members of a `LaikaError`.
pub(crate) fn error(error: &VerifyError) -> String {
    json(&Fault {
        code: error.code(),
        message: error.message(),
        claim: error.claim_name(),
        expected: error.expected(),
        actual: error.actual(),
    })
}

/// `Decision` of the package, but for its token.
pub(crate) fn decision(found: &Authorization<'_>) -> String {
    let decision = &found.decision;
    json(&Verdict {
        allowed: decision.allowed,
        status: decision.status,
        code: decision.code,
        rule: decision.rule,
        missing: &decision.missing,
        challenge: decision.challenge(None),
    })
}

/// What became of an answer.
pub(crate) fn landed(landed: &Landed) -> String {
    json(&Answer {
        failure: landed.failure.as_ref().map(|failure| failure.0.as_str()),
        fetch: &landed.fetches,
        inflate: landed.inflate.as_ref().map(|Inflate { data, limit, .. }| Compressed {
            data: STANDARD.encode(data),
            limit: *limit,
        }),
    })
}

/// The counters of a verifier.
pub(crate) fn stats(verifier: &Verifier) -> String {
    let stats = verifier.stats();
    json(&Stats {
        cache_hits: stats.cache.hits,
        cache_misses: stats.cache.misses,
        key_set_fetches: stats.key_set_fetches,
        status_list_fetches: stats.status_list_fetches,
        stale_status_uses: stats.stale_status_uses,
    })
}

/// Header and claims of a token of which nothing has been proved.
pub(crate) fn unverified(token: &str) -> Result<String, VerifyError> {
    let token = UntrustedToken::parse(token, MAX_UNVERIFIED)?;
    let claims = token.read_payload()?;
    Ok(format!("{{\"header\":{},\"claims\":{}}}", token.header.text, claims.text))
}

/// `value` as JSON text. These types have string keys and finite numbers, so it can't fail.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Adds `members` to the text of a JSON object that is not empty.
fn splice(object: &str, members: &str) -> String {
    let open = object.strip_suffix('}').unwrap_or(object);
    format!("{open},{members}}}")
}
