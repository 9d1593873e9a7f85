//! `several.json`: two issuers, one of them a partner's, which must not speak for everyone.

use serde_json::{Value, json};

use super::{ISSUER, NOW};
use crate::signing::{TestKey, micro_claims};

const PARTNER: &str = "https://partner.example.com";

pub(super) fn content() -> Value {
    let (ours, theirs) = (TestKey::named("ed-1"), TestKey::named("ed-2"));
    let own = micro_claims(ISSUER, NOW);
    let partner = json!({
        "iss": PARTNER, "sub": own["sub"], "aud": "orders", "iat": NOW, "exp": NOW + 300,
        "scope": "orders:read orders:cancel *", "roles": ["admin", "partner"], "level": 0,
    });
    let token = |key: &TestKey, claims: &Value| key.token(claims);
    let mut swapped = own.clone();
    swapped["iss"] = json!(PARTNER);
    let verify = |name: &str, token: String, expect: Value| json!({ "name": name, "now": NOW, "token": token, "expect": expect });
    let decide = |name: &str, path: &str, token: String, decision: Value| {
        json!({
            "name": name, "now": NOW, "token": token,
            "request": { "method": "GET", "path": path }, "decision": decision,
        })
    };
    let allowed = |rule: &str| json!({ "allowed": true, "status": 200, "rule": rule });
    let denied = |rule: &str| json!({ "allowed": false, "status": 403, "code": "permission_denied", "rule": rule });
    let unknown =
        json!({ "iss": "https://evil.example", "sub": "x", "aud": "orders", "exp": NOW + 300 });
    json!({
        "comment": "made by `cargo run -p laika-tests --bin vectors`",
        "options": {
            "issuers": [
                {
                    "issuer": ISSUER, "audience": "orders", "jwks": { "keys": [ours.public_jwk()] },
                    "may_assert": { "permissions": ["*"], "roles": ["*"], "level": true },
                },
                {
                    "issuer": PARTNER, "audience": "orders", "profile": "rfc9068",
                    "jwks": { "keys": [theirs.public_jwk()] },
                    "may_assert": { "permissions": ["orders:read"], "roles": ["partner"] },
                },
            ],
            "policy": { "version": 1, "rules": [
                { "id": "list", "path": "/orders", "require": "orders:read" },
                { "id": "cancel", "path": "/cancel", "require": "orders:cancel" },
                { "id": "admin", "path": "/admin", "require": "role:admin" },
                { "id": "own", "path": "/users/{user}", "require": { "all": [
                    { "issuer": ISSUER }, { "claim": "sub", "equals": { "path": "user" } } ] } },
            ]},
        },
        "cases": [
            verify("good: ours", token(&ours, &own), json!({ "ok": {
                "issuer": ISSUER, "subject": own["sub"], "expires_at": own["exp"],
                "permissions": own["permissions"], "roles": own["roles"],
                "claims": own, "header": ours.header(),
            }})),
            verify("good: the partner's, without what it may not assert", token(&theirs, &partner), json!({ "ok": {
                "issuer": PARTNER, "subject": partner["sub"], "expires_at": partner["exp"],
                "permissions": ["orders:read"], "roles": ["partner"],
                "claims": partner, "header": theirs.header(),
            }})),
            verify("issuer_mismatch: nobody's", token(&ours, &unknown), json!({ "error": "issuer_mismatch" })),
            verify("key_not_found: ours, signed by the partner", token(&theirs, &own), json!({ "error": "key_not_found" })),
            verify("key_not_found: the partner's, signed by us", token(&ours, &swapped), json!({ "error": "key_not_found" })),
            verify(
                "issuer_mismatch comes before algorithm_not_allowed",
                ours.compact(&json!({ "alg": "none", "typ": "at+jwt" }).to_string(), &unknown.to_string()),
                json!({ "error": "issuer_mismatch" }),
            ),
            decide("the partner may list", "/orders", token(&theirs, &partner), allowed("list")),
            decide("the partner may not cancel", "/cancel", token(&theirs, &partner), denied("cancel")),
            decide("the partner's admin is none of ours", "/admin", token(&theirs, &partner), denied("admin")),
            decide("the partner's subject is not ours", "/users/0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11", token(&theirs, &partner), denied("own")),
            decide("our subject is", "/users/0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11", token(&ours, &own), allowed("own")),
        ],
    })
}
