//! Who may call what, over every route of administration: each kind of caller against targets that
//! are weaker, as strong, stronger, or the caller.
//!
//! The rules are stated here once more, in [`expected`], and not taken from the code under test.

mod rows;
mod scene;

use std::collections::BTreeSet;

use axum::http::{Method, Request};
use laika_issuer::http::table::table;
use laika_issuer::keys::Algorithm;
use serde_json::json;

use self::rows::rows;
use self::scene::{make, set};
use super::stage::{of_level, role};
use crate::keys::rotate;
use crate::support::Issuer;

/// What a route does, as far as the rules are concerned, and what of it varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Reads: for every administrator, whoever it is about.
    Reads,
    /// Does something to a person.
    ActsOnUser,
    /// Makes a role, or gives one to somebody weak.
    HandsOutRole,
    /// Changes a role, removes it, or takes it from somebody weak.
    TouchesRole,
    /// Changes what tokens depend on, or reads of keys.
    TouchesService,
}

/// How strong the target is beside the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Weaker,
    Equal,
    Stronger,
    Myself,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Nobody,
    /// A person whose strongest global role has this level; or who has none.
    Level(Option<i64>),
    /// A micro token of an administrator of level 0.
    MicroToken,
    /// A micro token of a service account.
    ServiceAccount,
    /// An administrator of level 0 whose account was disabled.
    Disabled,
}

const CALLERS: [Caller; 10] = [
    Caller::Nobody,
    Caller::MicroToken,
    Caller::ServiceAccount,
    Caller::Disabled,
    Caller::Level(None),
    Caller::Level(Some(1000)),
    Caller::Level(Some(11)),
    Caller::Level(Some(10)),
    Caller::Level(Some(5)),
    Caller::Level(Some(0)),
];

/// The rules: the status of a refusal, or `None` where it must succeed.
fn expected(caller: Caller, kind: Kind, target: Target) -> Option<u16> {
    let level = match caller {
        Caller::Nobody | Caller::MicroToken | Caller::ServiceAccount | Caller::Disabled => {
            return Some(401);
        }
        Caller::Level(Some(level)) if level <= 10 => level,
        Caller::Level(_) => return Some(403),
    };
    let good = match kind {
        Kind::Reads => true,
        Kind::ActsOnUser | Kind::TouchesRole => target == Target::Weaker,
        Kind::HandsOutRole => target == Target::Weaker || (target == Target::Equal && level == 0),
        Kind::TouchesService => level == 0,
    };
    if good { None } else { Some(403) }
}

#[test]
fn every_route_of_administration_has_its_row() {
    let routes: BTreeSet<_> = table()
        .iter()
        .filter(|endpoint| endpoint.path.starts_with("/v1/admin"))
        .map(|endpoint| (endpoint.verb.as_str(), endpoint.path))
        .collect();
    let rows: BTreeSet<_> = rows().iter().map(|row| (row.verb, row.path)).collect();
    assert_eq!(rows, routes);
}

