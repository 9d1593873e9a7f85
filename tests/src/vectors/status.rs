//! `status.json`: tokens whose slot in a status list decides, and an issuer whose keys are found by
//! discovery.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Map, Value, json};

use super::{ISSUER, NOW};
use crate::signing::{TestKey, jwks, micro_claims};

/// Slots 0 to 3 have the values 0 to 3.
const SLOTS: u8 = 0b1110_0100;

pub(super) fn content() -> Value {
    let key = TestKey::named("ed-1");
    let mut served = Map::new();
    let mut serve = |uri: String, body: String| {
        served.insert(uri, json!({ "status": 200, "body": body }));
    };
    let metadata = json!({ "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/keys") });
    serve(format!("{ISSUER}/.well-known/openid-configuration"), metadata.to_string());
    serve(format!("{ISSUER}/keys"), jwks(&[&key]).to_string());
    for (name, list) in lists(&key) {
        serve(place(name), list);
    }
    json!({
        "comment": "made by `cargo run -p laika-tests --bin vectors`; what is not among `served` is answered 404",
        "options": { "issuers": {
            "issuer": ISSUER, "audience": "orders", "discover": true, "status": "required",
            "status_uris": ["https://lists.example.com"],
        }},
        "served": served,
        "cases": cases(&key),
    })
}

fn place(name: &str) -> String {
    if name.starts_with("https:") { name.to_owned() } else { format!("{ISSUER}/status/{name}") }
}

/// Lists by name, each signed but for what its name says.
fn lists(key: &TestKey) -> Vec<(&'static str, String)> {
    let compressed = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(compress_to_vec_zlib(bytes, 9));
    let claims = |name: &str, bits: u8, bytes: &[u8]| {
        json!({
            "sub": place(name), "iat": NOW, "exp": NOW + 60,
            "status_list": { "bits": bits, "lst": compressed(bytes) },
        })
    };
    let signed = |key: &TestKey, typ: &str, claims: &Value| {
        let header = json!({ "alg": key.alg(), "kid": key.name, "typ": typ });
        key.compact(&header.to_string(), &claims.to_string())
    };
    let good = |name, bits, bytes: &[u8]| {
        (name, signed(key, "statuslist+jwt", &claims(name, bits, bytes)))
    };
    let changed = |name, change: &dyn Fn(&mut Value)| {
        let mut claims = claims(name, 2, &[0]);
        change(&mut claims);
        (name, signed(key, "statuslist+jwt", &claims))
    };
    let other_key = TestKey::named("ed-2");
    let flipped = {
        let (name, list) = good("damaged", 2, &[0]);
        (name, list.replace('.', ".A"))
    };
    vec![
        good("two", 2, &[SLOTS]),
        good("one", 1, &[0b10]),
        good("four", 4, &[0x30, 0xc1]),
        good("eight", 8, &[0, 1, 2, 3, 4]),
        good("https://lists.example.com/0", 2, &[SLOTS]),
        good("large", 2, &vec![0; 1024 * 1024]),
        good("too-large", 2, &vec![0; 1024 * 1024 + 1]),
        flipped,
        ("another-key", signed(&other_key, "statuslist+jwt", &claims("another-key", 2, &[0]))),
        ("another-type", signed(key, "at+jwt", &claims("another-type", 2, &[0]))),
        changed("another-place", &|claims| claims["sub"] = json!(place("two"))),
        changed("another-issuer", &|claims| claims["iss"] = json!("https://evil.example.com")),
        changed("expired", &|claims| claims["exp"] = json!(NOW)),
        changed("from-the-future", &|claims| claims["iat"] = json!(NOW + 61)),
        changed("three-bits", &|claims| claims["status_list"]["bits"] = json!(3)),
        changed("no-zlib", &|claims| claims["status_list"]["lst"] = json!("AAAA")),
        changed("no-list", &|claims| drop(claims["status_list"].take())),
        ("no-token", "<html>".to_owned()),
    ]
}

