//! Server-side request forgery by hooks, and answers that are slow, huge or redirect.

use std::time::Duration;

use axum::http::Method;
use laika_issuer::events;
use laika_issuer::outgoing::{Outgoing, OutgoingError, Post, Signer, WebhookSecret};
use serde_json::json;

use super::receiver::{Answer, Receiver, stage};
use crate::admin::stage::root;
use crate::support::Issuer;

async fn post(outgoing: &Outgoing, url: &str, timeout: Duration) -> Result<u16, OutgoingError> {
    let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signer = Signer::new(secret, None);
    let post = Post { url, id: "x", body: b"{}", signer: &signer, now: 1, timeout };
    outgoing.post(&post).await.map(|answer| answer.status)
}

const LONG: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_hook_must_not_lead_to_a_private_address_unless_it_is_listed() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    for url in [
        "http://127.0.0.1:8080/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00:ec2::254]/",
        "http://example.com/",
        "https://laika@example.com/",
        "gopher://example.com/",
        "file:///etc/passwd",
    ] {
        let answer = root.sends(&issuer, Method::POST, "/hooks", json!({ "url": url })).await;
        let problem = answer.problem(422, "fields_invalid");
        assert_eq!(problem["fields"][0]["field"], "url", "{url}");
    }
}

#[tokio::test]
async fn a_name_that_means_a_private_address_is_refused_when_it_is_resolved() {
    let outgoing = Outgoing::new(&[]).unwrap();
    let error = post(&outgoing, "https://localhost/", LONG).await.unwrap_err();
    assert_eq!(error, OutgoingError::Private);
    let listed = Outgoing::new(&["127.0.0.0/8".parse().unwrap()]).unwrap();
    let receiver = Receiver::start().await;
    let port = receiver.url.trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    // Now it is reached, and speaks no TLS.
    let error = post(&listed, &format!("https://localhost:{port}/"), LONG).await.unwrap_err();
    assert!(matches!(error, OutgoingError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn an_address_that_was_listed_once_is_checked_again_at_each_request() {
    let receiver = Receiver::start().await;
    let outgoing = Outgoing::new(&[]).unwrap();
    let error = post(&outgoing, &receiver.url, LONG).await.unwrap_err();
    assert!(matches!(error, OutgoingError::Private), "{error:?}");
    assert!(receiver.heard().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.login"])).await;
    let other = Receiver::start().await;
    receiver.answer([Answer::Redirect(other.url.clone())]);
    issuer.log_in().await;
    events::deliver(&issuer.app).await.unwrap();
    assert_eq!(receiver.heard().len(), 1);
    assert!(other.heard().is_empty());
    issuer.clock.advance(60);
    events::deliver(&issuer.app).await.unwrap();
    assert_eq!(receiver.heard().len(), 1, "it counts as a failure");
}

#[tokio::test]
async fn an_answer_that_is_huge_or_never_comes_is_not_waited_for() {
    let receiver = Receiver::start().await;
    let outgoing = Outgoing::new(&["127.0.0.0/8".parse().unwrap()]).unwrap();
    receiver.answer([Answer::Long(64 << 20), Answer::Silence]);
    let error = post(&outgoing, &receiver.url, LONG).await.unwrap_err();
    assert!(matches!(error, OutgoingError::TooLong(_)), "{error:?}");
    let error = post(&outgoing, &receiver.url, Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(error, OutgoingError::Slow);
}

#[tokio::test]
async fn a_hook_that_never_answers_holds_up_nobody_elses_events() {
    let (issuer, root, silent, _, _) = stage(Some(&["user.login"])).await;
    silent.always(Answer::Silence);
    let quick = Receiver::start().await;
    super::receiver::hook(&issuer, &root, &quick, Some(&["user.login"])).await;
    let (ends, ended) = tokio::sync::watch::channel(false);
    let running = tokio::spawn(events::run(issuer.app.clone(), ended));
    for _ in 0..3 {
        issuer.log_in().await;
    }
    // Shorter than one attempt at the silent one, by what was slept and not by a clock.
    let (step, mut slept, mut told) = (Duration::from_millis(50), Duration::ZERO, 0);
    while told < 3 {
        assert!(slept < Duration::from_secs(4), "{told}");
        tokio::time::sleep(step).await;
        slept += step;
        told += quick.heard().len();
    }
    ends.send(true).unwrap();
    running.await.unwrap();
}
