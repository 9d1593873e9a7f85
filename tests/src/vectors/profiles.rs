//! One file for each foreign profile: its golden access token, and its other tokens, which are
//! none. The tokens have the claims that the documentation of each product shows.

use serde_json::{Value, json};

use super::{File, NOW};
use crate::signing::TestKey;

/// What is particular about a profile.
struct Golden {
    file: &'static str,
    profile: &'static str,
    issuer: &'static str,
    audience: &'static str,
    typ: Option<&'static str>,
    /// Claims besides `iss`, `sub`, `exp` and `iat`.
    claims: Value,
    permissions: &'static [&'static str],
    roles: &'static [&'static str],
    /// What makes it another kind of token or one for somebody else: name, code, claims, typ.
    others: Vec<(&'static str, &'static str, Value, Option<&'static str>)>,
}

pub(super) fn files() -> Vec<File> {
    goldens()
        .into_iter()
        .map(|golden| File { name: golden.file, content: content(&golden) })
        .collect()
}

fn goldens() -> Vec<Golden> {
    vec![
        Golden {
            file: "profile-rfc9068.json",
            profile: "rfc9068",
            issuer: "https://as.example.com",
            audience: "https://rs.example.com/",
            typ: Some("at+jwt"),
            claims: json!({
                "aud": "https://rs.example.com/", "client_id": "s6BhdRkqt3", "jti": "dbe39bf3a3ba4238",
                "scope": "openid profile orders:*", "roles": ["reader"],
            }),
            permissions: &["openid", "profile", "orders:*"],
            roles: &["reader"],
            others: vec![
                ("an ID token", "type_mismatch", json!({ "nonce": "n" }), Some("JWT")),
                (
                    "another resource",
                    "audience_mismatch",
                    json!({ "aud": "https://other/" }),
                    Some("at+jwt"),
                ),
            ],
        },
        Golden {
            file: "profile-keycloak.json",
            profile: "keycloak",
            issuer: "https://keycloak.example.com/realms/acme",
            audience: "orders",
            typ: Some("JWT"),
            claims: json!({
                "aud": ["orders", "account"], "typ": "Bearer", "azp": "web", "scope": "profile email",
                "realm_access": { "roles": ["offline_access"] },
                "resource_access": { "orders": { "roles": ["clerk"] }, "account": { "roles": ["view"] } },
            }),
            permissions: &["profile", "email"],
            roles: &["offline_access", "clerk"],
            others: vec![
                ("an ID token", "type_mismatch", json!({ "typ": "ID" }), Some("JWT")),
                ("a refresh token", "type_mismatch", json!({ "typ": "Refresh" }), Some("JWT")),
                (
                    "an ID token that says Bearer",
                    "type_mismatch",
                    json!({ "at_hash": "x" }),
                    Some("JWT"),
                ),
                (
                    "roles as an object",
                    "claim_invalid",
                    json!({ "realm_access": { "roles": {} } }),
                    Some("JWT"),
                ),
            ],
        },
        Golden {
            file: "profile-auth0.json",
            profile: "auth0",
            issuer: "https://acme.eu.auth0.com/",
            audience: "https://orders.example.com",
            typ: Some("JWT"),
            claims: json!({
                "aud": ["https://orders.example.com", "https://acme.eu.auth0.com/userinfo"],
                "azp": "web", "scope": "openid", "permissions": ["orders:read"],
            }),
            permissions: &["orders:read", "openid"],
            roles: &[],
            others: vec![
                ("an ID token", "type_mismatch", json!({ "nonce": "n" }), Some("JWT")),
                ("a log-out token", "type_mismatch", json!({ "events": {} }), Some("JWT")),
                ("no typ", "type_mismatch", json!({}), None),
            ],
        },
        Golden {
            file: "profile-cognito.json",
            profile: "cognito",
            issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example",
            audience: "6n4ec0kd",
            typ: None,
            claims: json!({
                "client_id": "6n4ec0kd", "token_use": "access", "scope": "orders/read",
                "cognito:groups": ["clerks"], "username": "laika", "auth_time": NOW - 60,
            }),
            permissions: &["orders/read"],
            roles: &["clerks"],
            others: vec![
                (
                    "an ID token",
                    "type_mismatch",
                    json!({ "token_use": "id", "aud": "6n4ec0kd" }),
                    None,
                ),
                ("another client", "audience_mismatch", json!({ "client_id": "other" }), None),
                ("a typ", "type_mismatch", json!({}), Some("JWT")),
            ],
        },
        Golden {
            file: "profile-entra.json",
            profile: "entra",
            issuer: "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0",
            audience: "api://orders",
            typ: Some("JWT"),
            claims: json!({
                "aud": "api://orders", "tid": "11111111-2222-3333-4444-555555555555", "ver": "2.0",
                "scp": "Orders.Read Orders.Write", "roles": ["Clerk"], "oid": "o",
            }),
            permissions: &["Orders.Read", "Orders.Write"],
            roles: &["Clerk"],
            others: vec![
                ("an ID token", "type_mismatch", json!({ "nonce": "n" }), Some("JWT")),
                (
                    "another tenant",
                    "issuer_mismatch",
                    json!({ "iss": "https://sts.windows.net/99999999-2222-3333-4444-555555555555/" }),
                    Some("JWT"),
                ),
            ],
        },
    ]
}

