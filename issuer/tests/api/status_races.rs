//! A role change, the end of a session and a minting that meet, in every order: no token has old
//! rights and a slot that says so of nothing.

use std::time::Duration;

use laika_issuer::db;
use laika_issuer::db::sessions::{EndReason, Session};
use laika_issuer::keys::{Algorithm, Family};
use laika_issuer::status::{self, Bond};
use laika_verifier::status::Status;
use serde_json::json;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::status::{mint, slot, status_of};
use crate::support::{Issuer, claims};

const RS256: Family = Family::Pair(Algorithm::Rs256);

/// Longer than anything here takes that does not wait for another.
const LONG: Duration = Duration::from_millis(300);

async fn session_of(issuer: &Issuer, main: &str) -> Session {
    let id = Uuid::parse_str(claims(main)["sid"].as_str().unwrap()).unwrap();
    let mut connection = issuer.app.db.read().await.unwrap();
    db::entitlements::of_session(&mut *connection, id).await.unwrap().unwrap().session.clone()
}

/// Takes the role away, in this transaction.
async fn take_away(db: &mut db::Connection, user: Uuid) {
    let removed =
        sqlx::query("DELETE FROM user_roles WHERE user_id = $1 AND role = 'orders/clerk'")
            .bind(user.to_string())
            .execute(&mut *db)
            .await
            .unwrap();
    assert_eq!(removed.rows_affected(), 1);
    status::user_lost(db, user).await.unwrap();
}

/// What must hold of every token, whenever it was minted.
#[track_caller]
fn has_no_old_rights_unnoticed(token: &str, status: Status) {
    let permissions = &claims(token)["permissions"];
    assert!(
        status == Status::Stale || *permissions == json!([]),
        "old rights, and nobody knows: {permissions}"
    );
}

fn bond(session: &Session) -> Bond {
    let holder = status::Holder::Session { id: session.id, user: session.user_id };
    Bond::new(holder, 0, true)
}

#[tokio::test]
async fn a_minting_that_meets_a_role_change_waits_and_has_the_new_rights() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let session = session_of(&issuer, &main).await;
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let mut tx = issuer.app.db.write().await.unwrap();
    take_away(&mut tx, session.user_id).await;
    // It reads what is there before the change is committed, and then wants its slot.
    let minting = mint(&issuer, &main);
    tokio::pin!(minting);
    assert!(timeout(LONG, &mut minting).await.is_err(), "it must wait for the change");
    tx.commit().await.unwrap();
    let token = minting.await;
    assert_eq!(claims(&token)["permissions"], json!([]));
    assert_eq!(status_of(&issuer, &token).await, Status::Valid);
}

#[tokio::test]
async fn a_minting_that_has_its_slot_while_a_role_changes_is_stale() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let before = mint(&issuer, &main).await;
    let session = session_of(&issuer, &main).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    take_away(&mut tx, session.user_id).await;
    // Nothing to write, so nothing to wait for.
    let during = timeout(LONG * 10, mint(&issuer, &main)).await.unwrap();
    assert_eq!(slot(&during), slot(&before));
    tx.commit().await.unwrap();
    let after = mint(&issuer, &main).await;
    for (token, expected) in
        [(&before, Status::Stale), (&during, Status::Stale), (&after, Status::Valid)]
    {
        let status = status_of(&issuer, token).await;
        assert_eq!(status, expected);
        has_no_old_rights_unnoticed(token, status);
    }
}

#[tokio::test]
async fn a_role_change_that_meets_a_minting_waits_and_marks_its_slot() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let session = session_of(&issuer, &main).await;
    // A minting has read its rights, and takes its slot.
    let mut tx = issuer.app.db.write().await.unwrap();
    let exp = issuer.app.clock.now() + 300;
    let bond = bond(&session);
    let take = status::take(&issuer.app, &mut tx, &bond, RS256, exp);
    let taken = take.await.unwrap().unwrap();
    let change = async {
        let mut tx = issuer.app.db.write().await.unwrap();
        take_away(&mut tx, session.user_id).await;
        tx.commit().await.unwrap();
    };
    tokio::pin!(change);
    assert!(timeout(LONG, &mut change).await.is_err(), "it must wait for the minting");
    tx.commit().await.unwrap();
    change.await;
    let mut connection = issuer.app.db.read().await.unwrap();
    let key = session.id.to_string();
    let held = db::slots::held(&mut connection, &key, 0, RS256).await.unwrap().unwrap();
    assert_eq!((held.index, held.mark), (taken.index, status::Mark::Stale));
}

#[tokio::test]
async fn a_minting_that_read_before_a_change_was_committed_reads_again() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let session = session_of(&issuer, &main).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    take_away(&mut tx, session.user_id).await;
    tx.commit().await.unwrap();
    // With the epoch from before.
    let mut tx = issuer.app.db.write().await.unwrap();
    let exp = issuer.app.clock.now() + 300;
    let bond = bond(&session);
    let take = status::take(&issuer.app, &mut tx, &bond, RS256, exp);
    assert_eq!(take.await.unwrap(), None);
}

