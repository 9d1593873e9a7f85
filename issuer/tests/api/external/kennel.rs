//! A provider of OpenID Connect whose every answer a test can change.
//!
//! Unchanged it keeps to the standards: it checks the client, PKCE, the redirect URI and that a code
//! is used once, so that a log-in that succeeds has done everything right.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;

use crate::support::START;

pub(super) const ACCESS_TOKEN: &str = "an access token of the kennel";

pub(super) struct Kennel {
    pub(super) url: String,
    script: Arc<Mutex<Script>>,
    serving: JoinHandle<()>,
}

/// What the kennel says.
pub(super) struct Script {
    url: String,
    /// Who logs in: claims of the ID token and of the userinfo endpoint.
    pub(super) person: Value,
    /// Claims of the ID token that are other than they should be; `null` takes one away.
    pub(super) id_token: Value,
    /// Members of its header, likewise.
    pub(super) header: Value,
    /// Whether it is signed at all.
    pub(super) signed: bool,
    /// Members of the token endpoint's answer, likewise.
    pub(super) answer: Value,
    /// Claims of the userinfo endpoint, likewise.
    pub(super) user_info: Value,
    /// Members of the metadata, likewise.
    pub(super) metadata: Value,
    /// What an endpoint does instead of answering, by its path.
    pub(super) instead: BTreeMap<&'static str, Instead>,
    /// The key pair's seed.
    pub(super) seed: u8,
    /// Seconds by which its clock is ahead of the issuer's start.
    pub(super) ahead: i64,
    /// What was asked for, by code.
    codes: BTreeMap<String, BTreeMap<String, String>>,
    /// How often each path was asked for.
    pub(super) asked: BTreeMap<String, usize>,
}

#[derive(Clone, Copy)]
pub(super) enum Instead {
    /// Waits longer than anybody should.
    Wait,
    /// Sends more than anybody should take.
    Flood,
    /// Sends elsewhere, where a good answer is.
    Redirect,
    /// Answers with this status.
    Status(u16),
    /// Sends what is no JSON.
    Garbage,
}

impl Kennel {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script::new(&url)));
        let mut router = Router::new();
        for prefix in ["", "/elsewhere"] {
            router = router
                .route(
                    &format!("{prefix}/.well-known/openid-configuration"),
                    get(|State(script), headers| answer(script, "metadata", headers, Vec::new())),
                )
                .route(
                    &format!("{prefix}/keys"),
                    get(|State(script), headers| answer(script, "keys", headers, Vec::new())),
                )
                .route(
                    &format!("{prefix}/me"),
                    get(|State(script), headers| answer(script, "me", headers, Vec::new())),
                )
                .route(
                    &format!("{prefix}/token"),
                    post(|State(script), headers, RawForm(form): RawForm| {
                        answer(script, "token", headers, form.to_vec())
                    }),
                );
        }
        let router = router.with_state(Arc::clone(&script));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script, serving }
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// Somebody logs in where `location` leads: where their browser is sent then.
    pub(super) fn authorize(&self, location: &str) -> String {
        let (endpoint, query) = location.split_once('?').unwrap();
        assert_eq!(endpoint, format!("{}/auth", self.url));
        let asked: BTreeMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], "laika");
        assert_eq!(asked["scope"], "openid email profile");
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["nonce"].len() >= 43 && asked["state"].len() >= 32);
        let mut script = self.script();
        let code = format!("code-{}", script.codes.len());
        let back = form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &code)
            .append_pair("state", &asked["state"])
            .finish();
        let back = format!("{}?{back}", asked["redirect_uri"]);
        script.codes.insert(code, asked);
        back
    }
}

impl Drop for Kennel {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Script {
    fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            person: json!({
                "sub": "dog-1", "email": "strelka@example.com", "email_verified": true,
                "name": "Strelka the Dog", "preferred_username": "strelka",
                "picture": "https://kennel.example.com/strelka.png",
            }),
            id_token: json!({}),
            header: json!({}),
            signed: true,
            answer: json!({}),
            user_info: json!({}),
            metadata: json!({}),
            instead: BTreeMap::new(),
            seed: 7,
            ahead: 0,
            codes: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }

    /// From now on, an endpoint does this instead of answering.
    pub(super) fn does(&mut self, what: &'static str, instead: Instead) {
        self.instead.insert(what, instead);
    }

