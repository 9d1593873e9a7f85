//! Passkeys: enrolled, used, lost; and the attacks on them. What is wrong with a single response is
//! tested beside the code, in `src/webauthn/`.

#[path = "../../../passkeys/authenticator.rs"]
pub(crate) mod authenticator;

mod attacks;
mod enrol;
mod own;
mod second_factor;
mod sign_in;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer};
use authenticator::Authenticator;

/// Where browsers know passkeys without TLS.
pub(crate) const ORIGIN: &str = "http://localhost:8080";

/// An issuer with a name.
pub(crate) async fn start() -> Issuer {
    Issuer::with(&[("LAIKA_PUBLIC_URL", ORIGIN)]).await
}

pub(crate) async fn offer(issuer: &Issuer, main: &str) -> Answer {
    issuer.send(Method::POST, "/v1/me/passkeys", Some(main), None).await
}

pub(crate) async fn confirm(issuer: &Issuer, main: &str, credential: Value) -> Answer {
    let body = json!({ "name": "my laptop", "credential": credential });
    issuer.post("/v1/me/passkeys/confirm", Some(main), body).await
}

/// Enrols a passkey; it, its id here, and backup codes where it is the first factor.
pub(crate) async fn enrol(issuer: &Issuer, main: &str) -> (Authenticator, String, Vec<String>) {
    enrol_this(issuer, main, Authenticator::new(ORIGIN)).await
}

pub(crate) async fn enrol_this(
    issuer: &Issuer,
    main: &str,
    mut passkey: Authenticator,
) -> (Authenticator, String, Vec<String>) {
    let options = offer(issuer, main).await.expect(200);
    let credential = passkey.create(&options["public_key"]);
    let answer = confirm(issuer, main, credential).await.expect(201);
    let codes = answer.get("backup_codes").map(super::texts).unwrap_or_default();
    (passkey, answer["passkey"]["id"].as_str().unwrap().to_owned(), codes)
}

/// What a passkey is to sign that signs in.
pub(crate) async fn begin(issuer: &Issuer) -> Value {
    let answer = issuer.send(Method::POST, "/v1/sessions/passkey/begin", None, None).await;
    answer.expect(200)["public_key"].clone()
}

pub(crate) async fn finish(issuer: &Issuer, credential: Value) -> Answer {
    let body = json!({ "credential": credential, "service": "orders" });
    issuer.post("/v1/sessions/passkey/finish", None, body).await
}

pub(crate) async fn sign_in(issuer: &Issuer, passkey: &mut Authenticator) -> Answer {
    let options = begin(issuer).await;
    finish(issuer, passkey.get(&options)).await
}

/// What a passkey is to sign as the second step of the log-in with this id.
pub(crate) async fn ask_second_factor(issuer: &Issuer, id: &str) -> Value {
    let answer = issuer.post("/v1/sessions/second-factor/passkey", None, json!({ "id": id })).await;
    answer.expect(200)["public_key"].clone()
}

/// What a passkey is to sign to prove anew who holds a session.
pub(crate) async fn ask_step_up(issuer: &Issuer, main: &str) -> Value {
    let path = "/v1/sessions/current/step-up/passkey";
    issuer.send(Method::POST, path, Some(main), None).await.expect(200)["public_key"].clone()
}

pub(crate) async fn audited(issuer: &Issuer, action: &str) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE action = $1")
        .bind(action.to_owned())
        .fetch_one(&mut *connection)
        .await
        .unwrap()
}
