//! Passwords, names, and what answers give away.

use laika_issuer::secret::Secret;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, PASSWORD};

#[tokio::test]
async fn unknown_user_and_wrong_password_get_one_answer() {
    let issuer = Issuer::start().await;
    let long = "x".repeat(5000);
    let mut bodies = Vec::new();
    for (login, password) in [
        ("laika", "wrong password"),
        ("laika@example.com", "wrong password"),
        ("nobody", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("laika' OR '1'='1", PASSWORD),
        ("laika", &long),
        ("nobody", &long),
    ] {
        let body = json!({ "login": login, "password": password });
        let answer = issuer.post("/v1/sessions", None, body).await;
        let mut problem = answer.problem(401, "credentials_invalid");
        problem["request_id"] = Value::Null;
        let mut names: Vec<_> =
            answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        bodies.push((problem, names));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
}

#[tokio::test]
async fn an_unknown_user_costs_the_same_hash() {
    // One worker and no queue: while it computes a hash, a log-in that needs one is turned away.
    // Were none computed for a user that does not exist, that log-in would be answered with 401.
    let variables = [
        ("LAIKA_PASSWORD_WORKERS", "1"),
        ("LAIKA_PASSWORD_QUEUE", "0"),
        ("LAIKA_PASSWORD_PASSES", "20"),
    ];
    let issuer = Issuer::with(&variables).await;
    let body = |login: &str| json!({ "login": login, "password": "wrong password" });
    for login in ["laika", "nobody"] {
        let secret = Secret::from("a password".to_owned());
        let (hash, answer) = tokio::join!(
            issuer.app.passwords.hash(&secret),
            issuer.post("/v1/sessions", None, body(login)),
        );
        hash.unwrap();
        answer.problem(503, "overloaded");
        assert_eq!(answer.header("retry-after"), "1");
        let answer = issuer.post("/v1/sessions", None, body(login)).await;
        answer.problem(401, "credentials_invalid");
    }
}

#[tokio::test]
async fn whoever_is_turned_away_because_too_much_is_going_on_has_not_guessed() {
    let variables = [
        ("LAIKA_PASSWORD_WORKERS", "1"),
        ("LAIKA_PASSWORD_QUEUE", "0"),
        ("LAIKA_PASSWORD_PASSES", "20"),
        ("LAIKA_LIMITS_LOGIN", "1/h"),
    ];
    let issuer = Issuer::with(&variables).await;
    let main = issuer.log_in().await;
    let body = json!({ "login": "laika", "password": crate::support::PASSWORD });
    let secret = Secret::from("a password".to_owned());
    for (path, main, status) in
        [("/v1/sessions", None, 201), ("/v1/sessions/current/step-up", Some(main.as_str()), 200)]
    {
        let mut body = body.clone();
        if main.is_some() {
            body.as_object_mut().unwrap().remove("login");
        }
        for _ in 0..2 {
            let (hash, answer) = tokio::join!(
                issuer.app.passwords.hash(&secret),
                issuer.post(path, main, body.clone()),
            );
            hash.unwrap();
            answer.problem(503, "overloaded");
        }
        issuer.post(path, main, body).await.expect(status);
    }
}

#[tokio::test]
async fn names_and_e_mails_are_taken_without_regard_to_case_and_width() {
    let issuer = Issuer::start().await;
    for (username, email, field) in [
        ("LAIKA", "new@example.com", "username"),
        ("ｌａｉｋａ", "new@example.com", "username"),
        ("root", "new@example.com", "username"),
        ("Administrator", "new@example.com", "username"),
        ("belka", "Laika@EXAMPLE.com", "email"),
    ] {
        let answer = register(&issuer, username, email, "there and back again 1960").await;
        let problem = answer.problem(409, "already_registered");
        assert_eq!(problem["fields"][0]["field"], field, "{username}");
        assert_eq!(problem["fields"][0]["code"], "taken");
    }
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let issuer = Issuer::start().await;
    let problem = register(&issuer, "a b", "nowhere", "short").await.problem(422, "fields_invalid");
    let fields: Vec<_> =
        problem["fields"].as_array().unwrap().iter().map(|field| &field["field"]).collect();
    assert_eq!(fields, ["username", "email", "password"]);
}

#[tokio::test]
async fn a_weak_password_comes_with_score_and_advice() {
    let issuer = Issuer::start().await;
    for weak in ["password123", "belka1960", "abcdefghij"] {
        let answer = register(&issuer, "belka", "belka@example.com", weak).await;
        let problem = answer.problem(422, "password_weak");
        assert!(problem["strength"]["score"].as_u64().unwrap() < 3, "{weak}");
        assert!(!problem["strength"]["suggestions"].as_array().unwrap().is_empty(), "{weak}");
        assert!(!answer.text.contains(weak));
    }
}

#[tokio::test]
async fn a_password_is_the_same_however_it_was_typed() {
    let issuer = Issuer::start().await;
    let composed = "caf\u{e9} am Bahnhof Zoo";
    let decomposed = "cafe\u{301} am Bahnhof Zoo";
    register(&issuer, "belka", "belka@example.com", composed).await.expect(201);
    let body = json!({ "login": "belka", "password": decomposed });
    issuer.post("/v1/sessions", None, body).await.expect(201);
}

#[tokio::test]
async fn two_registrations_of_one_name_at_once_make_one_account() {
    let issuer = Issuer::start().await;
    let password = "there and back again 1960";
    let (one, two) = tokio::join!(
        register(&issuer, "belka", "one@example.com", password),
        register(&issuer, "Belka", "two@example.com", password),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

async fn register(issuer: &Issuer, username: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "username": username, "email": email, "password": password });
    issuer.post("/v1/users", None, body).await
}
