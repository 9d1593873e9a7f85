//! The attacks on accounts that go by mail, each by its name.

use axum::body::Body;
use axum::http::{Method, Request};
use data_encoding::BASE32_NOPAD;
use laika_issuer::db::passkeys::Passkey;
use laika_issuer::db::sessions::Origin;
use laika_issuer::external::Assertion;
use laika_issuer::factors::totp::TotpSecret;
use laika_issuer::mail;
use laika_issuer::mint::main_token;
use laika_issuer::session::{self, Way};
use laika_issuer::webauthn::Backup;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::post::{
    SECOND, change_email, forgot, issuer, log_in, only_mail, register, registered, registration,
    reset, rows, verify,
};
use crate::sink::Sink;
use crate::support::{Answer, Issuer, PASSWORD};

/// What an answer gives away: everything but the id of the request.
fn traits(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body: Value = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status.as_u16(), headers, body)
}

/// Rows of every table that a request may write, and hashes computed.
async fn work(issuer: &Issuer) -> (Vec<i64>, u64) {
    let mut counts = Vec::new();
    for table in ["users", "registrations", "mails", "mail_codes", "audit", "sessions"] {
        counts.push(rows(issuer, table).await);
    }
    (counts, issuer.app.passwords.computed())
}

/// What a request answers and what it does.
async fn probe(issuer: &Issuer, path: &str, body: Value) -> impl PartialEq + std::fmt::Debug {
    let (rows_before, hashes_before) = work(issuer).await;
    let answer = issuer.post(path, None, body).await;
    let (rows_after, hashes_after) = work(issuer).await;
    let written: Vec<_> = rows_after.iter().zip(&rows_before).map(|(a, b)| a - b).collect();
    (traits(&answer), written, hashes_after - hashes_before)
}

#[tokio::test]
async fn enumeration_at_registration() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    let taken = probe(&issuer, "/v1/users", registration("one", "belka@example.com")).await;
    let free = probe(&issuer, "/v1/users", registration("two", "unknown@example.com")).await;
    assert_eq!(taken, free);
    mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    assert_eq!(mails[0].subject, "You already have an account");
    assert!(!mails[0].body.contains("#verify="), "{}", mails[0].body);
    assert_eq!(mails[1].subject, "Confirm your e-mail address");

    // Nor afterwards: both names wait, and both passwords lead to the same.
    let again = |name: &str| registration(name, "third@example.com");
    let (one, two) = (again("one"), again("two"));
    assert_eq!(probe(&issuer, "/v1/users", one).await, probe(&issuer, "/v1/users", two).await);
    for password in [SECOND, "wrong password"] {
        let login = |login: &str| json!({ "login": login, "password": password });
        let one = probe(&issuer, "/v1/sessions", login("one")).await;
        assert_eq!(one, probe(&issuer, "/v1/sessions", login("two")).await);
        // By e-mail: with the password of one's own registration nothing is to be learnt either.
        if password != SECOND {
            continue;
        }
        let other = json!({ "login": "belka@example.com", "password": "not the password" });
        let waiting = probe(&issuer, "/v1/sessions", login("unknown@example.com")).await;
        assert_eq!(waiting, probe(&issuer, "/v1/sessions", other).await);
    }
}

