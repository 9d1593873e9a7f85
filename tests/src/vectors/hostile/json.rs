//! JSON that two parsers read in two ways, in the header and in the payload, always under a
//! signature that holds; and headers that ask for more than is supported.

use serde_json::{Value, json};

use super::forge::{Key, claims, encode, with_text, without};
use super::{Hostile, NOW};

const KEY: Key = Key::Es256;

pub(super) fn cases() -> Vec<Hostile> {
    [headers(), payloads(), critical(), types()].into_iter().flatten().collect()
}

/// Texts that are not what strict JSON calls an object, made of one that is.
fn spoiled(good: &str) -> Vec<(&'static str, Vec<u8>)> {
    let inside = |text: &str| format!("{{{text},{}", &good[1..]).into_bytes();
    let utf16 = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_bytes = |bytes: &[u8]| [br#"{"x":""#, bytes, br#"","#, &good.as_bytes()[1..]].concat();
    let nested = |levels: usize| format!(r#""x":{}{}"#, "[".repeat(levels), "]".repeat(levels));
    let members = (0..513).map(|i| format!("\"m{i}\":0")).collect::<Vec<_>>().join(",");
    vec![
        ("nothing at all but a blank", b" ".to_vec()),
        ("cut short", good.as_bytes()[..good.len() - 1].to_vec()),
        ("an array", format!("[{good}]").into_bytes()),
        ("a text", json!(good).to_string().into_bytes()),
        ("null", b"null".to_vec()),
        ("a number", b"1".to_vec()),
        ("a form", b"alg=ES256&kid=p256".to_vec()),
        ("a second object behind it", format!("{good}{{}}").into_bytes()),
        ("a letter behind it", format!("{good}x").into_bytes()),
        ("a NUL behind it", format!("{good}\0").into_bytes()),
        ("a byte-order mark before it", format!("\u{feff}{good}").into_bytes()),
        ("UTF-16", utf16),
        ("a comma at the end", format!("{},}}", &good[..good.len() - 1]).into_bytes()),
        ("a comment", inside("/* x */\"x\":1")),
        ("single quotes", inside("'x':1")),
        ("a name without quotes", inside("x:1")),
        ("a raw line feed in a text", inside("\"x\":\"\n\"")),
        ("a raw NUL in a text", inside("\"x\":\"\0\"")),
        ("an escape that there is not", inside(r#""x":"\x41""#)),
        ("a lone surrogate", inside(r#""x":"\ud800""#)),
        ("surrogates in the wrong order", inside(r#""x":"\udc00\ud800""#)),
        ("a byte that is not UTF-8", with_bytes(b"\xff")),
        ("an overlong slash", with_bytes(b"\xc0\xaf")),
        ("a surrogate in UTF-8", with_bytes(b"\xed\xa0\x80")),
        ("NaN", inside(r#""x":NaN"#)),
        ("infinity", inside(r#""x":Infinity"#)),
        ("1e999", inside(r#""x":1e999"#)),
        ("-1E400", inside(r#""x":-1E400"#)),
        ("a leading zero", inside(r#""x":01"#)),
        ("a leading plus", inside(r#""x":+1"#)),
        ("a number without digits before the point", inside(r#""x":.5"#)),
        ("a hexadecimal number", inside(r#""x":0x10"#)),
        ("a member twice", inside(r#""x":1,"x":1"#)),
        ("a member twice, once escaped", inside(r#""x":1,"\u0078":2"#)),
        ("a member twice, deep inside", inside(r#""x":[{"y":1,"z":{"w":1,"w":2}}]"#)),
        ("__proto__ twice", inside(r#""__proto__":{},"__proto__":{}"#)),
        ("17 levels", inside(&nested(16))),
        ("1000 levels", inside(&nested(1000))),
        ("513 members", inside(&members)),
    ]
}

fn headers() -> Vec<Hostile> {
    let good = KEY.header();
    let payload = claims().to_string();
    let bad = |name: &str, header: &str| {
        Hostile::new("header", name, KEY.compact(header, &payload), "token_malformed")
    };
    let set = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header.to_string()
    };
    // One thousand levels, and 513 members, need more than the 4 KiB of a header.
    let spoiled = spoiled(&good.to_string()).into_iter().map(|(name, header)| {
        Hostile::new("header", name, KEY.compact(header, &payload), "token_malformed")
    });
    let others = [
        bad("alg twice", &with_text(&good, r#""alg":"ES256""#)),
        bad("alg twice, first none", &with_text(&good, r#""alg":"none""#)),
        bad("alg twice, once escaped", &with_text(&good, r#""\u0061lg":"none""#)),
        bad("kid twice", &with_text(&good, r#""kid":"rsa-1""#)),
        bad("typ twice, once escaped", &with_text(&good, r#""t\u0079p":"JWT""#)),
        bad("no alg", &without(good.clone(), "alg").to_string()),
        bad(
            "ALG for alg",
            &without(good.clone(), "alg").to_string().replace('{', r#"{"ALG":"ES256","#),
        ),
        bad("alg null", &set("alg", json!(null))),
        bad("alg a number", &set("alg", json!(256))),
        bad("alg an array", &set("alg", json!(["ES256"]))),
        bad("alg an object", &set("alg", json!({ "name": "ES256" }))),
        bad("kid a number", &set("kid", json!(0))),
        bad("kid null", &set("kid", json!(null))),
        bad("kid an array", &set("kid", json!(["p256"]))),
        bad("kid an object", &set("kid", json!({ "$ne": "" }))),
        bad("kid of 257 bytes", &set("kid", json!("k".repeat(257)))),
        bad("kid of 129 letters, each of two bytes", &set("kid", json!("é".repeat(129)))),
        bad("typ a number", &set("typ", json!(1))),
        bad("typ null", &set("typ", json!(null))),
        bad("typ an array", &set("typ", json!(["at+jwt"]))),
    ];
    spoiled.chain(others).collect()
}

fn payloads() -> Vec<Hostile> {
    let header = KEY.header().to_string();
    let good = claims();
    let bad = |name: &str, payload: Vec<u8>| {
        Hostile::new("payload", name, KEY.compact(&header, payload), "token_malformed")
    };
    let twice = |name: &str, member: &str| bad(name, with_text(&good, member).into_bytes());
    let spoiled = spoiled(&good.to_string());
    let others = [
        twice("sub twice", r#""sub":"admin""#),
        twice("sub twice, once escaped", r#""\u0073ub":"admin""#),
        twice("exp twice, the same", &format!(r#""exp":{}"#, NOW + 300)),
        twice("exp twice, first over", r#""exp":1"#),
        twice("exp twice, once escaped", r#""e\u0078p":9007199254740992"#),
        twice("iss twice", r#""iss":"https://evil.example""#),
        twice("aud twice", r#""aud":"billing""#),
        twice("permissions twice", r#""permissions":["*"]"#),
        twice("type twice", r#""type":"main""#),
        bad(
            "exp of 1e999",
            with_text(&without(good.clone(), "exp"), r#""exp":1e999"#).into_bytes(),
        ),
        bad("another token inside (RFC 7519 appendix A.2)", Key::EdDsa.token().into_bytes()),
        bad("base64url of the claims", encode(good.to_string()).into_bytes()),
    ];
    spoiled.into_iter().map(|(name, payload)| bad(name, payload)).chain(others).collect()
}

fn critical() -> Vec<Hostile> {
    let good = KEY.header();
    let payload = claims().to_string();
    [
        ("crit with exp", r#""crit":["exp"],"exp":9999999999"#),
        ("crit with a header that is understood", r#""crit":["alg"]"#),
        ("crit with kid", r#""crit":["kid"]"#),
        (
            "crit with an extension of somebody",
            r#""crit":["https://example.com/x"],"https://example.com/x":1"#,
        ),
        ("crit with what is not there", r#""crit":["x"]"#),
        ("crit, empty", r#""crit":[]"#),
        ("crit null", r#""crit":null"#),
        ("crit false", r#""crit":false"#),
        ("crit a text", r#""crit":"exp""#),
        ("crit an object", r#""crit":{"exp":true}"#),
        ("crit, escaped", r#""\u0063rit":["exp"]"#),
        ("crit with b64 true", r#""crit":["b64"],"b64":true"#),
        ("crit with b64 false", r#""crit":["b64"],"b64":false"#),
        ("b64 false", r#""b64":false"#),
        ("b64 true", r#""b64":true"#),
        ("b64 as a text", r#""b64":"false""#),
        ("b64, escaped", r#""b\u00364":false"#),
    ]
    .map(|(name, members)| {
        let token = KEY.compact(with_text(&good, members), &payload);
        Hostile::new("crit", name, token, "critical_header_unsupported")
    })
    .into()
}

fn types() -> Vec<Hostile> {
    let none = KEY.compact(without(KEY.header(), "typ").to_string(), claims().to_string());
    let named = [
        "",
        "JWT",
        "jwt",
        "application/jwt",
        "main+jwt",
        "id+jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "statuslist+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "JOSE",
        "at+jwt ",
        " at+jwt",
        "at+jwt\0",
        "at+jwt;v=1",
        "text/at+jwt",
        "application/application/at+jwt",
        "at-jwt",
        "at",
        "a\u{0442}+jwt",
        "at+jwt,JWT",
    ];
    let others = named.map(|typ| {
        let name = format!("typ `{}`", typ.escape_debug());
        Hostile::new("type confusion", name, KEY.with_header("typ", json!(typ)), "type_mismatch")
    });
    let absent = Hostile::new("type confusion", "no typ", none, "type_mismatch");
    [absent].into_iter().chain(others).collect()
}
