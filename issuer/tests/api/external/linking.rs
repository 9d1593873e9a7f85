//! Whose an identity is: by e-mail, by who is signed in, and until when.

use axum::http::Method;
use laika_issuer::admin::{Act, users};
use serde_json::{Value, json};

use super::browser::{Browser, NEXT, VERIFIER, challenge, exchange, log_in, text, through};
use super::kennel::Kennel;
use super::{prove, stage, stage_with};
use crate::support::{Answer, Issuer, PASSWORD};

async fn register(issuer: &Issuer, username: &str, email: &str) -> Value {
    let body = json!({ "username": username, "email": email, "password": "seven dogs in a row" });
    issuer.post("/v1/users", None, body).await.expect(201)
}

/// Begins a link, goes through the log-in and exchanges the code.
async fn link(issuer: &Issuer, kennel: &Kennel, main: &str) -> Answer {
    let (code, _) = linking_code(issuer, kennel, main).await;
    exchange(issuer, &code, Some(main)).await
}

pub(super) async fn linking_code(
    issuer: &Issuer,
    kennel: &Kennel,
    main: &str,
) -> (String, Browser) {
    let body = json!({ "next": NEXT, "code_challenge": challenge() });
    let answer = issuer.post("/v1/me/identities/kennel", Some(main), body).await;
    let url = text(&answer.expect(200), "/url");
    let mut browser = Browser::default();
    browser.keep_cookie(&answer);
    let back = kennel.authorize(&url);
    (browser.code(issuer, &back).await, browser)
}

async fn unlink(issuer: &Issuer, main: &str, id: &str) -> Answer {
    issuer.send(Method::DELETE, &format!("/v1/me/identities/{id}"), Some(main), None).await
}

#[tokio::test]
async fn an_account_is_found_by_an_e_mail_that_both_sides_have_proved() {
    let (issuer, kennel) = stage().await;
    let here = register(&issuer, "strelka57", "Strelka@example.com").await;
    prove(&issuer, "strelka@example.com").await;
    let tokens = log_in(&issuer, &kennel).await;
    assert_eq!(tokens["user"]["id"], here["user"]["id"]);
    assert_eq!(tokens["user"]["username"], "strelka57");
    // The password still works: nothing was taken away.
    let body = json!({ "login": "strelka57", "password": "seven dogs in a row" });
    issuer.post("/v1/sessions", None, body).await.expect(201);
}

#[tokio::test]
async fn an_e_mail_of_a_provider_that_is_not_trusted_finds_nobody() {
    for (section, person) in [
        ("", json!({ "email_verified": true })),
        ("trust_email = true", json!({ "email_verified": false })),
        ("trust_email = true", json!({ "email_verified": null })),
        ("trust_email = true", json!({ "email_verified": 1 })),
    ] {
        let (issuer, kennel) = stage_with(section, &[]).await;
        let here = register(&issuer, "strelka57", "strelka@example.com").await;
        prove(&issuer, "strelka@example.com").await;
        kennel.script().user_info = person.clone();
        let tokens = log_in(&issuer, &kennel).await;
        assert_ne!(tokens["user"]["id"], here["user"]["id"], "{section} {person}");
        // And it does not tell that somebody has it.
        assert_eq!(tokens["user"].get("email"), None);
        assert_eq!(tokens["user"]["email_verified"], false);
    }
}

#[tokio::test]
async fn an_e_mail_is_not_proved_by_a_word_about_another() {
    let (issuer, kennel) = stage().await;
    let here = register(&issuer, "belka57", "belka@example.com").await;
    prove(&issuer, "belka@example.com").await;
    // The userinfo endpoint goes on about `strelka@example.com`, and that it is verified.
    for (email, given) in
        [("belka@example.com", None), ("other@example.com", Some("other@example.com"))]
    {
        kennel.script().person["sub"] = json!(email);
        kennel.script().id_token = json!({ "email": email });
        let tokens = log_in(&issuer, &kennel).await;
        assert_ne!(tokens["user"]["id"], here["user"]["id"]);
        assert_eq!(tokens["user"].get("email").and_then(Value::as_str), given);
        assert_eq!(tokens["user"]["email_verified"], false);
    }
}

#[tokio::test]
async fn who_comes_by_an_e_mail_that_is_no_proof_can_not_flood_it() {
    let variables = [
        ("LAIKA_MAIL_URL", "smtp://127.0.0.1:1"),
        ("LAIKA_MAIL_FROM", "no-reply@id.example.com"),
        ("LAIKA_LIMITS_RESEND", "2/h"),
    ];
    let (issuer, kennel) = stage_with("", &variables).await;
    for number in 1..=3 {
        kennel.script().person["sub"] = json!(format!("dog-{number}"));
        let tokens = log_in(&issuer, &kennel).await;
        assert_eq!(tokens["user"].get("email"), None);
    }
    let mut connection = issuer.app.db.read().await.unwrap();
    let mails: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM mails WHERE kind = 'change'")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(mails, 2);
}

