//! The filter in a real Envoy in front of a real server: who passes, who does not, what goes on.
//!
//! Envoy leaves paths as they come unless `normalize_path`, `merge_slashes` or
//! `path_with_escaped_slashes_action` say otherwise. It does so here: the filter judges exactly the
//! bytes that go on, so a proxy that mends them first is as safe, but these tests would see less.

mod endurance;
mod faults;
mod jwt_authn;
mod keys;
mod observed;
mod protocols;
mod reload;
mod requests;
mod settings;
mod status;
mod tokens;
mod vectors;

use laika_tests::envoy::Envoy;
use laika_tests::http::{Message, Request, Server};
use laika_tests::issuer::now;
use laika_tests::signing::{TestKey, jwks, micro_claims};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example.com";
/// The challenge to a token that is not good.
const INVALID: Option<&str> = Some("Bearer realm=\"orders\", error=\"invalid_token\"");

/// An Envoy with static keys, and the server behind it.
struct Scene {
    envoy: Envoy,
    _upstream: Server,
}

impl Scene {
    fn new(change: impl FnOnce(&mut Value)) -> Self {
        let mut plugin = plugin();
        change(&mut plugin);
        let upstream = Server::echo();
        let envoy = Envoy::start(&plugin, &[("upstream", upstream.address)]);
        Self { envoy, _upstream: upstream }
    }

    /// One whose Envoy is changed as well.
    fn changed(plugin: &Value, change: impl FnOnce(&mut Value)) -> Self {
        let upstream = Server::echo();
        let clusters = [("upstream", upstream.address)];
        let envoy = Envoy::changed(&plugin.to_string(), &clusters, change);
        Self { envoy, _upstream: upstream }
    }

    fn send(&self, request: Request) -> Message {
        self.envoy.send(&request)
    }

    fn get(&self, path: &str, token: &str) -> Message {
        self.send(Request::with_token(path, token))
    }
}

fn plugin() -> Value {
    json!({
        "issuers": [{
            "issuer": ISSUER, "audience": "orders",
            "jwks": jwks(&[&TestKey::named("rsa-1"), &TestKey::named("ed-1")]),
        }],
        "policy": {
            "version": 1,
            "rules": [
                { "id": "health", "path": "/health", "require": "anyone" },
                { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" },
                { "id": "create", "methods": ["POST"], "path": "/orders", "require": "orders:create" },
                { "id": "read", "methods": ["GET"], "path": "/orders/{id}", "require": "orders:read" },
                { "id": "cancel", "methods": ["DELETE"], "path": "/orders/{id}", "require": "orders:cancel" },
                { "id": "admin", "path": "/admin", "require": "role:admin" },
            ],
            "otherwise": "deny",
        },
        "forward": {
            "headers": { "x-user-id": "sub", "x-user-name": "username", "x-user-roles": "roles" },
            "payload_header": "x-token-claims",
        },
        "realm": "orders",
    })
}

fn token_of(key: &'static str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = micro_claims(ISSUER, now());
    change(&mut claims);
    TestKey::named(key).token(&claims)
}

fn good() -> String {
    token_of("ed-1", |_| {})
}

/// What the server behind the proxy got under `name`.
#[track_caller]
fn upstream_headers(answer: &Message, name: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{:?}", answer.json());
    let headers = answer.json()["headers"].as_array().unwrap().clone();
    let named = headers.iter().filter(|header| header[0] == name);
    named.map(|header| header[1].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn assert_denied(answer: &Message, status: u16, code: &str, challenge: Option<&str>) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert_eq!(answer.json()["status"], status);
}
