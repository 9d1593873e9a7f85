//! Status lists: "Status lists" of the contract, and draft-ietf-oauth-status-list sections 4 and 5.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use super::json::strict;
use crate::vectors::{ISSUER, NOW};

/// What a slot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Nothing has happened.
    Valid,
    /// The token was taken back.
    Revoked,
    /// Renew the token.
    Stale,
}

/// The value of a slot: the list is a string of bits, least significant bit of each byte first.
#[must_use]
pub fn value(bits: u8, list: &[u8], index: u64) -> Option<Value> {
    let first = usize::try_from(index).ok()?.checked_mul(usize::from(bits))?;
    let bit = |at: usize| Some(list.get(at / 8)? >> (at % 8) & 1);
    let number = (0..usize::from(bits))
        .try_fold(0_u8, |number, place| Some(number | bit(first.checked_add(place)?)? << place))?;
    Some(match number {
        0 => Value::Valid,
        3 => Value::Stale,
        _ => Value::Revoked,
    })
}

/// The code for a good token in slot `index` of the list with this header and payload, signed by
/// `ed-1`; `inflated` is what its bytes inflate to.
#[must_use]
pub fn code(
    header: &[u8],
    payload: &[u8],
    inflated: Option<&[u8]>,
    uri: &str,
    index: u64,
) -> &'static str {
    let found = bits(header, payload, uri).and_then(|bits| value(bits, inflated?, index));
    match found {
        Some(Value::Valid) => "ok",
        Some(Value::Revoked) => "revoked",
        Some(Value::Stale) => "stale",
        None => "status_unavailable",
    }
}

/// The bits of a slot, if the list may be used.
fn bits(header: &[u8], payload: &[u8], uri: &str) -> Option<u8> {
    let encoded = |bytes: &[u8]| (bytes.len() * 8).div_ceil(6);
    let size = encoded(header) + encoded(payload) + encoded(&[0; 64]) + 2;
    if size > 256 * 1024 || encoded(header) > 4096 {
        return None;
    }
    let header = strict(header, 16, 512)?;
    let typ = header.get("typ")?.as_str()?.to_ascii_lowercase();
    let alg = header.get("alg")?.as_str()?;
    let kid = header.get("kid");
    let good = typ.strip_prefix("application/").unwrap_or(&typ) == "statuslist+jwt"
        && matches!(alg, "EdDSA" | "Ed25519")
        && kid.is_none_or(|kid| kid == "ed-1")
        && header.get("crit").is_none()
        && header.get("b64").is_none();
    let claims = strict(payload, 16, 512)?;
    let list = claims.as_object()?.get("status_list")?.as_object()?;
    let time = |name: &str| {
        let time = claims.get(name)?.as_f64();
        Some(time.filter(|time| (0.0..=9_007_199_254_740_992.0).contains(time)))
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let now = NOW as f64;
    let decode = |value: &Json| URL_SAFE_NO_PAD.decode(value.as_str()?).ok();
    let good = good
        && claims.get("iss").is_none_or(|iss| iss == ISSUER)
        && claims.get("sub")? == uri
        && time("iat")?? <= now + 60.0
        && time("exp").is_none_or(|exp| exp.is_some_and(|exp| exp > now))
        && claims.get("jwks_sha256").is_none_or(|hash| decode(hash).is_some_and(|h| h.len() == 32))
        && decode(list.get("lst")?).is_some();
    let bits = u8::try_from(list.get("bits")?.as_u64()?).ok()?;
    (good && [1, 2, 4, 8].contains(&bits)).then_some(bits)
}
