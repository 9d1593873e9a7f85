//! The hook that adds claims: what it may add, and what happens when it does not answer.

use serde_json::{Map, Value, json};

use super::receiver::{Answer, LISTED, Receiver};
use crate::support::{Issuer, claims};
use crate::verifiers::Service;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn stage(on_failure: &str) -> (Issuer, Receiver, String) {
    let receiver = Receiver::start().await;
    let issuer = Issuer::with(&[
        LISTED,
        ("LAIKA_BEFORE_TOKEN_URL", &receiver.url),
        ("LAIKA_BEFORE_TOKEN_SECRET", SECRET),
        ("LAIKA_BEFORE_TOKEN_BUDGET", "300"),
        ("LAIKA_BEFORE_TOKEN_ON_FAILURE", on_failure),
    ])
    .await;
    let main = issuer.log_in().await;
    (issuer, receiver, main)
}

async fn minted(issuer: &Issuer, main: &str) -> Value {
    let answer = issuer.micro(main, "orders").await;
    answer.expect(200);
    claims(&answer.text_of("micro_token"))
}

#[tokio::test]
async fn a_hook_adds_claims_and_overwrites_none() {
    let (issuer, receiver, main) = stage("closed").await;
    let template = "[[services]]\nname = \"orders\"\npermissions = [\"orders:read\"]\n\
                    claim_template = { tenant = \"ours\" }\n";
    issuer.import(template).await;
    receiver.always(Answer::Json(json!({ "claims": {
        "plan": "gold", "limits": { "seats": 3 }, "tenant": "theirs",
        "sub": "00000000-0000-0000-0000-000000000000", "permissions": ["orders:*"],
        "roles": ["administrator"], "level": 0, "exp": 9_999_999_999_u64, "status": null,
        "scope": "*", "act": { "sub": "svc:x" }, "azp": "x", "cnf": {}, "groups": ["admins"],
        "__proto__": { "x": 1 }, "deep": { "a": { "b": { "c": { "d": 1 } } } }, "": 1,
        "huge": "x".repeat(3000),
    } })));
    let before = issuer.app.clock.now();
    let token = minted(&issuer, &main).await;
    assert_eq!((&token["plan"], &token["tenant"]), (&json!("gold"), &json!("ours")));
    assert_eq!(token["limits"], json!({ "seats": 3 }));
    assert_eq!(token["exp"].as_i64().unwrap(), before + 300);
    assert_eq!(token["permissions"], json!(["orders:create", "orders:read"]));
    assert_eq!(token["roles"], json!(["orders/clerk", "user"]));
    assert_ne!(token["sub"], "00000000-0000-0000-0000-000000000000");
    assert!(token["status"]["status_list"]["idx"].is_u64(), "{token}");
    for name in ["act", "azp", "cnf", "groups", "__proto__", "deep", "", "huge"] {
        assert!(token.get(name).is_none(), "{name}: {token}");
    }
    let heard = receiver.heard();
    assert!(heard[0].is_signed_by(SECRET));
    let asked = &heard[0].json()["claims"];
    assert_eq!((&asked["sub"], &asked["aud"]), (&token["sub"], &token["aud"]));
    assert!(asked.get("jti").is_none() && asked.get("status").is_none(), "{asked}");
}

#[tokio::test]
async fn a_hook_that_does_not_answer_in_time_fails_closed_or_open_as_it_is_set() {
    let (issuer, receiver, main) = stage("closed").await;
    for answer in [
        Answer::Silence,
        Answer::Status(500),
        Answer::Json(json!(["plan"])),
        Answer::Redirect(receiver.url.clone()),
    ] {
        receiver.answer([answer]);
        let refused = issuer.micro(&main, "orders").await;
        refused.problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "5");
        assert!(!refused.text.contains("127.0.0.1"), "{}", refused.text);
    }
    let (issuer, receiver, main) = stage("open").await;
    receiver.answer([Answer::Silence, Answer::Status(204)]);
    for _ in 0..2 {
        let token = minted(&issuer, &main).await;
        assert_eq!(token["permissions"], json!(["orders:create", "orders:read"]));
    }
}

