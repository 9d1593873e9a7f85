//! Permission providers: asked by HTTP, and in Rust through the library's builder.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use axum::http::Method;
use laika_issuer::config::Settings;
use laika_issuer::db::sessions::Origin;
use laika_issuer::issuer::Issuer as Library;
use laika_issuer::mint::micro_token::{self, MicroRequest};
use laika_issuer::permissions::{Asked, PermissionProvider, ProviderError};
use laika_issuer::{db, session};
use serde_json::{Value, json};

use super::receiver::{Answer, LISTED, Receiver};
use crate::admin::stage::{Person, root};
use crate::oauth2::{account, form};
use crate::support::{Issuer, claims};

/// An issuer whose service `storage` asks a receiver.
async fn stage(on_failure: &str, cache: i64) -> (Issuer, Receiver, Person, String) {
    let issuer = Issuer::with(&[LISTED]).await;
    let receiver = Receiver::start().await;
    let root = root(&issuer).await;
    let provider = json!({ "http": {
        "url": receiver.url, "on_failure": on_failure, "cache": cache, "timeout": 300,
    } });
    let body = json!({
        "name": "storage", "permissions": ["storage:read", "storage:write"],
        "may_share_with": ["orders"], "permission_provider": provider,
    });
    let made = root.sends(&issuer, Method::POST, "/services", body).await.expect(201);
    assert_eq!(made["permission_provider"], provider);
    let main = issuer.log_in().await;
    (issuer, receiver, root, main)
}

fn says(permissions: &[&str]) -> Answer {
    Answer::Json(json!({ "permissions": permissions }))
}

async fn permissions(issuer: &Issuer, main: &str) -> Value {
    issuer.micro(main, "storage").await.expect(200)["permissions"].clone()
}

#[tokio::test]
async fn a_provider_says_what_a_holder_may_do_at_its_own_service_and_nowhere_else() {
    let (issuer, receiver, root, main) = stage("deny", 0).await;
    let path = "/services/storage/provider-secret";
    let made = root.sends(&issuer, Method::POST, path, json!({ "overlap": 0 })).await;
    assert_eq!(made.header("cache-control"), "no-store");
    made.expect(200);
    let secret = made.text_of("secret");
    receiver.always(says(&["storage:read", "orders:cancel", "*", "nonsense", "storage:a:b"]));
    let answer = issuer.micro(&main, "storage").await;
    assert_eq!(answer.expect(200)["permissions"], json!(["storage:a:b", "storage:read"]));
    let request = receiver.heard().remove(0);
    assert!(request.is_signed_by(&secret));
    let me = issuer.get("/v1/me", Some(&main)).await.expect(200);
    assert_eq!(request.json(), json!({ "service": "storage", "user": me["id"] }));
    let mine = issuer.get("/v1/me/permissions?service=storage", Some(&main)).await.expect(200);
    assert_eq!(mine["permissions"], json!(["storage:a:b", "storage:read"]));
    // Roles do not add to it, not even everything.
    assert_eq!(permissions(&issuer, &root.main).await, json!(["storage:a:b", "storage:read"]));
    // And it says nothing of other services.
    let orders = issuer.micro(&main, "orders").await.expect(200)["permissions"].clone();
    assert_eq!(orders, json!(["orders:create", "orders:read"]));
    let narrow = json!({ "services": ["storage"], "permissions": ["storage:write"] });
    let answer = issuer.post("/v1/tokens/micro", Some(&main), narrow).await;
    answer.problem(403, "permission_not_granted");
    let log = root.get(&issuer, "/audit?subject=service:storage").await.expect(200);
    assert!(log.to_string().contains("provider_secret_rotated"), "{log}");
    assert!(!log.to_string().contains("whsec_"), "{log}");
}

#[tokio::test]
async fn an_answer_is_taken_again_for_a_while() {
    let (issuer, receiver, _, main) = stage("deny", 30).await;
    receiver.always(says(&["storage:read"]));
    for _ in 0..3 {
        assert_eq!(permissions(&issuer, &main).await, json!(["storage:read"]));
    }
    assert_eq!(receiver.heard().len(), 1);
    receiver.always(says(&[]));
    issuer.clock.advance(29);
    assert_eq!(permissions(&issuer, &main).await, json!(["storage:read"]));
    issuer.clock.advance(1);
    assert_eq!(permissions(&issuer, &main).await, json!([]));
}

#[tokio::test]
async fn a_provider_that_does_not_answer_denies_says_what_it_said_last_or_says_nothing() {
    let failures = || {
        [
            Answer::Silence,
            Answer::Status(500),
            Answer::Status(302),
            Answer::Json(json!({})),
            Answer::Long(1 << 20),
        ]
    };
    let (issuer, receiver, _, main) = stage("deny", 0).await;
    for failure in failures() {
        receiver.answer([failure]);
        let refused = issuer.micro(&main, "storage").await;
        refused.problem(503, "overloaded");
        assert!(!refused.text.contains("storage") && !refused.text.contains("127.0.0.1"));
    }
    // Other services do not depend on it.
    issuer.micro(&main, "orders").await.expect(200);

    let (issuer, receiver, _, main) = stage("empty", 0).await;
    for failure in failures() {
        receiver.answer([failure]);
        assert_eq!(permissions(&issuer, &main).await, json!([]));
    }

    let (issuer, receiver, _, main) = stage("last_known", 0).await;
    receiver.answer([Answer::Status(500)]);
    issuer.micro(&main, "storage").await.problem(503, "overloaded");
    receiver.answer([says(&["storage:read"])]);
    assert_eq!(permissions(&issuer, &main).await, json!(["storage:read"]));
    receiver.always(Answer::Status(500));
    issuer.clock.advance(599);
    assert_eq!(permissions(&issuer, &main).await, json!(["storage:read"]));
    issuer.clock.advance(1);
    issuer.micro(&main, "storage").await.problem(503, "overloaded");
}

