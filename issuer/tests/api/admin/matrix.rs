//! Who may call what, over every route of administration: each kind of caller against targets that
//! are weaker, as strong, stronger, or the caller.
//!
//! The rules are stated here once more, in [`expected`], and not taken from the code under test.

use std::collections::BTreeSet;

use axum::http::{Method, Request};
use laika_claims::token::{MICRO_TYP, MICRO_TYPE, MicroClaims};
use laika_issuer::db;
use laika_issuer::db::grants::Holder;
use laika_issuer::http::table::table;
use laika_issuer::keys::jws;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::stage::{Person, of_level, person, role};
use crate::support::{Issuer, PUBLIC_URL, START};

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
    /// Changes what tokens depend on.
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

/// A route, and how it is called: `{user}` and so on stand for the target of the call.
struct Row {
    verb: &'static str,
    path: &'static str,
    kind: Kind,
    /// What is to be put for the parameters, in terms of [`Stage`].
    filled: &'static str,
    body: fn(&Stage) -> Option<Value>,
    status: u16,
}

/// What a call may be about.
struct Stage {
    /// Somebody of the target's level, with a session, the role `weak` and a direct grant.
    user: Person,
    /// Somebody without any level, with `role`.
    nobody: Person,
    /// A role of the target's level, held by `nobody`.
    role: String,
    /// A service account with that role, and a client of the same name.
    account: String,
    /// An endpoint of events, and the event that was given up there.
    hook: Uuid,
    /// A name nothing has yet.
    fresh: String,
    level: i64,
}

const fn row(
    verb: &'static str,
    path: &'static str,
    kind: Kind,
    filled: &'static str,
    status: u16,
) -> Row {
    Row { verb, path, kind, filled, body: |_| None, status }
}

fn with(row: Row, body: fn(&Stage) -> Option<Value>) -> Row {
    Row { body, ..row }
}

