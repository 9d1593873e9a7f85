//! Rotation of main tokens, as `docs/contract/tokens.md` fixes it.

use serde_json::json;

use crate::support::{Issuer, claims};

#[tokio::test]
async fn renewing_moves_the_counter_and_slides_the_life() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    issuer.clock.advance(1000);
    let answer = issuer.renew(&first).await;
    assert_eq!(answer.expect(200)["main_expires_in"], 30 * 24 * 3600);
    let second = answer.text_of("main_token");
    let (before, after) = (claims(&first), claims(&second));
    assert_eq!((before["ctr"].clone(), after["ctr"].clone()), (json!(0), json!(1)));
    assert_eq!(before["sid"], after["sid"]);
    assert_eq!(after["exp"].as_i64().unwrap(), before["exp"].as_i64().unwrap() + 1000);
    issuer.micro(&second, "orders").await.expect(200);
}

#[tokio::test]
async fn two_tabs_get_the_same_successor() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    let one = issuer.renew(&first).await.text_of("main_token");
    issuer.micro(&one, "orders").await.expect(200);
    issuer.clock.advance(10);
    let two = issuer.renew(&first).await.text_of("main_token");
    assert_eq!(one, two);
    // Within the grace the old token still works for everything else too.
    issuer.get("/v1/me", Some(&first)).await.expect(200);
}

#[tokio::test]
async fn after_the_grace_a_replaced_token_ends_the_session() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    let second = issuer.renew(&first).await.text_of("main_token");
    issuer.micro(&second, "orders").await.expect(200);
    issuer.clock.advance(11);
    issuer.renew(&first).await.problem(401, "token_reused");
    issuer.micro(&second, "orders").await.problem(401, "session_ended");
}

#[tokio::test]
async fn every_kind_of_use_notices_a_replaced_token() {
    for path in ["/v1/me", "/v1/sessions", "/v1/me/permissions?service=orders"] {
        let issuer = Issuer::start().await;
        let first = issuer.log_in().await;
        let second = issuer.renew(&first).await.text_of("main_token");
        issuer.get("/v1/me", Some(&second)).await.expect(200);
        issuer.clock.advance(11);
        issuer.get(path, Some(&first)).await.problem(401, "token_reused");
        issuer.renew(&second).await.problem(401, "session_ended");
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again_however_late() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    let lost = issuer.renew(&first).await.text_of("main_token");
    issuer.clock.advance(24 * 3600);
    let found = issuer.renew(&first).await.text_of("main_token");
    assert_eq!(lost, found);
    // Once the successor has been used, the old one is a stolen one.
    issuer.get("/v1/me", Some(&found)).await.expect(200);
    issuer.renew(&first).await.problem(401, "token_reused");
}

#[tokio::test]
async fn a_token_two_rotations_old_is_refused_even_at_once() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    let second = issuer.renew(&first).await.text_of("main_token");
    let third = issuer.renew(&second).await.text_of("main_token");
    issuer.renew(&first).await.problem(401, "token_reused");
    issuer.renew(&third).await.problem(401, "session_ended");
}

#[tokio::test]
async fn a_token_ahead_of_the_row_ends_the_session() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    let second = issuer.renew(&first).await.text_of("main_token");
    // What a restored backup looks like: the row is as it was before the rotation.
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query("UPDATE sessions SET ctr = 0").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    issuer.micro(&second, "orders").await.problem(401, "session_ended");
    issuer.micro(&first, "orders").await.problem(401, "session_ended");
}

#[tokio::test]
async fn clients_that_renew_at_once_all_get_the_one_successor() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    let (a, b, c, d) = tokio::join!(
        issuer.renew(&first),
        issuer.renew(&first),
        issuer.renew(&first),
        issuer.micro(&first, "orders"),
    );
    let tokens = [a, b, c].map(|answer| answer.text_of("main_token"));
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(claims(&tokens[0])["ctr"], 1);
    d.expect(200);
    issuer.micro(&tokens[0], "orders").await.expect(200);
}

#[tokio::test]
async fn a_micro_token_brings_a_successor_when_the_main_token_is_old() {
    let issuer = Issuer::start().await;
    let first = issuer.log_in().await;
    issuer.clock.advance(3599);
    assert!(issuer.micro(&first, "orders").await.expect(200).get("main_token").is_none());
    issuer.clock.advance(1);
    let answer = issuer.micro(&first, "orders").await;
    assert_eq!(answer.expect(200)["main_expires_in"], 30 * 24 * 3600);
    let second = answer.text_of("main_token");
    assert_eq!(claims(&second)["ctr"], 1);
    // The answer got lost: asking again with the old one brings the same successor.
    issuer.clock.advance(100);
    let again = issuer.micro(&first, "orders").await.text_of("main_token");
    assert_eq!(second, again);
    assert!(issuer.micro(&second, "orders").await.expect(200).get("main_token").is_none());
}

#[tokio::test]
async fn no_rotation_leads_beyond_the_absolute_cap() {
    let variables = [("LAIKA_MAIN_LIFETIME", "1000"), ("LAIKA_MAIN_MAX_LIFETIME", "2500")];
    let issuer = Issuer::with(&variables).await;
    let mut main = issuer.log_in().await;
    for expected in [1000, 1000, 700] {
        issuer.clock.advance(if expected == 700 { 800 } else { 500 });
        let answer = issuer.renew(&main).await;
        assert_eq!(answer.expect(200)["main_expires_in"], expected);
        main = answer.text_of("main_token");
    }
    issuer.clock.advance(700);
    issuer.renew(&main).await.problem(401, "expired");
}

#[tokio::test]
async fn the_first_use_is_one_write_and_later_ones_none() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    // The first token of a session takes its slot.
    issuer.micro(&main, "orders").await.expect(200);
    // With the one writer taken, a further use must not wait for it.
    let writer = issuer.app.db.write().await.unwrap();
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    issuer.micro(&main, "orders").await.expect(200);
    drop(writer);
}