#[tokio::test]
async fn introspection_asks_no_provider() {
    let (issuer, receiver, _, main) = stage("empty", 0).await;
    let secret = account(&issuer, "backend", Some("storage"), &[]).await;
    receiver.always(says(&["storage:read"]));
    let token = issuer.micro(&main, "storage").await.text_of("micro_token");
    receiver.always(Answer::Status(500));
    let own = Some(("backend", secret.as_str()));
    let answer = form(&issuer, "/oauth2/introspect", own, &[("token", &token)]).await;
    assert_eq!(answer.expect(200)["active"], true);
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn a_provider_that_fails_again_and_again_is_not_asked_for_a_while() {
    let (issuer, receiver, _, main) = stage("empty", 0).await;
    receiver.always(Answer::Status(500));
    for _ in 0..8 {
        permissions(&issuer, &main).await;
    }
    assert_eq!(receiver.heard().len(), 5);
    receiver.always(says(&["storage:read"]));
    issuer.clock.advance(30);
    assert_eq!(permissions(&issuer, &main).await, json!(["storage:read"]));
}

#[tokio::test]
async fn an_answer_that_can_not_be_used_fails_for_its_holder_alone() {
    let (issuer, receiver, root, main) = stage("deny", 0).await;
    let many: Vec<_> = (0..=1000).map(|number| format!("storage:p{number}")).collect();
    let many = Answer::Json(json!({ "permissions": many }));
    for wrong in [many, Answer::Long(1 << 20), Answer::Status(404)] {
        receiver.answer(vec![wrong; 5]);
        for _ in 0..5 {
            issuer.micro(&main, "storage").await.problem(503, "overloaded");
        }
        receiver.answer([says(&["storage:read"])]);
        assert_eq!(permissions(&issuer, &root.main).await, json!(["storage:read"]));
    }
}

#[tokio::test]
async fn anonymous_holders_and_unknown_services_ask_nobody() {
    let (issuer, receiver, _, main) = stage("deny", 0).await;
    receiver.always(Answer::Status(500));
    let body = json!({ "service": "storage" });
    let anonymous = issuer.post("/v1/tokens/anonymous", None, body).await;
    anonymous.expect(200);
    assert_eq!(claims(&anonymous.text_of("micro_token"))["permissions"], json!([]));
    let unknown = issuer.micro(&main, "nowhere").await.expect(200);
    assert_eq!(unknown["permissions"], json!([]));
    assert!(receiver.heard().is_empty());
}

#[tokio::test]
async fn a_provider_must_not_lead_to_a_private_address_unless_it_is_listed() {
    let issuer = Issuer::start().await;
    let root = root(&issuer).await;
    for (member, value) in [
        ("url", json!("http://127.0.0.1:1/")),
        ("url", json!("https://169.254.169.254/")),
        ("url", json!("http://example.com/")),
        ("cache", json!(301)),
        ("timeout", json!(5001)),
    ] {
        let mut provider = json!({ "url": "https://example.com/" });
        provider[member] = value;
        let body = json!({ "name": "storage", "permission_provider": { "http": provider } });
        let answer = root.sends(&issuer, Method::POST, "/services", body).await;
        let problem = answer.problem(422, "fields_invalid");
        let field = format!("permission_provider.http.{member}");
        assert_eq!(problem["fields"][0]["field"], field);
    }
}

/// Says what it was told to say, and remembers who was asked for.
#[derive(Clone, Default)]
struct Rust(Arc<Mutex<Vec<(String, String)>>>);

impl PermissionProvider for Rust {
    fn permissions<'a>(&'a self, service: &'a str, subject: &'a str) -> Asked<'a> {
        Box::pin(async move {
            let mut asked = self.0.lock().unwrap();
            asked.push((service.to_owned(), subject.to_owned()));
            match asked.len() {
                1 => Ok(vec!["orders:cancel".to_owned(), "billing:pay".to_owned()]),
                _ => Err(ProviderError::new("away")),
            }
        })
    }
}

#[tokio::test]
async fn a_rust_type_that_the_builder_is_given_is_asked_instead_of_roles() {
    let issuer = Issuer::start().await;
    let rust = Rust::default();
    let settings: Settings = issuer.app.settings.clone();
    let local: SocketAddr = ([127, 0, 0, 1], 1).into();
    let library = Library::builder().settings(settings).permission_provider("orders", rust.clone());
    let app = library.build().unwrap().open(local).await.unwrap();
    let mut tx = app.db.write().await.unwrap();
    let user = db::users::by_username(&mut tx, "laika").await.unwrap().unwrap();
    let session = session::first(&app, &mut tx, user.id, Origin::default(), session::Way::Password)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let request = MicroRequest { services: vec!["orders".to_owned()], ..MicroRequest::default() };
    let micro = micro_token::mint(&app, &session, &request).await.unwrap();
    assert_eq!(micro.permissions, ["orders:cancel"]);
    let problem = micro_token::mint(&app, &session, &request).await.unwrap_err();
    assert_eq!(problem.code.as_str(), "overloaded");
    let asked = rust.0.lock().unwrap().clone();
    assert_eq!(asked[0], ("orders".to_owned(), user.id.to_string()));
    app.db.close().await;
}
