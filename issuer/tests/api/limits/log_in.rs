//! Limits of log-in and registration, through the API.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, PASSWORD, PUBLIC_URL};

const WRONG: &str = "not the password at all";

async fn log_in_from(issuer: &Issuer, address: &str, login: &str, password: &str) -> Answer {
    let body = json!({ "login": login, "password": password });
    send(issuer, address, "/v1/sessions", &body, "").await
}

async fn send(issuer: &Issuer, address: &str, path: &str, body: &Value, cookie: &str) -> Answer {
    let mut request =
        Request::post(path).header("content-type", "application/json").header("origin", PUBLIC_URL);
    if !cookie.is_empty() {
        request = request.header("cookie", cookie);
    }
    let mut request = request.body(Body::from(body.to_string())).unwrap();
    let peer = SocketAddr::new(address.parse().unwrap(), 4242);
    request.extensions_mut().insert(ConnectInfo(peer));
    issuer.call(request).await
}

#[tokio::test]
async fn failures_are_limited_and_a_right_password_is_none() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN", "3/15m")]).await;
    for _ in 0..8 {
        log_in_from(&issuer, "192.0.2.1", "laika", PASSWORD).await.expect(201);
    }
    for _ in 0..3 {
        let answer = log_in_from(&issuer, "192.0.2.1", "laika", WRONG).await;
        answer.problem(401, "credentials_invalid");
    }
    let answer = log_in_from(&issuer, "192.0.2.1", "Laika", WRONG).await;
    answer.problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), "300");
    // Another block is another guesser, and other accounts go on.
    log_in_from(&issuer, "192.0.2.2", "laika", PASSWORD).await.expect(201);
    log_in_from(&issuer, "192.0.2.1", "belka", WRONG).await.problem(401, "credentials_invalid");
    issuer.clock.advance(300);
    log_in_from(&issuer, "192.0.2.1", "laika", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn an_unknown_user_is_limited_like_a_known_one() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN", "2/15m")]).await;
    for login in ["laika", "nobody"] {
        for _ in 0..2 {
            let answer = log_in_from(&issuer, "192.0.2.1", login, WRONG).await;
            answer.problem(401, "credentials_invalid");
        }
        log_in_from(&issuer, "192.0.2.1", login, WRONG).await.problem(429, "rate_limited");
    }
    // The e-mail of a limited name has a limit of its own, or it would tell whose it is.
    let answer = log_in_from(&issuer, "192.0.2.1", "laika@example.com", WRONG).await;
    answer.problem(401, "credentials_invalid");
}

#[tokio::test]
async fn a_rate_limit_is_not_passed_by_an_ipv6_64_or_textual_aliases() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN", "3/15m")]).await;
    for aliases in [
        ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::3", "2001:db8:1:2:a:b:c:d"],
        ["192.0.2.9", "::ffff:192.0.2.9", "::ffff:c000:209", "192.0.2.9"],
    ] {
        for address in &aliases[..3] {
            let answer = log_in_from(&issuer, address, "laika", WRONG).await;
            answer.problem(401, "credentials_invalid");
        }
        let answer = log_in_from(&issuer, aliases[3], "laika", WRONG).await;
        answer.problem(429, "rate_limited");
    }
    let answer = log_in_from(&issuer, "2001:db8:1:3::1", "laika", WRONG).await;
    answer.problem(401, "credentials_invalid");
}

#[tokio::test]
async fn guesses_that_come_at_once_do_not_pass_together() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN", "3/15m")]).await;
    let guess = || log_in_from(&issuer, "192.0.2.1", "laika", WRONG);
    let (a, b, c, d, e, f) = tokio::join!(guess(), guess(), guess(), guess(), guess(), guess());
    let statuses = [a, b, c, d, e, f].map(|answer| answer.status.as_u16());
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 3, "{statuses:?}");
}

#[tokio::test]
async fn guesses_from_everywhere_slow_an_account_and_do_not_lock_its_owner_out() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_LOGIN_ACCOUNT", "4/h")]).await;
    let login = json!({ "login": "laika", "password": PASSWORD, "transport": "cookie" });
    let answer = send(&issuer, "192.0.2.1", "/v1/sessions", &login, "").await;
    answer.expect(201);
    let device = device_of(&answer);
    for number in 0..4 {
        let address = format!("198.51.100.{number}");
        log_in_from(&issuer, &address, "laika", WRONG).await.problem(401, "credentials_invalid");
    }
    // Whoever comes from a new place is slowed, whatever they know.
    let answer = log_in_from(&issuer, "203.0.113.1", "laika", PASSWORD).await;
    answer.problem(429, "rate_limited");
    // The owner's browser is known.
    let answer = send(&issuer, "203.0.113.1", "/v1/sessions", &login, &device).await;
    answer.expect(201);
    assert_eq!(device_of(&answer), device);
    // A made-up cookie, or one of somebody else, is none.
    let forged = format!("laika_device=laika_dev_{}", "A".repeat(32));
    let answer = send(&issuer, "203.0.113.1", "/v1/sessions", &login, &forged).await;
    answer.problem(429, "rate_limited");
    // Half a year later it is forgotten.
    issuer.clock.advance(180 * 24 * 3600);
    for number in 0..4 {
        let address = format!("198.51.100.{number}");
        log_in_from(&issuer, &address, "laika", WRONG).await.problem(401, "credentials_invalid");
    }
    let answer = send(&issuer, "203.0.113.1", "/v1/sessions", &login, &device).await;
    answer.problem(429, "rate_limited");
}

