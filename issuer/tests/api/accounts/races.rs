//! What was proved, and what ends it before it is used.

use std::time::Duration;

use axum::http::Method;
use laika_issuer::accounts::{self, NewEmail, ProfileChange};
use laika_issuer::admin::{Act, users};
use laika_issuer::app::App;
use laika_issuer::db;
use laika_issuer::db::entitlements::Entitlements;
use laika_issuer::db::sessions::EndReason;
use laika_issuer::db::users::UserStatus;
use laika_issuer::external::identities;
use laika_issuer::factors::{authenticator, backup_codes, passkeys};
use laika_issuer::problem::Problem;
use laika_issuer::secret::Secret;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;
use uuid::Uuid;

use super::{SECOND, log_in, register};
use crate::factors::passkeys as with_passkeys;
use crate::factors::passkeys::authenticator::Authenticator as Passkey;
use crate::factors::{Authenticator, step_up};
use crate::support::{Answer, Issuer, claims};

/// What is known of a caller while their request is worked on.
pub(super) async fn caller(issuer: &Issuer, main: &str) -> Entitlements {
    let id = Uuid::parse_str(claims(main)["sid"].as_str().unwrap()).unwrap();
    let mut connection = issuer.app.db.read().await.unwrap();
    let found = db::entitlements::of_session(&mut *connection, id).await.unwrap().unwrap();
    Entitlements::clone(&found)
}

async fn end_session(app: &App, id: Uuid) {
    let mut tx = app.db.write().await.unwrap();
    let ended = db::sessions::end(&mut tx, id, EndReason::Password, app.clock.now()).await;
    assert!(ended.unwrap().is_some());
    tx.commit().await.unwrap();
}

#[track_caller]
fn has_ended<T>(result: Result<T, Problem>) {
    assert_eq!(result.err().map(|problem| problem.code.as_str()), Some("session_ended"));
}

#[tokio::test]
async fn what_was_proved_in_a_session_counts_no_more_when_it_has_ended() {
    let issuer = with_passkeys::start().await;
    let main = register(&issuer, "belka").await;
    let (_, passkey, _) = with_passkeys::enrol(&issuer, &main).await;
    let passkey = Uuid::parse_str(&passkey).unwrap();
    let options = with_passkeys::offer(&issuer, &main).await.expect(200);
    let made = Passkey::new(with_passkeys::ORIGIN).create(&options["public_key"]);
    let made = serde_json::from_value(made).unwrap();
    let offer = issuer.send(Method::POST, "/v1/me/factors/totp", Some(&main), None).await;
    let code = Authenticator::of(&offer.text_of("secret")).code(&issuer);
    // A request is on its way, and has shown its main token, when its session ends.
    let held = caller(&issuer, &main).await;
    let (app, user, session) = (&issuer.app, &held.user, &held.session);
    end_session(app, session.id).await;

    let password = Secret::from(SECOND.to_owned());
    let shown = Some(&password);
    let name = passkeys::Name::default();
    has_ended(accounts::change_password(app, user, session, (&password, &password), None).await);
    let new = NewEmail {
        email: "new@example.com".to_owned(),
        password: Some(password.clone()),
        language: None,
    };
    has_ended(accounts::change_email(app, user, session, new, None).await);
    has_ended(authenticator::offer(app, user, session, shown).await);
    has_ended(authenticator::confirm(app, session, &Secret::from(code)).await);
    has_ended(authenticator::remove(app, user, session, shown).await);
    has_ended(backup_codes::renew(app, user, session, shown).await);
    has_ended(passkeys::offer(app, user, session, shown).await);
    has_ended(passkeys::confirm(app, session, &name, &made).await);
    has_ended(passkeys::rename(app, session, passkey, &name).await);
    has_ended(passkeys::remove(app, user, session, passkey, shown).await);
    has_ended(identities::unlink(app, user, session, Uuid::nil(), shown).await);
    has_ended(accounts::change_profile(app, session, ProfileChange::default()).await);
    has_ended(accounts::change_username(app, session, "strelka").await);
    has_ended(accounts::delete_account(app, user, session, shown).await);
}

#[tokio::test]
async fn two_changes_of_a_profile_at_once_leave_each_other_alone() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let public = json!({ "public": true });
    issuer.send(Method::PATCH, "/v1/me", Some(&main), Some(public)).await.expect(200);
    // Both have shown their main token before either changed anything.
    let held = caller(&issuer, &main).await;
    for change in [
        ProfileChange { public: Some(false), ..ProfileChange::default() },
        ProfileChange { description: Some(Some("barks".to_owned())), ..ProfileChange::default() },
    ] {
        accounts::change_profile(&issuer.app, &held.session, change).await.unwrap();
    }
    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!((&me["public"], &me["description"]), (&json!(false), &json!("barks")));
}

#[tokio::test]
async fn nothing_is_written_into_an_account_that_was_erased() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let held = caller(&issuer, &main).await;
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    users::erase(&mut act, held.user.id).await.unwrap();
    act.commit().await.unwrap();
    let change = ProfileChange { public: Some(true), ..ProfileChange::default() };
    has_ended(accounts::change_profile(&issuer.app, &held.session, change).await);
    has_ended(accounts::change_username(&issuer.app, &held.session, "strelka").await);
    let mut connection = issuer.app.db.read().await.unwrap();
    let user = db::users::by_id(&mut connection, held.user.id).await.unwrap().unwrap();
    assert_eq!((user.username, user.public), (None, false));
}