#[tokio::test]
async fn a_hook_that_fails_again_and_again_is_not_asked_for_a_while() {
    let (issuer, receiver, main) = stage("open").await;
    receiver.always(Answer::Status(500));
    for _ in 0..8 {
        minted(&issuer, &main).await;
    }
    assert_eq!(receiver.heard().len(), 5);
    receiver.always(Answer::Json(json!({ "claims": { "plan": "gold" } })));
    assert!(minted(&issuer, &main).await.get("plan").is_none());
    issuer.clock.advance(30);
    assert_eq!(minted(&issuer, &main).await["plan"], "gold");
    let text = issuer.app.metrics.text(&issuer.app).await.unwrap();
    for line in [
        "laika_outside_questions_total{kind=\"before_token\",outcome=\"failed\"} 5",
        "laika_outside_questions_total{kind=\"before_token\",outcome=\"spared\"} 4",
        "laika_outside_questions_total{kind=\"before_token\",outcome=\"answered\"} 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[tokio::test]
async fn what_is_done_is_answered_without_the_micro_token_that_a_hook_keeps_back() {
    let (issuer, receiver, _) = stage("closed").await;
    receiver.always(Answer::Status(500));
    let body = json!({ "username": "strelka", "email": "strelka@example.com", "service": "orders",
                       "password": "seven dogs in a row" });
    let registered = issuer.post("/v1/users", None, body).await.expect(201);
    let body =
        json!({ "login": "strelka", "password": "seven dogs in a row", "service": "orders" });
    let logged_in = issuer.post("/v1/sessions", None, body).await.expect(201);
    for tokens in [registered, logged_in] {
        assert!(tokens["main_token"].is_string(), "{tokens}");
        assert!(tokens.get("micro_token").is_none(), "{tokens}");
        assert!(tokens.get("micro_expires_in").is_none(), "{tokens}");
    }
}

#[tokio::test]
async fn what_a_hook_adds_counts_for_the_size_of_the_token() {
    let receiver = Receiver::start().await;
    let issuer = Issuer::with(&[
        LISTED,
        ("LAIKA_BEFORE_TOKEN_URL", &receiver.url),
        ("LAIKA_BEFORE_TOKEN_SECRET", SECRET),
        ("LAIKA_MICRO_MAX_SIZE", "1500"),
    ])
    .await;
    let main = issuer.log_in().await;
    receiver.always(Answer::Json(json!({ "claims": { "plan": "x".repeat(1200) } })));
    let refused = issuer.micro(&main, "orders").await.problem(422, "token_over_budget");
    assert!(refused["detail"].as_str().unwrap().contains("`plan`"), "{refused}");
}

#[tokio::test]
async fn no_token_is_signed_that_has_more_members_than_a_verifier_reads() {
    let receiver = Receiver::start().await;
    let issuer = Issuer::with(&[
        LISTED,
        ("LAIKA_BEFORE_TOKEN_URL", &receiver.url),
        ("LAIKA_BEFORE_TOKEN_SECRET", SECRET),
        ("LAIKA_MICRO_MAX_SIZE", "8192"),
    ])
    .await;
    let main = issuer.log_in().await;
    let many: Map<_, _> = (0..600).map(|n| (format!("{n:03}"), json!(1))).collect();
    receiver.always(Answer::Json(json!({ "claims": many })));
    let micro = issuer.micro(&main, "orders").await.text_of("micro_token");
    let token = claims(&micro);
    let added: Map<_, _> = many.into_iter().filter(|(name, _)| token.get(name).is_some()).collect();
    assert_eq!(Value::from(added).to_string().len(), 2041, "one more has 8 bytes");
    Service::of("orders").judge(&issuer, &micro).await.unwrap();

    let more: Vec<_> = (0..250).map(|n| format!("{n:02x} = 1")).collect();
    let template = format!("claim_template = {{ t = {{ {} }} }}", more.join(", "));
    issuer.import(&format!("[[services]]\nname = \"orders\"\n{template}\n")).await;
    let refused = issuer.micro(&main, "orders").await.problem(422, "token_over_budget");
    assert!(refused["detail"].as_str().unwrap().contains("512"), "{refused}");
}
