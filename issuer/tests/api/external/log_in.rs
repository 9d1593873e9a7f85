//! The way through a log-in, and everything that is good once.

use laika_issuer::admin::Act;
use laika_issuer::events::{EventName, hooks};
use serde_json::json;

use super::browser::{Browser, NEXT, challenge, exchange, location, log_in, text, through};
use super::{stage, stage_with};
use crate::support::{Issuer, START, claims};

#[tokio::test]
async fn from_the_button_to_a_micro_token() {
    let (issuer, kennel) = stage().await;
    let offered = issuer.get("/v1/providers", None).await.expect(200);
    assert_eq!(offered["items"][0]["title"], "Kennel");
    let url = text(&offered, "/items/0/login_url");
    assert_eq!(url, "http://127.0.0.1:8080/v1/login/kennel");

    let tokens = log_in(&issuer, &kennel).await;
    assert_eq!(tokens["user"]["username"], "strelka");
    assert_eq!(tokens["user"]["email"], "strelka@example.com");
    assert_eq!(tokens["user"]["email_verified"], true);
    assert_eq!(tokens["user"]["avatar_url"], "https://kennel.example.com/strelka.png");
    let main = text(&tokens, "/main_token");
    let micro = issuer.micro(&main, "orders").await.expect(200);
    let said = claims(micro["micro_token"].as_str().unwrap());
    assert_eq!(said["sub"], tokens["user"]["id"]);
    assert_eq!(said["amr"], json!(["fed"]));
    assert_eq!(said["auth_time"], START);
}

#[tokio::test]
async fn who_comes_again_is_the_same_person_also_with_another_e_mail() {
    let (issuer, kennel) = stage().await;
    let first = log_in(&issuer, &kennel).await;
    kennel.script().person["email"] = json!("moved@example.com");
    kennel.script().person["preferred_username"] = json!("renamed");
    let again = log_in(&issuer, &kennel).await;
    assert_eq!(again["user"]["id"], first["user"]["id"]);
    assert_ne!(again["session_id"], first["session_id"]);
    // The account keeps what is its owner's: name and e-mail.
    assert_eq!(again["user"]["email"], "strelka@example.com");
    assert_eq!(again["user"]["username"], "strelka");
    let main = text(&again, "/main_token");
    let identities = issuer.get("/v1/me/identities", Some(&main)).await.expect(200);
    assert_eq!(identities["items"].as_array().unwrap().len(), 1);
    assert_eq!(identities["items"][0]["email"], "moved@example.com");
    assert_eq!(identities["items"][0]["title"], "Kennel");
}

#[tokio::test]
async fn somebody_else_with_the_same_name_is_somebody_else() {
    let (issuer, kennel) = stage().await;
    let mut names = Vec::new();
    for number in 1..=11 {
        let person = json!({ "sub": format!("dog-{number}"), "preferred_username": "Laika" });
        kennel.script().person = person;
        let tokens = log_in(&issuer, &kennel).await;
        names.push(text(&tokens, "/user/username"));
    }
    // The seeded user is called `laika`; after a few numbers the name is drawn.
    assert_eq!(names[..3], ["Laika-2", "Laika-3", "Laika-4"]);
    assert!(names.iter().all(|name| name.starts_with("Laika-")), "{names:?}");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 11);
}