/// Every route, once at least.
fn rows() -> Vec<Row> {
    use Kind::{ActsOnUser, HandsOutRole, Reads, TouchesRole, TouchesService};
    let user = "/v1/admin/users/{user}";
    vec![
        row("GET", "/v1/admin/users", Reads, "/v1/admin/users", 200),
        row("GET", user, Reads, "/v1/admin/users/USER", 200),
        row("DELETE", user, ActsOnUser, "/v1/admin/users/USER", 204),
        row(
            "POST",
            "/v1/admin/users/{user}/disable",
            ActsOnUser,
            "/v1/admin/users/USER/disable",
            204,
        ),
        row(
            "POST",
            "/v1/admin/users/{user}/enable",
            ActsOnUser,
            "/v1/admin/users/USER/enable",
            204,
        ),
        row("POST", "/v1/admin/users/{user}/erase", ActsOnUser, "/v1/admin/users/USER/erase", 204),
        row("GET", "/v1/admin/users/{user}/roles", Reads, "/v1/admin/users/USER/roles", 200),
        row(
            "PUT",
            "/v1/admin/users/{user}/roles/{role}",
            ActsOnUser,
            "/v1/admin/users/USER/roles/weakest",
            204,
        ),
        row(
            "PUT",
            "/v1/admin/users/{user}/roles/{role}",
            HandsOutRole,
            "/v1/admin/users/NOBODY/roles/ROLE",
            204,
        ),
        row(
            "DELETE",
            "/v1/admin/users/{user}/roles/{role}",
            ActsOnUser,
            "/v1/admin/users/USER/roles/weak",
            204,
        ),
        row(
            "DELETE",
            "/v1/admin/users/{user}/roles/{role}",
            TouchesRole,
            // `nobody` holds a service's role of that level: rule (b) has no objection.
            "/v1/admin/users/NOBODY/roles/orders%2FROLE",
            204,
        ),
        row("GET", "/v1/admin/users/{user}/grants", Reads, "/v1/admin/users/USER/grants", 200),
        row("GET", "/v1/admin/users/{user}/sessions", Reads, "/v1/admin/users/USER/sessions", 200),
        row(
            "DELETE",
            "/v1/admin/users/{user}/sessions",
            ActsOnUser,
            "/v1/admin/users/USER/sessions",
            204,
        ),
        with(
            row(
                "PATCH",
                "/v1/admin/users/{user}/sessions/{session}",
                ActsOnUser,
                "/v1/admin/users/USER/sessions/SESSION",
                200,
            ),
            |_| Some(json!({ "ends_at": START + 600 })),
        ),
        row(
            "DELETE",
            "/v1/admin/users/{user}/sessions/{session}",
            ActsOnUser,
            "/v1/admin/users/USER/sessions/SESSION",
            204,
        ),
        row("GET", "/v1/admin/roles", Reads, "/v1/admin/roles", 200),
        with(row("POST", "/v1/admin/roles", HandsOutRole, "/v1/admin/roles", 201), |stage| {
            let permissions = ["orders:read"];
            Some(json!({ "name": stage.fresh, "level": stage.level, "permissions": permissions }))
        }),
        row("GET", "/v1/admin/roles/{role}", Reads, "/v1/admin/roles/ROLE", 200),
        with(
            row("PATCH", "/v1/admin/roles/{role}", TouchesRole, "/v1/admin/roles/ROLE", 200),
            |_| Some(json!({ "permissions": ["orders:read", "orders:create"] })),
        ),
        row("DELETE", "/v1/admin/roles/{role}", TouchesRole, "/v1/admin/roles/ROLE", 204),
        row("GET", "/v1/admin/roles/{role}/users", Reads, "/v1/admin/roles/ROLE/users", 200),
        row("GET", "/v1/admin/services", Reads, "/v1/admin/services", 200),
        with(
            row("POST", "/v1/admin/services", TouchesService, "/v1/admin/services", 201),
            |stage| Some(json!({ "name": stage.fresh })),
        ),
        row("GET", "/v1/admin/services/{service}", Reads, "/v1/admin/services/depot", 200),
        with(
            row(
                "PATCH",
                "/v1/admin/services/{service}",
                TouchesService,
                "/v1/admin/services/depot",
                200,
            ),
            |_| Some(json!({ "token_lifetime": 120 })),
        ),
        row(
            "DELETE",
            "/v1/admin/services/{service}",
            TouchesService,
            "/v1/admin/services/depot",
            204,
        ),
        row("GET", "/v1/admin/service-accounts", Reads, "/v1/admin/service-accounts", 200),
        with(
            row(
                "POST",
                "/v1/admin/service-accounts",
                HandsOutRole,
                "/v1/admin/service-accounts",
                201,
            ),
            |stage| Some(json!({ "name": stage.fresh, "roles": [stage.role] })),
        ),
        row(
            "GET",
            "/v1/admin/service-accounts/{account}",
            Reads,
            "/v1/admin/service-accounts/ACCOUNT",
            200,
        ),
        row(
            "DELETE",
            "/v1/admin/service-accounts/{account}",
            HandsOutRole,
            "/v1/admin/service-accounts/ACCOUNT",
            204,
        ),
        with(
            row(
                "PUT",
                "/v1/admin/service-accounts/{account}/roles",
                HandsOutRole,
                "/v1/admin/service-accounts/ACCOUNT/roles",
                204,
            ),
            |_| Some(json!({ "roles": ["weakest"] })),
        ),
        with(
            row(
                "POST",
                "/v1/admin/service-accounts/{account}/secret",
                HandsOutRole,
                "/v1/admin/service-accounts/ACCOUNT/secret",
                200,
            ),
            |_| Some(json!({})),
        ),
        row(
            "POST",
            "/v1/admin/service-accounts/{account}/disable",
            HandsOutRole,
            "/v1/admin/service-accounts/ACCOUNT/disable",
            204,
        ),
        row(
            "POST",
            "/v1/admin/service-accounts/{account}/enable",
            HandsOutRole,
            "/v1/admin/service-accounts/ACCOUNT/enable",
            204,
        ),
        row("GET", "/v1/admin/clients", Reads, "/v1/admin/clients", 200),
        with(row("POST", "/v1/admin/clients", TouchesService, "/v1/admin/clients", 201), |stage| {
            Some(json!({ "client_id": stage.fresh, "name": "A", "kind": "public" }))
        }),
        row("GET", "/v1/admin/clients/{client}", Reads, "/v1/admin/clients/CLIENT", 200),
        with(
            row(
                "PATCH",
                "/v1/admin/clients/{client}",
                TouchesService,
                "/v1/admin/clients/CLIENT",
                200,
            ),
            |_| Some(json!({ "name": "B" })),
        ),
        row(
            "DELETE",
            "/v1/admin/clients/{client}",
            TouchesService,
            "/v1/admin/clients/CLIENT",
            204,
        ),
        row(
            "POST",
            "/v1/admin/clients/{client}/secret",
            TouchesService,
            "/v1/admin/clients/CLIENT/secret",
            200,
        ),
        row("GET", "/v1/admin/grants", Reads, "/v1/admin/grants", 200),
        with(row("POST", "/v1/admin/grants", ActsOnUser, "/v1/admin/grants", 204), |stage| {
            let holder = format!("user:{}", stage.user.id);
            Some(json!({ "holder": holder, "permission": "orders:cancel" }))
        }),
        row(
            "DELETE",
            "/v1/admin/grants/{holder}/{permission}",
            ActsOnUser,
            "/v1/admin/grants/user:USER/orders:read",
            204,
        ),
        row("GET", "/v1/admin/hooks", Reads, "/v1/admin/hooks", 200),
        with(row("POST", "/v1/admin/hooks", TouchesService, "/v1/admin/hooks", 201), |_| {
            Some(json!({ "url": "https://hooks.example.com/" }))
        }),
        row("GET", "/v1/admin/hooks/{hook}", Reads, "/v1/admin/hooks/HOOK", 200),
        with(
            row("PATCH", "/v1/admin/hooks/{hook}", TouchesService, "/v1/admin/hooks/HOOK", 200),
            |_| Some(json!({ "enabled": false })),
        ),
        row("DELETE", "/v1/admin/hooks/{hook}", TouchesService, "/v1/admin/hooks/HOOK", 204),
        with(
            row(
                "POST",
                "/v1/admin/hooks/{hook}/secret",
                TouchesService,
                "/v1/admin/hooks/HOOK/secret",
                200,
            ),
            |_| Some(json!({})),
        ),
        row(
            "GET",
            "/v1/admin/hooks/{hook}/deliveries",
            Reads,
            "/v1/admin/hooks/HOOK/deliveries",
            200,
        ),
        row(
            "POST",
            "/v1/admin/hooks/{hook}/deliveries/{event}/repeat",
            TouchesService,
            "/v1/admin/hooks/HOOK/deliveries/EVENT/repeat",
            204,
        ),
        row(
            "POST",
            "/v1/admin/hooks/{hook}/repeat",
            TouchesService,
            "/v1/admin/hooks/HOOK/repeat",
            200,
        ),
        with(
            row(
                "POST",
                "/v1/admin/services/{service}/provider-secret",
                TouchesService,
                "/v1/admin/services/depot/provider-secret",
                200,
            ),
            |_| Some(json!({})),
        ),
        row("GET", "/v1/admin/mail", Reads, "/v1/admin/mail", 200),
        row("GET", "/v1/admin/audit", Reads, "/v1/admin/audit", 200),
    ]
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
                let stage = set(&issuer, caller, target, who.as_ref().map(|(p, _)| p)).await;
                let path = row
                    .filled
                    .replace("USER", &stage.user.id.to_string())
                    .replace("NOBODY", &stage.nobody.id.to_string())
                    .replace("SESSION", &stage.user.session.to_string())
                    .replace("ROLE", &stage.role)
                    .replace("ACCOUNT", &stage.account)
                    .replace("CLIENT", &stage.account)
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

/// The caller, and the token that is shown.
async fn make(issuer: &Issuer, caller: Caller) -> Option<(Person, String)> {
    let person = match caller {
        Caller::Nobody => return None,
        Caller::Level(None) => person(issuer, &[]).await,
        Caller::Level(Some(level)) => of_level(issuer, level).await,
        Caller::MicroToken | Caller::ServiceAccount | Caller::Disabled => of_level(issuer, 0).await,
    };
    let token = match caller {
        Caller::MicroToken => issuer.micro(&person.main, "orders").await.text_of("micro_token"),
        Caller::ServiceAccount => service_account(issuer),
        Caller::Nobody | Caller::Level(_) => person.main.clone(),
        Caller::Disabled => {
            let mut tx = issuer.app.db.write().await.unwrap();
            let status = db::users::UserStatus::Disabled;
            db::users::set_status(&mut tx, person.id, status).await.unwrap();
            tx.commit().await.unwrap();
            person.main.clone()
        }
    };
    Some((person, token))
}

/// A token that a service account could hold, with every permission of the issuer's own.
fn service_account(issuer: &Issuer) -> String {
    let claims = MicroClaims {
        iss: PUBLIC_URL.to_owned(),
        sub: "svc:depot".to_owned(),
        aud: vec![PUBLIC_URL.to_owned()],
        exp: (START + 300).try_into().unwrap(),
        iat: START.try_into().unwrap(),
        jti: "1".to_owned(),
        sid: None,
        client_id: Some("depot".to_owned()),
        token_type: MICRO_TYPE.to_owned(),
        username: None,
        anonymous: false,
        roles: vec!["administrator".to_owned()],
        level: Some(0),
        permissions: vec!["*".to_owned()],
        scope: None,
        auth_time: Some(START.try_into().unwrap()),
        amr: Vec::new(),
        acr: None,
        act: None,
        others: Map::new(),
    };
    let keys = issuer.app.keys.current();
    jws::sign(keys.active(keys.default_algorithm()).unwrap(), MICRO_TYP, &claims).unwrap()
}

/// A fresh stage: what one call did must not matter to the next.
async fn set(issuer: &Issuer, caller: Caller, target: Target, who: Option<&Person>) -> Stage {
    let level = match caller {
        Caller::Level(Some(level)) => level,
        Caller::Nobody
        | Caller::Level(None)
        | Caller::MicroToken
        | Caller::ServiceAccount
        | Caller::Disabled => 10,
    };
    let level = match target {
        Target::Weaker => level + 1,
        Target::Equal | Target::Myself => level,
        Target::Stronger => level - 1,
    };
    let user = match (target, who) {
        (Target::Myself, Some(who)) => who.clone(),
        _ => of_level(issuer, level).await,
    };
    let nobody = person(issuer, &[]).await;
    let name = format!("r{}", nobody.id.simple());
    role(issuer, &name, level, &["orders:read"]).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    let own = db::roles::Role {
        name: format!("orders/{name}"),
        service: Some("orders".to_owned()),
        level,
        description: None,
        permissions: Vec::new(),
    };
    db::roles::put(&mut tx, &own, START).await.unwrap();
    db::roles::assign(&mut tx, nobody.id, &own.name, START).await.unwrap();
    db::roles::assign(&mut tx, user.id, "weak", START).await.unwrap();
    let permission = laika_claims::Grant::parse("orders:read").unwrap();
    let holder = Holder::User(user.id);
    db::grants::add(&mut tx, &holder, &permission, "command-line", START).await.unwrap();
    let depot = db::services::Service {
        name: "depot".to_owned(),
        audience: "depot".to_owned(),
        token_lifetime: 300,
        algorithm: None,
        claim_template: None,
        permission_provider: db::services::PermissionProvider::Roles,
        stale: true,
        anonymous_lifetime: None,
    };
    db::services::put(&mut tx, &depot, START).await.unwrap();
    let account = format!("a{}", nobody.id.simple());
    db::service_accounts::insert(&mut tx, &account, None, START).await.unwrap();
    let client = db::clients::Client {
        client_id: account.clone(),
        name: "A client".to_owned(),
        kind: db::clients::ClientKind::Confidential,
        secret_hash: None,
        created_at: START,
    };
    db::clients::insert(&mut tx, &client).await.unwrap();
    let hook = given_up(&mut tx, nobody.id).await;
    let roles = std::slice::from_ref(&name);
    db::service_accounts::set_roles(&mut tx, &account, roles, START).await.unwrap();
    tx.commit().await.unwrap();
    Stage {
        hook,
        user,
        fresh: format!("f{}", nobody.id.simple()),
        nobody,
        role: name,
        account,
        level,
    }
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
}

/// The only endpoint of events there is, which is told nothing, with an event of the same id that was
/// given up.
async fn given_up(tx: &mut db::Connection, id: Uuid) -> Uuid {
    use db::deliveries::{Delivery, Endpoint, State};
    sqlx::query("DELETE FROM hooks").execute(&mut *tx).await.unwrap();
    let hook = db::hooks::Hook {
        id,
        url: "https://hooks.example.com/".to_owned(),
        description: None,
        events: db::hooks::Wanted::Named(Vec::new()),
        secret: "none".to_owned(),
        old_secret: None,
        disabled_at: None,
        created_at: START,
    };
    db::hooks::insert(tx, &hook).await.unwrap();
    let name = laika_issuer::events::EventName::UserLogin;
    db::deliveries::insert_event(tx, id, name, "{}", START).await.unwrap();
    let delivery = Delivery {
        event: id,
        name: name.as_str().to_owned(),
        endpoint: Endpoint::Hook(id),
        stream: format!("user:{id}"),
        state: State::Dead,
        attempts: 9,
        due_at: START,
        give_up_at: START,
        status: None,
        error: None,
        created_at: START,
        ended_at: Some(START),
    };
    db::deliveries::insert(tx, &delivery, 1).await.unwrap();
    id
}