#[tokio::test]
async fn enumeration_at_log_in() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    registered(&issuer, &sink, "gone", "gone@example.com").await;
    let deleted = log_in(&issuer, "gone", SECOND).await.text_of("main_token");
    issuer.send(Method::DELETE, "/v1/me", Some(&deleted), None).await.expect(204);
    register(&issuer, "waits", "waits@example.com").await.expect(202);
    let login = |login: &str, password: &str| json!({ "login": login, "password": password });
    let unknown = probe(&issuer, "/v1/sessions", login("nobody", "wrong password")).await;
    for (name, password) in [
        ("belka", "wrong password"),
        ("belka@example.com", "wrong password"),
        ("nobody@example.com", SECOND),
        ("gone", SECOND),
        ("gone@example.com", SECOND),
        ("waits", "wrong password"),
        ("waits@example.com", SECOND),
        ("laika", "wrong password"),
    ] {
        let found = probe(&issuer, "/v1/sessions", login(name, password)).await;
        assert_eq!(found, unknown, "{name}");
    }
    // Whoever knows the password, and nobody else, is told why it is of no use yet.
    log_in(&issuer, "waits", SECOND).await.problem(403, "email_unverified");
    log_in(&issuer, "laika", PASSWORD).await.problem(403, "email_unverified");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn enumeration_at_reset_and_resend() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    register(&issuer, "waits", "waits@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    sink.next();
    for path in ["/v1/password/forgot", "/v1/email/resend"] {
        let unknown = probe(&issuer, path, json!({ "email": "nobody@example.com" })).await;
        for email in ["belka@example.com", "laika@example.com", "waits@example.com"] {
            let found = probe(&issuer, path, json!({ "email": email })).await;
            assert_eq!(found, unknown, "{path} {email}");
        }
    }
    mail::deliver(&issuer.app).await.unwrap();
    let mut to: Vec<_> = (0..4).map(|_| sink.next()).map(|mail| (mail.to, mail.subject)).collect();
    sink.nothing();
    to.sort();
    let expected = [
        ("belka@example.com", "Choose a new password"),
        ("laika@example.com", "Choose a new password"),
        ("laika@example.com", "Confirm your e-mail address"),
        ("waits@example.com", "Confirm your e-mail address"),
    ];
    assert_eq!(to, expected.map(|(to, subject)| (to.to_owned(), subject.to_owned())));
}

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
    let id = laika_issuer::random::uuid(&*issuer.app.random).unwrap();
    let thief = Assertion {
        provider: "kennel".to_owned(),
        authority: "https://kennel.example".to_owned(),
        subject: "thief".to_owned(),
        email: None,
        name: None,
        username: None,
        picture: None,
    };
    let now = issuer.app.clock.now();
    laika_issuer::db::identities::insert(&mut tx, id, user.id, &thief, now).await.unwrap();
    tx.commit().await.unwrap();
    let code = |key: &str| {
        let key = BASE32_NOPAD.decode(key.as_bytes()).unwrap();
        TotpSecret::from_bytes(key.into()).code(issuer.app.clock.now() / 30).to_string()
    };
    let main = session_from_before(&issuer).await;
    let offer = issuer.post("/v1/me/factors/totp", Some(&main), json!({})).await;
    let body = json!({ "code": code(&offer.text_of("secret")) });
    issuer.post("/v1/me/factors/totp/confirm", Some(&main), body).await.expect(200);
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

