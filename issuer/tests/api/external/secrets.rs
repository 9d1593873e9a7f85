//! No code, state, token, secret or e-mail of a log-in elsewhere is ever logged, at any level.

use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::browser::{Browser, VERIFIER, exchange};
use super::kennel::{ACCESS_TOKEN, Instead};
use super::stage;
use crate::logs::Log;

#[tokio::test]
async fn nothing_secret_of_a_log_in_elsewhere_reaches_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // See `logs.rs`: with one subscriber alone, events could be lost.
    let _second =
        tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
    let _guard = tracing::subscriber::set_default(subscriber);

    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    let location = browser.begin(&issuer, "kennel").await;
    let back = kennel.authorize(&location);
    let code = browser.code(&issuer, &back).await;
    exchange(&issuer, &code, None).await.expect(201);
    exchange(&issuer, &code, None).await.problem(422, "code_invalid");
    kennel.script().id_token = json!({ "nonce": "strelka@example.com" });
    let again = kennel.authorize(&browser.begin(&issuer, "kennel").await);
    browser.come_back(&issuer, &again).await;
    kennel.script().instead.insert("token", Instead::Status(400));
    let last = kennel.authorize(&browser.begin(&issuer, "kennel").await);
    browser.come_back(&issuer, &last).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a one-time code of a log-in was used again"), "not caught: {log}");
    assert!(log.contains("a log-in failed"), "not caught: {log}");
    let state = back.split_once("state=").unwrap().1;
    let cookie = browser.cookie.unwrap();
    for secret in [
        ACCESS_TOKEN,
        VERIFIER,
        "kennel:secret",
        "kennel%3Asecret",
        "strelka@example.com",
        "eyJ",
        &code,
        state,
        cookie.split_once('=').unwrap().1,
    ] {
        assert!(!log.contains(secret), "`{secret}` is in the log");
    }
}
