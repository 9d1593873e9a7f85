//! No credential, token or e-mail is ever logged, at any level.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::support::{Issuer, PASSWORD};

#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber alone, an event that another test's thread meets first is never asked for
    // again: tracing then asks the subscriber of that thread, which has none.
    let _second =
        tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
    let _guard = tracing::subscriber::set_default(subscriber);

    let issuer = Issuer::start().await;
    let link = issuer.app.first_administrator_link().await.unwrap().unwrap();
    let code = link.split_once('=').unwrap().1.to_owned();
    let password = "there and back again 1960";
    let body = json!({
        "username": "belka", "email": "belka@example.com", "password": password,
        "service": "orders", "invitation": code,
    });
    let answer = issuer.post("/v1/users", None, body.clone()).await;
    let first = answer.text_of("main_token");
    let micro = answer.text_of("micro_token");
    let second = issuer.renew(&first).await.text_of("main_token");
    issuer.get("/v1/me", Some(&second)).await.expect(200);
    issuer.clock.advance(11);
    issuer.renew(&first).await.problem(401, "token_reused");
    issuer.get("/v1/me", Some(&micro)).await.problem(401, "type_mismatch");
    issuer.get(&format!("/v1/sessions?cursor={micro}"), Some(&second)).await;
    issuer.get(&format!("/{micro}"), None).await.problem(404, "not_found");
    issuer.post("/v1/users", None, body).await.problem(409, "already_registered");
    let wrong = json!({ "login": "laika@example.com", "password": "wrong-password-here" });
    issuer.post("/v1/sessions", None, wrong).await.problem(401, "credentials_invalid");
    let odd = json!({ "login": ["laika@example.com"], "password": { "p": PASSWORD } });
    issuer.post("/v1/sessions", None, odd).await.problem(422, "fields_invalid");
    issuer.log_in().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a replaced main token was used again"), "the log was not caught: {log}");
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    for secret in [
        password,
        PASSWORD,
        "wrong-password-here",
        "belka@example.com",
        "laika@example.com",
        &code,
        &signature(&first),
        &signature(&second),
        &signature(&micro),
        "$argon2id$",
        "eyJ",
    ] {
        assert!(!log.contains(secret), "`{secret}` is in the log");
    }
}
