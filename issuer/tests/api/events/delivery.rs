//! Events on their way: in order, again and again, given up, repeated; by several replicas.

use std::time::Duration;

use axum::http::Method;
use laika_issuer::admin::{self, Act};
use laika_issuer::db::deliveries::{self, Endpoint};
use laika_issuer::events;
use laika_issuer::events::Event;
use serde_json::{Value, json};
use uuid::Uuid;

use super::receiver::{Answer, Receiver, hook, stage};
use crate::admin::stage::root as root_of;
use crate::support::{Issuer, PASSWORD, START};

/// Sends what is due now.
async fn send(issuer: &Issuer) {
    events::deliver(&issuer.app).await.unwrap();
}

/// Writes events of this user, each in a transaction of its own.
async fn tell(issuer: &Issuer, user: u128, sessions: std::ops::Range<u128>) {
    for session in sessions {
        let mut tx = issuer.app.db.write().await.unwrap();
        let (user, session) = (Uuid::from_u128(user), Uuid::from_u128(session));
        let event = Event::UserLogout { user, session };
        events::emit(&issuer.app, &mut tx, &event).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The sessions that were told of, in order.
fn sessions(receiver: &Receiver) -> Vec<u128> {
    let number = |(_, data): (String, Value)| {
        Uuid::parse_str(data["session"].as_str().unwrap()).unwrap().as_u128()
    };
    receiver.events().into_iter().map(number).collect()
}

#[tokio::test]
async fn a_person_comes_and_goes_and_it_is_told_in_order() {
    let (issuer, _, receiver, _, secret) = stage(None).await;
    let body = json!({
        "username": "belka", "email": "belka@example.com", "password": "two dogs in one capsule",
    });
    let answer = issuer.post("/v1/users", None, body).await;
    let main = answer.text_of("main_token");
    let session = answer.text_of("session_id");
    let answer = issuer.get("/v1/me", Some(&main)).await.expect(200);
    let user = answer["id"].as_str().unwrap().to_owned();
    issuer
        .send(Method::PATCH, "/v1/me", Some(&main), Some(json!({ "description": "Barks." })))
        .await
        .expect(200);
    issuer
        .send(Method::PUT, "/v1/me/username", Some(&main), Some(json!({ "username": "strelka" })))
        .await;
    issuer.log_out(&main).await.expect(204);
    send(&issuer).await;
    let heard = receiver.heard();
    for request in &heard {
        assert!(request.is_signed_by(&secret), "{request:?}");
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.json()["timestamp"], "2027-01-15T08:00:00Z");
        assert!(!request.body.contains("example.com"), "no e-mail: {}", request.body);
    }
    let told: Vec<_> = heard.iter().map(super::receiver::Request::event).collect();
    let expected = [
        ("user.created", json!({ "user": user, "username": "belka" })),
        ("user.login", json!({ "user": user, "session": session, "amr": ["pwd"] })),
        ("user.updated", json!({ "user": user, "changed": ["profile"] })),
        ("user.updated", json!({ "user": user, "changed": ["username"] })),
        ("user.logout", json!({ "user": user, "session": session })),
        ("session.revoked", json!({ "user": user, "session": session, "reason": "log_out" })),
    ];
    let expected: Vec<_> = expected.map(|(name, data)| (name.to_owned(), data)).into();
    assert_eq!(told, expected);
    send(&issuer).await;
    assert!(receiver.heard().is_empty(), "each once");
}

#[tokio::test]
async fn what_administrators_do_is_told() {
    let (issuer, root, receiver, _, _) = stage(None).await;
    let main = issuer.log_in().await;
    let user = issuer.get("/v1/me", Some(&main)).await.expect(200)["id"].clone();
    let user: Uuid = user.as_str().unwrap().parse().unwrap();
    send(&issuer).await;
    receiver.heard();
    let role = json!({ "name": "courier", "level": 90, "permissions": ["orders:read"] });
    root.sends(&issuer, Method::POST, "/roles", role).await.expect(201);
    root.assigns(&issuer, user, "courier").await.expect(204);
    root.grants(&issuer, user, "orders:cancel").await.expect(204);
    root.does(&issuer, Method::POST, &format!("/users/{user}/disable")).await.expect(204);
    root.does(&issuer, Method::POST, &format!("/users/{user}/enable")).await.expect(204);
    root.does(&issuer, Method::DELETE, "/roles/courier").await.expect(204);
    root.sends(&issuer, Method::POST, "/services", json!({ "name": "depot" })).await.expect(201);
    root.does(&issuer, Method::DELETE, "/services/depot").await.expect(204);
    root.does(&issuer, Method::DELETE, &format!("/users/{user}")).await.expect(204);
    root.does(&issuer, Method::POST, &format!("/users/{user}/erase")).await.expect(204);
    send(&issuer).await;
    let mut names: Vec<_> = receiver.events().into_iter().map(|(name, _)| name).collect();
    names.sort();
    let expected = [
        "permission.granted",
        "role.assigned",
        "role.created",
        "role.deleted",
        "service.created",
        "service.deleted",
        "session.revoked",
        "user.deleted",
        "user.disabled",
        "user.enabled",
        "user.erased",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn an_anonymous_holder_who_has_an_account_is_told_of() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.merged"])).await;
    let guest = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let (guest, main) = (guest.expect(201)["user"]["id"].clone(), guest.text_of("main_token"));
    let body = json!({ "login": "laika", "password": PASSWORD });
    let known = issuer.post("/v1/sessions", Some(&main), body).await.expect(201);
    send(&issuer).await;
    let expected = json!({ "from": guest, "to": known["user"]["id"] });
    assert_eq!(receiver.events(), [("user.merged".to_owned(), expected)]);
}

#[tokio::test]
async fn keys_that_turn_and_are_revoked_are_told_in_order() {
    let (issuer, _, receiver, _, _) = stage(Some(&["key.rotated", "key.revoked"])).await;
    let act = async || Act::of_operator(&issuer.app).await.unwrap();
    let algorithm = laika_issuer::keys::Algorithm::Rs256;
    let rotated = admin::keys::rotate(act().await, algorithm, true).await.unwrap();
    admin::keys::revoke(act().await, &rotated.key.kid).await.unwrap();
    send(&issuer).await;
    let told = receiver.events();
    let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["key.rotated", "key.revoked", "key.rotated"]);
    assert_eq!(told[0].1["kid"], rotated.key.kid);
    assert_eq!((&told[1].1["kid"], &told[2].1["before"]), (&told[0].1["kid"], &told[0].1["kid"]));
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_written() {
    let (issuer, _, receiver, _, _) = stage(Some(&["key.rotated"])).await;
    issuer.log_in().await;
    let mut connection = issuer.app.db.read().await.unwrap();
    for table in ["events", "deliveries", "event_streams"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
    send(&issuer).await;
    assert!(receiver.heard().is_empty());
}

#[tokio::test]
async fn an_event_of_a_change_that_is_undone_is_never_told() {
    let (issuer, _, receiver, _, _) = stage(None).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    let event = Event::UserDeleted { user: Uuid::from_u128(1) };
    events::emit(&issuer.app, &mut tx, &event).await.unwrap();
    drop(tx);
    send(&issuer).await;
    assert!(receiver.heard().is_empty());
}

#[tokio::test]
async fn what_fails_is_sent_again_under_one_id_and_holds_up_only_its_own_user() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..4).await;
    receiver.answer([Answer::Status(500)]);
    send(&issuer).await;
    let first = receiver.heard();
    assert_eq!(first.len(), 1, "those after it wait");
    tell(&issuer, 2, 7..9).await;
    send(&issuer).await;
    assert_eq!(sessions(&receiver), [7, 8], "somebody else's do not");
    send(&issuer).await;
    assert!(receiver.heard().is_empty(), "not before the pause is over");
    issuer.clock.advance(7);
    send(&issuer).await;
    let again = receiver.heard();
    assert_eq!(again.len(), 3);
    assert_eq!(again[0].header("webhook-id"), first[0].header("webhook-id"));
    assert_eq!(again[0].body, first[0].body);
    assert_ne!(again[0].header("webhook-timestamp"), first[0].header("webhook-timestamp"));
    assert_ne!(again[0].header("webhook-signature"), first[0].header("webhook-signature"));
}

#[tokio::test]
async fn a_hook_that_is_moved_given_another_secret_or_disabled_is_so_for_the_next_event() {
    let (issuer, root, receiver, id, first) = stage(Some(&["user.logout"])).await;
    let elsewhere = Receiver::start().await;
    let path = format!("/hooks/{id}");
    tell(&issuer, 1, 0..6).await;
    let app = issuer.app.clone();
    receiver.answer([Answer::Late(Duration::from_secs(1))]);
    elsewhere.answer([Answer::Late(Duration::from_secs(1))]);
    let sending = tokio::spawn(async move { events::deliver(&app).await });
    // While its first event is on its way.
    receiver.hears().await;
    let moved = json!({ "url": elsewhere.url });
    root.sends(&issuer, Method::PATCH, &path, moved).await.expect(200);
    let secret = format!("{path}/secret");
    let second = root.sends(&issuer, Method::POST, &secret, json!({ "overlap": 0 })).await;
    let second = second.text_of("secret");
    elsewhere.hears().await;
    let disabled = json!({ "enabled": false });
    root.sends(&issuer, Method::PATCH, &path, disabled).await.expect(200);
    sending.await.unwrap().unwrap();
    let (before, after) = (receiver.heard(), elsewhere.heard());
    assert_eq!((before.len(), after.len()), (1, 1));
    assert!(before[0].is_signed_by(&first) && !before[0].is_signed_by(&second));
    assert!(after[0].is_signed_by(&second) && !after[0].is_signed_by(&first));
    // The rest waits, and goes on when it is enabled.
    root.sends(&issuer, Method::PATCH, &path, json!({ "enabled": true })).await.expect(200);
    send(&issuer).await;
    assert_eq!(sessions(&elsewhere), [2, 3, 4, 5]);
}

#[tokio::test]
async fn what_is_never_taken_is_given_up_after_a_day_and_repeated_by_an_administrator() {
    let (issuer, root, receiver, id, _) = stage(Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..3).await;
    receiver.always(Answer::Status(503));
    let (mut attempts, mut pauses, mut last) = (0, Vec::new(), START);
    for _ in 0..26 * 3600 / 60 {
        send(&issuer).await;
        let heard = receiver.heard().len();
        if heard > 0 {
            pauses.push(issuer.app.clock.now() - last);
            last = issuer.app.clock.now();
        }
        attempts += heard;
        issuer.clock.advance(60);
    }
    // Doubled from five seconds to an hour: ten times within the first hour, then each hour or so of
    // the rest of the day. The one behind it has its one attempt when the first is given up.
    assert!((27..=38).contains(&attempts), "{attempts} {pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= 3600 * 6 / 5 + 60), "{pauses:?}");
    let path = format!("/hooks/{id}/deliveries?state=dead");
    let dead = root.get(&issuer, &path).await.expect(200);
    assert_eq!(dead["items"].as_array().unwrap().len(), 2, "{dead}");
    assert_eq!(dead["items"][0]["status"], 503);
    assert_eq!(dead["items"][0]["error"], "the endpoint answered 503");

    // A log-in of a day ago changes nothing any more.
    let root = root_of(&issuer).await;
    receiver.always(Answer::Status(204));
    let event = dead["items"][0]["event"].as_str().unwrap();
    let path = format!("/hooks/{id}/deliveries/{event}/repeat");
    root.does(&issuer, Method::POST, &path).await.expect(204);
    let unknown = format!("/hooks/{id}/deliveries/{id}/repeat");
    root.does(&issuer, Method::POST, &unknown).await.problem(404, "not_found");
    send(&issuer).await;
    assert_eq!(receiver.heard()[0].header("webhook-id"), event);
    let all = root.does(&issuer, Method::POST, &format!("/hooks/{id}/repeat")).await.expect(200);
    assert_eq!(all["events"], 1);
    send(&issuer).await;
    assert_eq!(receiver.heard().len(), 1);
    let path = format!("/hooks/{id}/deliveries?state=delivered");
    let done = root.get(&issuer, &path).await.expect(200);
    assert_eq!(done["items"].as_array().unwrap().len(), 2, "{done}");
}

#[tokio::test]
async fn replicas_share_the_work_and_nothing_is_told_twice() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.logout"])).await;
    let other = issuer.replica().await;
    for user in 1..=12_u128 {
        tell(&issuer, user, user * 100..user * 100 + 4).await;
    }
    for _ in 0..6 {
        tokio::join!(send(&issuer), send(&other));
    }
    let told = sessions(&receiver);
    assert_eq!(told.len(), 48);
    for user in 1..=12_u128 {
        let own: Vec<_> = told.iter().filter(|s| **s / 100 == user).copied().collect();
        assert_eq!(own, (user * 100..user * 100 + 4).collect::<Vec<_>>(), "in order");
    }
}

#[tokio::test]
async fn what_a_process_took_and_never_noted_is_sent_when_its_lease_is_over() {
    let (issuer, _, receiver, id, _) = stage(Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..3).await;
    let endpoint = Endpoint::Hook(id.parse().unwrap());
    let mut tx = issuer.app.db.write().await.unwrap();
    let due = deliveries::due(&mut tx, endpoint, START, 10).await.unwrap();
    assert!(deliveries::claim(&mut tx, endpoint, &due[0], START + 30).await.unwrap());
    assert!(!deliveries::claim(&mut tx, endpoint, &due[0], START + 30).await.unwrap(), "once");
    tx.commit().await.unwrap();
    send(&issuer).await;
    assert!(receiver.heard().is_empty(), "it is somebody's, and the next waits for it");
    issuer.clock.advance(30);
    send(&issuer).await;
    assert_eq!(sessions(&receiver), [1, 2]);
}

#[tokio::test]
async fn what_ended_is_forgotten_and_what_waits_is_not() {
    let (issuer, root, receiver, id, _) = stage(Some(&["user.logout"])).await;
    let deaf = Receiver::start().await;
    deaf.always(Answer::Status(500));
    let (second, _) = hook(&issuer, &root, &deaf, Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..3).await;
    send(&issuer).await;
    assert_eq!(sessions(&receiver), [1, 2]);
    let count = async |table: &str| {
        let mut connection = issuer.app.db.read().await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *connection).await.unwrap()
    };
    issuer.clock.advance(24 * 3600 - 1);
    events::forget_old(&issuer.app).await.unwrap();
    assert_eq!((count("deliveries").await, count("events").await), (4, 2));
    issuer.clock.advance(1);
    events::forget_old(&issuer.app).await.unwrap();
    assert_eq!((count("deliveries").await, count("events").await), (2, 2), "two still wait");
    // Nobody sends to a hook that is disabled, and still there is an end.
    let off = json!({ "enabled": false });
    let path = format!("/hooks/{second}");
    let root = crate::admin::stage::root(&issuer).await;
    root.sends(&issuer, Method::PATCH, &path, off).await.expect(200);
    issuer.clock.advance(3600);
    events::forget_old(&issuer.app).await.unwrap();
    let dead = root.get(&issuer, &format!("{path}/deliveries?state=dead")).await.expect(200);
    assert_eq!(dead["items"].as_array().unwrap().len(), 2);
    issuer.clock.advance(30 * 24 * 3600);
    events::forget_old(&issuer.app).await.unwrap();
    assert_eq!((count("deliveries").await, count("events").await), (0, 0));
    assert_eq!(count("event_streams").await, 0);
    drop(id);
}

