//! What a mail carries: codes, links, addresses.

use axum::body::Body;
use axum::http::{Method, Request};
use laika_issuer::mail;
use serde_json::json;

use super::{add_app, add_passkey, link};
use crate::post::{
    SECOND, change_email, forgot, issuer, issuer_at, log_in, only_mail, register, registered,
    registration, reset, rows, verify,
};
use crate::sink::{Mail, Sink};
use crate::support::{Answer, Issuer, claims};

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

/// The two mails of a change of e-mail, that to the new address first where it comes first by name.
async fn mails_of_change(issuer: &Issuer, sink: &Sink) -> [Mail; 2] {
    mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    sink.nothing();
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    mails
}

#[tokio::test]
async fn what_a_thief_asked_for_ends_with_the_password_that_they_knew() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let thiefs = registered(&issuer, &sink, "belka", "belka@example.com").await;
    let main = log_in(&issuer, "belka", SECOND).await.text_of("main_token");
    change_email(&issuer, &thiefs, "a-thief@example.com").await.expect(202);
    let [confirm, _] = mails_of_change(&issuer, &sink).await;
    change_email(&issuer, &thiefs, "a-thief@example.com").await.expect(202);
    let new = json!({ "current": SECOND, "new": "a brand new one 1961" });
    issuer.send(Method::PUT, "/v1/me/password", Some(&main), Some(new)).await.expect(204);
    verify(&issuer, &confirm.code("verify")).await.problem(422, "code_invalid");
    // Nor is what still waits sent: the owner alone hears of it.
    let told = only_mail(&issuer, &sink).await;
    assert_eq!(told.to, "belka@example.com");
    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!(me["email"], "belka@example.com");
}

#[tokio::test]
async fn what_a_thief_added_goes_with_the_change_that_is_taken_back() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    for own in [true, false] {
        let (name, address) = (format!("belka{own}"), format!("belka{own}@example.com"));
        let main = registered(&issuer, &sink, &name, &address).await;
        let id = claims(&main)["sub"].as_str().unwrap().parse().unwrap();
        if own {
            add_app(&issuer, &main).await;
            issuer.clock.advance(30);
        }
        change_email(&issuer, &main, "a-thief@example.com").await.expect(202);
        if !own {
            add_app(&issuer, &main).await;
        }
        add_passkey(&issuer, id).await;
        // The mails go out later, and once more for who asks again.
        issuer.clock.advance(60);
        let [_, first] = mails_of_change(&issuer, &sink).await;
        link(&issuer, id).await;
        issuer.clock.advance(60);
        change_email(&issuer, &main, "a-thief@example.com").await.expect(202);
        let [confirm, second] = mails_of_change(&issuer, &sink).await;
        verify(&issuer, &confirm.code("verify")).await.expect(204);
        let told = if own { second } else { first };
        let undo = json!({ "code": told.code("undo") });
        issuer.post("/v1/email/undo", None, undo).await.expect(204);
        let code = only_mail(&issuer, &sink).await.code("reset");
        reset(&issuer, &code, "a brand new one 1961").await.expect(204);
        // What its owner had before stays, and is asked for.
        let answer = log_in(&issuer, &name, "a brand new one 1961").await;
        if own {
            let methods = &answer.expect(200)["second_factor"]["methods"];
            assert_eq!(*methods, json!(["totp", "backup_code"]));
        } else {
            answer.expect(201);
        }
        let left = i64::from(own);
        for (table, count) in
            [("identities", 0), ("passkeys", 0), ("totp", left), ("backup_codes", 10 * left)]
        {
            assert_eq!(rows(&issuer, table).await, count, "{table}");
        }
        let mut tx = issuer.app.db.write().await.unwrap();
        laika_issuer::db::factors::remove_all(&mut tx, id).await.unwrap();
        let sql = "SELECT action FROM audit WHERE action LIKE '%.removed' OR action LIKE '%unlinked' \
                   ORDER BY action";
        let noted: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *tx).await.unwrap();
        let expected = ["identity.unlinked", "passkey.removed", "totp.removed"];
        assert_eq!(noted, expected[..if own { 2 } else { 3 }]);
        sqlx::query("DELETE FROM audit").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn backup_codes_that_a_thief_made_anew_go_with_the_change_that_is_taken_back() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    add_app(&issuer, &main).await;
    issuer.clock.advance(30);
    change_email(&issuer, &main, "a-thief@example.com").await.expect(202);
    let [_, told] = mails_of_change(&issuer, &sink).await;
    issuer.clock.advance(30);
    let body = json!({ "password": SECOND });
    issuer.post("/v1/me/factors/backup-codes", Some(&main), body).await.expect(200);
    let undo = json!({ "code": told.code("undo") });
    issuer.post("/v1/email/undo", None, undo).await.expect(204);
    assert_eq!((rows(&issuer, "totp").await, rows(&issuer, "backup_codes").await), (1, 0));
    let mut connection = issuer.app.db.read().await.unwrap();
    let sql = "SELECT COUNT(*) FROM audit WHERE action = 'backup_codes.removed'";
    let noted: i64 = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap();
    assert_eq!(noted, 1);
}

#[tokio::test]
async fn a_new_password_forgets_the_browsers_that_the_old_one_was_used_in() {
    let sink = Sink::start();
    let url = format!("smtp://127.0.0.1:{}", sink.port);
    let issuer = issuer_at(&url, &[("LAIKA_LIMITS_LOGIN_ACCOUNT", "2/h")]).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    let from_a_browser = async |password: &str, cookie: &str| {
        let body = json!({ "login": "belka", "password": password, "transport": "cookie" });
        let request = Request::post("/v1/sessions")
            .header("content-type", "application/json")
            .header("origin", crate::support::PUBLIC_URL)
            .header("cookie", cookie)
            .body(Body::from(body.to_string()));
        issuer.call(request.unwrap()).await
    };
    let cookie = |answer: &Answer, name: &str| {
        let mut cookies = answer.headers.get_all("set-cookie").iter();
        let found = cookies.find_map(|cookie| {
            let pair = cookie.to_str().unwrap().split(';').next()?;
            pair.starts_with(name).then(|| pair.to_owned())
        });
        found.unwrap()
    };
    let thiefs = cookie(&from_a_browser(SECOND, "").await, "laika_device=");
    let answer = from_a_browser(SECOND, "").await;
    let (main, own) = (cookie(&answer, "laika_main="), cookie(&answer, "laika_device="));
    assert_eq!(rows(&issuer, "devices").await, 2);
    // A change forgets all but the browser that asks for it.
    let new = "a brand new one 1961";
    let body = json!({ "current": SECOND, "new": new });
    let request = Request::put("/v1/me/password")
        .header("content-type", "application/json")
        .header("origin", crate::support::PUBLIC_URL)
        .header("cookie", format!("{main}; {own}"))
        .body(Body::from(body.to_string()));
    issuer.call(request.unwrap()).await.expect(204);
    assert_eq!(rows(&issuer, "devices").await, 1);
    for _ in 0..2 {
        log_in(&issuer, "belka", SECOND).await.problem(401, "credentials_invalid");
    }
    from_a_browser(new, &thiefs).await.problem(429, "rate_limited");
    from_a_browser(new, &own).await.expect(201);
    // A reset forgets all of them.
    forgot(&issuer, "belka@example.com").await.expect(202);
    let code = only_mail(&issuer, &sink).await.code("reset");
    reset(&issuer, &code, SECOND).await.expect(204);
    from_a_browser(SECOND, &own).await.problem(429, "rate_limited");
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
    let app = add_app(&issuer, &main).await;
    let code = |at: i64| app.code(at / 30).to_string();
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