#[tokio::test]
async fn pre_account_hijack_by_an_account_that_lies_in_wait() {
    let (issuer, kennel) = stage().await;
    // A thief registers with somebody's e-mail, links a log-in of their own, and waits.
    let thief = register(&issuer, "thief", "strelka@example.com").await;
    let thiefs_main = text(&thief, "/main_token");
    kennel.script().person = json!({ "sub": "thief", "preferred_username": "thief" });
    link(&issuer, &kennel, &thiefs_main).await.expect(200);
    kennel.script().person =
        json!({ "sub": "dog-1", "email": "strelka@example.com", "email_verified": true });

    let tokens = log_in(&issuer, &kennel).await;
    assert_ne!(tokens["user"]["id"], thief["user"]["id"]);
    assert_eq!(tokens["user"]["email_verified"], true);
    // Nothing that the thief had leads anywhere near it, or anywhere at all.
    issuer.get("/v1/me", Some(&thiefs_main)).await.problem(401, "session_ended");
    for login in ["thief", "strelka@example.com"] {
        let body = json!({ "login": login, "password": "seven dogs in a row" });
        issuer.post("/v1/sessions", None, body).await.problem(401, "credentials_invalid");
    }
    kennel.script().person = json!({ "sub": "thief", "preferred_username": "thief" });
    let again = log_in(&issuer, &kennel).await;
    assert_ne!(again["user"]["id"], tokens["user"]["id"]);
    assert_ne!(again["user"]["id"], thief["user"]["id"]);
}

#[tokio::test]
async fn pre_account_hijack_by_an_account_that_was_closed_meanwhile() {
    for disabled in [false, true] {
        let (issuer, kennel) = stage().await;
        let thief = register(&issuer, "thief", "strelka@example.com").await;
        let id = text(&thief, "/user/id").parse().unwrap();
        let mut act = Act::of_operator(&issuer.app).await.unwrap();
        if disabled {
            users::disable(&mut act, id).await.unwrap();
        } else {
            users::delete(&mut act, id).await.unwrap();
        }
        act.commit().await.unwrap();
        // Who never proved the e-mail does not keep its owner out.
        let tokens = log_in(&issuer, &kennel).await;
        assert_ne!(tokens["user"]["id"], thief["user"]["id"]);
        assert_eq!(tokens["user"]["email"], "strelka@example.com");
        assert_eq!(tokens["user"]["email_verified"], true);
    }
}

#[tokio::test]
async fn an_administrator_is_not_opened_by_what_a_provider_says_of_an_e_mail() {
    let (issuer, kennel) = stage().await;
    let link_to = issuer.app.first_administrator_link().await.unwrap().unwrap();
    let invitation = link_to.split_once("#invitation=").unwrap().1;
    let body = json!({ "username": "ada", "email": "strelka@example.com", "invitation": invitation,
                       "password": "seven dogs in a row" });
    let ada = issuer.post("/v1/users", None, body).await.expect(201);
    for proved in [false, true] {
        if proved {
            prove(&issuer, "strelka@example.com").await;
        }
        let code = through(&issuer, &kennel).await;
        exchange(&issuer, &code, None).await.problem(409, "conflict");
        // Nor do they lose anything.
        let body = json!({ "login": "strelka@example.com", "password": "seven dogs in a row" });
        issuer.post("/v1/sessions", None, body).await.expect(201);
    }
    // They may link it themselves.
    let main = text(&ada, "/main_token");
    link(&issuer, &kennel, &main).await.expect(200);
    assert_eq!(log_in(&issuer, &kennel).await["user"]["id"], ada["user"]["id"]);
}

#[tokio::test]
async fn whoever_is_signed_in_links_and_unlinks() {
    let (issuer, kennel) = stage().await;
    let main = issuer.log_in().await;
    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    let linked = link(&issuer, &kennel, &main).await.expect(200);
    assert_eq!(linked["provider"], "kennel");
    assert_eq!(log_in(&issuer, &kennel).await["user"]["id"], me["id"]);
    // Again: nothing changes.
    assert_eq!(link(&issuer, &kennel, &main).await.expect(200)["id"], linked["id"]);

    let id = text(&linked, "/id");
    unlink(&issuer, &main, &id).await.expect(204);
    unlink(&issuer, &main, &id).await.problem(404, "not_found");
    assert_ne!(log_in(&issuer, &kennel).await["user"]["id"], me["id"]);
}