#[tokio::test]
async fn what_waited_while_nobody_sent_has_its_last_attempt() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..2).await;
    issuer.clock.advance(25 * 3600);
    events::forget_old(&issuer.app).await.unwrap();
    send(&issuer).await;
    assert_eq!(sessions(&receiver), [1]);
}

#[tokio::test]
async fn what_was_told_to_a_hook_that_is_gone_is_forgotten() {
    let (issuer, ..) = stage(Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..2).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    let gone = Uuid::from_u128(9).to_string();
    let moved = sqlx::query("UPDATE deliveries SET endpoint = $1").bind(gone);
    moved.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    events::forget_old(&issuer.app).await.unwrap();
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    assert!(text.contains("laika_events{state=\"waiting\"} 0"), "{text}");
}

#[tokio::test]
async fn a_good_status_takes_an_event_whatever_comes_after_it() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.logout"])).await;
    receiver.always(Answer::Long(1 << 20));
    tell(&issuer, 1, 1..2).await;
    send(&issuer).await;
    assert_eq!(sessions(&receiver), [1]);
    issuer.clock.advance(60);
    send(&issuer).await;
    assert!(receiver.heard().is_empty(), "once");
}

#[tokio::test]
async fn metrics_tell_of_delay_and_failures() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..3).await;
    receiver.answer([Answer::Status(500)]);
    send(&issuer).await;
    issuer.clock.advance(42);
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    for line in [
        "laika_events{state=\"waiting\"} 2",
        "laika_events{state=\"dead\"} 0",
        "laika_event_oldest_seconds 42",
        "laika_event_deliveries_total{outcome=\"failed\"} 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    send(&issuer).await;
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    for line in [
        "laika_events{state=\"waiting\"} 0",
        "laika_event_oldest_seconds 0",
        "laika_event_deliveries_total{outcome=\"delivered\"} 2",
        "laika_event_delay_seconds_bucket{le=\"30.0\"} 0",
        "laika_event_delay_seconds_bucket{le=\"120.0\"} 2",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[tokio::test]
async fn where_the_database_is_away_no_number_of_before_is_told() {
    let (issuer, _, _, _, _) = stage(Some(&["user.logout"])).await;
    tell(&issuer, 1, 1..2).await;
    let told = |text: &str| {
        let mut lines = text.lines();
        lines.any(|line| line.starts_with("laika_event_oldest_seconds"))
    };
    assert!(told(&issuer.app.metrics.text(&issuer.app).await.unwrap()));
    issuer.app.db.close().await;
    assert!(!told(&issuer.app.metrics.text(&issuer.app).await.unwrap()));
}

#[tokio::test]
async fn a_refused_log_in_is_no_event() {
    let (issuer, _, receiver, _, _) = stage(Some(&["user.login"])).await;
    let body = json!({ "login": "laika", "password": format!("{PASSWORD}!") });
    issuer.post("/v1/sessions", None, body).await.problem(401, "credentials_invalid");
    send(&issuer).await;
    assert!(receiver.heard().is_empty());
    issuer.log_in().await;
    send(&issuer).await;
    assert_eq!(receiver.heard().len(), 1);
}
