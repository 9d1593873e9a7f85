//! Second factors: enrolled, shown, lost; and the attacks on them.

pub(crate) mod administration;
mod backup_codes;
mod log_in;
pub(crate) mod passkeys;
mod step_up;
mod totp;

use axum::http::Method;
use data_encoding::BASE32_NOPAD;
use laika_issuer::factors::totp::TotpSecret;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::accounts::{SECOND, log_in};
use crate::support::{Answer, Issuer};

/// An authenticator app.
pub(crate) struct Authenticator(TotpSecret);

impl Authenticator {
    pub(crate) fn of(base32: &str) -> Self {
        let bytes = BASE32_NOPAD.decode(base32.as_bytes()).unwrap();
        Self(TotpSecret::from_bytes(Zeroizing::new(bytes)))
    }

    /// What it shows now.
    pub(crate) fn code(&self, issuer: &Issuer) -> String {
        self.code_at(issuer.app.clock.now())
    }

    pub(crate) fn code_at(&self, second: i64) -> String {
        self.0.code(second / 30).to_string()
    }
}

/// Enrols an app; it, and the backup codes.
pub(crate) async fn enrol(issuer: &Issuer, main: &str) -> (Authenticator, Vec<String>) {
    let answer = issuer.send(Method::POST, "/v1/me/factors/totp", Some(main), None).await;
    let app = Authenticator::of(&answer.text_of("secret"));
    let body = json!({ "code": app.code(issuer) });
    let answer = issuer.post("/v1/me/factors/totp/confirm", Some(main), body).await.expect(200);
    // The code that confirmed it is used up.
    issuer.clock.advance(30);
    (app, texts(&answer["backup_codes"]))
}

pub(crate) fn texts(values: &Value) -> Vec<String> {
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// The first step of a log-in by password; the id of the second.
pub(crate) async fn first_step(issuer: &Issuer, login: &str) -> String {
    let answer = log_in(issuer, login, SECOND).await.expect(200);
    assert_eq!(answer.as_object().unwrap().len(), 1, "no tokens: {answer}");
    answer["second_factor"]["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn second_step(issuer: &Issuer, body: Value) -> Answer {
    issuer.post("/v1/sessions/second-factor", None, body).await
}

pub(crate) async fn delete(issuer: &Issuer, path: &str, main: &str) -> Answer {
    issuer.send(Method::DELETE, path, Some(main), None).await
}

pub(crate) async fn step_up(issuer: &Issuer, main: &str, body: Value) -> Answer {
    issuer.post("/v1/sessions/current/step-up", Some(main), body).await
}
