//! The endpoints that OAuth 2.0 names.

mod attacks;
mod exchange;
mod inspection;
mod token;

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use laika_issuer::audit::By;
use laika_issuer::db::clients::ClientKind;
use laika_issuer::oauth2::clients;
use laika_issuer::oauth2::service_accounts::{self, New};

use crate::support::{Answer, Issuer};

pub(crate) const MICRO: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(crate) const MAIN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
pub(crate) const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A service account; its secret.
pub(crate) async fn account(
    issuer: &Issuer,
    name: &str,
    service: Option<&str>,
    roles: &[&str],
) -> String {
    let new = New {
        name: name.to_owned(),
        service: service.map(str::to_owned),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    let mut tx = issuer.app.db.write().await.unwrap();
    let made = service_accounts::create(&issuer.app, &mut tx, &By::command_line(), &new).await;
    tx.commit().await.unwrap();
    made.unwrap().reveal().to_owned()
}

/// Disables a service account, and enables it again.
pub(crate) async fn interrupt(issuer: &Issuer, name: &str) {
    for disabled in [true, false] {
        let mut tx = issuer.app.db.write().await.unwrap();
        let by = By::command_line();
        let set = service_accounts::set_disabled(&issuer.app, &mut tx, &by, name, disabled).await;
        set.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The answer to a service account that asks for a token at a service.
pub(crate) async fn own_token(
    issuer: &Issuer,
    (name, secret): (&str, &str),
    service: &str,
) -> Answer {
    let ask = [("grant_type", "client_credentials"), ("resource", service)];
    form(issuer, "/oauth2/token", Some((name, secret)), &ask).await
}

/// A registered client; its secret, where it has one.
pub(crate) async fn client(issuer: &Issuer, id: &str, kind: ClientKind) -> Option<String> {
    let new = clients::New { client_id: id.to_owned(), name: "A client".to_owned(), kind };
    let mut tx = issuer.app.db.write().await.unwrap();
    let made = clients::create(&issuer.app, &mut tx, &By::command_line(), &new).await.unwrap();
    tx.commit().await.unwrap();
    made.1.map(|secret| secret.reveal().to_owned())
}

/// Sends a form, perhaps with HTTP Basic.
pub(crate) async fn form(
    issuer: &Issuer,
    path: &str,
    basic: Option<(&str, &str)>,
    parameters: &[(&str, &str)],
) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    raw(issuer, path, basic, body).await
}

pub(crate) async fn raw(
    issuer: &Issuer,
    path: &str,
    basic: Option<(&str, &str)>,
    body: String,
) -> Answer {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some((id, secret)) = basic {
        let pair = STANDARD.encode(format!("{id}:{secret}"));
        request = request.header("authorization", format!("Basic {pair}"));
    }
    issuer.call(request.body(Body::from(body)).unwrap()).await
}

/// That an answer is a refusal of this kind (RFC 6749 section 5.2).
#[track_caller]
pub(crate) fn refused(answer: &Answer, code: &str) {
    let status = if code == "invalid_client" { 401 } else { 400 };
    let body = answer.expect(status);
    assert_eq!(body["error"], code, "{body}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.header("www-authenticate").starts_with("Basic"), status == 401);
}
