//! `authorize.json`: requests and their one right decision.

use serde_json::{Value, json};

use super::{ISSUER, NOW, key_set};
use crate::signing::{TestKey, micro_claims};

/// Who asks.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    /// Has a token that is good, of a clerk.
    Clerk,
    /// May do everything in the service.
    Manager,
    Anonymous,
    ServiceAccount,
    /// Has a token that has expired.
    Expired,
    /// Has no token, but something in its place.
    Garbage,
}

/// Method, path, who, status, and the rule that decides; `""` for none.
type Case = (&'static str, &'static str, Who, u16, &'static str);

const CASES: [Case; 44] = [
    ("GET", "/health", Who::Nobody, 200, "health"),
    ("GET", "/health", Who::Expired, 200, "health"),
    ("GET", "/health", Who::Garbage, 200, "health"),
    ("POST", "/health", Who::Nobody, 200, "health"),
    ("GET", "/orders", Who::Nobody, 401, "list"),
    ("GET", "/orders", Who::Expired, 401, "list"),
    ("GET", "/orders", Who::Garbage, 401, "list"),
    ("GET", "/orders", Who::Clerk, 200, "list"),
    ("HEAD", "/orders", Who::Clerk, 200, "list"),
    ("GET", "/orders", Who::Anonymous, 200, "list"),
    ("GET", "/orders/?page=2&x=/../", Who::Clerk, 200, "list"),
    ("OPTIONS", "/orders", Who::Clerk, 403, ""),
    ("get", "/orders", Who::Clerk, 403, ""),
    ("POST", "/orders", Who::Clerk, 200, "create"),
    ("POST", "/orders", Who::Anonymous, 403, "create"),
    ("GET", "/orders/7", Who::Clerk, 200, "read"),
    ("DELETE", "/orders/7", Who::Clerk, 403, "cancel"),
    ("DELETE", "/orders/7", Who::Manager, 200, "cancel"),
    ("PUT", "/orders/7", Who::Manager, 403, ""),
    ("GET", "/orders/7/lines", Who::Manager, 403, "otherwise"),
    ("GET", "/users/0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11/profile", Who::Clerk, 200, "profile"),
    ("GET", "/users/somebody-else/profile", Who::Clerk, 403, "profile"),
    ("GET", "/users/0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11/profile", Who::Anonymous, 403, "profile"),
    ("GET", "/users/0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11", Who::Clerk, 403, "otherwise"),
    ("GET", "/me", Who::Clerk, 200, "me"),
    ("GET", "/me", Who::ServiceAccount, 403, "me"),
    ("GET", "/me", Who::Anonymous, 403, "me"),
    ("POST", "/payouts", Who::Manager, 401, "payout"),
    ("POST", "/payouts", Who::Nobody, 401, "payout"),
    ("GET", "/", Who::Clerk, 403, "otherwise"),
    ("GET", "//orders", Who::Clerk, 400, ""),
    ("GET", "/orders//", Who::Clerk, 400, ""),
    ("GET", "/./orders", Who::Clerk, 400, ""),
    ("GET", "/health/../orders", Who::Nobody, 400, ""),
    ("GET", "/health/%2e%2e/orders", Who::Nobody, 400, ""),
    ("GET", "/health%2f..%2forders", Who::Nobody, 400, ""),
    ("GET", "/orders;a=b", Who::Clerk, 400, ""),
    ("GET", "/orders%3b", Who::Clerk, 400, ""),
    ("GET", "/orders\\7", Who::Clerk, 400, ""),
    ("GET", "/orders%00", Who::Clerk, 400, ""),
    ("GET", "/orders%252f7", Who::Clerk, 400, ""),
    ("GET", "/orders#7", Who::Clerk, 400, ""),
    ("GET", "https://orders.example.com/orders", Who::Clerk, 400, ""),
    ("GET", "orders", Who::Clerk, 400, ""),
];

pub(super) fn content() -> Value {
    json!({
        "comment": "made by `cargo run -p laika-tests --bin vectors`",
        "options": {
            "issuers": [{ "issuer": ISSUER, "audience": "orders", "jwks": key_set() }],
            "policy": policy(),
        },
        "cases": CASES.iter().map(case).collect::<Vec<_>>(),
    })
}

fn policy() -> Value {
    json!({
        "version": 1,
        "rules": [
            { "id": "health", "path": "/health", "require": "anyone" },
            { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" },
            { "id": "create", "methods": ["POST"], "path": "/orders", "require": "orders:create" },
            { "id": "read", "methods": ["GET"], "path": "/orders/{id}", "require": "orders:read" },
            { "id": "cancel", "methods": ["DELETE"], "path": "/orders/{id}",
              "require": { "any": ["orders:cancel", "role:admin"] } },
            { "id": "profile", "methods": ["GET", "PUT"], "path": "/users/{user}/{*rest}",
              "require": { "claim": "sub", "equals": { "path": "user" } } },
            { "id": "me", "path": "/me", "require": "user" },
            { "id": "payout", "methods": ["POST"], "path": "/payouts",
              "require": { "all": ["payouts:create", { "claim": "amr", "contains": "mfa" },
                                    { "claim": "auth_time", "within": 900 }] } },
        ],
        "otherwise": "deny",
    })
}

fn case((method, path, who, status, rule): &Case) -> Value {
    let mut decision = json!({ "allowed": *status == 200, "status": status });
    let wanted = what_else(*who, *status, rule);
    if let (Some(decision), Value::Object(wanted)) = (decision.as_object_mut(), wanted) {
        decision.extend(wanted);
        if !rule.is_empty() {
            decision.insert("rule".to_owned(), json!(rule));
        }
    }
    let mut case = json!({
        "name": format!("{method} {path} by {}", name(*who)),
        "now": NOW,
        "request": { "method": method, "path": path },
        "decision": decision,
    });
    if let Some(token) = token(*who) {
        case["token"] = json!(token);
    }
    case
}

/// Code, challenge and what was missing, which follow from who asked and what was answered.
fn what_else(who: Who, status: u16, rule: &str) -> Value {
    let invalid = "Bearer error=\"invalid_token\"";
    match (status, who, rule) {
        (200, Who::Expired, _) => json!({ "code": "expired" }),
        (200, Who::Garbage, _) => json!({ "code": "token_malformed" }),
        (200, Who::Nobody, _) => json!({ "code": "token_missing" }),
        (400, ..) => json!({ "code": "request_invalid" }),
        (401, Who::Nobody, _) => json!({ "code": "token_missing", "challenge": "Bearer" }),
        (401, Who::Expired, _) => json!({ "code": "expired", "challenge": invalid }),
        (401, Who::Garbage, _) => json!({ "code": "token_malformed", "challenge": invalid }),
        (401, _, "payout") => json!({
            "code": "permission_denied", "missing": ["claim:amr"],
            "challenge": "Bearer error=\"insufficient_user_authentication\"",
        }),
        (403, _, "cancel") => json!({
            "code": "permission_denied", "missing": ["orders:cancel", "role:admin"],
            "challenge": "Bearer error=\"insufficient_scope\", scope=\"orders:cancel\"",
        }),
        (403, _, "profile") => json!({
            "code": "permission_denied", "missing": ["claim:sub"],
            "challenge": "Bearer error=\"insufficient_scope\"",
        }),
        (403, ..) => json!({ "code": "permission_denied" }),
        _ => json!({}),
    }
}

fn name(who: Who) -> &'static str {
    match who {
        Who::Nobody => "nobody",
        Who::Clerk => "a clerk",
        Who::Manager => "a manager",
        Who::Anonymous => "an anonymous holder",
        Who::ServiceAccount => "a service account",
        Who::Expired => "a clerk whose token has expired",
        Who::Garbage => "somebody with garbage for a token",
    }
}

fn token(who: Who) -> Option<String> {
    let mut claims = micro_claims(ISSUER, NOW);
    match who {
        Who::Nobody => return None,
        Who::Garbage => return Some("garbage".to_owned()),
        Who::Clerk => {}
        Who::Manager => claims["permissions"] = json!(["orders:*", "payouts:create"]),
        Who::Anonymous => {
            claims["anonymous"] = json!(true);
            claims["permissions"] = json!(["orders:read"]);
        }
        Who::ServiceAccount => claims["sub"] = json!("svc:billing"),
        Who::Expired => claims["exp"] = json!(NOW - 1),
    }
    Some(TestKey::named("ed-1").token(&claims))
}