fn cases(key: &TestKey) -> Value {
    let claims_with = |status: Value| {
        let mut claims = micro_claims(ISSUER, NOW);
        claims["status"] = status;
        claims
    };
    let list =
        |name: &str, index: Value| json!({ "status_list": { "idx": index, "uri": place(name) } });
    let with = |status: Value| key.token(&claims_with(status));
    let slot = |name: &str, index: Value| with(list(name, index));
    let case = |name: &str, token: String, error: &str| json!({ "name": name, "now": NOW, "token": token, "expect": { "error": error } });
    let in_slot = |name: &str, index: u32, error: &str| {
        case(&format!("{error}: slot {index} of `{name}`"), slot(name, json!(index)), error)
    };
    let good = |name: &str, index: u32| {
        let claims = claims_with(list(name, json!(index)));
        json!({
            "name": format!("good: slot {index} of `{name}`"), "now": NOW, "token": key.token(&claims),
            "expect": { "ok": {
                "issuer": ISSUER, "subject": claims["sub"], "expires_at": claims["exp"],
                "permissions": claims["permissions"], "roles": claims["roles"],
                "claims": claims, "header": key.header(),
            }},
        })
    };
    let mut cases = vec![
        good("two", 0),
        in_slot("two", 1, "revoked"),
        in_slot("two", 2, "revoked"),
        in_slot("two", 3, "stale"),
        in_slot("two", 4, "status_unavailable"),
        good("one", 0),
        in_slot("one", 1, "revoked"),
        good("four", 0),
        in_slot("four", 1, "stale"),
        in_slot("four", 2, "revoked"),
        in_slot("four", 3, "revoked"),
        good("eight", 0),
        in_slot("eight", 2, "revoked"),
        in_slot("eight", 3, "stale"),
        in_slot("eight", 4, "revoked"),
        good("large", 4_194_303),
        in_slot("https://lists.example.com/0", 1, "revoked"),
        in_slot("https://elsewhere.example.com/0", 0, "status_unavailable"),
        in_slot("https://id.example.com.evil.example/0", 0, "status_unavailable"),
        in_slot("https://user@id.example.com/status/two", 0, "status_unavailable"),
    ];
    for name in [
        "absent",
        "too-large",
        "damaged",
        "another-key",
        "another-type",
        "another-place",
        "another-issuer",
        "expired",
        "from-the-future",
        "three-bits",
        "no-zlib",
        "no-list",
        "no-token",
    ] {
        cases.push(in_slot(name, 0, "status_unavailable"));
    }
    let (number, text) = (json!(-1), json!("0"));
    cases.extend([
        case("claim_missing: no status", key.token(&micro_claims(ISSUER, NOW)), "claim_missing"),
        case(
            "status_unavailable: another mechanism",
            with(json!({ "x": 1 })),
            "status_unavailable",
        ),
        case("claim_invalid: status is a text", with(json!("x")), "claim_invalid"),
        case("claim_invalid: a negative slot", slot("two", number), "claim_invalid"),
        case("claim_invalid: a slot that is a text", slot("two", text), "claim_invalid"),
        case(
            "claim_invalid: no uri",
            with(json!({ "status_list": { "idx": 0 } })),
            "claim_invalid",
        ),
    ]);
    // Each is refused for the fault that the fixed order names first.
    let mut late = micro_claims(ISSUER, NOW);
    late["status"] = json!({ "status_list": { "idx": 1, "uri": place("two") } });
    late["exp"] = json!(NOW);
    cases.push(case("expired comes before revoked", key.token(&late), "expired"));
    let token = slot("two", json!(1));
    let forged = format!("{}{}", &token[..token.len() - 8], "AAAAAAAA");
    cases.push(case("signature_invalid comes before revoked", forged, "signature_invalid"));
    Value::Array(cases)
}
