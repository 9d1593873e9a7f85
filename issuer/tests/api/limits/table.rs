//! The limits themselves, on the real table.

use laika_claims::IssuerCode;
use laika_issuer::limits::{self, Key, Limited};
use laika_issuer::problem::Problem;

use crate::support::Issuer;

async fn take(issuer: &Issuer, kind: Limited, key: &Key) -> Result<(), Problem> {
    limits::take_now(&issuer.app, &[(kind, key.clone())]).await
}

#[tokio::test]
async fn all_of_a_limit_may_come_at_once_and_then_one_at_a_time() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_RESET", "5/10m")]).await;
    let key = Key::account("laika");
    for _ in 0..5 {
        take(&issuer, Limited::Reset, &key).await.unwrap();
    }
    let problem = take(&issuer, Limited::Reset, &key).await.unwrap_err();
    assert_eq!((problem.code.as_str(), problem.retry_after), ("rate_limited", Some(120)));
    issuer.clock.advance(119);
    let problem = take(&issuer, Limited::Reset, &key).await.unwrap_err();
    assert_eq!(problem.retry_after, Some(1));
    issuer.clock.advance(1);
    take(&issuer, Limited::Reset, &key).await.unwrap();
    take(&issuer, Limited::Reset, &key).await.unwrap_err();
    // Another key and another kind have their own.
    take(&issuer, Limited::Reset, &Key::account("belka")).await.unwrap();
    take(&issuer, Limited::Resend, &key).await.unwrap();
    // What is given back can be taken again.
    let mut tx = issuer.app.db.write().await.unwrap();
    limits::give_back(&issuer.app, &mut tx, &[(Limited::Reset, key.clone())]).await.unwrap();
    tx.commit().await.unwrap();
    take(&issuer, Limited::Reset, &key).await.unwrap();
}

#[tokio::test]
async fn a_code_of_a_mail_that_is_good_is_given_back_and_a_guess_is_not() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_VERIFICATION", "2/h")]).await;
    let from = Some("192.0.2.1".parse().unwrap());
    let attempt = async |answer| limits::try_code(&issuer.app, from, async { answer }).await;
    let refused = |code| Err(Problem::issuer(code, "as it is"));
    for _ in 0..5 {
        attempt(Ok(())).await.unwrap();
        // A good code of which nothing came all the same.
        let problem = attempt(refused(IssuerCode::Conflict)).await.unwrap_err();
        assert_eq!(problem.code.as_str(), "conflict");
    }
    for expected in ["code_invalid", "code_invalid", "rate_limited"] {
        let problem = attempt(refused(IssuerCode::CodeInvalid)).await.unwrap_err();
        assert_eq!(problem.code.as_str(), expected);
    }
    // What has been used up by guesses is not even tried with a good one.
    assert_eq!(attempt(Ok(())).await.unwrap_err().code.as_str(), "rate_limited");
    issuer.clock.advance(1800);
    for _ in 0..3 {
        attempt(Ok(())).await.unwrap();
    }
}

#[tokio::test]
async fn requests_that_come_at_once_do_not_pass_together() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_ANONYMOUS", "7/m")]).await;
    let key = Key::address(None);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (app, key) = (issuer.app.clone(), key.clone());
        tasks.spawn(
            async move { limits::take_now(&app, &[(Limited::Anonymous, key)]).await.is_ok() },
        );
    }
    let passed = tasks.join_all().await.into_iter().filter(|passed| *passed).count();
    assert_eq!(passed, 7);
}

#[tokio::test]
async fn several_limits_are_taken_together_or_not_at_all() {
    let issuer =
        Issuer::with(&[("LAIKA_LIMITS_RESET", "2/h"), ("LAIKA_LIMITS_RESEND", "1/h")]).await;
    let key = Key::account("laika");
    let both = [(Limited::Reset, key.clone()), (Limited::Resend, key.clone())];
    limits::take_now(&issuer.app, &both).await.unwrap();
    limits::take_now(&issuer.app, &both).await.unwrap_err();
    take(&issuer, Limited::Reset, &key).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_jumps_locks_nobody_out_and_opens_nothing() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_RESET", "5/10m")]).await;
    let key = Key::account("laika");
    for _ in 0..5 {
        take(&issuer, Limited::Reset, &key).await.unwrap();
    }
    // Set back by a day: one goes through, and the limit is as it was: used up.
    issuer.clock.advance(-24 * 3600);
    take(&issuer, Limited::Reset, &key).await.unwrap();
    let problem = take(&issuer, Limited::Reset, &key).await.unwrap_err();
    assert_eq!(problem.retry_after, Some(120));
    // Set forward: all of it, once.
    issuer.clock.advance(365 * 24 * 3600);
    for _ in 0..5 {
        take(&issuer, Limited::Reset, &key).await.unwrap();
    }
    take(&issuer, Limited::Reset, &key).await.unwrap_err();
    // Clocks of replicas that are seconds apart change nothing.
    issuer.clock.advance(-50);
    take(&issuer, Limited::Reset, &key).await.unwrap_err();
}

#[tokio::test]
async fn a_limit_can_be_turned_off_and_what_is_over_is_forgotten() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_RESET", "off")]).await;
    for number in 0..2500 {
        take(&issuer, Limited::Reset, &Key::account("laika")).await.unwrap();
        if number < 1100 {
            let key = Key::account(&number.to_string());
            take(&issuer, Limited::Resend, &key).await.unwrap();
        }
    }
    assert_eq!(rows(&issuer).await, 1100);
    limits::forget(&issuer.app).await.unwrap();
    assert_eq!(rows(&issuer).await, 1100);
    issuer.clock.advance(3600);
    limits::forget(&issuer.app).await.unwrap();
    assert_eq!(rows(&issuer).await, 0);
}

async fn rows(issuer: &Issuer) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM limits").fetch_one(&mut *connection).await.unwrap()
}
