//! The stories that go by mail, from the request to what the mail leads to.

use axum::http::Method;
use serde_json::json;

use crate::post::{
    SECOND, change_email, forgot, issuer, log_in, only_mail, register, registered, registration,
    reset, rows, tidy, verify,
};
use crate::sink::Sink;
use crate::support::{PUBLIC_URL, claims};

#[tokio::test]
async fn register_mail_verify() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let answer = register(&issuer, "Belka", "Belka@example.com").await;
    assert_eq!(answer.expect(202), json!({ "expires_in": 24 * 3600 }));
    log_in(&issuer, "belka", SECOND).await.problem(403, "email_unverified");
    log_in(&issuer, "belka", "wrong password").await.problem(401, "credentials_invalid");

    let mail = only_mail(&issuer, &sink).await;
    assert_eq!((&*mail.to, &*mail.subject), ("Belka@example.com", "Confirm your e-mail address"));
    assert!(mail.body.contains("Hello Belka,") && mail.body.contains("24 hours"), "{}", mail.body);
    assert_eq!(mail.whole["from"], "no-reply@id.example.com");
    let code = mail.code("verify");
    let body = json!({ "code": code, "service": "orders" });
    let tokens = issuer.post("/v1/email/verify", None, body).await.expect(201);
    assert_eq!(tokens["user"]["username"], "Belka");
    assert_eq!(tokens["user"]["email_verified"], true);
    assert_eq!(claims(tokens["micro_token"].as_str().unwrap())["roles"], json!(["user"]));
    let main = tokens["main_token"].as_str().unwrap();
    issuer.get("/v1/me", Some(main)).await.expect(200);
    log_in(&issuer, "BELKA@example.com", SECOND).await.expect(201);

    // Once.
    verify(&issuer, &code).await.problem(422, "code_invalid");
    assert_eq!(rows(&issuer, "registrations").await, 0);
    assert_eq!(rows(&issuer, "mail_codes").await, 0);
}

#[tokio::test]
async fn an_anonymous_holder_who_has_an_account_by_now_becomes_nobody_else() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    registered(&issuer, &sink, "belka", "belka@example.com").await;
    let holder = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let main = holder.text_of("main_token");
    let body = registration("strelka", "strelka@example.com");
    issuer.post("/v1/users", Some(&main), body).await.expect(202);
    let code = only_mail(&issuer, &sink).await.code("verify");
    let body = json!({ "login": "belka", "password": SECOND });
    issuer.post("/v1/sessions", Some(&main), body).await.expect(201);
    let tokens = verify(&issuer, &code).await.expect(201);
    assert_eq!(tokens["user"]["username"], "strelka");
    assert_ne!(tokens["user"]["id"], holder.expect(201)["user"]["id"]);
}

#[tokio::test]
async fn a_code_comes_again_on_request_and_dies_with_its_day() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    register(&issuer, "belka", "belka@example.com").await.expect(202);
    let first = only_mail(&issuer, &sink).await.code("verify");
    issuer.clock.advance(23 * 3600);
    let again = json!({ "email": "BELKA@example.com" });
    let answer = issuer.post("/v1/email/resend", None, again).await;
    assert_eq!(answer.expect(202), json!({ "expires_in": 24 * 3600 }));
    let second = only_mail(&issuer, &sink).await.code("verify");
    assert_ne!(first, second);
    issuer.clock.advance(2 * 3600);
    verify(&issuer, &first).await.problem(422, "code_invalid");
    register(&issuer, "BELKA", "other@example.com").await.problem(409, "already_registered");
    issuer.clock.advance(23 * 3600);
    verify(&issuer, &second).await.problem(422, "code_invalid");
    // The name is free again, also before anything has tidied up.
    register(&issuer, "BELKA", "other@example.com").await.expect(202);
    issuer.clock.advance(25 * 3600);
    tidy(&issuer).await;
    assert_eq!(rows(&issuer, "registrations").await, 0);
    assert_eq!(rows(&issuer, "mail_codes").await, 0);
    assert_eq!(rows(&issuer, "mails").await, 0);
}

#[tokio::test]
async fn an_account_from_times_without_mail_proves_its_e_mail() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    log_in(&issuer, "laika", crate::support::PASSWORD).await.problem(403, "email_unverified");
    let body = json!({ "email": "laika@example.com" });
    issuer.post("/v1/email/resend", None, body).await.expect(202);
    // Whoever made the account need not be who reads the mail: the old password ends.
    let mail = only_mail(&issuer, &sink).await;
    assert!(mail.body.contains("24 hours"), "{}", mail.body);
    let code = mail.code("reset");
    verify(&issuer, &code).await.problem(422, "code_invalid");
    issuer.clock.advance(23 * 3600);
    reset(&issuer, &code, "a brand new one 1961").await.expect(204);
    log_in(&issuer, "laika", crate::support::PASSWORD).await.problem(401, "credentials_invalid");
    log_in(&issuer, "laika", "a brand new one 1961").await.expect(201);
}

#[tokio::test]
async fn forgot_reset() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    let answer = forgot(&issuer, "BELKA@example.com").await;
    assert_eq!(answer.expect(202), json!({ "expires_in": 1200 }));
    let mail = only_mail(&issuer, &sink).await;
    assert_eq!(mail.to, "belka@example.com");
    assert!(mail.body.contains("20 minutes"), "{}", mail.body);
    let code = mail.code("reset");
    // A password that is not good does not use the code up.
    reset(&issuer, &code, "belka@example.com1").await.problem(422, "password_weak");
    reset(&issuer, &code, "short").await.problem(422, "fields_invalid");
    reset(&issuer, &code, "a brand new one 1961").await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    log_in(&issuer, "belka", SECOND).await.problem(401, "credentials_invalid");
    log_in(&issuer, "belka", "a brand new one 1961").await.expect(201);

    forgot(&issuer, "belka@example.com").await.expect(202);
    let code = only_mail(&issuer, &sink).await.code("reset");
    issuer.clock.advance(20 * 60);
    reset(&issuer, &code, "a brand new one 1962").await.problem(422, "code_invalid");
}