    fn key(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[self.seed; 32]).unwrap()
    }

    fn kid(&self) -> String {
        format!("key-{}", self.seed)
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.url);
        changed(
            json!({
                "issuer": self.url, "authorization_endpoint": at("/auth"),
                "token_endpoint": at("/token"), "userinfo_endpoint": at("/me"),
                "jwks_uri": at("/keys"), "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["EdDSA"],
            }),
            &self.metadata,
        )
    }

    fn keys(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key().public_key().as_ref());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": self.kid(), "x": x }] })
    }

    fn token(&mut self, headers: &HeaderMap, form: &[u8]) -> (u16, Value) {
        let refuse = |error: &str| (400, json!({ "error": error }));
        let sent: BTreeMap<String, String> = form_urlencoded::parse(form).into_owned().collect();
        let basic = format!("Basic {}", STANDARD.encode("laika:kennel%3Asecret"));
        if headers.get(header::AUTHORIZATION).is_none_or(|value| value != &basic) {
            return (401, json!({ "error": "invalid_client" }));
        }
        let Some(asked) = self.codes.remove(&sent["code"]) else {
            return refuse("invalid_grant");
        };
        let challenge = digest::digest(&digest::SHA256, sent["code_verifier"].as_bytes());
        let right = sent["grant_type"] == "authorization_code"
            && sent["redirect_uri"] == asked["redirect_uri"]
            && URL_SAFE_NO_PAD.encode(challenge) == asked["code_challenge"];
        if !right {
            return refuse("invalid_grant");
        }
        let id_token = self.id_token(&asked["nonce"]);
        let answer = json!({
            "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 60,
            "id_token": id_token,
        });
        (200, changed(answer, &self.answer))
    }

    fn id_token(&self, nonce: &str) -> String {
        let now = START + self.ahead;
        let hash = digest::digest(&digest::SHA512, ACCESS_TOKEN.as_bytes());
        let hash = URL_SAFE_NO_PAD.encode(hash.as_ref().split_at(32).0);
        let claims = json!({
            "iss": self.url, "aud": "laika", "sub": self.person["sub"], "nonce": nonce,
            "iat": now, "exp": now + 300, "at_hash": hash,
        });
        let claims = changed(claims, &self.id_token);
        let header = changed(json!({ "alg": "EdDSA", "kid": self.kid() }), &self.header);
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(&header), encode(&claims));
        if !self.signed {
            return format!("{input}.");
        }
        let signature = self.key().sign(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// `object` with the members of `changes`; `null` takes one away.
fn changed(object: Value, changes: &Value) -> Value {
    let mut members: Map<String, Value> = object.as_object().unwrap().clone();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(members)
}

async fn answer(
    script: Arc<Mutex<Script>>,
    what: &'static str,
    headers: HeaderMap,
    form: Vec<u8>,
) -> Response {
    let instead = {
        let mut script = script.lock().unwrap();
        *script.asked.entry(what.to_owned()).or_default() += 1;
        script.instead.get(what).copied()
    };
    match instead {
        Some(Instead::Wait) => tokio::time::sleep(Duration::from_secs(60)).await,
        Some(Instead::Flood) => {
            let good = script.lock().unwrap().keys().to_string();
            return format!("{good}{}", " ".repeat(2 << 20)).into_response();
        }
        Some(Instead::Redirect) => {
            let to = if what == "metadata" { ".well-known/openid-configuration" } else { what };
            let to = format!("/elsewhere/{to}");
            // Elsewhere everything is as it should be.
            script.lock().unwrap().instead.clear();
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response();
        }
        Some(Instead::Status(status)) => {
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        Some(Instead::Garbage) => return "<html>".into_response(),
        None => {}
    }
    let mut script = script.lock().unwrap();
    match what {
        "metadata" => Json(script.metadata()).into_response(),
        "keys" => Json(script.keys()).into_response(),
        "token" => {
            let (status, body) = script.token(&headers, &form);
            (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
        }
        _ => {
            let bearer = format!("Bearer {ACCESS_TOKEN}");
            if headers.get(header::AUTHORIZATION).is_none_or(|value| value != &bearer) {
                return StatusCode::UNAUTHORIZED.into_response();
            }
            Json(changed(script.person.clone(), &script.user_info)).into_response()
        }
    }
}