fn content(golden: &Golden) -> Value {
    let key = TestKey::named("rsa-1");
    let good = claims(golden, &json!({}));
    let mut cases = vec![json!({
        "name": format!("good: an access token of {}", golden.profile),
        "now": NOW,
        "token": sign(&key, &good, golden.typ),
        "expect": { "ok": {
            "issuer": golden.issuer, "subject": good["sub"], "expires_at": good["exp"],
            "permissions": golden.permissions, "roles": golden.roles,
            "claims": good, "header": header(&key, golden.typ),
        }},
    })];
    if golden.profile == "entra" {
        let iss = json!({ "iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/" });
        let first = claims(golden, &iss);
        cases.push(json!({
            "name": "good: version 1 of the same tenant",
            "now": NOW,
            "token": sign(&key, &first, golden.typ),
            "expect": { "ok": {
                "issuer": golden.issuer, "subject": first["sub"], "expires_at": first["exp"],
                "permissions": golden.permissions, "roles": golden.roles,
                "claims": first, "header": header(&key, golden.typ),
            }},
        }));
    }
    for (name, code, changes, typ) in &golden.others {
        cases.push(json!({
            "name": format!("{code}: {name}"),
            "now": NOW,
            "token": sign(&key, &claims(golden, changes), *typ),
            "expect": { "error": code },
        }));
    }
    json!({
        "comment": "made by `cargo run -p laika-tests --bin vectors`",
        "options": { "issuers": [{
            "issuer": golden.issuer, "audience": golden.audience, "profile": golden.profile,
            "jwks": { "keys": [key.public_jwk()] },
        }]},
        "cases": cases,
    })
}

fn claims(golden: &Golden, changes: &Value) -> Value {
    let mut claims = json!({
        "iss": golden.issuer, "sub": "5ba552d67", "iat": NOW, "exp": NOW + 300,
    });
    for more in [&golden.claims, changes] {
        for (name, value) in more.as_object().expect("claims are an object") {
            claims[name] = value.clone();
        }
    }
    claims
}

fn header(key: &TestKey, typ: Option<&str>) -> Value {
    let mut header = json!({ "alg": key.alg(), "kid": key.name });
    if let Some(typ) = typ {
        header["typ"] = json!(typ);
    }
    header
}

fn sign(key: &TestKey, claims: &Value, typ: Option<&str>) -> String {
    key.compact(&header(key, typ).to_string(), &claims.to_string())
}