#[tokio::test]
async fn the_matrix_of_callers_routes_and_targets() {
    // One clock that stands still, and more calls than one address has in a second.
    let issuer = Issuer::with(&[("LAIKA_LIMITS_REQUESTS", "off")]).await;
    role(&issuer, "weak", 5000, &[]).await;
    role(&issuer, "weakest", 6000, &["orders:read"]).await;
    // One that stays, so that nobody here is the last.
    of_level(&issuer, 0).await;
    let (mut good, mut refused) = (0, 0);
    for caller in CALLERS {
        for row in rows() {
            for target in targets(caller, row.kind) {
                let who = make(&issuer, caller).await;
                let key = match row.filled.contains("KEY") {
                    // One that signs nothing yet, or the callers' own tokens would be gone.
                    true => rotate(&issuer.app, Algorithm::EdDsa, false).await.key.kid,
                    false => String::new(),
                };
                let stage = set(&issuer, caller, target, who.as_ref().map(|(p, _)| p)).await;
                let path = row
                    .filled
                    .replace("USER", &stage.user.id.to_string())
                    .replace("NOBODY", &stage.nobody.id.to_string())
                    .replace("SESSION", &stage.user.session.to_string())
                    .replace("ROLE", &stage.role)
                    .replace("ACCOUNT", &stage.account)
                    .replace("CLIENT", &stage.account)
                    .replace("KEY", &key)
                    .replace("HOOK", &stage.hook.to_string())
                    .replace("EVENT", &stage.hook.to_string());
                let method = Method::from_bytes(row.verb.as_bytes()).unwrap();
                let token = who.as_ref().map(|(_, token)| token.as_str());
                let answer = issuer.send(method, &path, token, (row.body)(&stage)).await;
                let place = format!("{caller:?} {} {path} {target:?}", row.verb);
                match expected(caller, row.kind, target) {
                    None => {
                        assert_eq!(answer.status.as_u16(), row.status, "{place}: {}", answer.text);
                        good += 1;
                    }
                    Some(status) => {
                        assert_eq!(answer.status.as_u16(), status, "{place}: {}", answer.text);
                        if status == 403 {
                            answer.problem(403, "not_permitted");
                        }
                        refused += 1;
                    }
                }
            }
        }
    }
    // Neither half of the matrix is empty by mistake.
    assert!(good > 100 && refused > 300, "{good} {refused}");
}

/// Whom it makes sense to aim at: what has no target is called once, and nobody is stronger than
/// level 0.
fn targets(caller: Caller, kind: Kind) -> Vec<Target> {
    let Caller::Level(Some(level @ ..=10)) = caller else { return vec![Target::Weaker] };
    let all = match kind {
        Kind::TouchesService => vec![Target::Weaker],
        Kind::TouchesRole | Kind::HandsOutRole => {
            vec![Target::Weaker, Target::Equal, Target::Stronger]
        }
        Kind::Reads | Kind::ActsOnUser => {
            vec![Target::Weaker, Target::Equal, Target::Stronger, Target::Myself]
        }
    };
    all.into_iter().filter(|target| level > 0 || *target != Target::Stronger).collect()
}

#[tokio::test]
async fn no_secret_of_a_client_and_no_cookie_without_origin_reaches_administration() {
    let issuer = Issuer::start().await;
    let root = of_level(&issuer, 0).await;
    let request = |name: &str, value: String| {
        Request::post("/v1/admin/roles")
            .header(name, value)
            .header("content-type", "application/json")
            .body(axum::body::Body::from(json!({ "name": "x", "level": 50 }).to_string()))
            .unwrap()
    };
    let basic = request("authorization", "Basic ZGVwb3Q6c2VjcmV0".to_owned());
    issuer.call(basic).await.problem(401, "token_malformed");
    let cookie = request("cookie", format!("laika_main={}", root.main));
    issuer.call(cookie).await.problem(403, "origin_refused");
}

#[tokio::test]
async fn a_change_needs_a_log_in_of_the_last_hour_and_reading_does_not() {
    let issuer = Issuer::start().await;
    let root = of_level(&issuer, 0).await;
    issuer.clock.advance(3600);
    root.sends(&issuer, Method::POST, "/services", json!({ "name": "a" })).await.expect(201);
    issuer.clock.advance(1);
    for row in rows().into_iter().filter(|row| row.verb != "GET") {
        let method = Method::from_bytes(row.verb.as_bytes()).unwrap();
        let path = row.filled.replace("USER", &root.id.to_string());
        let body = Some(json!({ "anything": true }));
        let answer = issuer.send(method, &path, Some(&root.main), body).await;
        answer.problem(401, "authentication_too_old");
        assert!(
            answer.header("www-authenticate").contains("insufficient_user_authentication"),
            "{}",
            answer.header("www-authenticate")
        );
    }
    root.get(&issuer, "/users").await.expect(200);
    // Nor does a clock that was set back make a log-in of the last hour of an older one.
    issuer.clock.advance(-3 * 3600);
    let answer = root.sends(&issuer, Method::POST, "/services", json!({ "name": "b" })).await;
    answer.problem(401, "authentication_too_old");
}
