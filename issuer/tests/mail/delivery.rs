//! How mails get there: tried again, given up, once, and never in the clear where they must not be.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use laika_issuer::db::mails::{self, Kind, Mail};
use laika_issuer::db::users;
use laika_issuer::mail;
use tokio::sync::watch;
use uuid::Uuid;

use crate::post::{issuer, issuer_at, only_mail, outbox, register, rows, tidy};
use crate::sink::Sink;
use crate::support::Issuer;

#[tokio::test]
async fn the_server_is_away_and_the_mail_comes_later_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let issuer = issuer_at(&format!("smtp://127.0.0.1:{port}"), &[]).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    assert_eq!(outbox(&issuer).await, [("queued".to_owned(), 1, None)]);

    let sink = Sink::on(port, &[]);
    // Not before its time.
    mail::deliver(&issuer.app).await.unwrap();
    sink.nothing();
    issuer.clock.advance(10);
    // As two replicas would, at once.
    let (one, two) = tokio::join!(mail::deliver(&issuer.app), mail::deliver(&issuer.app));
    one.unwrap();
    two.unwrap();
    sink.next().code("verify");
    issuer.clock.advance(3600);
    mail::deliver(&issuer.app).await.unwrap();
    sink.nothing();
    assert_eq!(outbox(&issuer).await, [("sent".to_owned(), 2, None)]);
    issuer.clock.advance(24 * 3600);
    tidy(&issuer).await;
    assert_eq!(rows(&issuer, "mails").await, 0);
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_given_up_and_noted() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    register(&issuer, "belka", "refused@example.com").await.expect(202);
    register(&issuer, "strelka", "strelka@example.com").await.expect(202);
    // The one behind it is not held up.
    assert_eq!(only_mail(&issuer, &sink).await.to, "strelka@example.com");
    let failed: Vec<_> =
        outbox(&issuer).await.into_iter().filter(|(state, ..)| state == "failed").collect();
    let [(_, 1, Some(reason))] = &failed[..] else { panic!("{failed:?}") };
    assert!(reason.contains("no such mailbox"), "{reason}");
    issuer.clock.advance(3600);
    mail::deliver(&issuer.app).await.unwrap();
    sink.nothing();
}

#[tokio::test]
async fn an_address_that_the_server_has_no_letters_for_holds_nobody_up() {
    let sink = Sink::on(0, &["ascii"]);
    let issuer = issuer_at(&format!("smtp://127.0.0.1:{}", sink.port), &[]).await;
    register(&issuer, "belka", "bełka@example.com").await.expect(202);
    register(&issuer, "strelka", "strelka@example.com").await.expect(202);
    assert_eq!(only_mail(&issuer, &sink).await.to, "strelka@example.com");
    let mut states: Vec<_> = outbox(&issuer).await;
    states.sort();
    let [failed, sent] = &states[..] else { panic!("{states:?}") };
    assert_eq!((&*failed.0, failed.1, &*sent.0), ("failed", 1, "sent"), "{states:?}");
}

#[tokio::test]
async fn a_slow_server_gets_a_mail_once_though_another_replica_looks() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    register(&issuer, "belka", "slow@example.com").await.expect(202);
    let other = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        // More than the pause after a first attempt.
        issuer.clock.advance(11);
        mail::deliver(&issuer.app).await
    };
    let (one, other) = tokio::join!(mail::deliver(&issuer.app), other);
    one.unwrap();
    other.unwrap();
    sink.next().code("verify");
    sink.nothing();
    assert_eq!(outbox(&issuer).await, [("sent".to_owned(), 1, None)]);
}

#[tokio::test]
async fn a_mail_that_is_withdrawn_while_it_is_tried_is_nobody_s_any_more() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let (id, user) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let mail = Mail {
        id,
        kind: Kind::Change,
        recipient: "belka@example.com".to_owned(),
        recipient_key: "belka@example.com".to_owned(),
        user: Some(user),
        registration: None,
        attempts: 0,
        language: None,
        created_at: issuer.app.clock.now(),
    };
    let mut tx = issuer.app.db.write().await.unwrap();
    users::insert_anonymous(&mut tx, user, mail.created_at).await.unwrap();
    mails::insert(&mut tx, &mail).await.unwrap();
    assert!(!mails::hold(&mut tx, &mail).await.unwrap(), "nobody has claimed it");
    assert!(mails::claim(&mut tx, &mail, i64::MAX).await.unwrap());
    assert!(mails::hold(&mut tx, &mail).await.unwrap());
    mails::withdraw(&mut tx, user, Kind::Change).await.unwrap();
    assert!(!mails::hold(&mut tx, &mail).await.unwrap());
}

