//! Whether somebody has an account, which no answer tells.

use axum::http::Method;
use laika_issuer::mail;
use serde_json::{Value, json};

use crate::post::{SECOND, issuer, log_in, register, registered, registration, rows};
use crate::sink::Sink;
use crate::support::{Answer, Issuer, PASSWORD};

/// What an answer gives away: everything but the id of the request.
fn traits(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body: Value = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status.as_u16(), headers, body)
}

/// Rows of every table that a request may write, and hashes computed.
async fn work(issuer: &Issuer) -> (Vec<i64>, u64) {
    let mut counts = Vec::new();
    for table in ["users", "registrations", "mails", "mail_codes", "audit", "sessions"] {
        counts.push(rows(issuer, table).await);
    }
    (counts, issuer.app.passwords.computed())
}

/// What a request answers and what it does.
async fn probe(issuer: &Issuer, path: &str, body: Value) -> impl PartialEq + std::fmt::Debug {
    let (rows_before, hashes_before) = work(issuer).await;
    let answer = issuer.post(path, None, body).await;
    let (rows_after, hashes_after) = work(issuer).await;
    let written: Vec<_> = rows_after.iter().zip(&rows_before).map(|(a, b)| a - b).collect();
    (traits(&answer), written, hashes_after - hashes_before)
}

#[tokio::test]
async fn enumeration_at_registration() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    let taken = probe(&issuer, "/v1/users", registration("one", "belka@example.com")).await;
    let free = probe(&issuer, "/v1/users", registration("two", "unknown@example.com")).await;
    assert_eq!(taken, free);
    mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    assert_eq!(mails[0].subject, "You already have an account");
    assert!(!mails[0].body.contains("#verify="), "{}", mails[0].body);
    assert_eq!(mails[1].subject, "Confirm your e-mail address");

    // Nor afterwards: both names wait, and both passwords lead to the same.
    let again = |name: &str| registration(name, "third@example.com");
    let (one, two) = (again("one"), again("two"));
    assert_eq!(probe(&issuer, "/v1/users", one).await, probe(&issuer, "/v1/users", two).await);
    for password in [SECOND, "wrong password"] {
        let login = |login: &str| json!({ "login": login, "password": password });
        let one = probe(&issuer, "/v1/sessions", login("one")).await;
        assert_eq!(one, probe(&issuer, "/v1/sessions", login("two")).await);
        // By e-mail: with the password of one's own registration nothing is to be learnt either.
        if password != SECOND {
            continue;
        }
        let other = json!({ "login": "belka@example.com", "password": "not the password" });
        let waiting = probe(&issuer, "/v1/sessions", login("unknown@example.com")).await;
        assert_eq!(waiting, probe(&issuer, "/v1/sessions", other).await);
    }
}

#[tokio::test]
async fn enumeration_at_log_in() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    registered(&issuer, &sink, "gone", "gone@example.com").await;
    let deleted = log_in(&issuer, "gone", SECOND).await.text_of("main_token");
    issuer.send(Method::DELETE, "/v1/me", Some(&deleted), None).await.expect(204);
    register(&issuer, "waits", "waits@example.com").await.expect(202);
    let login = |login: &str, password: &str| json!({ "login": login, "password": password });
    let unknown = probe(&issuer, "/v1/sessions", login("nobody", "wrong password")).await;
    for (name, password) in [
        ("belka", "wrong password"),
        ("belka@example.com", "wrong password"),
        ("nobody@example.com", SECOND),
        ("gone", SECOND),
        ("gone@example.com", SECOND),
        ("waits", "wrong password"),
        ("waits@example.com", SECOND),
        ("laika", "wrong password"),
    ] {
        let found = probe(&issuer, "/v1/sessions", login(name, password)).await;
        assert_eq!(found, unknown, "{name}");
    }
    // Whoever knows the password, and nobody else, is told why it is of no use yet.
    log_in(&issuer, "waits", SECOND).await.problem(403, "email_unverified");
    log_in(&issuer, "laika", PASSWORD).await.problem(403, "email_unverified");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn enumeration_at_reset_and_resend() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    register(&issuer, "waits", "waits@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    sink.next();
    for path in ["/v1/password/forgot", "/v1/email/resend"] {
        let unknown = probe(&issuer, path, json!({ "email": "nobody@example.com" })).await;
        for email in ["belka@example.com", "laika@example.com", "waits@example.com"] {
            let found = probe(&issuer, path, json!({ "email": email })).await;
            assert_eq!(found, unknown, "{path} {email}");
        }
    }
    mail::deliver(&issuer.app).await.unwrap();
    let mut to: Vec<_> = (0..4).map(|_| sink.next()).map(|mail| (mail.to, mail.subject)).collect();
    sink.nothing();
    to.sort();
    let expected = [
        ("belka@example.com", "Choose a new password"),
        ("laika@example.com", "Choose a new password"),
        ("laika@example.com", "Confirm your e-mail address"),
        ("waits@example.com", "Confirm your e-mail address"),
    ];
    assert_eq!(to, expected.map(|(to, subject)| (to.to_owned(), subject.to_owned())));
}
