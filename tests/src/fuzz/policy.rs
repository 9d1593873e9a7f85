//! `policy`: any text as a policy, and any request and holder for a policy that compiles.
//!
//! An input has four fields with a zero byte between them: the policy as JSON; the request as
//! method, target and perhaps host with single spaces between them; the holder as a JSON object
//! with `kind`, `permissions`, `roles`, `level`, `wildcards` and `claims`, or `-` for nobody; and
//! `2` where there are several issuers.

use laika_claims::policy::{Bearer, Context, Policy, Request};
use laika_claims::principal::{Kind, Principal};
use laika_claims::{ErrorCode, json};
use serde_json::Value;

use super::fields;
use super::reference;
use super::reference::policy::{Expected, Sender};
use super::world::now;

pub(super) fn run(data: &[u8]) {
    let [document, request, holder, several]: [_; 4] = fields(data);
    let Ok(text) = std::str::from_utf8(document) else { return };
    let context = Context { several_issuers: several == b"2", ..Context::default() };
    let policy = match Policy::from_json(text, context) {
        Ok(policy) => policy,
        Err(error) => {
            assert!(!error.message.is_empty(), "an error says what is wrong");
            return;
        }
    };
    let document = json::parse(document, json::DOCUMENT_LIMITS).expect("it was read before");
    assert!(!reference::policy::has_tie(&document), "rules that tie were accepted");
    let Ok(request) = std::str::from_utf8(request) else { return };
    let mut words = request.splitn(3, ' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
    let request = Request { method, target, host: words.next() };
    let holder = read_holder(holder);
    compare(&policy, &document, &request, holder.as_ref().ok_or(ErrorCode::TokenMissing));
}

fn read_holder(text: &[u8]) -> Option<Principal> {
    let holder: Value = serde_json::from_slice(text).ok()?;
    let texts = |name: &str| {
        let items = holder[name].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Some(Principal {
        issuer: holder["issuer"].as_str().unwrap_or("https://id.example.com").to_owned(),
        subject: holder["claims"]["sub"].as_str().unwrap_or_default().to_owned(),
        kind: match holder["kind"].as_str()? {
            "anonymous" => Kind::Anonymous,
            "service" => Kind::ServiceAccount,
            _ => Kind::User,
        },
        permissions: texts("permissions"),
        roles: texts("roles"),
        level: holder["level"].as_i64(),
        wildcards: holder["wildcards"].as_bool().unwrap_or(true),
        claims: holder["claims"].as_object().cloned().unwrap_or_default().into(),
    })
}

/// Decides with both and compares.
pub(super) fn compare(policy: &Policy, document: &Value, request: &Request<'_>, who: Sender<'_>) {
    let bearer = match who {
        Ok(principal) => Bearer::Verified(principal),
        Err(code) => Bearer::Fault(code),
    };
    let decision = match policy.route(request) {
        Ok(route) => route.decide(bearer, now()),
        Err(decision) => decision,
    };
    let actual = Expected {
        allowed: decision.allowed,
        status: decision.status,
        code: decision.code,
        rule: decision.rule.map(str::to_owned),
    };
    let expected = reference::policy::decide(document, request, who);
    assert_eq!(actual, expected, "{request:?} {who:?} {document:#}");
    assert_eq!(decision.challenge(None).is_some(), matches!(decision.status, 401 | 403));
    if !decision.allowed && decision.code == Some(ErrorCode::PermissionDenied) {
        let by_default = decision.rule == Some("otherwise");
        assert!(by_default || !decision.missing.is_empty(), "a denial says what was missing");
    }
}