#[tokio::test]
async fn the_end_of_a_session_and_a_minting_meet_in_both_orders() {
    let issuer = Issuer::start().await;
    for has_slot in [false, true] {
        let main = issuer.log_in().await;
        if has_slot {
            mint(&issuer, &main).await;
        } else {
            issuer.get("/v1/me", Some(&main)).await.expect(200);
        }
        let session = session_of(&issuer, &main).await;
        let mut tx = issuer.app.db.write().await.unwrap();
        let now = issuer.app.clock.now();
        let ended = db::sessions::end(&mut tx, session.id, EndReason::Holder, now).await.unwrap();
        assert_eq!(ended, Some(session.user_id));
        status::session_ended(&mut tx, session.id).await.unwrap();
        let minting = issuer.micro(&main, "orders");
        tokio::pin!(minting);
        let early = timeout(LONG, &mut minting).await.ok();
        assert_eq!(early.is_some(), has_slot, "it waits where it wants a slot");
        tx.commit().await.unwrap();
        match early {
            Some(answer) => {
                let token = answer.text_of("micro_token");
                assert_eq!(status_of(&issuer, &token).await, Status::Revoked);
            }
            None => drop(minting.await.problem(401, "session_ended")),
        }
    }

    let main = issuer.log_in().await;
    let session = session_of(&issuer, &main).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    let exp = issuer.app.clock.now() + 300;
    let bond = bond(&session);
    let take = status::take(&issuer.app, &mut tx, &bond, RS256, exp);
    take.await.unwrap().unwrap();
    let ending = issuer.log_out(&main);
    tokio::pin!(ending);
    assert!(timeout(LONG, &mut ending).await.is_err(), "it must wait for the minting");
    tx.commit().await.unwrap();
    ending.await.expect(204);
    let mut connection = issuer.app.db.read().await.unwrap();
    let key = session.id.to_string();
    let held = db::slots::held(&mut connection, &key, 0, RS256).await.unwrap().unwrap();
    assert_eq!(held.mark, status::Mark::Revoked);
}

#[tokio::test]
async fn two_clients_that_mint_at_once_for_a_session_end_with_one_slot() {
    let issuer = Issuer::start().await;
    let replica = issuer.replica().await;
    let main = issuer.log_in().await;
    let (a, b, c, d) = tokio::join!(
        mint(&issuer, &main),
        mint(&replica, &main),
        mint(&issuer, &main),
        mint(&replica, &main)
    );
    for token in [&b, &c, &d] {
        assert_eq!(slot(token), slot(&a));
    }
}

#[tokio::test]
async fn a_role_that_is_given_while_it_is_weakened_is_given_as_it_is_then() {
    let issuer = Issuer::start().await;
    issuer
        .import("[[users]]\nusername = \"belka\"\nemail = \"belka@example.com\"\npassword = \"there and back again 1960\"")
        .await;
    let mut connection = issuer.app.db.read().await.unwrap();
    let (belka, _) = db::users::by_login(&mut connection, "belka").await.unwrap().unwrap();
    drop(connection);
    let mut tx = issuer.app.db.write().await.unwrap();
    status::role_lost(&mut tx, "orders/clerk").await.unwrap();
    let giving = async {
        let mut tx = issuer.app.db.write().await.unwrap();
        db::roles::assign(&mut tx, belka.id, "orders/clerk", 0).await.unwrap();
        tx.commit().await.unwrap();
    };
    tokio::pin!(giving);
    assert!(timeout(LONG, &mut giving).await.is_err(), "it must wait for the change");
    tx.commit().await.unwrap();
    giving.await;
}

#[tokio::test]
async fn a_storm_of_changes_and_mintings_leaves_no_token_with_old_rights() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let session = session_of(&issuer, &main).await;
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let changes = async {
        for round in 0..8 {
            let mut tx = issuer.app.db.write().await.unwrap();
            if round % 2 == 0 {
                take_away(&mut tx, session.user_id).await;
            } else {
                db::roles::assign(&mut tx, session.user_id, "orders/clerk", 0).await.unwrap();
            }
            tx.commit().await.unwrap();
            sleep(Duration::from_millis(7)).await;
        }
        let mut tx = issuer.app.db.write().await.unwrap();
        db::roles::assign(&mut tx, session.user_id, "orders/clerk", 0).await.unwrap();
        take_away(&mut tx, session.user_id).await;
        tx.commit().await.unwrap();
    };
    let mintings = async {
        let mut tokens = Vec::new();
        for _ in 0..40 {
            let answer = issuer.micro(&main, "orders").await;
            if answer.status == 200 {
                tokens.push(answer.text_of("micro_token"));
            }
        }
        tokens
    };
    let ((), first, second) = tokio::join!(changes, mintings, async {
        let mut tokens = Vec::new();
        for _ in 0..40 {
            tokens.push(mint(&issuer, &main).await);
        }
        tokens
    });
    for token in first.iter().chain(&second) {
        has_no_old_rights_unnoticed(token, status_of(&issuer, token).await);
    }
}
