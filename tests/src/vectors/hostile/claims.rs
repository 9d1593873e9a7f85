//! Claims under a signature that holds: types, presence, issuer, audience, kind of token, times.

use serde_json::{Value, json};

use super::forge::{Key, claims, with_text, without};
use super::{Hostile, ISSUER, NOW};

const KEY: Key = Key::Es256;

pub(super) fn cases() -> Vec<Hostile> {
    [types(), missing(), issuers(), audiences(), kinds(), times()].into_iter().flatten().collect()
}

/// A token in which a claim has this JSON text, whatever it is.
fn with_claim(name: &str, text: &str) -> String {
    let payload = with_text(&without(claims(), name), &format!("\"{name}\":{text}"));
    KEY.compact(KEY.header().to_string(), payload)
}

fn claim(class: &str, name: &str, text: &str, code: &'static str) -> Hostile {
    Hostile::new(class, format!("{name} {text}"), with_claim(name, text), code)
}

fn types() -> Vec<Hostile> {
    let times = [
        r#""1800000300""#,
        r#""1e999""#,
        r#""""#,
        "true",
        "false",
        "null",
        "[]",
        "[1800000300]",
        "{}",
        "-1",
        "-0.5",
        "-1800000300",
        "9007199254740993",
        "9.1e15",
        "1e16",
        "1e308",
        "18446744073709551615",
        "99999999999999999999999999",
    ];
    let times = ["exp", "nbf", "iat"]
        .into_iter()
        .flat_map(|name| times.map(|text| claim("number forms", name, text, "claim_invalid")));
    let others = [
        ("iss", "1"),
        ("iss", "null"),
        ("iss", r#"["https://id.example.com"]"#),
        ("iss", "{}"),
        ("sub", "1"),
        ("sub", "null"),
        ("sub", "[]"),
        ("sub", r#"{"$ne":null}"#),
        ("sub", "true"),
        ("aud", "1"),
        ("aud", "null"),
        ("aud", "{}"),
        ("aud", r#"{"0":"orders"}"#),
        ("aud", r#"["orders",1]"#),
        ("aud", r#"["orders",null]"#),
        ("aud", r#"[["orders"]]"#),
        ("jti", "1"),
        ("sid", "[]"),
        ("scope", r#"["orders:read"]"#),
        ("username", "{}"),
        ("type", r#"["micro"]"#),
        ("type", "null"),
        ("permissions", r#""orders:read""#),
        ("permissions", "{}"),
        ("permissions", "[1]"),
        ("permissions", r#"[["*"]]"#),
        ("roles", r#""user""#),
        ("roles", "[null]"),
        ("level", r#""0""#),
        ("level", "0.5"),
        ("level", "null"),
        ("amr", r#""mfa""#),
        ("auth_time", r#""1800000000""#),
        ("auth_time", "-1"),
        ("anonymous", r#""false""#),
        ("anonymous", "0"),
    ];
    let others = others.map(|(name, text)| claim("claim types", name, text, "claim_invalid"));
    times.chain(others).collect()
}

fn missing() -> Vec<Hostile> {
    let header = KEY.header().to_string();
    let token = |payload: &Value| KEY.compact(&header, payload.to_string());
    let absent = ["iss", "sub", "aud", "exp"].map(|name| {
        Hostile::new(
            "absent claims",
            format!("no {name}"),
            token(&without(claims(), name)),
            "claim_missing",
        )
    });
    let inherited = ["iss", "sub", "aud", "exp"].map(|name| {
        let mut payload = without(claims(), name);
        payload["__proto__"] = json!({ name: claims()[name] });
        Hostile::new("__proto__", format!("{name} in __proto__"), token(&payload), "claim_missing")
    });
    let renamed = [
        ("exp", "EXP"),
        ("exp", "expires"),
        ("aud", "audience"),
        ("sub", "sub "),
        ("iss", "is\u{ff53}"),
    ];
    let renamed = renamed.map(|(name, other)| {
        let mut payload = without(claims(), name);
        payload[other] = claims()[name].clone();
        Hostile::new(
            "absent claims",
            format!("`{other}` for {name}"),
            token(&payload),
            "claim_missing",
        )
    });
    let empty = Hostile::new("absent claims", "none at all", token(&json!({})), "claim_missing");
    absent.into_iter().chain(inherited).chain(renamed).chain([empty]).collect()
}

fn issuers() -> Vec<Hostile> {
    [
        "",
        "https://evil.example",
        "https://id.example.com/",
        "https://id.example.com/x",
        "https://ID.example.com",
        "http://id.example.com",
        "https://id.example.com:443",
        "https://id.example.com.evil.example",
        "https://id.example.com@evil.example",
        "https://id.example.co",
        " https://id.example.com",
        "https://id.example.com ",
        "https://id.example.com\0",
        "https://id.example.com#",
        "https://id.example.com?",
        "//id.example.com",
        "id.example.com",
        "https://id.ex\u{0430}mple.com",
        "https://%69d.example.com",
        ".*",
    ]
    .map(|iss| {
        let name = format!("iss `{}`", iss.escape_debug());
        Hostile::new("issuer", name, KEY.with_claim("iss", json!(iss)), "issuer_mismatch")
    })
    .into()
}

fn audiences() -> Vec<Hostile> {
    [
        json!(""),
        json!([]),
        json!([""]),
        json!("billing"),
        json!(["billing"]),
        json!("Orders"),
        json!("order"),
        json!("orders2"),
        json!("orders "),
        json!(" orders"),
        json!("orders/"),
        json!("orders billing"),
        json!("orders,billing"),
        json!("*"),
        json!(["*"]),
        json!("orders\0"),
        json!("https://orders"),
        json!(["billing", "Orders"]),
        json!(ISSUER),
        json!("\u{ff4f}rders"),
    ]
    .map(|aud| {
        Hostile::new(
            "audience",
            format!("aud {aud}"),
            KEY.with_claim("aud", aud),
            "audience_mismatch",
        )
    })
    .into()
}

fn kinds() -> Vec<Hostile> {
    let kinds = ["main", "Micro", "MICRO", "micro ", "id", "refresh", "access", ""];
    let kinds = kinds.map(|kind| {
        let token = KEY.with_claim("type", json!(kind));
        Hostile::new(
            "type confusion",
            format!("type `{kind}` under the right typ"),
            token,
            "type_mismatch",
        )
    });
    let header = KEY.header().to_string();
    let id_token = json!({
        "iss": ISSUER, "sub": "1", "aud": "orders", "exp": NOW + 300, "iat": NOW, "nonce": "n-0S6_WzA2Mj",
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "azp": "orders",
    });
    let logout = json!({
        "iss": ISSUER, "sub": "1", "aud": "orders", "exp": NOW + 300, "iat": NOW, "jti": "1",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let foreign = [
        ("no type", without(claims(), "type")),
        ("an ID token under the right typ", id_token),
        ("a logout token under the right typ", logout),
    ];
    let foreign = foreign.map(|(name, claims)| {
        let token = KEY.compact(&header, claims.to_string());
        Hostile::new("type confusion", name, token, "type_mismatch")
    });
    kinds.into_iter().chain(foreign).collect()
}

fn times() -> Vec<Hostile> {
    let at = |offset: f64| (NOW as f64 + offset).to_string();
    let expired = ["0", "-0", "-0.0", "1", "0.1", "1e-400", "1.8e9", "1799999999.999999"]
        .map(|text| claim("times", "exp", text, "expired"));
    let others = [
        ("exp", at(-0.5), "expired"),
        ("exp", at(-1.0), "expired"),
        ("nbf", at(60.5), "not_yet_valid"),
        ("nbf", at(61.0), "not_yet_valid"),
        ("nbf", "9007199254740992".to_owned(), "not_yet_valid"),
        ("nbf", "1800000300000".to_owned(), "not_yet_valid"),
        ("iat", at(60.5), "issued_in_future"),
        ("iat", at(61.0), "issued_in_future"),
        ("iat", "9007199254740992".to_owned(), "issued_in_future"),
        ("iat", "1.8e12".to_owned(), "issued_in_future"),
    ];
    let others = others.map(|(name, text, code)| claim("times", name, &text, code));
    expired.into_iter().chain(others).collect()
}
