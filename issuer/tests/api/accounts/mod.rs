//! Accounts without mail, and what their owners change; what goes by mail is in `tests/mail/`.

mod holder;
mod owner;
mod profile;
mod races;
mod registration;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer};

pub(crate) const SECOND: &str = "there and back again 1960";

/// Registers; the main token.
pub(crate) async fn register(issuer: &Issuer, username: &str) -> String {
    let email = format!("{}@example.com", username.to_lowercase());
    let body = json!({ "username": username, "email": email, "password": SECOND });
    issuer.post("/v1/users", None, body).await.text_of("main_token")
}

pub(crate) async fn put(issuer: &Issuer, path: &str, main: &str, body: Value) -> Answer {
    issuer.send(Method::PUT, path, Some(main), Some(body)).await
}

pub(crate) async fn log_in(issuer: &Issuer, login: &str, password: &str) -> Answer {
    issuer.post("/v1/sessions", None, json!({ "login": login, "password": password })).await
}
