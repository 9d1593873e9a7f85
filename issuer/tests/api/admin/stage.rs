//! People of every level, and what may be done to them.

use axum::http::Method;
use laika_issuer::accounts::{Email, Username};
use laika_issuer::db;
use laika_issuer::db::roles::Role;
use laika_issuer::db::sessions::Origin;
use laika_issuer::mint::main_token;
use laika_issuer::random;
use laika_issuer::session::{self, Way};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Issuer};

/// Somebody with a session.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) main: String,
    pub(crate) session: Uuid,
}

/// Makes a global role of this level, with these permissions.
pub(crate) async fn role(issuer: &Issuer, name: &str, level: i64, permissions: &[&str]) {
    let role = Role {
        name: name.to_owned(),
        service: None,
        level,
        description: None,
        permissions: permissions.iter().map(|text| (*text).to_owned()).collect(),
    };
    let mut tx = issuer.app.db.write().await.unwrap();
    db::roles::put(&mut tx, &role, 0).await.unwrap();
    tx.commit().await.unwrap();
}

/// Makes somebody with these roles and a fresh session; nobody pays for a password hash.
pub(crate) async fn person(issuer: &Issuer, roles: &[&str]) -> Person {
    let id = random::uuid(&*issuer.app.random).unwrap();
    let name = format!("p{}", id.simple());
    let email = Email::parse(&format!("{name}@example.com")).unwrap();
    let now = issuer.app.clock.now();
    let mut tx = issuer.app.db.write().await.unwrap();
    let username = Username::parse(&name).unwrap();
    db::users::insert(&mut tx, id, &username, &email, "none", now).await.unwrap();
    for role in roles {
        db::roles::assign(&mut tx, id, role, now).await.unwrap();
    }
    let session =
        session::first(&issuer.app, &mut tx, id, Origin::default(), Way::Password).await.unwrap();
    tx.commit().await.unwrap();
    let main = main_token::issue(&issuer.app, &session).unwrap().token;
    Person { id, main, session: session.id }
}

/// Somebody of this level, who holds everything of the service `orders`.
pub(crate) async fn of_level(issuer: &Issuer, level: i64) -> Person {
    let name = format!("level-{level}");
    role(issuer, &name, level, &["orders:*"]).await;
    person(issuer, &[&name]).await
}

/// An administrator of level 0 who holds everything there is.
pub(crate) async fn root(issuer: &Issuer) -> Person {
    person(issuer, &["administrator"]).await
}

/// The epoch of a person: it grows with every loss.
pub(crate) async fn epoch(issuer: &Issuer, id: Uuid) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    db::users::by_id(&mut connection, id).await.unwrap().unwrap().epoch
}

impl Person {
    pub(crate) async fn get(&self, issuer: &Issuer, path: &str) -> Answer {
        issuer.get(&format!("/v1/admin{path}"), Some(&self.main)).await
    }

    pub(crate) async fn does(&self, issuer: &Issuer, method: Method, path: &str) -> Answer {
        issuer.send(method, &format!("/v1/admin{path}"), Some(&self.main), None).await
    }

    pub(crate) async fn sends(
        &self,
        issuer: &Issuer,
        method: Method,
        path: &str,
        body: Value,
    ) -> Answer {
        issuer.send(method, &format!("/v1/admin{path}"), Some(&self.main), Some(body)).await
    }

    pub(crate) async fn assigns(&self, issuer: &Issuer, user: Uuid, role: &str) -> Answer {
        let role = role.replace('/', "%2F");
        self.does(issuer, Method::PUT, &format!("/users/{user}/roles/{role}")).await
    }

    pub(crate) async fn grants(&self, issuer: &Issuer, user: Uuid, permission: &str) -> Answer {
        let body = json!({ "holder": format!("user:{user}"), "permission": permission });
        self.sends(issuer, Method::POST, "/grants", body).await
    }

    /// The permissions in a micro token for `service`.
    pub(crate) async fn permissions(&self, issuer: &Issuer, service: &str) -> Value {
        issuer.micro(&self.main, service).await.expect(200)["permissions"].clone()
    }
}
