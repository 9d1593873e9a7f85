//! Signing keys: made when they are needed, rotated without loss, revoked at once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_issuer::admin::{self, Act};
use laika_issuer::app::App;
use laika_issuer::background;
use laika_issuer::db::keys::KeyState;
use laika_issuer::keys::steps::MOST_PUBLISHED;
use laika_issuer::keys::{self, Algorithm, Revoked, Rotated};
use laika_issuer::problem::Problem;
use laika_verifier::ErrorCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Issuer, claims, header};
use crate::verifiers::Service;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

async fn published(issuer: &Issuer) -> Vec<String> {
    let set = issuer.get("/.well-known/jwks.json", None).await.expect(200);
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn micro(issuer: &Issuer, main: &str, service: &str) -> String {
    issuer.micro(main, service).await.text_of("micro_token")
}

fn kid(token: &str) -> String {
    header(token)["kid"].as_str().unwrap().to_owned()
}

/// Rotates as an operator does.
pub(crate) async fn rotate(app: &App, algorithm: Algorithm, at_once: bool) -> Rotated {
    let act = Act::of_operator(app).await.unwrap();
    admin::keys::rotate(act, algorithm, at_once).await.unwrap()
}

/// Revokes as an operator does.
pub(crate) async fn revoke(app: &App, kid: &str) -> Result<Revoked, Problem> {
    admin::keys::revoke(Act::of_operator(app).await.unwrap(), kid).await
}

/// Two replicas, services that began to work at different times, and tokens of all ages.
struct Scene {
    replicas: [Issuer; 2],
    services: Vec<Service>,
    main: String,
    tokens: Vec<String>,
    verified: usize,
}

impl Scene {
    async fn new() -> Self {
        let variables = [
            ("LAIKA_SIGNING_ALGORITHM", "EdDSA"),
            ("LAIKA_KEYS_ROTATE_EVERY", "1"),
            ("LAIKA_KEYS_PUBLISH_AHEAD", "3600"),
        ];
        let first = Issuer::with(&variables).await;
        let replicas = [first.replica().await, first];
        let main = replicas[0].log_in().await;
        let services = (0..4).map(|_| Service::of("orders")).collect();
        Self { replicas, services, main, tokens: Vec::new(), verified: 0 }
    }

    /// Time passes; both replicas do what they do beside requests, a token is minted at one of
    /// them, and every service judges every token that has not expired.
    async fn step(&mut self, number: usize, seconds: i64) {
        self.replicas[0].clock.advance(seconds);
        for replica in &self.replicas {
            background::run_all(&replica.app).await.unwrap();
        }
        self.tokens.push(micro(&self.replicas[number % 2], &self.main, "orders").await);
        let now = self.replicas[0].app.clock.now();
        self.tokens.retain(|token| claims(token)["exp"].as_i64().unwrap() > now);
        for (index, service) in self.services.iter_mut().enumerate() {
            // A service comes to work after the other.
            if index * 7 > number {
                continue;
            }
            for token in &self.tokens {
                let judged = service.judge(&self.replicas[(number + index) % 2], token).await;
                assert!(judged.is_ok(), "step {number}, service {index}: {judged:?}");
                self.verified += 1;
            }
        }
    }
}

#[tokio::test]
async fn a_rotation_by_schedule_fails_no_good_token() {
    let mut scene = Scene::new().await;
    let before = published(&scene.replicas[0]).await;
    scene.step(0, DAY - HOUR - 200).await;
    let old = kid(&scene.tokens[0]);
    let mut seen = Vec::new();
    for number in 1..70 {
        scene.step(number, 67).await;
        let signs = kid(scene.tokens.last().unwrap());
        if seen.last() != Some(&signs) {
            seen.push(signs);
        }
    }
    assert_eq!(seen.len(), 2, "one rotation: {seen:?}");
    assert_eq!(seen[0], old);
    assert!(scene.verified > 500, "{}", scene.verified);
    let after = published(&scene.replicas[1]).await;
    assert_eq!(after.len(), before.len() + 1, "the retired key is still published");
    assert!(after.contains(&old) && !before.contains(&seen[1]));
    let asked: Vec<_> = scene.services.iter().map(|service| service.key_sets).collect();
    // 67 s by 70, refreshed every 240 s, and not because a key was unknown.
    assert!(asked.iter().all(|count| *count <= 25), "{asked:?}");

    // The main token of before goes on too, and the old key leaves with the last of them.
    scene.replicas[0].renew(&scene.main).await.expect(200);
    scene.replicas[0].clock.advance(30 * DAY);
    for _ in 0..3 {
        background::run_all(&scene.replicas[0].app).await.unwrap();
    }
    assert!(!published(&scene.replicas[0]).await.contains(&old));
}

#[tokio::test]
async fn a_rotation_at_once_fails_no_token_of_whoever_may_ask_again() {
    let mut scene = Scene::new().await;
    for number in 0..30 {
        scene.step(number, 31).await;
        if number == 25 {
            let app = &scene.replicas[0].app;
            let rotated = rotate(app, Algorithm::EdDsa, true).await;
            assert!(rotated.cost.is_some_and(|cost| cost.contains("30 s")));
            assert_eq!(rotated.key.state, KeyState::Active);
        }
    }
    assert_ne!(kid(&scene.tokens[0]), kid(scene.tokens.last().unwrap()));
}

#[tokio::test]
async fn a_rotation_at_once_costs_what_it_says() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let mut service = Service::of("orders");
    let old = micro(&issuer, &main, "orders").await;
    service.judge(&issuer, &old).await.unwrap();
    issuer.clock.advance(1);
    let rotate = |at_once| rotate(&issuer.app, Algorithm::Rs256, at_once);
    assert!(rotate(true).await.cost.is_some());
    let new = micro(&issuer, &main, "orders").await;
    assert_eq!(service.judge(&issuer, &new).await.unwrap_err(), ErrorCode::KeyNotFound);
    service.judge(&issuer, &old).await.unwrap();
    issuer.clock.advance(30);
    service.judge(&issuer, &new).await.unwrap();

    // With a key that has been published for long enough it costs nothing.
    let waiting = rotate(false).await;
    assert_eq!((waiting.key.state, waiting.cost), (KeyState::Next, None));
    assert_eq!(waiting.key.signs_from, Some(issuer.app.clock.now() + DAY));
    assert_eq!(rotate(false).await.key.kid, waiting.key.kid, "under way already");
    issuer.clock.advance(899);
    assert!(published(&issuer).await.contains(&waiting.key.kid));
    assert_ne!(kid(&micro(&issuer, &main, "orders").await), waiting.key.kid);
    issuer.clock.advance(1);
    let rotated = rotate(true).await;
    assert_eq!((rotated.key.kid, rotated.cost), (waiting.key.kid, None));
}