#[tokio::test]
async fn an_identity_of_somebody_else_is_not_linked() {
    let (issuer, kennel) = stage().await;
    let theirs = log_in(&issuer, &kennel).await;
    let main = issuer.log_in().await;
    link(&issuer, &kennel, &main).await.problem(409, "conflict");
    assert_eq!(log_in(&issuer, &kennel).await["user"]["id"], theirs["user"]["id"]);
    let id = {
        let main = text(&theirs, "/main_token");
        let list = issuer.get("/v1/me/identities", Some(&main)).await.expect(200);
        text(&list, "/items/0/id")
    };
    unlink(&issuer, &main, &id).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_last_way_in_is_not_taken_off() {
    let (issuer, kennel) = stage().await;
    let main = text(&log_in(&issuer, &kennel).await, "/main_token");
    let only = issuer.get("/v1/me/identities", Some(&main)).await.expect(200);
    let only = text(&only, "/items/0/id");
    unlink(&issuer, &main, &only).await.problem(409, "conflict");
    // With a second one, either may go, and then the other stays.
    kennel.script().person = json!({ "sub": "dog-2" });
    let second = text(&link(&issuer, &kennel, &main).await.expect(200), "/id");
    unlink(&issuer, &main, &only).await.expect(204);
    unlink(&issuer, &main, &second).await.problem(409, "conflict");
}

#[tokio::test]
async fn linking_and_unlinking_need_a_fresh_log_in_or_the_password() {
    let (issuer, kennel) = stage().await;
    let main = issuer.log_in().await;
    let linked = link(&issuer, &kennel, &main).await.expect(200);
    issuer.clock.advance(901);
    let body = json!({ "next": NEXT, "code_challenge": challenge() });
    let answer = issuer.post("/v1/me/identities/kennel", Some(&main), body.clone()).await;
    answer.problem(401, "authentication_too_old");
    let id = text(&linked, "/id");
    unlink(&issuer, &main, &id).await.problem(401, "authentication_too_old");
    let path = format!("/v1/me/identities/{id}");
    for (password, status) in [("wrong password", 401), (PASSWORD, 204)] {
        let body = Some(json!({ "password": password }));
        issuer.send(Method::DELETE, &path, Some(&main), body).await.expect(status);
    }
    let mut body = body;
    body["password"] = json!(PASSWORD);
    issuer.post("/v1/me/identities/kennel", Some(&main), body).await.expect(200);
}

#[tokio::test]
async fn linking_csrf_a_link_ends_in_the_session_that_asked_for_it_or_nowhere() {
    let (issuer, kennel) = stage().await;
    let main = issuer.log_in().await;
    let elsewhere = issuer.log_in().await;
    let other = text(&register(&issuer, "belka", "belka@example.com").await, "/main_token");
    for wrong in [None, Some(elsewhere.as_str()), Some(other.as_str())] {
        let (code, _) = linking_code(&issuer, &kennel, &main).await;
        exchange(&issuer, &code, wrong).await.problem(422, "code_invalid");
        exchange(&issuer, &code, Some(&main)).await.problem(422, "code_invalid");
    }
    // A log-in that nobody asked a link for logs in, whoever is signed in beside it.
    let code = through(&issuer, &kennel).await;
    let tokens = exchange(&issuer, &code, Some(&main)).await.expect(201);
    assert_eq!(tokens["user"]["username"], "strelka");
    // A session that has ended links nothing.
    let (code, _) = linking_code(&issuer, &kennel, &main).await;
    issuer.log_out(&main).await;
    exchange(&issuer, &code, Some(&main)).await.problem(401, "session_ended");
    assert_eq!(VERIFIER.len(), 43);
}

#[tokio::test]
async fn an_account_that_was_closed_is_not_opened_and_not_made_anew() {
    let (issuer, kennel) = stage().await;
    let tokens = log_in(&issuer, &kennel).await;
    let main = text(&tokens, "/main_token");
    issuer.send(Method::DELETE, "/v1/me", Some(&main), None).await.expect(204);
    let code = through(&issuer, &kennel).await;
    exchange(&issuer, &code, None).await.problem(403, "not_permitted");
    // Nor by its e-mail, with another identity.
    kennel.script().person["sub"] = json!("dog-2");
    let code = through(&issuer, &kennel).await;
    exchange(&issuer, &code, None).await.problem(403, "not_permitted");
}

#[tokio::test]
async fn what_is_held_about_identities_is_exported_and_audited() {
    let (issuer, kennel) = stage().await;
    let main = text(&log_in(&issuer, &kennel).await, "/main_token");
    let export = issuer.get("/v1/me/export", Some(&main)).await.expect(200);
    assert_eq!(export["identities"][0]["subject"], "dog-1");
    assert_eq!(export["identities"][0]["email"], "strelka@example.com");
    assert!(export["identities"][0]["authority"].as_str().unwrap().starts_with("http"));
    assert_eq!(export["identities"][0]["picture"], kennel.script().person["picture"]);
    let actions: Vec<_> =
        export["audit"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert!(actions.contains(&&json!("identity.linked")), "{actions:?}");
}
