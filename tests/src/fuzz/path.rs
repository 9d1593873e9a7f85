//! `path`: request targets as a policy reads them, beside the [reference](super::reference::path).
//!
//! An input is a digit whose two lowest bits relax `semicolon` and `percent25`, and the target.

use std::sync::LazyLock;

use laika_claims::policy::{Bearer, Context, Policy, Request};
use laika_claims::principal::{Kind, Principal};
use laika_claims::{ErrorCode, Timestamp};
use serde_json::{Map, Value, json};

use super::reference;

/// For each way to relax: a policy whose rule number `n` is for paths of `n` segments and demands
/// that each segment is the claim of its number; and one with a single rule for all that remains.
static POLICIES: LazyLock<[[Policy; 2]; 4]> = LazyLock::new(|| {
    std::array::from_fn(|relaxed| {
        let allow: Vec<&str> = [(1, "semicolon"), (2, "percent25")]
            .into_iter()
            .filter_map(|(bit, name)| (relaxed & bit != 0).then_some(name))
            .collect();
        let by_segment: Vec<Value> = (0..=64)
            .map(|n| {
                let names: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
                let path: String = names.iter().map(|name| format!("/{{{name}}}")).collect();
                let tests = names.iter().map(|s| json!({ "claim": s, "equals": { "path": s } }));
                let all: Vec<Value> = std::iter::once(json!("user")).chain(tests).collect();
                let path = if n == 0 { "/" } else { &path };
                json!({ "id": n.to_string(), "path": path, "require": { "all": all } })
            })
            .collect();
        let rest = json!([{
            "id": "rest", "path": "/{*rest}",
            "require": { "claim": "rest", "equals": { "path": "rest" } },
        }]);
        [json!(by_segment), rest].map(|rules| {
            let document = json!({ "version": 1, "allow": allow, "rules": rules });
            Policy::from_value(&document, Context::default()).expect("a good policy")
        })
    })
});

pub(super) fn run(data: &[u8]) {
    let Some((relaxed, target)) = data.split_first() else { return };
    let Ok(target) = std::str::from_utf8(target) else { return };
    let relaxed = usize::from(relaxed.wrapping_sub(b'0')) % 4;
    let expected = reference::path::segments(target, relaxed & 1 != 0, relaxed & 2 != 0);
    let claims: Map<String, Value> = expected
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, segment)| (format!("s{index}"), json!(segment)))
        .chain([("rest".to_owned(), json!(expected.as_deref().unwrap_or_default().join("/")))])
        .collect();
    let holder = Principal {
        issuer: "i".to_owned(),
        subject: "s".to_owned(),
        kind: Kind::User,
        permissions: Vec::new(),
        roles: Vec::new(),
        level: None,
        wildcards: false,
        claims: claims.into(),
    };
    let request = Request { method: "GET", target, host: None };
    for (policy, is_rest) in POLICIES[relaxed].iter().zip([false, true]) {
        let route = policy.route(&request);
        let Some(segments) = &expected else {
            let code = route.err().and_then(|decision| decision.code);
            assert_eq!(code, Some(ErrorCode::RequestInvalid), "{target:?} must be refused");
            continue;
        };
        let route = route.unwrap_or_else(|why| panic!("{target:?} is {segments:?}: {why:?}"));
        let decision = route.decide(Bearer::Verified(&holder), Timestamp::EPOCH);
        let rule = match (is_rest, segments.len()) {
            (false, n) => n.to_string(),
            // `{*rest}` is one segment or more.
            (true, 0) => "otherwise".to_owned(),
            (true, _) => "rest".to_owned(),
        };
        assert_eq!(decision.rule, Some(rule.as_str()), "{target:?} is {segments:?}");
        assert_eq!(decision.allowed, rule != "otherwise", "{target:?} is {segments:?}");
    }
}
