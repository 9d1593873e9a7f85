//! An emulation of GitHub's OAuth and e-mail calls, since the real one can't be reached from a test:
//! paths, parameters and answers as its documentation shows them, a refusal with status 200
//! included.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

const TOKEN: &str = "gho_emulated";

pub(super) struct GitHub {
    pub(super) url: String,
    state: Arc<Mutex<Said>>,
    serving: JoinHandle<()>,
}

pub(super) struct Said {
    /// `GET /user`.
    pub(super) user: Value,
    /// `GET /user/emails`.
    pub(super) emails: Value,
    codes: BTreeMap<String, BTreeMap<String, String>>,
}

impl GitHub {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(Said {
            user: json!({ "login": "octocat", "id": 583_231, "name": "The Octocat", "email": null,
                          "avatar_url": "https://avatars.example.com/u/583231" }),
            emails: json!([
                { "email": "public@example.com", "primary": false, "verified": true,
                  "visibility": "public" },
                { "email": "octocat@example.com", "primary": true, "verified": true,
                  "visibility": "private" },
            ]),
            codes: BTreeMap::new(),
        }));
        let router = Router::new()
            .route("/login/oauth/access_token", post(token))
            .route("/user", get(|state, headers| person(state, headers, "user")))
            .route("/user/emails", get(|state, headers| person(state, headers, "emails")))
            .with_state(Arc::clone(&state));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state, serving }
    }

    pub(super) fn said(&self) -> MutexGuard<'_, Said> {
        self.state.lock().unwrap()
    }

    /// Somebody logs in where `location` leads: where their browser is sent then.
    pub(super) fn authorize(&self, location: &str) -> String {
        let (endpoint, query) = location.split_once('?').unwrap();
        assert_eq!(endpoint, format!("{}/login/oauth/authorize", self.url));
        let asked: BTreeMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(asked["scope"], "read:user user:email");
        assert!(!asked.contains_key("nonce"));
        let mut said = self.said();
        let code = format!("code-{}", said.codes.len());
        let back = format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]);
        said.codes.insert(code, asked);
        back
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn token(
    State(state): State<Arc<Mutex<Said>>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Json<Value> {
    use base64::Engine as _;
    let sent: BTreeMap<String, String> = form_urlencoded::parse(&form).into_owned().collect();
    assert_eq!(headers[header::ACCEPT], "application/json");
    let asked = state.lock().unwrap().codes.remove(&sent["code"]);
    let hash =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, sent["code_verifier"].as_bytes());
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
    let good = asked.is_some_and(|asked| {
        asked["code_challenge"] == hash && asked["redirect_uri"] == sent["redirect_uri"]
    });
    if !good || sent["client_id"] != "laika" || sent["client_secret"] != "secret" {
        return Json(json!({ "error": "bad_verification_code", "error_description": "…" }));
    }
    Json(json!({ "access_token": TOKEN, "scope": "read:user,user:email", "token_type": "bearer" }))
}

async fn person(
    State(state): State<Arc<Mutex<Said>>>,
    headers: HeaderMap,
    what: &'static str,
) -> Response {
    // GitHub refuses whoever does not say what they are.
    if !headers.contains_key(header::USER_AGENT) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if headers.get(header::AUTHORIZATION).is_none_or(|value| value != &format!("Bearer {TOKEN}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let said = state.lock().unwrap();
    Json(if what == "user" { said.user.clone() } else { said.emails.clone() }).into_response()
}