/// Logs in as `belka`, and does `meanwhile` after the password was asked for and before it was looked at.
async fn log_in_while(issuer: &Issuer, meanwhile: impl AsyncFnOnce(&mut db::Connection)) -> Answer {
    while_it_is_hashed(issuer, log_in(issuer, "belka", SECOND), meanwhile).await
}

/// The same of whatever shows a password.
async fn while_it_is_hashed<T>(
    issuer: &Issuer,
    work: impl Future<Output = T>,
    meanwhile: impl AsyncFnOnce(&mut db::Connection),
) -> T {
    let passwords = &issuer.app.passwords;
    // Who comes first is served first: so many are before it that it waits.
    let mut others = JoinSet::new();
    for _ in 0..issuer.app.settings.password.workers + 16 {
        let passwords = passwords.clone();
        others.spawn(async move { passwords.hash(&Secret::from(SECOND.to_owned())).await });
    }
    let all = passwords.computed() + u64::try_from(others.len()).unwrap();
    let until = async |computed: u64| {
        while passwords.computed() < computed {
            sleep(Duration::from_millis(1)).await;
        }
    };
    until(all).await;
    let change = async {
        until(all + 1).await;
        let mut tx = issuer.app.db.write().await.unwrap();
        meanwhile(&mut tx).await;
        tx.commit().await.unwrap();
    };
    tokio::join!(work, change).0
}

/// An authenticator app, as another session confirms it.
async fn add_app(tx: &mut db::Connection, user: Uuid) {
    assert!(db::factors::offer_totp(tx, user, "wrapped", 0).await.unwrap());
    assert!(db::factors::confirm_totp(tx, user, "wrapped", 0, 0).await.unwrap());
}

#[tokio::test]
async fn a_step_up_is_worth_what_its_password_is_worth_when_it_is_written() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let id = caller(&issuer, &main).await.user.id;
    let other = Secret::from("a brand new one 1961".to_owned());
    let other = issuer.app.passwords.hash(&other).await.unwrap();
    issuer.clock.advance(60);
    let before = caller(&issuer, &main).await.session.auth_time;
    let work = || step_up(&issuer, &main, json!({ "password": SECOND }));
    let answer = while_it_is_hashed(&issuer, work(), async |tx| add_app(tx, id).await).await;
    answer.problem(401, "second_factor_required");
    let mut tx = issuer.app.db.write().await.unwrap();
    db::factors::remove_all(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    let answer = while_it_is_hashed(&issuer, work(), async |tx| {
        db::accounts::set_password(tx, id, Some(&other)).await.unwrap();
    })
    .await;
    answer.problem(401, "credentials_invalid");
    assert_eq!(caller(&issuer, &main).await.session.auth_time, before);
}

#[tokio::test]
async fn what_was_proved_counts_no_more_when_the_account_has_got_a_factor() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let held = caller(&issuer, &main).await;
    let password = Secret::from(SECOND.to_owned());
    for shown in [None, Some(&password)] {
        let proved = accounts::prove_anew(&issuer.app, &held.user, &held.session, shown).await;
        let mut tx = issuer.app.db.write().await.unwrap();
        add_app(&mut tx, held.user.id).await;
        let problem = proved.unwrap().hold(&mut tx).await.unwrap_err();
        assert_eq!(problem.code.as_str(), "second_factor_required");
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn a_log_in_is_worth_what_its_password_is_worth_when_it_is_let_in() {
    let issuer = Issuer::start().await;
    let main = register(&issuer, "belka").await;
    let id = caller(&issuer, &main).await.user.id;
    let hash = async |password: &str| {
        issuer.app.passwords.hash(&Secret::from(password.to_owned())).await.unwrap()
    };
    let (other, same) = (hash("a brand new one 1961").await, hash(SECOND).await);

    // Another log-in brought the hash up to date: the password is as good as before.
    let answer = log_in_while(&issuer, async |tx| {
        db::accounts::set_password(tx, id, Some(&same)).await.unwrap();
    })
    .await;
    answer.expect(201);
    let answer = log_in_while(&issuer, async |tx| {
        db::users::set_status(tx, id, UserStatus::Disabled).await.unwrap();
    })
    .await;
    answer.problem(401, "credentials_invalid");
    let mut tx = issuer.app.db.write().await.unwrap();
    db::users::set_status(&mut tx, id, UserStatus::Active).await.unwrap();
    tx.commit().await.unwrap();
    for hash in [Some(other.as_str()), None] {
        let answer = log_in_while(&issuer, async |tx| {
            db::accounts::set_password(tx, id, hash).await.unwrap();
        })
        .await;
        answer.problem(401, "credentials_invalid");
        let mut tx = issuer.app.db.write().await.unwrap();
        db::accounts::set_password(&mut tx, id, Some(&same)).await.unwrap();
        tx.commit().await.unwrap();
    }
    let listed = issuer.get("/v1/sessions", Some(&main)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    let wrong = json!({ "login": "belka", "password": "a brand new one 1961" });
    issuer.post("/v1/sessions", None, wrong).await.problem(401, "credentials_invalid");
}