/// Gives somebody a passkey; what it says is tested where passkeys are.
async fn add_passkey(issuer: &Issuer, user: Uuid) {
    let mut tx = issuer.app.db.write().await.unwrap();
    let passkey = Passkey {
        id: laika_issuer::random::uuid(&*issuer.app.random).unwrap(),
        user_id: user,
        credential_id: "AAAA".to_owned(),
        public_key: String::new(),
        sign_count: 0,
        backup: Backup::Never,
        name: "passkey".to_owned(),
        created_at: issuer.app.clock.now(),
        last_used_at: None,
    };
    assert!(laika_issuer::db::passkeys::insert(&mut tx, &passkey).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_reset_or_verification_link_from_a_forged_host() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    let forged = Request::post("/v1/password/forgot")
        .header("host", "evil.example.com")
        .header("content-type", "application/json")
        .body(Body::from(json!({ "email": "belka@example.com" }).to_string()));
    issuer.call(forged.unwrap()).await.problem(421, "host_refused");
    let request = Request::post("/v1/password/forgot")
        .header("host", "127.0.0.1:8080")
        .header("x-forwarded-host", "evil.example.com")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example.com;proto=https")
        .header("origin", "https://evil.example.com")
        .header("content-type", "application/json")
        .body(Body::from(json!({ "email": "belka@example.com" }).to_string()));
    issuer.call(request.unwrap()).await.expect(202);
    let mail = only_mail(&issuer, &sink).await;
    assert!(!mail.whole.to_string().contains("evil"), "{}", mail.whole);
    mail.code("reset");

    let request = Request::post("/v1/users")
        .header("host", "127.0.0.1:8080")
        .header("x-forwarded-host", "evil.example.com")
        .header("content-type", "application/json")
        .body(Body::from(registration("strelka", "strelka@example.com").to_string()));
    issuer.call(request.unwrap()).await.expect(202);
    let mail = only_mail(&issuer, &sink).await;
    assert!(!mail.whole.to_string().contains("evil"), "{}", mail.whole);
    mail.code("verify");
}

#[tokio::test]
async fn a_reset_code_guessed_replayed_or_used_for_another_account() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    registered(&issuer, &sink, "strelka", "strelka@example.com").await;
    forgot(&issuer, "belka@example.com").await.expect(202);
    let first = only_mail(&issuer, &sink).await.code("reset");
    forgot(&issuer, "belka@example.com").await.expect(202);
    let second = only_mail(&issuer, &sink).await.code("reset");
    // 192 random bits behind a prefix, of which not one may differ.
    assert!(first.len() >= 32 + "laika_mail_".len() && first != second);
    let new = "a brand new one 1961";
    let mut guessed = first.clone();
    guessed.pop();
    for wrong in ["", "x", "laika_mail_", &guessed, &first.to_uppercase(), &format!("{first} ")] {
        reset(&issuer, wrong, new).await.problem(422, "code_invalid");
    }
    // It opens nothing else, and names its account by itself.
    verify(&issuer, &first).await.problem(422, "code_invalid");
    let body = json!({ "code": first });
    issuer.post("/v1/email/undo", None, body).await.problem(422, "code_invalid");
    let body = json!({ "code": first, "password": new, "username": "strelka" });
    issuer.post("/v1/password/reset", None, body).await.problem(422, "fields_invalid");
    // Of two at once one gets it, and then neither it nor its sister works.
    let (one, two) = tokio::join!(reset(&issuer, &first, new), reset(&issuer, &first, new));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422]);
    reset(&issuer, &first, new).await.problem(422, "code_invalid");
    reset(&issuer, &second, new).await.problem(422, "code_invalid");
    log_in(&issuer, "strelka", SECOND).await.expect(201);

    // Nor does a code outlive the e-mail it was sent to.
    let main = log_in(&issuer, "strelka", SECOND).await.text_of("main_token");
    forgot(&issuer, "strelka@example.com").await.expect(202);
    let old = only_mail(&issuer, &sink).await.code("reset");
    change_email(&issuer, &main, "new@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    verify(&issuer, &mails[0].code("verify")).await.expect(204);
    reset(&issuer, &old, new).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn codes_lie_nowhere_but_in_the_mail() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    let code = only_mail(&issuer, &sink).await.code("verify");
    let mut connection = issuer.app.db.read().await.unwrap();
    let hashes: Vec<String> = sqlx::query_scalar("SELECT code_hash FROM mail_codes")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    assert_eq!(hashes, [laika_issuer::one_time_code::hash(&code)]);
    let queued: Vec<String> = sqlx::query_scalar(
        "SELECT id || kind || recipient || recipient_key || COALESCE(user_id, '') \
         || COALESCE(registration, '') || COALESCE(error, '') FROM mails",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    assert!(queued.iter().all(|row| !row.contains(&code)) && queued.len() == 1);
}

#[tokio::test]
async fn a_mail_goes_to_the_address_that_was_proved_not_to_one_that_looks_like_it() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    // The Kelvin sign is lower-cased to the letter `k`: one key, two mailboxes.
    forgot(&issuer, "bel\u{212a}a@example.com").await.expect(202);
    assert_eq!(only_mail(&issuer, &sink).await.to, "belka@example.com");
}