#[tokio::test]
async fn a_revoked_key_is_gone_at_once_and_lists_tell_of_it() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let mut service = Service::of("https://billing.example.com");
    let token = micro(&issuer, &main, "billing").await;
    service.judge(&issuer, &token).await.unwrap();
    let revoked = kid(&token);
    let answer = revoke(&issuer.app, &revoked).await.unwrap();
    assert_eq!((answer.key.kid, answer.key.state), (revoked.clone(), KeyState::Revoked));
    // It did not sign main tokens: those are signed with the issuer's own algorithm.
    assert!(answer.tokens.starts_with("its micro tokens"), "{}", answer.tokens);
    let replaced = answer.successor.unwrap();
    assert!(!published(&issuer).await.contains(&revoked));
    let set = issuer.get("/.well-known/jwks.json", None).await.text;
    let uri = claims(&token)["status"]["status_list"]["uri"].as_str().unwrap().to_owned();
    issuer.clock.advance(9);
    let list = issuer.get(uri.strip_prefix(crate::support::PUBLIC_URL).unwrap(), None).await.text;
    assert_eq!(kid(&list), replaced.kid);
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(set.as_bytes()));
    assert_eq!(claims(&list)["jwks_sha256"], digest);

    // Its list is signed by a key that the verifier does not know, so it asks for keys as soon as
    // it may; lists of other keys would tell it at once.
    issuer.clock.advance(21);
    assert_eq!(service.judge(&issuer, &token).await.unwrap_err(), ErrorCode::KeyNotFound);
    let new = micro(&issuer, &main, "billing").await;
    service.judge(&issuer, &new).await.unwrap();
    for again in [revoked.as_str(), "nothing"] {
        revoke(&issuer.app, again).await.unwrap_err();
    }
    let kept = admin::keys::export(Act::of_operator(&issuer.app).await.unwrap(), &revoked).await;
    assert!(kept.is_err(), "its private half is gone");
}

#[tokio::test]
async fn a_key_that_does_not_sign_the_list_is_refused_within_ten_seconds_of_its_revocation() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let mut service = Service::of("orders");
    let old = micro(&issuer, &main, "orders").await;
    rotate(&issuer.app, Algorithm::Rs256, true).await;
    let new = micro(&issuer, &main, "orders").await;
    for token in [&old, &new] {
        service.judge(&issuer, token).await.unwrap();
    }
    revoke(&issuer.app, &kid(&old)).await.unwrap();
    issuer.clock.advance(9);
    service.judge(&issuer, &new).await.unwrap();
    assert_eq!(service.judge(&issuer, &old).await.unwrap_err(), ErrorCode::KeyNotFound);
}

