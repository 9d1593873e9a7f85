//! A status list as it is signed (draft-ietf-oauth-status-list section 5.1).

use laika_claims::Timestamp;
use laika_claims::json::Seen;
use serde_json::{Map, Value};

use super::StatusList;
use crate::checks::moment;
use crate::keys::Fingerprint;
use crate::profile::is_typ;
use laika_signature::base64url;

/// Header `typ` of a status list.
const TYP: &str = "statuslist+jwt";

/// The claims of a list whose signature holds.
#[derive(Debug)]
pub(crate) struct ListToken {
    /// When it was made.
    pub(super) issued_at: Timestamp,
    /// From when on it says nothing any more.
    pub(super) expires_at: Option<Timestamp>,
    bits: u8,
    /// The list, as zlib stream.
    pub(crate) compressed: Vec<u8>,
    /// SHA-256 of the issuer's current key set (`jwks_sha256`), where it says so.
    pub(crate) key_set: Option<Fingerprint>,
}

impl ListToken {
    /// Whether a header with this `typ` is that of a status list.
    pub(crate) fn is_typ(typ: Option<&str>) -> bool {
        typ.is_some_and(|typ| is_typ(TYP, typ))
    }

    /// Reads the claims of the list at `uri`; `latest` is when a list may have been made at most.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(
        claims: &Map<String, Value>,
        uri: &str,
        now: Timestamp,
        latest: Timestamp,
    ) -> Result<Self, &'static str> {
        let time = |name| claims.get(name).map(|value| moment(Seen::Made(value)));
        if claims.get("sub").and_then(Value::as_str) != Some(uri) {
            return Err("its `sub` is not where it was fetched");
        }
        let issued_at = time("iat").flatten().ok_or("it has no `iat`")?;
        if issued_at > latest {
            return Err("it was issued in the future: a clock is wrong");
        }
        let expires_at = match time("exp") {
            None => None,
            Some(exp) => Some(exp.ok_or("its `exp` is no time")?),
        };
        if expires_at.is_some_and(|exp| exp <= now) {
            return Err("it has expired");
        }
        let list = claims.get("status_list").and_then(Value::as_object).ok_or("it has no list")?;
        let bits = list.get("bits").and_then(Value::as_u64).and_then(|bits| bits.try_into().ok());
        let bits = bits.filter(|bits| matches!(bits, 1 | 2 | 4 | 8));
        let text = list.get("lst").and_then(Value::as_str);
        let key_set = match claims.get("jwks_sha256") {
            None => None,
            Some(hash) => {
                let bytes = hash.as_str().and_then(base64url::decode);
                let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
                Some(bytes.ok_or("its `jwks_sha256` is not 32 bytes in base64url")?)
            }
        };
        Ok(Self {
            issued_at,
            expires_at,
            bits: bits.ok_or("its `bits` are not 1, 2, 4 or 8")?,
            compressed: text.and_then(base64url::decode).ok_or("its `lst` is not base64url")?,
            key_set,
        })
    }

    /// The list, once it has been inflated.
    pub(super) fn list(&self, bytes: Vec<u8>) -> Option<StatusList> {
        StatusList::new(self.bits, bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(change: impl Fn(&mut Map<String, Value>)) -> Result<ListToken, &'static str> {
        let list = json!({
            "sub": "https://id.example/status/0", "iat": 1000, "exp": 2000,
            "status_list": { "bits": 2, "lst": "eNrbuRgAAhcBXQ" },
            "jwks_sha256": "A".repeat(43),
        });
        let mut claims = list.as_object().unwrap().clone();
        change(&mut claims);
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        ListToken::read(&claims, "https://id.example/status/0", at(1500.0), at(1560.0))
    }

    #[test]
    fn a_list_says_where_it_belongs_and_when_it_was_made() {
        assert_eq!(read(|_| {}).unwrap().key_set, Some([0; 32]));
        assert_eq!(read(|claims| drop(claims.remove("exp"))).unwrap().expires_at, None);
        assert_eq!(read(|claims| drop(claims.remove("jwks_sha256"))).unwrap().key_set, None);
        for (name, value) in [
            ("sub", json!("https://id.example/status/1")),
            ("sub", json!(null)),
            ("iat", json!(null)),
            ("iat", json!("1000")),
            ("iat", json!(1561)),
            ("exp", json!(1500)),
            ("exp", json!("2000")),
            ("status_list", json!(null)),
            ("status_list", json!({ "bits": 3, "lst": "" })),
            ("status_list", json!({ "bits": "2", "lst": "" })),
            ("status_list", json!({ "bits": 258, "lst": "" })),
            ("status_list", json!({ "bits": 2 })),
            ("status_list", json!({ "bits": 2, "lst": "A=" })),
            ("jwks_sha256", json!("AAAA")),
            ("jwks_sha256", json!(1)),
        ] {
            let changed = read(|claims| drop(claims.insert(name.to_owned(), value.clone())));
            assert!(changed.is_err(), "{name} {value}");
        }
        for (typ, fits) in [
            (Some("statuslist+jwt"), true),
            (Some("application/StatusList+JWT"), true),
            (Some("at+jwt"), false),
            (None, false),
        ] {
            assert_eq!(ListToken::is_typ(typ), fits, "{typ:?}");
        }
    }
}