#[tokio::test]
async fn mail_header_injection() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    for (username, email) in [
        ("belka\r\nBcc: x@evil.example.com", "belka@example.com"),
        ("belka\n", "belka@example.com"),
        ("belka", "belka@example.com\r\nBcc: x@evil.example.com"),
        ("belka", "belka@example.com\r\n"),
        ("belka", "belka@example.com,x@evil.example.com"),
        ("belka", "Belka <belka@example.com>"),
        ("belka", "belka\u{0}@example.com"),
        ("belka", "belka@example.com> SIZE=1\r\nRCPT TO:<x@evil.example.com"),
    ] {
        register(&issuer, username, email).await.problem(422, "fields_invalid");
        if email != "belka@example.com" {
            forgot(&issuer, email).await.problem(422, "fields_invalid");
        }
    }
    assert_eq!(rows(&issuer, "mails").await, 0);
    // Of what is good, nothing but the address gets into a header.
    register(&issuer, "Белка", "bcc@example.com").await.expect(202);
    let mail = only_mail(&issuer, &sink).await;
    let headers = mail.whole["headers"].to_string();
    assert!(mail.body.contains("Hello Белка,") && !headers.contains("Белка"), "{headers}");
    assert!(headers.contains("auto-generated") && headers.contains("Message-ID"), "{headers}");
}

#[tokio::test]
async fn a_thief_can_not_undo_the_owners_undo() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    change_email(&issuer, &main, "a-thief@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    let [confirm, told] = mails;
    verify(&issuer, &confirm.code("verify")).await.expect(204);
    // On to a third address: the thief's own gets no way back.
    change_email(&issuer, &main, "third@example.com").await.expect(202);
    let confirm = only_mail(&issuer, &sink).await;
    assert_eq!(confirm.to, "third@example.com");
    verify(&issuer, &confirm.code("verify")).await.expect(204);
    let undo = json!({ "code": told.code("undo") });
    issuer.post("/v1/email/undo", None, undo).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    let mail = only_mail(&issuer, &sink).await;
    assert_eq!(mail.to, "belka@example.com");
    reset(&issuer, &mail.code("reset"), "a brand new one 1961").await.expect(204);
}

#[tokio::test]
async fn somebody_elses_e_mail_can_not_be_taken_by_a_change() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    let main = registered(&issuer, &sink, "strelka", "strelka@example.com").await;
    change_email(&issuer, &main, "belka@example.com").await.expect(202);
    mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    assert_eq!(mails[0].subject, "You already have an account");
    assert!(!mails[0].body.contains("#verify="));
}

#[tokio::test]
async fn factor_skipped_by_reset() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    let offer = issuer.post("/v1/me/factors/totp", Some(&main), json!({})).await;
    let key = BASE32_NOPAD.decode(offer.text_of("secret").as_bytes()).unwrap();
    let app = TotpSecret::from_bytes(key.into());
    let code = |at: i64| app.code(at / 30).to_string();
    let body = json!({ "code": code(issuer.app.clock.now()) });
    issuer.post("/v1/me/factors/totp/confirm", Some(&main), body).await.expect(200);
    let me = issuer.get("/v1/me", Some(&main)).await.text_of("id");
    add_passkey(&issuer, me.parse().unwrap()).await;
    let waiting = log_in(&issuer, "belka", SECOND).await.expect(200);

    forgot(&issuer, "belka@example.com").await.expect(202);
    let mail = only_mail(&issuer, &sink).await;
    let answer = reset(&issuer, &mail.code("reset"), "a brand new one 1961").await;
    answer.expect(204);
    assert_eq!(answer.header("set-cookie"), "");
    // The factors are there as before, and are asked for.
    let answer = log_in(&issuer, "belka", "a brand new one 1961").await.expect(200);
    assert_eq!(answer["second_factor"]["methods"], json!(["passkey", "totp", "backup_code"]));
    issuer.clock.advance(30);
    // What waited since before the reset is gone: its password was another's.
    let now = code(issuer.app.clock.now());
    let before = json!({ "id": waiting["second_factor"]["id"], "totp": now });
    let path = "/v1/sessions/second-factor";
    issuer.post(path, None, before).await.problem(422, "code_invalid");
    let body = json!({ "id": answer["second_factor"]["id"], "totp": now });
    issuer.post(path, None, body).await.expect(201);
}