#[tokio::test]
async fn an_algorithm_gets_its_key_when_a_service_names_it() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let count = published(&issuer).await.len();
    assert_eq!(count, 2, "the default's, and that of a service in the seed");
    for (index, algorithm) in ["PS256", "ES256"].into_iter().enumerate() {
        let seed = format!("[[services]]\nname = \"s{index}\"\nalgorithm = \"{algorithm}\"");
        issuer.import(&seed).await;
        assert_eq!(published(&issuer).await.len(), count + index + 1);
        let name = format!("s{index}");
        let token = micro(&issuer, &main, &name).await;
        assert_eq!(header(&token)["alg"], algorithm);
        let verified = Service::of(&name).judge(&issuer, &token).await.unwrap();
        assert_eq!(verified.subject(), claims(&token)["sub"]);
    }
}

#[tokio::test]
async fn with_as_many_keys_as_there_is_room_for_rotation_and_revocation_go_on() {
    let issuer = Issuer::with(&[("LAIKA_KEYS_ROTATE_EVERY", "1")]).await;
    let app = &issuer.app;
    let next = rotate(app, Algorithm::Rs256, false).await.key.kid;
    while published(&issuer).await.len() < MOST_PUBLISHED {
        rotate(app, Algorithm::EdDsa, true).await;
        issuer.clock.advance(1);
    }
    let act = Act::of_operator(app).await.unwrap();
    let full = admin::keys::rotate(act, Algorithm::EdDsa, true).await.unwrap_err();
    assert!(full.detail.contains("keys are published"), "{full}");
    // One key is known everywhere and another is due, for which there is no room.
    issuer.clock.advance(DAY);
    keys::tend(app).await.unwrap_err();
    let active = |algorithm| app.keys.current().active(algorithm).unwrap().kid().to_owned();
    assert_eq!(active(Algorithm::Rs256), next);
    let compromised = active(Algorithm::EdDsa);
    let successor = revoke(app, &compromised).await.unwrap().successor.unwrap();
    assert_eq!(active(Algorithm::EdDsa), successor.kid);
    assert_eq!(published(&issuer).await.len(), MOST_PUBLISHED);
    // Room comes by itself.
    issuer.clock.advance(30 * DAY + HOUR);
    keys::tend(app).await.unwrap();
    assert!(published(&issuer).await.len() <= 5, "the active ones, the next ones");
}

#[tokio::test]
async fn replicas_that_rotate_at_once_rotate_once() {
    let mut scene = Scene::new().await;
    scene.step(0, DAY - HOUR).await;
    let next = keys::list(&scene.replicas[0].app).await.unwrap();
    assert_eq!(next.iter().filter(|key| key.state == KeyState::Next).count(), 1);
    scene.replicas[0].clock.advance(HOUR);
    let [one, two] = &scene.replicas;
    let (first, second) = tokio::join!(keys::tend(&one.app), keys::tend(&two.app));
    first.unwrap();
    second.unwrap();
    let states: Vec<_> =
        keys::list(&one.app).await.unwrap().iter().map(|key| key.state.as_str()).collect();
    assert_eq!(states.iter().filter(|state| **state == "retired").count(), 1, "{states:?}");
    assert!(!states.contains(&"next"), "{states:?}");
}

#[tokio::test]
async fn a_replica_accepts_the_main_token_that_another_signed_with_a_new_key() {
    let issuer = Issuer::start().await;
    let replica = issuer.replica().await;
    issuer.clock.advance(1);
    rotate(&issuer.app, Algorithm::Rs256, true).await;
    let main = issuer.log_in().await;
    replica.get("/v1/me", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn every_change_of_a_key_is_in_the_audit_log() {
    let issuer = Issuer::start().await;
    let app = &issuer.app;
    rotate(app, Algorithm::Rs256, false).await;
    let rotated = rotate(app, Algorithm::Rs256, true).await;
    let act = Act::of_operator(app).await.unwrap();
    admin::keys::export(act, &rotated.key.kid).await.unwrap();
    revoke(app, &rotated.key.kid).await.unwrap();
    let mut connection = app.db.read().await.unwrap();
    let actions: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit WHERE action LIKE 'key.%' ORDER BY action")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    let expected = [
        "key.exported",
        "key.made",
        "key.published",
        "key.published",
        "key.revoked",
        "key.rotated",
        "key.rotated",
    ];
    assert_eq!(actions, expected);
    let secrets: Vec<Option<String>> =
        sqlx::query_scalar("SELECT after FROM audit").fetch_all(&mut *connection).await.unwrap();
    let wrapped: Vec<Value> = secrets.iter().flatten().map(|text| json!(text)).collect();
    assert!(!json!(wrapped).to_string().contains("wrapped"));
}
