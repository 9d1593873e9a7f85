//! The examples of RFC 7515, RFC 7519, RFC 8037 and RFC 7520 through `verify`, by every face.
//!
//! Most sign something that is no access token, so the code tells whether the signature held: with
//! the example's key the answer is one of a later check (`token_malformed` for a payload that is no
//! JSON, `claim_missing`), and with another key of that type, or any bit changed, it is
//! `signature_invalid`. The rest is refused before any signature is looked at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::answers::assert_answers;

/// Before the examples' `exp`.
const NOW: u64 = 1_300_000_000;

#[test]
fn examples_of_the_rfcs_are_answered_by_the_check_that_they_reach() {
    let text = include_str!("../../conformance/rfc.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let examples = file["examples"].as_array().unwrap();
    let groups: Vec<_> = examples.iter().flat_map(groups).collect();
    let cases = assert_answers(&json!(groups));
    println!("{} examples of RFCs in {cases} cases", examples.len());
    assert_eq!(examples.len(), 15);
}

fn groups(example: &Value) -> Vec<Value> {
    let name = example["name"].as_str().unwrap();
    let token = example["token"].as_str().unwrap();
    let expect = &example["expect"];
    let mut good = group(example, &example["keys"], vec![case(name, token, expect)]);
    let Some(other) = example.get("other_keys") else {
        return vec![good];
    };
    let refused = json!("signature_invalid");
    let cases = good["cases"].as_array_mut().unwrap();
    cases.extend(
        flipped(token)
            .iter()
            .map(|(bit, token)| case(&format!("{name}, bit {bit}"), token, &refused)),
    );
    let with_other = case(&format!("{name}, with another key"), token, &refused);
    vec![good, group(example, other, vec![with_other])]
}

fn group(example: &Value, keys: &Value, cases: Vec<Value>) -> Value {
    let mut issuer = json!({ "issuer": "joe", "audience": "orders", "typ": [null, "JWT"] });
    for (name, value) in keys.as_object().unwrap() {
        issuer[name] = value.clone();
    }
    if let Some(algorithms) = example.get("algorithms") {
        issuer["algorithms"] = algorithms.clone();
    }
    json!({ "options": { "issuers": [issuer] }, "cases": cases })
}

fn case(name: &str, token: &str, expect: &Value) -> Value {
    json!({ "name": name, "now": NOW, "token": token, "expect": expect })
}

/// The token with one bit of its signature changed: sixteen bits, the first and the last among them.
fn flipped(token: &str) -> Vec<(usize, String)> {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let bits = signature.len() * 8 - 1;
    let flip = |bit: usize| {
        let mut bytes = signature.clone();
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
        (bit, format!("{input}.{}", URL_SAFE_NO_PAD.encode(bytes)))
    };
    (0..16).map(|part| flip(bits * part / 15)).collect()
}
