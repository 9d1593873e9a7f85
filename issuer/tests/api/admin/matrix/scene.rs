//! Who calls, and what the call is about.

use laika_claims::token::{MICRO_TYP, MICRO_TYPE, MicroClaims};
use laika_issuer::db;
use laika_issuer::db::grants::Holder;
use laika_issuer::keys::jws;
use serde_json::Map;
use uuid::Uuid;

use super::super::stage::{Person, of_level, person, role};
use super::{Caller, Target};
use crate::support::{Issuer, PUBLIC_URL, START};

/// What a call may be about.
pub(super) struct Stage {
    /// Somebody of the target's level, with a session, the role `weak` and a direct grant.
    pub(super) user: Person,
    /// Somebody without any level, with `role`.
    pub(super) nobody: Person,
    /// A role of the target's level, held by `nobody`.
    pub(super) role: String,
    /// A service account with that role, and a client of the same name.
    pub(super) account: String,
    /// An endpoint of events, and the event that was given up there.
    pub(super) hook: Uuid,
    /// A name nothing has yet.
    pub(super) fresh: String,
    pub(super) level: i64,
}

/// The caller, and the token that is shown.
pub(super) async fn make(issuer: &Issuer, caller: Caller) -> Option<(Person, String)> {
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
pub(super) async fn set(
    issuer: &Issuer,
    caller: Caller,
    target: Target,
    who: Option<&Person>,
) -> Stage {
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

/// The only endpoint of events there is, which is told nothing, with an event of the same id that was
/// given up.
async fn given_up(tx: &mut db::Connection, id: Uuid) -> Uuid {
    use db::deliveries::{Delivery, Endpoint, State};
    use laika_issuer::outgoing::WrappedSecrets;
    sqlx::query("DELETE FROM hooks").execute(&mut *tx).await.unwrap();
    let hook = db::hooks::Hook {
        id,
        url: "https://hooks.example.com/".to_owned(),
        description: None,
        events: db::hooks::Wanted::Named(Vec::new()),
        secrets: WrappedSecrets { secret: "none".to_owned(), old: None },
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
