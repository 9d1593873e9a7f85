//! An issuer that sends mail, and the server it sends to.

use axum::http::Method;
use laika_issuer::{background, mail};
use serde_json::{Value, json};

use crate::sink::{Mail, Sink};
use crate::support::{Answer, Issuer};

pub(crate) const SECOND: &str = "there and back again 1960";

/// An issuer that sends mail to `sink`.
pub(crate) async fn issuer(sink: &Sink) -> Issuer {
    issuer_at(&format!("smtp://127.0.0.1:{}", sink.port), &[]).await
}

/// The same for any URL, with further variables.
pub(crate) async fn issuer_at(url: &str, more: &[(&str, &str)]) -> Issuer {
    let from = ("LAIKA_MAIL_FROM", "Laika <no-reply@id.example.com>");
    let variables = [&[("LAIKA_MAIL_URL", url), from][..], more].concat();
    Issuer::with(&variables).await
}

pub(crate) fn registration(username: &str, email: &str) -> Value {
    json!({ "username": username, "email": email, "password": SECOND })
}

pub(crate) async fn register(issuer: &Issuer, username: &str, email: &str) -> Answer {
    issuer.post("/v1/users", None, registration(username, email)).await
}

/// Empties the outbox; the one mail that came of it.
pub(crate) async fn only_mail(issuer: &Issuer, sink: &Sink) -> Mail {
    mail::deliver(&issuer.app).await.unwrap();
    let mail = sink.next();
    sink.nothing();
    mail
}

/// Registers and proves the e-mail; the main token.
pub(crate) async fn registered(issuer: &Issuer, sink: &Sink, name: &str, email: &str) -> String {
    register(issuer, name, email).await.expect(202);
    let code = only_mail(issuer, sink).await.code("verify");
    verify(issuer, &code).await.expect(201);
    log_in(issuer, name, SECOND).await.text_of("main_token")
}

pub(crate) async fn verify(issuer: &Issuer, code: &str) -> Answer {
    issuer.post("/v1/email/verify", None, json!({ "code": code })).await
}

pub(crate) async fn log_in(issuer: &Issuer, login: &str, password: &str) -> Answer {
    issuer.post("/v1/sessions", None, json!({ "login": login, "password": password })).await
}

pub(crate) async fn forgot(issuer: &Issuer, email: &str) -> Answer {
    issuer.post("/v1/password/forgot", None, json!({ "email": email })).await
}

pub(crate) async fn reset(issuer: &Issuer, code: &str, password: &str) -> Answer {
    issuer.post("/v1/password/reset", None, json!({ "code": code, "password": password })).await
}

pub(crate) async fn change_email(issuer: &Issuer, main: &str, email: &str) -> Answer {
    let body = json!({ "email": email, "password": SECOND });
    issuer.send(Method::PUT, "/v1/me/email", Some(main), Some(body)).await
}

/// Every background task once, as the service runs them.
pub(crate) async fn tidy(issuer: &Issuer) {
    background::run_all(&issuer.app).await.unwrap();
}

/// How many rows a table has.
pub(crate) async fn rows(issuer: &Issuer, table: &str) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
}

/// State, attempts and error of every mail in the outbox.
pub(crate) async fn outbox(issuer: &Issuer) -> Vec<(String, i64, Option<String>)> {
    let mut connection = issuer.app.db.read().await.unwrap();
    sqlx::query_as("SELECT state, attempts, error FROM mails ORDER BY created_at, id")
        .fetch_all(&mut *connection)
        .await
        .unwrap()
}
