//! Accounts that nobody will enter again: what is left of them, and who may have their addresses.

use axum::http::Method;
use laika_issuer::accounts::Email;
use laika_issuer::admin::{Act, users};
use laika_issuer::db::DbError;
use laika_issuer::db::accounts;
use laika_issuer::db::tables::{self, TABLES};
use serde_json::json;
use uuid::Uuid;

use crate::post::{SECOND, change_email, forgot, issuer, only_mail, register, registered, verify};
use crate::sink::Sink;
use crate::support::Issuer;

/// Somebody who has changed name and e-mail and comes from a browser that is known.
async fn moved(issuer: &Issuer, sink: &Sink) -> (Uuid, String) {
    let main = registered(issuer, sink, "belka", "belka@example.com").await;
    let body = json!({ "username": "strelka" });
    issuer.send(Method::PUT, "/v1/me/username", Some(&main), Some(body)).await.expect(200);
    change_email(issuer, &main, "kennel@example.com").await.expect(202);
    laika_issuer::mail::deliver(&issuer.app).await.unwrap();
    let mails = [sink.next(), sink.next()];
    let confirm = mails.iter().find(|mail| mail.to == "kennel@example.com").unwrap();
    verify(issuer, &confirm.code("verify")).await.expect(204);
    issuer.log_in_by_browser("strelka", SECOND).await.expect(201);
    for address in ["belka@example.com", "kennel@example.com"] {
        forgot(issuer, address).await.expect(202);
    }
    let id = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    (id.parse().unwrap(), main)
}

/// The rows of every table in which one of these words stands.
async fn rows_with(issuer: &Issuer, words: &[&str]) -> Vec<String> {
    let mut connection = issuer.app.db.read().await.unwrap();
    let mut found = Vec::new();
    for (table, _) in TABLES {
        let look = |row: tables::Cells| {
            let row = format!("{table}: {}", serde_json::Value::from(row));
            if words.iter().any(|word| row.contains(word)) {
                found.push(row);
            }
            Ok::<_, DbError>(())
        };
        tables::read(&mut connection, table, look).await.unwrap();
    }
    found
}

/// That somebody else is asked to confirm these addresses, and not told that they are taken.
async fn are_free(issuer: &Issuer, sink: &Sink, addresses: &[&str]) {
    for (name, address) in ["mushka", "pchyolka"].iter().zip(addresses) {
        register(issuer, name, address).await.expect(202);
        let mail = only_mail(issuer, sink).await;
        assert_eq!(mail.subject, "Confirm your e-mail address", "{address}");
        verify(issuer, &mail.code("verify")).await.expect(201);
    }
}

#[tokio::test]
async fn whoever_is_erased_is_named_nowhere_and_their_addresses_are_free() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    // From times without mail somebody holds their address, who loses it when they prove it.
    let mut tx = issuer.app.db.write().await.unwrap();
    let loser = laika_issuer::db::users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    let email = Email::parse("belka@example.com").unwrap();
    accounts::set_email(&mut tx, loser.id, &email, None).await.unwrap();
    tx.commit().await.unwrap();
    let (id, _) = moved(&issuer, &sink).await;
    let mut connection = issuer.app.db.read().await.unwrap();
    let log = laika_issuer::db::audit::about_user(&mut connection, loser.id).await.unwrap();
    assert!(log.iter().any(|entry| entry.action == "email.dropped"), "{log:?}");
    drop(connection);
    // In the log; the name they gave up stays given up.
    let old_name = r#"\"belka\"#;
    let words = ["belka@", "kennel@", "strelka", "192.0.2.7", old_name, "devices: "];
    assert!(rows_with(&issuer, &words).await.len() > 8);
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    users::erase(&mut act, id).await.unwrap();
    act.commit().await.unwrap();
    assert_eq!(rows_with(&issuer, &words).await, Vec::<String>::new());
    // Who did what, and when, is there to be read all the same.
    let mut connection = issuer.app.db.read().await.unwrap();
    let log = laika_issuer::db::audit::about_user(&mut connection, id).await.unwrap();
    let actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    for action in ["user.registered", "username.changed", "email.changed", "user.erased"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
    let erased = log.iter().find(|entry| entry.action == "user.erased").unwrap();
    assert!(erased.before.is_some() && erased.after.is_some(), "{erased:?}");
    drop(connection);
    are_free(&issuer, &sink, &["belka@example.com", "kennel@example.com"]).await;
}

#[tokio::test]
async fn whoever_is_deleted_keeps_the_address_they_had_and_none_before_it() {
    for by_owner in [true, false] {
        let sink = Sink::start();
        let issuer = issuer(&sink).await;
        let (id, main) = moved(&issuer, &sink).await;
        if by_owner {
            let body = json!({ "password": SECOND });
            let gone = issuer.send(Method::DELETE, "/v1/me", Some(&main), Some(body)).await;
            gone.expect(204);
        } else {
            let mut act = Act::of_operator(&issuer.app).await.unwrap();
            users::delete(&mut act, id).await.unwrap();
            act.commit().await.unwrap();
        }
        let mut left = rows_with(&issuer, &["mails: ", "mail_codes: ", "$argon2"]).await;
        left.retain(|row| row.contains(&id.to_string()) || row.contains("kennel@"));
        assert_eq!(left, Vec::<String>::new());
        are_free(&issuer, &sink, &["belka@example.com"]).await;
        register(&issuer, "zvezdochka", "kennel@example.com").await.expect(202);
        let mail = only_mail(&issuer, &sink).await;
        assert_eq!(mail.subject, "You already have an account");
    }
}
