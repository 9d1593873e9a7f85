//! Users of other systems, brought along with their password hashes.

use laika_issuer::db::users;
use laika_issuer::seed::{self, Seed};
use serde_json::{Value, json};

use crate::support::Issuer;

/// Made by `tests/passwords/make.py` with the libraries themselves.
const VECTORS: &str = include_str!("../passwords/vectors.json");

#[tokio::test]
async fn who_comes_with_a_foreign_hash_logs_in_and_has_an_own_one_from_then_on() {
    let issuer = Issuer::start().await;
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    // Each kind once; the second password of each is for the unit tests.
    let vectors: Vec<_> = vectors.iter().step_by(2).collect();
    let mut text = String::new();
    for (number, vector) in vectors.iter().enumerate() {
        text += &format!(
            "[[users]]\nusername = 'user{number}'\nemail = 'user{number}@example.com'\n\
             password_hash = '{}'\n",
            vector["hash"].as_str().unwrap()
        );
    }
    import(&issuer, &text).await.unwrap();
    for (number, vector) in vectors.iter().enumerate() {
        let name = format!("user{number}");
        assert_eq!(hash(&issuer, &name).await, vector["hash"].as_str().unwrap());
        log_in(&issuer, &name, "something else 1957", 401).await;
        assert_eq!(hash(&issuer, &name).await, vector["hash"].as_str().unwrap());
        let password = vector["password"].as_str().unwrap();
        log_in(&issuer, &name, password, 201).await;
        let own = hash(&issuer, &name).await;
        assert!(own.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}: {own}", vector["kind"]);
        log_in(&issuer, &name, password, 201).await;
        assert_eq!(hash(&issuer, &name).await, own, "replaced once, not at every log-in");
    }
}

#[tokio::test]
async fn a_hash_that_would_occupy_the_pool_for_minutes_is_refused_at_the_door() {
    let issuer = Issuer::start().await;
    let user = "[[users]]\nusername = 'belka'\nemail = 'belka@example.com'\n";
    for (rest, part) in [
        (
            "password_hash = 'pbkdf2_sha256$4000000000$x$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc='",
            "costs too much",
        ),
        ("password_hash = 'hunter2'", "no kind that is known"),
        ("password_hash = '$6$x$x'\npassword = 'there and back again 1960'", "not both"),
        ("", "needs a password"),
    ] {
        let problem = import(&issuer, &format!("{user}{rest}\n")).await.unwrap_err().to_string();
        assert!(problem.contains(part) && problem.contains("belka"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}

async fn import(issuer: &Issuer, text: &str) -> Result<(), laika_issuer::problem::Problem> {
    let seed: Seed = toml::from_str(text).unwrap();
    seed::import(&issuer.app, &seed).await.map(drop)
}

async fn hash(issuer: &Issuer, name: &str) -> String {
    let mut connection = issuer.app.db.read().await.unwrap();
    users::by_login(&mut connection, name).await.unwrap().unwrap().1.unwrap()
}

async fn log_in(issuer: &Issuer, name: &str, password: &str, status: u16) {
    let body = json!({ "login": name, "password": password });
    issuer.post("/v1/sessions", None, body).await.expect(status);
}