#[tokio::test]
async fn browsers_of_a_user_do_not_grow_without_bound() {
    let issuer = Issuer::start().await;
    let login = json!({ "login": "laika", "password": PASSWORD, "transport": "cookie" });
    for _ in 0..23 {
        send(&issuer, "192.0.2.1", "/v1/sessions", &login, "").await.expect(201);
        issuer.clock.advance(1);
    }
    assert_eq!(devices(&issuer).await, 20);
    issuer.clock.advance(180 * 24 * 3600);
    laika_issuer::background::run_all(&issuer.app).await.unwrap();
    assert_eq!(devices(&issuer).await, 0);
}

#[tokio::test]
async fn a_client_that_keeps_its_token_itself_gets_no_device_cookie() {
    let issuer = Issuer::start().await;
    let answer = log_in_from(&issuer, "192.0.2.1", "laika", PASSWORD).await;
    answer.expect(201);
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn registrations_of_an_address_are_limited() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_REGISTRATION", "2/h")]).await;
    for (number, status) in [201, 201, 429].into_iter().enumerate() {
        let body = json!({
            "username": format!("belka{number}"), "email": format!("belka{number}@example.com"),
            "password": "there and back again 1960",
        });
        send(&issuer, "192.0.2.1", "/v1/users", &body, "").await.expect(status);
    }
}

/// With mail, which nobody takes.
const MAIL: [(&str, &str); 3] = [
    ("LAIKA_MAIL_URL", "smtp://127.0.0.1:1"),
    ("LAIKA_MAIL_FROM", "no-reply@id.example.com"),
    ("LAIKA_LIMITS_RESEND", "2/h"),
];

#[tokio::test]
async fn mails_to_one_address_by_registrations_are_limited_wherever_they_come_from() {
    let issuer = Issuer::with(&MAIL).await;
    let register = async |number: usize, email: &str| {
        let body = json!({ "username": format!("belka{number}"), "email": email,
                           "password": "there and back again 1960" });
        send(&issuer, &format!("198.51.100.{number}"), "/v1/users", &body, "").await
    };
    // Of an account, and of nobody: they are refused alike.
    for (from, email) in [(1, "Laika@example.com"), (11, "nobody@example.com")] {
        for (number, status) in (from..).zip([202, 202, 429]) {
            register(number, email).await.expect(status);
        }
    }
    register(21, "other@example.com").await.expect(202);
}

#[tokio::test]
async fn mails_by_changes_of_an_e_mail_are_limited() {
    let issuer = Issuer::with(&MAIL).await;
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query("UPDATE users SET email_verified_at = 5").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let main = issuer.log_in().await;
    let change = async |address: &str, email: &str| {
        let body = json!({ "email": email, "password": PASSWORD });
        let mut request = Request::put("/v1/me/email")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {main}"))
            .body(Body::from(body.to_string()))
            .unwrap();
        let peer = SocketAddr::new(address.parse().unwrap(), 4242);
        request.extensions_mut().insert(ConnectInfo(peer));
        issuer.call(request).await
    };
    for number in 0..2 {
        let (address, email) = (format!("198.51.100.{number}"), format!("b{number}@example.com"));
        change(&address, &email).await.expect(202);
    }
    // Whatever address it comes from and goes to, the old one hears of it.
    change("198.51.100.9", "b9@example.com").await.problem(429, "rate_limited");
    issuer.clock.advance(3600);
    let resend = async |email: &str| {
        send(&issuer, "203.0.113.1", "/v1/email/resend", &json!({ "email": email }), "").await
    };
    for _ in 0..2 {
        resend("b9@example.com").await.expect(202);
    }
    change("198.51.100.9", "B9@example.com").await.problem(429, "rate_limited");
    change("203.0.113.1", "b8@example.com").await.problem(429, "rate_limited");
    change("198.51.100.9", "b8@example.com").await.expect(202);
}

#[tokio::test]
async fn what_is_done_keeps_its_answer_where_nothing_can_be_given_back() {
    let giving_back = ("UPDATE ON limits", "NEW.empty_at < OLD.empty_at");
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    issuer.fails_at(giving_back.0, giving_back.1).await;
    let right = json!({ "password": PASSWORD });
    issuer.post("/v1/sessions/current/step-up", Some(&main), right).await.expect(200);
    // A refusal that does not count stays what it is, too.
    let issuer = Issuer::with(&MAIL).await;
    issuer.fails_at(giving_back.0, giving_back.1).await;
    let answer = log_in_from(&issuer, "192.0.2.1", "laika", PASSWORD).await;
    answer.problem(403, "email_unverified");
}

async fn devices(issuer: &Issuer) -> i64 {
    let mut connection = issuer.app.db.read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM devices").fetch_one(&mut *connection).await.unwrap()
}

fn device_of(answer: &Answer) -> String {
    answer
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().unwrap().split(';').next())
        .find(|pair| pair.starts_with("laika_device="))
        .unwrap()
        .to_owned()
}
