//! Ends that an administrator has set, and clocks that jump.

use laika_issuer::background;
use laika_issuer::session;
use uuid::Uuid;

use crate::support::{Issuer, START, claims};

async fn schedule(issuer: &Issuer, main: &str, at: Option<i64>) -> bool {
    let id = Uuid::parse_str(claims(main)["sid"].as_str().unwrap()).unwrap();
    let mut tx = issuer.app.db.write().await.unwrap();
    let done = session::schedule_end(&issuer.app, &mut tx, id, at).await.unwrap();
    tx.commit().await.unwrap();
    done
}

#[tokio::test]
async fn no_token_passes_an_end_that_was_set() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    assert!(schedule(&issuer, &main, Some(START + 1000)).await);
    issuer.clock.advance(800);
    let renewed = issuer.renew(&main).await;
    assert_eq!(renewed.expect(200)["main_expires_in"], 200);
    let main = renewed.text_of("main_token");
    assert_eq!(issuer.micro(&main, "orders").await.expect(200)["expires_in"], 200);
    let listed = issuer.get("/v1/sessions", Some(&main)).await.expect(200);
    assert_eq!(listed["items"][0]["expires_at"], START + 1000);
    issuer.clock.advance(200);
    assert!(!issuer.micro(&main, "orders").await.status.is_success());
    // It was over before the task came by; since then it is written down.
    assert!(!schedule(&issuer, &main, None).await);
    background::run_all(&issuer.app).await.unwrap();
    background::run_all(&issuer.app).await.unwrap();
    let mut connection = issuer.app.db.read().await.unwrap();
    let audited: Vec<String> =
        sqlx::query_scalar("SELECT actor FROM audit WHERE action = 'session.ended'")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert_eq!(audited, ["issuer"]);
}

#[tokio::test]
async fn an_end_can_be_taken_back_and_one_that_has_passed_acts_at_once() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    assert!(schedule(&issuer, &main, Some(START + 10)).await);
    assert!(schedule(&issuer, &main, None).await);
    issuer.clock.advance(20);
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert!(schedule(&issuer, &main, Some(START)).await);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    assert!(!schedule(&issuer, &main, Some(START + 1000)).await);
}

#[tokio::test]
async fn a_clock_that_jumps_loses_no_session_and_revives_none() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let other = issuer.log_in().await;
    // Back by a day: tokens were made in what is now the future, and hold.
    issuer.clock.advance(-24 * 3600);
    let main = issuer.renew(&main).await.text_of("main_token");
    issuer.micro(&main, "orders").await.expect(200);
    issuer.log_out(&other).await.expect(204);
    // Forward again, by more: nothing was lost, and what was ended stays so.
    issuer.clock.advance(2 * 24 * 3600);
    let main = issuer.renew(&main).await.text_of("main_token");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    issuer.get("/v1/me", Some(&other)).await.problem(401, "session_ended");
    // Beyond its life and back: it was not removed while it could still come back into its life.
    issuer.clock.advance(31 * 24 * 3600);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "expired");
    issuer.clock.advance(-30 * 24 * 3600);
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}
