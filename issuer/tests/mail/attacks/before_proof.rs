//! Accounts that somebody made with the address of somebody else, who then proves it.

use laika_issuer::db::sessions::Origin;
use laika_issuer::mint::main_token;
use laika_issuer::session::{self, Way};

use super::{add_app, add_passkey, link};
use crate::post::{
    SECOND, forgot, issuer, issuer_at, log_in, only_mail, register, reset, rows, verify,
};
use crate::sink::Sink;
use crate::support::{Issuer, PASSWORD};

#[tokio::test]
async fn pre_account_hijack_by_an_unverified_e_mail() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    // An attacker registers with the victim's e-mail, and knows the password of that registration;
    // another holds an account with it from times without mail (`laika` of the seed), with a session.
    register(&issuer, "attacker", "victim@example.com").await.expect(202);
    let theirs = only_mail(&issuer, &sink).await.code("verify");
    register(&issuer, "victim", "Victim@example.com").await.expect(202);
    let own = only_mail(&issuer, &sink).await.code("verify");
    verify(&issuer, &own).await.expect(201);
    verify(&issuer, &theirs).await.problem(422, "code_invalid");
    log_in(&issuer, "attacker", SECOND).await.problem(401, "credentials_invalid");
    // The name that was waited for is free again.
    register(&issuer, "attacker", "attacker@example.com").await.expect(202);
    only_mail(&issuer, &sink).await;

    register(&issuer, "owner", "laika@example.com").await.expect(202);
    let code = only_mail(&issuer, &sink).await.code("verify");
    verify(&issuer, &code).await.expect(201);
    log_in(&issuer, "laika", PASSWORD).await.problem(401, "credentials_invalid");
    log_in(&issuer, "laika@example.com", PASSWORD).await.problem(401, "credentials_invalid");
    log_in(&issuer, "laika@example.com", SECOND).await.expect(201);
}

#[tokio::test]
async fn the_right_password_of_an_e_mail_that_is_not_proved_is_no_failure() {
    let sink = Sink::start();
    let url = format!("smtp://127.0.0.1:{}", sink.port);
    let issuer = issuer_at(&url, &[("LAIKA_LIMITS_LOGIN", "3/15m")]).await;
    for _ in 0..5 {
        log_in(&issuer, "laika", PASSWORD).await.problem(403, "email_unverified");
    }
    for _ in 0..3 {
        log_in(&issuer, "laika", SECOND).await.problem(401, "credentials_invalid");
    }
    log_in(&issuer, "laika", PASSWORD).await.problem(429, "rate_limited");
}

/// The main token of a session that `laika` began while there was no mail.
async fn session_from_before(issuer: &Issuer) -> String {
    let (app, origin) = (&issuer.app, Origin::default());
    let mut tx = app.db.write().await.unwrap();
    let user = laika_issuer::db::users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    let session = session::first(app, &mut tx, user.id, origin, Way::Password).await.unwrap();
    tx.commit().await.unwrap();
    main_token::issue(app, &session).unwrap().token
}

#[tokio::test]
async fn a_session_from_before_the_proof_ends_with_it() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let session = session_from_before(&issuer).await;
    issuer.get("/v1/me", Some(&session)).await.expect(200);
    // The owner of the e-mail takes the account over by the mail: password and sessions go.
    forgot(&issuer, "laika@example.com").await.expect(202);
    let code = only_mail(&issuer, &sink).await.code("reset");
    reset(&issuer, &code, "a brand new one 1961").await.expect(204);
    issuer.get("/v1/me", Some(&session)).await.problem(401, "session_ended");
    log_in(&issuer, "laika", PASSWORD).await.problem(401, "credentials_invalid");
    log_in(&issuer, "laika", "a brand new one 1961").await.expect(201);
}

#[tokio::test]
async fn pre_account_hijack_by_what_was_added_before_the_proof() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    // `laika` of the seed is from times without mail: its e-mail is not proved.
    let mut tx = issuer.app.db.write().await.unwrap();
    let user = laika_issuer::db::users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    assert_eq!(user.email_verified_at, None);
    tx.commit().await.unwrap();
    link(&issuer, user.id).await;
    let main = session_from_before(&issuer).await;
    add_app(&issuer, &main).await;
    add_passkey(&issuer, user.id).await;
    for table in ["identities", "totp", "passkeys"] {
        assert_eq!(rows(&issuer, table).await, 1, "{table}");
    }

    for password in ["a brand new one 1961", "another new one 1961"] {
        forgot(&issuer, "laika@example.com").await.expect(202);
        let code = only_mail(&issuer, &sink).await.code("reset");
        reset(&issuer, &code, password).await.expect(204);
        for table in ["identities", "totp", "passkeys"] {
            assert_eq!(rows(&issuer, table).await, 0, "{table}");
        }
        log_in(&issuer, "laika", password).await.expect(201);
    }
}