#[tokio::test]
async fn the_picture_follows_the_provider_until_its_owner_chooses_another() {
    let (issuer, kennel) = stage().await;
    log_in(&issuer, &kennel).await;
    let mut act = Act::of_operator(&issuer.app).await.unwrap();
    let told = vec![EventName::UserUpdated];
    hooks::create(&mut act, "https://hooks.example.com/", None, Some(told)).await.unwrap();
    act.commit().await.unwrap();
    kennel.script().person["picture"] = json!("https://kennel.example.com/older.png");
    for _ in 0..2 {
        let tokens = log_in(&issuer, &kennel).await;
        assert_eq!(tokens["user"]["avatar_url"], "https://kennel.example.com/older.png");
    }
    let mut connection = issuer.app.db.read().await.unwrap();
    let told: Vec<String> =
        sqlx::query_scalar("SELECT body FROM events").fetch_all(&mut *connection).await.unwrap();
    drop(connection);
    assert!(matches!(&told[..], [one] if one.contains(r#"["profile"]"#)), "{told:?}");
    let tokens = log_in(&issuer, &kennel).await;
    let main = text(&tokens, "/main_token");
    for own in [json!("https://example.com/own.png"), json!(null)] {
        let body = json!({ "avatar_url": own });
        issuer.send(axum::http::Method::PATCH, "/v1/me", Some(&main), Some(body)).await.expect(200);
        let url = format!("https://kennel.example.com/{}.png", own.is_null());
        kennel.script().person["picture"] = json!(url);
        let tokens = log_in(&issuer, &kennel).await;
        assert_eq!(tokens["user"].get("avatar_url").cloned().unwrap_or_default(), own);
    }
}

#[tokio::test]
async fn a_provider_that_is_not_configured_is_not_offered() {
    let issuer = Issuer::start().await;
    assert_eq!(issuer.get("/v1/providers", None).await.expect(200)["items"], json!([]));
    let path = format!("/v1/login/google?next={NEXT}&code_challenge={}", challenge());
    issuer.get(&path, None).await.problem(404, "not_found");
    let body = json!({ "redirect_uri": "org.example.app:/in" });
    issuer.post("/v1/login/google/start", None, body).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_state_is_good_once_in_its_own_browser_for_ten_minutes() {
    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    let back = kennel.authorize(&browser.begin(&issuer, "kennel").await);
    // Log-in CSRF: somebody else's browser, with a cookie of its own or without one.
    let mut other = Browser::default();
    other.open(&issuer, &back).await.problem(422, "code_invalid");
    other.begin(&issuer, "kennel").await;
    other.open(&issuer, &back).await.problem(422, "code_invalid");
    browser.code(&issuer, &back).await;
    browser.open(&issuer, &back).await.problem(422, "code_invalid");

    let late = kennel.authorize(&browser.begin(&issuer, "kennel").await);
    issuer.clock.advance(600);
    browser.open(&issuer, &late).await.problem(422, "code_invalid");
    let unknown = "/v1/login/kennel/callback?code=1&state=laika_state_x";
    browser.open(&issuer, unknown).await.problem(422, "code_invalid");
    browser.open(&issuer, "/v1/login/kennel/callback?code=1").await.problem(422, "fields_invalid");
}

#[tokio::test]
async fn two_tabs_of_one_browser_do_not_disturb_each_other() {
    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    let first = browser.begin(&issuer, "kennel").await;
    let second = browser.begin(&issuer, "kennel").await;
    assert_ne!(first, second);
    for location in [first, second] {
        let code = browser.code(&issuer, &kennel.authorize(&location)).await;
        exchange(&issuer, &code, None).await.expect(201);
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_its_own_client_for_a_minute() {
    let (issuer, kennel) = stage().await;
    let code = through(&issuer, &kennel).await;
    let wrong = json!({ "code": code, "code_verifier": "x".repeat(43) });
    issuer.post("/v1/login/exchange", None, wrong).await.problem(422, "code_invalid");
    // A guess used it up.
    exchange(&issuer, &code, None).await.problem(422, "code_invalid");

    let code = through(&issuer, &kennel).await;
    issuer.clock.advance(59);
    exchange(&issuer, &code, None).await.expect(201);

    kennel.script().ahead = 59;
    let code = through(&issuer, &kennel).await;
    issuer.clock.advance(60);
    exchange(&issuer, &code, None).await.problem(422, "code_invalid");
    exchange(&issuer, "laika_code_x", None).await.problem(422, "code_invalid");
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_the_session_it_made() {
    let (issuer, kennel) = stage().await;
    let code = through(&issuer, &kennel).await;
    let main = text(&exchange(&issuer, &code, None).await.expect(201), "/main_token");
    issuer.get("/v1/me", Some(&main)).await.expect(200);
    exchange(&issuer, &code, None).await.problem(422, "code_invalid");
    issuer.get("/v1/me", Some(&main)).await.problem(401, "session_ended");
}

#[tokio::test]
async fn a_code_belongs_to_the_page_it_was_sent_to() {
    use axum::body::Body;
    use axum::http::{Method, Request};
    let (issuer, kennel) = stage().await;
    for (origin, status) in [("https://evil.example.com", 422), ("https://app.example.com", 201)] {
        let code = through(&issuer, &kennel).await;
        let body = json!({ "code": code, "code_verifier": super::browser::VERIFIER });
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/login/exchange")
            .header("origin", origin)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        issuer.call(request).await.expect(status);
    }
}

#[tokio::test]
async fn nobody_is_sent_where_the_settings_do_not_say() {
    let (issuer, _kennel) = stage().await;
    for next in [
        "https://evil.example.com/in",
        "//evil.example.com",
        "/\\evil.example.com",
        "https://app.example.com@evil.example.com/in",
        "https://app.example.com/in/../x",
        "https://app.example.com/in#x",
        "https://app.example.com/in\r\nSet-Cookie: a=b",
        "https://xn--pp-example-x9a.com/in",
        "javascript:alert(1)",
        "",
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", next)
            .append_pair("code_challenge", &challenge())
            .finish();
        let answer = issuer.get(&format!("/v1/login/kennel?{query}"), None).await;
        assert_eq!(answer.problem(422, "fields_invalid")["fields"][0]["field"], "next", "{next}");
    }
    let bad = format!("/v1/login/kennel?next={NEXT}&code_challenge=short");
    issuer.get(&bad, None).await.problem(422, "fields_invalid");
    let own =
        format!("/v1/login/kennel?next=http://127.0.0.1:8080/&code_challenge={}", challenge());
    location(&issuer.get(&own, None).await);
}

#[tokio::test]
async fn log_ins_that_are_begun_are_limited() {
    let (issuer, _kennel) = stage_with("", &[("LAIKA_LIMITS_EXTERNAL_LOGIN", "2/h")]).await;
    let mut browser = Browser::default();
    browser.begin(&issuer, "kennel").await;
    let body = json!({ "redirect_uri": "org.example.app:/in" });
    issuer.post("/v1/login/kennel/start", None, body).await.expect(200);
    let path = format!("/v1/login/kennel?next={NEXT}&code_challenge={}", challenge());
    let answer = browser.open(&issuer, &path).await;
    answer.problem(429, "rate_limited");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn what_was_given_up_is_forgotten() {
    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    browser.begin(&issuer, "kennel").await;
    through(&issuer, &kennel).await;
    let count = async || {
        let mut db = issuer.app.db.read().await.unwrap();
        let states: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM external_states")
            .fetch_one(&mut *db)
            .await
            .unwrap();
        let codes: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM external_codes")
            .fetch_one(&mut *db)
            .await
            .unwrap();
        (states, codes)
    };
    assert_eq!(count().await, (1, 1));
    issuer.clock.advance(600);
    laika_issuer::background::run_all(&issuer.app).await.unwrap();
    assert_eq!(count().await, (0, 0));
}

#[tokio::test]
async fn nothing_in_the_database_opens_anything() {
    let (issuer, kennel) = stage().await;
    let mut browser = Browser::default();
    let location = browser.begin(&issuer, "kennel").await;
    let code = through(&issuer, &kennel).await;
    let mut db = issuer.app.db.read().await.unwrap();
    let mut stored = String::new();
    for table in ["external_states", "external_codes"] {
        laika_issuer::db::tables::read(&mut db, table, |row| {
            stored += &serde_json::to_string(&row).unwrap();
            Ok::<_, laika_issuer::db::DbError>(())
        })
        .await
        .unwrap();
    }
    let query = location.split_once('?').unwrap().1;
    let asked: std::collections::BTreeMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let cookie = browser.cookie.unwrap();
    let binding = cookie.split_once('=').unwrap().1;
    for secret in [&asked["state"], &asked["nonce"], binding, &code] {
        assert!(!stored.contains(secret), "{secret}");
    }
    assert!(!stored.contains(super::kennel::ACCESS_TOKEN));
}

#[tokio::test]
async fn who_came_without_an_e_mail_gets_one_by_a_fresh_log_in() {
    let (issuer, kennel) = stage().await;
    kennel.script().person = json!({ "sub": "dog-1", "preferred_username": "strelka" });
    let tokens = log_in(&issuer, &kennel).await;
    assert_eq!(tokens["user"]["email"], json!(null));
    let main = text(&tokens, "/main_token");
    let put = async |main: &str, body| {
        issuer.send(axum::http::Method::PUT, "/v1/me/email", Some(main), Some(body)).await
    };
    // What needs no e-mail can be changed without.
    for (method, path, body) in [
        (axum::http::Method::PATCH, "/v1/me", json!({ "public": true })),
        (axum::http::Method::PUT, "/v1/me/username", json!({ "username": "strelka57" })),
    ] {
        issuer.send(method, path, Some(&main), Some(body)).await.expect(200);
    }
    let body = json!({ "email": "strelka@example.com" });
    let with_password = json!({ "email": "strelka@example.com", "password": "of nobody" });
    put(&main, with_password).await.problem(401, "credentials_invalid");
    issuer.clock.advance(15 * 60 + 1);
    put(&main, body.clone()).await.problem(401, "authentication_too_old");
    kennel.script().ahead += 15 * 60 + 1;
    let main = text(&log_in(&issuer, &kennel).await, "/main_token");
    put(&main, body).await.expect(204);
    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!(me["email"], "strelka@example.com");
    // Where there is a password, a fresh log-in does not stand in for it.
    let laika = issuer.log_in().await;
    let missing = put(&laika, json!({ "email": "other@example.com" })).await;
    assert_eq!(missing.problem(422, "fields_invalid")["fields"][0]["field"], "password");
    let anonymous = issuer.post("/v1/tokens/anonymous", None, json!({ "session": true })).await;
    let anonymous = anonymous.text_of("main_token");
    put(&anonymous, json!({ "email": "other@example.com" })).await.problem(403, "not_permitted");
}