#[tokio::test]
async fn what_waits_and_what_was_given_up_is_counted_when_it_is_read() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let issuer = issuer_at(&format!("smtp://127.0.0.1:{port}"), &[]).await;
    let counted = async || {
        let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("laika_mails{state="));
        let mut lines: Vec<_> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(counted().await, ["\"bounced\"} 0", "\"failed\"} 0", "\"waiting\"} 0"]);
    register(&issuer, "belka", "refused@example.com").await.expect(202);
    register(&issuer, "strelka", "later@example.com").await.expect(202);
    register(&issuer, "laika2", "laika2@example.com").await.expect(202);
    assert_eq!(counted().await, ["\"bounced\"} 0", "\"failed\"} 0", "\"waiting\"} 3"]);
    let _sink = Sink::on(port, &[]);
    mail::deliver(&issuer.app).await.unwrap();
    assert_eq!(counted().await, ["\"bounced\"} 1", "\"failed\"} 1", "\"waiting\"} 1"]);
    // Where the database is away, the rest is still told, and no number of before.
    issuer.app.db.close().await;
    assert_eq!(counted().await, [""; 0]);
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    assert!(text.contains("laika_http_requests_total{"), "{text}");
}

#[tokio::test]
async fn an_outbox_that_can_not_be_emptied_is_counted_as_a_failure() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    issuer.app.db.close().await;
    let (ending, ends) = watch::channel(false);
    let task = tokio::spawn(mail::run(issuer.app.clone(), ends));
    let failed = "laika_background_runs_total{task=\"send mails\",outcome=\"failed\"} 1";
    let mut text = String::new();
    for _ in 0..200 {
        text = issuer.app.metrics.text(&issuer.app).await.unwrap();
        if text.contains(failed) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(text.contains(failed), "{text}");
    ending.send(true).unwrap();
    task.await.unwrap();
}

#[tokio::test]
async fn what_the_server_puts_off_is_tried_eight_times() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    register(&issuer, "belka", "later@example.com").await.expect(202);
    for attempt in 1..=10 {
        mail::deliver(&issuer.app).await.unwrap();
        let (state, attempts, error) = outbox(&issuer).await.remove(0);
        if attempt < 8 {
            assert_eq!((&*state, attempts, error), ("queued", attempt, None));
        } else {
            assert_eq!((&*state, attempts), ("failed", 8));
            assert!(error.unwrap().contains("come back later"));
        }
        issuer.clock.advance(10 << attempt);
    }
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_where_tls_is_required() {
    let sink = Sink::start();
    let url = format!("smtp://127.0.0.1:{}?tls=required", sink.port);
    let issuer = issuer_at(&url, &[]).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    sink.nothing();
    assert_ne!(outbox(&issuer).await[0].0, "sent");
}

#[tokio::test]
async fn user_and_password_are_shown_to_the_server() {
    let sink = Sink::on(0, &["auth"]);
    let url = format!("smtp://laika@example.com@127.0.0.1:{}", sink.port);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "first in orbit\n").unwrap();
    let good = [("LAIKA_MAIL_PASSWORD_FILE", file.to_str().unwrap())];
    let issuer = issuer_at(&url, &good).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    assert_eq!(only_mail(&issuer, &sink).await.whole["user"], "laika@example.com");

    // A wrong password is the operator's to mend: nothing is given up for it.
    let issuer = issuer_at(&url, &[("LAIKA_MAIL_PASSWORD", "wrong")]).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    register(&issuer, "strelka", "strelka@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    sink.nothing();
    let mut attempts: Vec<_> = outbox(&issuer).await;
    attempts.sort();
    assert_eq!(attempts, [("queued".to_owned(), 0, None), ("queued".to_owned(), 1, None)]);
    for _ in 1..16 {
        issuer.clock.advance(10 << 7);
        mail::deliver(&issuer.app).await.unwrap();
    }
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    for line in ["{state=\"failed\"} 2", "{state=\"bounced\"} 0"] {
        assert!(text.contains(&format!("laika_mails{line}")), "no mailbox is missing: {text}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_nothing_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let issuer = issuer_at(&url, &[("LAIKA_MAIL_TIMEOUT", "1")]).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    let sent = tokio::time::timeout(Duration::from_secs(10), mail::deliver(&issuer.app)).await;
    sent.unwrap().unwrap();
    assert_eq!(outbox(&issuer).await, [("queued".to_owned(), 1, None)]);
}

#[tokio::test]
async fn the_service_sends_at_once_what_is_queued() {
    let sink = Sink::start();
    let issuer: Arc<Issuer> = Arc::new(issuer(&sink).await);
    let (ending, ends) = watch::channel(false);
    let task = tokio::spawn(mail::run(issuer.app.clone(), ends));
    // Until the task rests.
    tokio::time::sleep(Duration::from_millis(200)).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    let waiting = tokio::task::spawn_blocking(move || sink.next());
    let mail = tokio::time::timeout(Duration::from_secs(4), waiting).await;
    mail.expect("sooner than the task would wake by itself").unwrap().code("verify");
    ending.send(true).unwrap();
    task.await.unwrap();
}