#[tokio::test]
async fn a_mail_that_still_waits_brings_no_way_to_another_password_after_a_new_one() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    forgot(&issuer, "belka@example.com").await.expect(202);
    forgot(&issuer, "laika@example.com").await.expect(202);
    let new = json!({ "current": SECOND, "new": "a brand new one 1961" });
    issuer.send(Method::PUT, "/v1/me/password", Some(&main), Some(new)).await.expect(204);
    assert_eq!(only_mail(&issuer, &sink).await.to, "laika@example.com");
}

#[tokio::test]
async fn change_of_address_confirm_undo() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    let body = json!({ "email": "new@example.com", "password": "wrong password" });
    let wrong = issuer.send(Method::PUT, "/v1/me/email", Some(&main), Some(body)).await;
    wrong.problem(401, "credentials_invalid");
    change_email(&issuer, &main, "New@example.com").await.expect(202);
    laika_issuer::mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    sink.nothing();
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    let [confirm, told] = mails;
    assert_eq!((&*confirm.to, &*told.to), ("New@example.com", "belka@example.com"));
    assert!(told.body.contains("7 days"), "{}", told.body);

    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!(me["email"], "belka@example.com", "until it is proved");
    // Both addresses are held, and so they are told.
    let export = issuer.get("/v1/me/export", Some(&main)).await.expect(200);
    let held = |list: &str, what: &str, address: &str| {
        let mut found: Vec<_> = export[list].as_array().unwrap().iter().collect();
        found.sort_by_key(|one| one[what].to_string());
        found.iter().map(|one| json!([one[what], one[address]])).collect::<Vec<_>>()
    };
    let both = [json!(["change", "New@example.com"]), json!(["undo", "belka@example.com"])];
    assert_eq!(held("mail_codes", "purpose", "email"), both);
    assert_eq!(held("mails", "kind", "recipient"), both);
    verify(&issuer, &confirm.code("verify")).await.expect(204);
    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!((&me["email"], &me["email_verified"]), (&json!("New@example.com"), &json!(true)));
    log_in(&issuer, "new@example.com", SECOND).await.expect(201);

    // The old address stays with the account while it can be taken back.
    register(&issuer, "strelka", "belka@example.com").await.expect(202);
    assert_eq!(only_mail(&issuer, &sink).await.subject, "You already have an account");

    issuer.clock.advance(7 * 24 * 3600 - 1);
    let undo = json!({ "code": told.code("undo") });
    issuer.post("/v1/email/undo", None, undo.clone()).await.expect(204);
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
    log_in(&issuer, "belka", SECOND).await.problem(401, "credentials_invalid");
    let mail = only_mail(&issuer, &sink).await;
    assert_eq!(mail.to, "belka@example.com");
    reset(&issuer, &mail.code("reset"), "a brand new one 1961").await.expect(204);
    log_in(&issuer, "belka@example.com", "a brand new one 1961").await.expect(201);
    log_in(&issuer, "new@example.com", "a brand new one 1961")
        .await
        .problem(401, "credentials_invalid");
    issuer.post("/v1/email/undo", None, undo).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn a_change_that_was_taken_back_can_not_be_confirmed() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let main = registered(&issuer, &sink, "belka", "belka@example.com").await;
    change_email(&issuer, &main, "new@example.com").await.expect(202);
    laika_issuer::mail::deliver(&issuer.app).await.unwrap();
    let mut mails = [sink.next(), sink.next()];
    mails.sort_by(|one, two| one.to.cmp(&two.to));
    let [told, confirm] = mails;
    let undo = json!({ "code": told.code("undo") });
    issuer.post("/v1/email/undo", None, undo).await.expect(204);
    verify(&issuer, &confirm.code("verify")).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn an_invitation_is_used_up_by_the_proof() {
    let sink = Sink::start();
    let issuer = issuer(&sink).await;
    let link = issuer.app.first_administrator_link().await.unwrap().unwrap();
    let code = link.strip_prefix(&format!("{PUBLIC_URL}/#invitation=")).unwrap();
    let mut body = crate::post::registration("belka", "belka@example.com");
    body["invitation"] = json!("laika_inv_nonsense");
    let answer = issuer.post("/v1/users", None, body.clone()).await;
    answer.problem(422, "fields_invalid");
    body["invitation"] = json!(code);
    body["service"] = json!("orders");
    issuer.post("/v1/users", None, body).await.expect(202);
    // Another replica prints a link of its own meanwhile; both are open, for one administrator.
    let other = issuer.app.first_administrator_link().await.unwrap().unwrap();
    let code = only_mail(&issuer, &sink).await.code("verify");
    let body = json!({ "code": code, "service": "orders" });
    let tokens = issuer.post("/v1/email/verify", None, body).await.expect(201);
    assert_eq!(claims(tokens["micro_token"].as_str().unwrap())["level"], 0);

    let mut body = crate::post::registration("strelka", "strelka@example.com");
    body["invitation"] = json!(other.split('=').next_back().unwrap());
    issuer.post("/v1/users", None, body).await.problem(422, "fields_invalid");
    assert_eq!(issuer.app.first_administrator_link().await.unwrap(), None);
}
