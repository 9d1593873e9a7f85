//! Limits of the standard endpoints and of anonymous tokens.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use laika_issuer::db::clients::ClientKind;
use serde_json::json;

use crate::oauth2::{account, client};
use crate::support::{Answer, Issuer};

async fn post(issuer: &Issuer, address: &str, path: &str, kind: &str, body: String) -> Answer {
    let request = Request::post(path).header("content-type", kind);
    let mut request = request.body(Body::from(body)).unwrap();
    let peer = SocketAddr::new(address.parse().unwrap(), 4242);
    request.extensions_mut().insert(ConnectInfo(peer));
    issuer.call(request).await
}

async fn token(issuer: &Issuer, address: &str, name: &str, secret: &str) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("resource", "orders")
        .append_pair("client_id", name)
        .append_pair("client_secret", secret)
        .finish();
    post(issuer, address, "/oauth2/token", "application/x-www-form-urlencoded", body).await
}

#[track_caller]
fn limited(answer: &Answer) {
    answer.problem(429, "rate_limited");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
}

#[tokio::test]
async fn failures_of_a_secret_are_limited_and_a_right_secret_is_none() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_CLIENT_CREDENTIALS", "3/m")]).await;
    let secret = account(&issuer, "depot", None, &["orders/clerk"]).await;
    account(&issuer, "garage", None, &[]).await;
    let wrong = format!("laika_svc_{}", "A".repeat(43));
    for _ in 0..8 {
        token(&issuer, "192.0.2.1", "depot", &secret).await.expect(200);
    }
    // More at once than may fail: each is right, so each passes.
    let ask = || token(&issuer, "192.0.2.1", "depot", &secret);
    let (a, b, c, d, e) = tokio::join!(ask(), ask(), ask(), ask(), ask());
    for answer in [a, b, c, d, e] {
        answer.expect(200);
    }
    for name in ["depot", "unheard-of"] {
        for _ in 0..3 {
            let answer = token(&issuer, "192.0.2.1", name, &wrong).await;
            assert_eq!(answer.expect(401)["error"], "invalid_client");
        }
        limited(&token(&issuer, "192.0.2.1", name, &wrong).await);
    }
    // Not even a right secret is looked at then; other names and other places go on.
    limited(&token(&issuer, "192.0.2.1", "depot", &secret).await);
    token(&issuer, "192.0.2.1", "garage", &wrong).await.expect(401);
    token(&issuer, "192.0.2.2", "depot", &secret).await.expect(200);
    issuer.clock.advance(20);
    token(&issuer, "192.0.2.1", "depot", &secret).await.expect(200);
}

#[tokio::test]
async fn wrong_secrets_that_come_at_once_do_not_pass_together() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_CLIENT_CREDENTIALS", "2/m")]).await;
    client(&issuer, "shop", ClientKind::Confidential).await;
    let wrong = format!("laika_cli_{}", "A".repeat(43));
    let guess = || token(&issuer, "192.0.2.1", "shop", &wrong);
    let (a, b, c, d) = tokio::join!(guess(), guess(), guess(), guess());
    let mut statuses = [a, b, c, d].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [401, 401, 429, 429]);
}

#[tokio::test]
async fn a_limit_of_secrets_is_not_passed_by_an_ipv6_64() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_CLIENT_CREDENTIALS", "2/m")]).await;
    for address in ["2001:db8:1:2::1", "2001:db8:1:2::2"] {
        token(&issuer, address, "depot", "wrong").await.expect(401);
    }
    limited(&token(&issuer, "2001:db8:1:2:a:b:c:d", "depot", "wrong").await);
    token(&issuer, "2001:db8:1:3::1", "depot", "wrong").await.expect(401);
}

#[tokio::test]
async fn anonymous_tokens_of_an_address_are_limited() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_ANONYMOUS", "2/m")]).await;
    let ask = async |address: &str| {
        let body = json!({ "service": "orders" }).to_string();
        post(&issuer, address, "/v1/tokens/anonymous", "application/json", body).await
    };
    ask("2001:db8:1:2::1").await.expect(200);
    ask("2001:db8:1:2::2").await.expect(200);
    limited(&ask("2001:db8:1:2:a:b:c:d").await);
    ask("2001:db8:1:3::1").await.expect(200);
    issuer.clock.advance(30);
    ask("2001:db8:1:2::1").await.expect(200);
}

#[tokio::test]
async fn codes_of_mails_that_are_tried_are_limited_over_all_their_endpoints() {
    let issuer = Issuer::with(&[("LAIKA_LIMITS_VERIFICATION", "3/h")]).await;
    let paths = ["/v1/email/verify", "/v1/email/undo", "/v1/password/reset"];
    let guess = async |address: &str, path: &str| {
        let body = match path {
            "/v1/password/reset" => json!({ "code": "laika_mail_x", "password": "a new one 1961" }),
            _ => json!({ "code": "laika_mail_x" }),
        };
        post(&issuer, address, path, "application/json", body.to_string()).await
    };
    for path in paths {
        guess("2001:db8:1:2::1", path).await.problem(422, "code_invalid");
    }
    for path in paths {
        limited(&guess("2001:db8:1:2:a:b:c:d", path).await);
        guess("2001:db8:1:3::1", path).await.problem(422, "code_invalid");
    }
}

#[tokio::test]
async fn mails_are_limited_alike_for_known_and_unknown_addresses() {
    for (path, setting) in
        [("/v1/password/forgot", "LAIKA_LIMITS_RESET"), ("/v1/email/resend", "LAIKA_LIMITS_RESEND")]
    {
        // Nothing is delivered here: a request only writes into the outbox.
        let issuer = Issuer::with(&[
            (setting, "2/h"),
            ("LAIKA_MAIL_URL", "smtp://127.0.0.1:1"),
            ("LAIKA_MAIL_FROM", "Laika <post@example.com>"),
        ])
        .await;
        let ask = async |address: &str, email: &str| {
            let body = json!({ "email": email }).to_string();
            post(&issuer, address, path, "application/json", body).await
        };
        for (number, email) in ["laika@example.com", "nobody@example.com"].into_iter().enumerate() {
            // However it is written and wherever it comes from.
            ask(&format!("192.0.2.{number}"), email).await.expect(202);
            ask(&format!("198.51.100.{number}"), &email.to_uppercase()).await.expect(202);
            limited(&ask(&format!("203.0.113.{number}"), email).await);
        }
        // One address asks for many.
        ask("2001:db8:1:2::1", "a@example.com").await.expect(202);
        ask("2001:db8:1:2::2", "b@example.com").await.expect(202);
        limited(&ask("2001:db8:1:2:a:b:c:d", "c@example.com").await);
        ask("2001:db8:1:3::1", "c@example.com").await.expect(202);
    }
}
