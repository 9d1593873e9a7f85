//! `status_list`: lists as bytes, as zlib streams and as signed tokens.
//!
//! An input is a letter that names the form, a byte that names the slot, and the rest:
//!
//! | form | rest |
//! |---|---|
//! | `v` | the bits of a slot, and the inflated list |
//! | `z` | the bits of a slot, and a zlib stream, which stands in an honest list |
//! | `t` | header and payload with a zero byte between them, to be signed as a list |
//!
//! Everything but `v` goes the whole way: a token with that slot is verified, its list is fetched,
//! inflated and used, and the answer is that of the [reference](super::reference::status_list).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_verifier::status::{MAX_INFLATED, Status, StatusList};
use laika_verifier::{ErrorCode, Options, Response, Verifier};
use serde_json::json;

use super::fields;
use super::reference::status_list::{self as reference, Value};
use super::world::now;
use crate::signing::{TestKey, jwks, micro_claims};
use crate::vectors::{ISSUER, NOW};

/// Where the list is.
pub(super) const URI: &str = "https://id.example.com/status/0";

pub(super) fn run(data: &[u8]) {
    match data {
        [b'v', index, bits, list @ ..] => values(u64::from(*index), *bits, list),
        [b'z', index, bits, stream @ ..] => {
            let header = json!({ "alg": "EdDSA", "kid": "ed-1", "typ": "statuslist+jwt" });
            let payload = json!({
                "sub": URI, "iat": NOW,
                "status_list": { "bits": bits, "lst": URL_SAFE_NO_PAD.encode(stream) },
            });
            whole(u64::from(*index), header.to_string().as_bytes(), payload.to_string().as_bytes());
        }
        [b't', index, rest @ ..] => {
            let [header, payload] = fields(rest);
            whole(u64::from(*index), header, payload);
        }
        _ => {}
    }
}

fn values(index: u64, bits: u8, list: &[u8]) {
    let ours = StatusList::new(bits, list.to_vec());
    assert_eq!(ours.is_some(), [1, 2, 4, 8].contains(&bits), "{bits} bits");
    let Some(ours) = ours else { return };
    for index in [index, index * 7, u64::MAX - index] {
        let actual = ours.get(index).map(|status| match status {
            Status::Valid => Value::Valid,
            Status::Revoked => Value::Revoked,
            Status::Stale => Value::Stale,
        });
        assert_eq!(actual, reference::value(bits, list, index), "slot {index} of {bits} bits");
    }
}

fn whole(index: u64, header: &[u8], payload: &[u8]) {
    let key = TestKey::named("ed-1");
    let options = json!({ "issuers": [{
        "issuer": ISSUER, "audience": "orders", "jwks": jwks(&[&key]), "status": "if-present",
    }]});
    let mut verifier = Verifier::new(Options::from_value(options).expect("good options"));
    let mut claims = micro_claims(ISSUER, NOW);
    claims["status"] = json!({ "status_list": { "idx": index, "uri": URI } });
    let token = key.token(&claims);
    let missed = verifier.verify(&token, now()).expect_err("no list is here yet");
    assert_eq!(missed.code(), ErrorCode::StatusUnavailable);
    let fetches = verifier.fetches(Some(&missed), now());
    let [fetch] = fetches.as_slice() else { panic!("one list is to be fetched: {fetches:?}") };
    assert_eq!(fetch.uri, URI);

    let list = key.compact_bytes(header, payload);
    let response = Response { status: 200, cache_control: None, body: list.as_bytes() };
    let landed = verifier.fetched(fetch.id, response, now());
    let mut inflated = None;
    if let Some(inflate) = landed.inflate {
        assert!(landed.failure.is_none());
        inflated = inflate.run();
        match &inflated {
            Some(bytes) => {
                assert!(bytes.len() <= MAX_INFLATED, "{} bytes", bytes.len());
                verifier.inflated(inflate.id, bytes, now()).expect("a good list");
            }
            None => verifier.fetch_failed(inflate.id),
        }
    } else {
        assert!(landed.failure.is_some(), "a list that is not used says why");
    }
    let actual = verifier.verify(&token, now());
    let actual = actual.map_or_else(|error| error.code().as_str(), |_| "ok");
    let expected = reference::code(header, payload, inflated.as_deref(), URI, index);
    assert_eq!(actual, expected, "{} {}", header.escape_ascii(), payload.escape_ascii());
}
