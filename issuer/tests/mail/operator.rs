//! Accounts that an operator makes beside people who prove their e-mails.

use laika_issuer::accounts::{Email, NewUser, Username};
use laika_issuer::admin::Act;
use laika_issuer::admin::users::{self, Creation};
use laika_issuer::problem::Problem;
use laika_issuer::seed::{self, Imported, Seed};

use crate::post::{SECOND, change_email, issuer, log_in, only_mail, register, registered, verify};
use crate::sink::Sink;
use crate::support::Issuer;

/// The password `there and back again 1960`, as Django keeps it.
const HASH: &str = "pbkdf2_sha256$1000$laika$eB79aUb4j4HGee7GDMqtlgMCfBs8+T9LaWaKrmsrUOg=";

async fn import(issuer: &Issuer, name: &str, more: &str) -> Result<Imported, Problem> {
    let text = format!(
        "[[users]]\nusername = '{name}'\nemail = '{name}@example.com'\n\
         password_hash = '{HASH}'\n{more}\n"
    );
    let seed: Seed = toml::from_str(&text).unwrap();
    seed::import(&issuer.app, &seed).await
}

/// As `laika user create` does.
async fn create(issuer: &Issuer, name: &str, email: &str, email_verified: bool) -> Option<Problem> {
    let user = NewUser {
        username: Username::parse(name).unwrap(),
        email: Email::parse(email).unwrap(),
        password_hash: HASH.to_owned(),
    };
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    let made = users::create(&mut act, &Creation { id: None, user, email_verified }).await;
    match made {
        Ok(_) => act.commit().await.err(),
        Err(problem) => Some(problem),
    }
}

#[tokio::test]
async fn who_is_imported_with_an_e_mail_known_to_be_theirs_logs_in() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    import(&issuer, "belka", "").await.unwrap();
    import(&issuer, "strelka", "email_verified = true").await.unwrap();
    log_in(&issuer, "belka", SECOND).await.problem(403, "email_unverified");
    let tokens = log_in(&issuer, "strelka", SECOND).await.expect(201);
    assert_eq!(tokens["user"]["email_verified"], true);
}

#[tokio::test]
async fn a_name_that_waits_is_not_given_away() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    register(&issuer, "belka", "belka@kennel.org").await.expect(202);
    let code = only_mail(&issuer, &sink).await.code("verify");
    let problem = create(&issuer, "Belka", "other@example.com", false).await.unwrap();
    assert_eq!(problem.code.as_str(), "already_registered");
    let problem = import(&issuer, "belka", "").await.unwrap_err().to_string();
    assert!(problem.starts_with("users: `belka`: "), "{problem}");
    verify(&issuer, &code).await.expect(201);
}

#[tokio::test]
async fn an_e_mail_that_can_be_taken_back_is_nobody_elses_by_an_operators_word() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    change_email(&issuer, &main, "thief@example.com").await.expect(202);
    laika_issuer::mail::deliver(&issuer.app).await.unwrap();
    let mails = [sink.next(), sink.next()];
    let code = |to: &str, page| mails.iter().find(|mail| mail.to == to).unwrap().code(page);
    verify(&issuer, &code("thief@example.com", "verify")).await.expect(204);
    let problem = create(&issuer, "strelka", "belka@example.com", true).await.unwrap();
    assert_eq!(problem.fields[0].field, "email");
    assert!(create(&issuer, "strelka", "strelka@example.com", true).await.is_none());
}
